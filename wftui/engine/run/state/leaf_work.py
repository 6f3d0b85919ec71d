"""Leaf work: where an attempt of a leaf step is done: here, or on a worker."""

from typing import Any, Protocol

from wftui.connections.redaction import Redactor
from wftui.engine.primitives.cancellation import StopScope, supervise
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.runtime.plan import StepPlan
from wftui.steps.api.step_type import StepContext, StepType


class LeafContext(StepContext, Protocol):
    """Context of an attempt, with what a worker says of it beside its own work."""

    @property
    def redactor(self) -> Redactor:
        """The secrets of the run."""

    @property
    def user(self) -> str:
        """Id of the user of the run."""

    async def wait_for_worker(self, pool: str, unfit: str | None) -> None:
        """Record that no worker of a pool can do the attempt; `taken_by` ends the wait.

        Args:
            unfit: why those that live cannot; None: none lives.
        """

    async def taken_by(self, worker: str, before: str | None, *, at_once: bool) -> None:
        """Record the worker that does the attempt now, and the one it was taken from.

        Args:
            at_once: the attempt has ended, and both are recorded together.
        """


@dataclass(frozen=True, slots=True)
class LeafAttempt:
    """One attempt of a leaf step, ready to run.

    Attributes:
        bound: its input as JSON.
        parsed: its input as the model of its type.
        number: from 1; the same in every process until the attempt has failed.
        again: an earlier process may have begun it.
        limit: its time limit in seconds.
    """

    step: StepPlan
    kind: StepType[Any]
    bound: Json
    parsed: Any
    context: LeafContext
    number: int
    again: bool
    stop: StopScope
    limit: float | None
    settings: EngineSettings


class LeafWork(Protocol):
    """A place where attempts of leaf steps are done."""

    async def run(self, attempt: LeafAttempt) -> Json:
        """Do an attempt and return its output.

        Raises:
            Stopped: a stop ended the attempt.
            WorkflowError: it failed or took too long.
        """

    async def end_run(self, run_id: str) -> None:
        """Forget what is kept for a run that has ended."""

    async def abandon(self, run_id: str) -> None:
        """End what still runs elsewhere for an interrupted run."""

    async def held(self, run_id: str) -> frozenset[str]:
        """Return the paths of steps that another machine does for an interrupted run."""


async def run_here(attempt: LeafAttempt) -> Json:
    """Do an attempt in this process; raises what `supervise` raises."""
    return await supervise(
        lambda: attempt.kind.run(attempt.parsed, attempt.context),
        stop=attempt.stop,
        signal=attempt.context.cancelled,
        limit=attempt.limit,
        grace=attempt.settings.grace,
        force=attempt.settings.force,
    )
