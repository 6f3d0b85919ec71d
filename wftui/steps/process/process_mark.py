"""Mark in the environment of all processes that steps start."""

import secrets
from typing import Self

from wftui.model.data_class import dataclass

MARK = "WFTUI_PROCESS_TREE"
"""Environment variable that identifies the tree of a process: a `ProcessMark` as text."""

_owner = ""


def own_processes(owner: str) -> None:
    """Name the owner of all processes that this process starts from now on.

    A mark with an owner is no `ProcessMark` for others: who cleans up after a run leaves its processes alone.

    Args:
        owner: identifies this process; without a slash.
    """
    global _owner
    _owner = owner


def owner_of(text: str) -> str | None:
    """Return the owner in a mark; None for marks without one and other text."""
    parts = text.split("/")
    return parts[3] if len(parts) == 5 and parts[2].isdecimal() else None


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
        owner = f"{_owner}/" if _owner else ""
        return f"{self.run}/{self.path}/{self.attempt}/{owner}{secrets.token_hex(16)}"

    def variables(self) -> dict[str, str]:
        """Return the environment variables of an attempt, with the mark of a new tree."""
        return {
            "WFTUI_RUN": self.run,
            "WFTUI_STEP": self.path,
            "WFTUI_ATTEMPT": str(self.attempt),
            MARK: self.text(),
        }

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Parse a mark; None for other text."""
        match text.split("/"):
            case [run, path, attempt, _] if attempt.isdecimal():
                return cls(run, path, int(attempt))
            case _:
                return None
