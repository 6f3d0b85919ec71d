"""Outcomes of steps and their meaning for the steps that follow."""

from typing import Literal

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.steps import ExecutionError, StepStatus
from wftui.runtime.scope import StepValues

Edge = Literal["succeeded", "failed", "skipped", "blocked"]
"""Outcome of a step for its followers. `blocked`: skipped because of a failure; it counts as failed."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Decision not to run a step.

    Attributes:
        because_failed: followers count the step as failed.
    """

    reason: str
    because_failed: bool = False


WHEN_IS_FALSE = Skip("when is false")
DISABLED = Skip("disabled")
BRANCH_NOT_TAKEN = Skip("branch not taken")
CANCELLED = Skip("cancelled", because_failed=True)
LOST = Skip("another branch won", because_failed=True)
NOTHING_CAUGHT = Skip("no error to handle")
OTHER_ERROR = Skip("not for this error")
CUTS = frozenset({CANCELLED.reason, LOST.reason})
"""Reasons of skips that a stop caused."""


def after_failure(step_id: str) -> Skip:
    """Return the skip of a step that needs a failed one."""
    return Skip(f"needs {step_id}, which failed", because_failed=True)


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """Outcome of a step.

    Attributes:
        handled: it failed, but `onError` lets the run continue.
        because_failed: it was skipped because of a failure or cancel.
        cut: a cancel or timeout ended it, or a step inside it.
        big: its output is a big value.
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
        """Outcome as counted by the joins of the followers."""
        if self.status == "completed" or self.handled:
            return "succeeded"
        if self.status == "skipped":
            return "blocked" if self.because_failed else "skipped"
        return "failed"

    def view(self) -> StepValues:
        """Return the view of the step in expressions, `steps.<id>`."""
        error = self.error.to_wire() if self.error else None
        return StepValues(output=self.output, status=self.status, error=error, attempts=self.attempts, big=self.big)


class Failure(Exception):  # noqa: N818  (data of the engine, not an error of it)
    """Failure of a step after its last attempt."""

    def __init__(self, error: ExecutionError, attempts: int = 1) -> None:
        super().__init__(error.message)
        self.error = error
        self.attempts = attempts
