"""How a step ended, and what that means for the steps that follow it."""

from dataclasses import dataclass
from typing import Literal

from wftui.model.base import Json
from wftui.model.run.steps import ExecutionError, StepStatus
from wftui.runtime.scope import StepValues

Edge = Literal["succeeded", "failed", "skipped", "blocked"]
"""What a follower sees of a step that has ended. `blocked`: skipped because something failed; it counts as failed."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A step will not run. `because_failed`: what follows counts it as failed."""

    reason: str
    because_failed: bool = False


WHEN_IS_FALSE = Skip("when is false")
DISABLED = Skip("disabled")
BRANCH_NOT_TAKEN = Skip("branch not taken")
CANCELLED = Skip("cancelled", because_failed=True)


def after_failure(step_id: str) -> Skip:
    """The skip of what needs a step that failed."""
    return Skip(f"needs {step_id}, which failed", because_failed=True)


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """The end of a step.

    Attributes:
        handled: it failed, but `onError` lets the run go on.
        because_failed: it was skipped because something failed or was cancelled.
        cut: a cancel or timeout kept it, or something inside it, from ending by itself.
        big: its output is.
    """

    status: StepStatus
    output: Json = None
    error: ExecutionError | None = None
    handled: bool = False
    because_failed: bool = False
    cut: bool = False
    attempts: int = 0
    big: bool = False

    @property
    def edge(self) -> Edge:
        """How the joins of the followers count it."""
        if self.status == "completed" or self.handled:
            return "succeeded"
        if self.status == "skipped":
            return "blocked" if self.because_failed else "skipped"
        return "failed"

    def view(self) -> StepValues:
        """What expressions see as `steps.<id>`."""
        error = self.error.to_wire() if self.error else None
        return StepValues(output=self.output, status=self.status, error=error, attempts=self.attempts, big=self.big)


class Failure(Exception):  # noqa: N818  (a step's failure is data here: what ended it)
    """A step failed for good, after its last attempt."""

    def __init__(self, error: ExecutionError, attempts: int) -> None:
        super().__init__(error.message)
        self.error = error
        self.attempts = attempts
