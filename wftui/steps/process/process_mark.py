"""Mark in the environment of all processes that steps start."""

import uuid
from dataclasses import dataclass
from typing import Self

MARK = "WFTUI_PROCESS_TREE"
"""Environment variable that identifies the tree of a process: a `ProcessMark` as text."""


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """Owner of a process tree.

    Attributes:
        run: the run; empty when it was for none.
        path: the step; empty when the steps of the run share the tree.
        attempt: of the step, from 1; 0 without one.
    """

    run: str = ""
    path: str = ""
    attempt: int = 0

    def text(self) -> str:
        """Return the mark of a new tree, unlike any other."""
        return f"{self.run}/{self.path}/{self.attempt}/{uuid.uuid4().hex}"

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Parse a mark; None for other text."""
        match text.split("/"):
            case [run, path, attempt, _] if attempt.isdecimal():
                return cls(run, path, int(attempt))
            case _:
                return None
