"""Execution of a list of steps; each starts when its dependencies have ended."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from wftui.engine.primitives.cancellation import Stopped
from wftui.engine.primitives.outcome import CANCELLED, CUTS, Failure, Skip, StepOutcome
from wftui.engine.primitives.tasks import CooperativeYield, task_group
from wftui.engine.run.state.run_context import RunContext
from wftui.engine.run.steps.frame import Frame
from wftui.engine.run.steps.scheduler import Ready, Schedule
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.steps import ExecutionError
from wftui.runtime.plan import StepPlan

RunStep = Callable[[StepPlan, Frame], Awaitable[StepOutcome]]
SkipStep = Callable[[StepPlan, Frame, Skip], Awaitable[StepOutcome]]


@dataclass(slots=True)
class BodyResult:
    """Result of a list of steps.

    Attributes:
        output: of the last step in the list; null when it was skipped.
        error: of the first unhandled failure.
        cut: a stop ended a step.
        succeeded: a step succeeded.
    """

    output: Json = None
    error: ExecutionError | None = None
    cut: bool = False
    succeeded: bool = False

    def value(self) -> Json:
        """Return the output.

        Raises:
            Failure: a step failed, and nothing handled that.
            Stopped: a stop ended a step.
        """
        if self.error is not None:
            raise Failure(self.error)
        if self.cut:
            raise Stopped
        return self.output


@dataclass(slots=True)
class StepEnd:
    """Successful end of the attempts of a step or item.

    Attributes:
        attempts: their number.
        error: a problem that the step lets pass.
        handled: the attempts failed with that error, which a catch handled.
    """

    output: Json
    attempts: int
    error: ExecutionError | None = None
    handled: bool = False


class StepExecution(Protocol):
    """Interface of the step runner for containers and forEach."""

    context: RunContext

    async def run_body(self, steps: Sequence[StepPlan], frame: Frame) -> BodyResult:
        """Run a list of steps."""

    async def reused(self, path: str) -> StepOutcome | None:
        """Return the outcome of a step or iteration that is reused, or None."""

    async def started(self, step: StepPlan, frame: Frame, path: str, attempt: int) -> None:
        """Record the start of an attempt."""

    def is_pure(self, step: StepPlan) -> bool:
        """Return whether a step only computes: nobody can notice that it ran again."""

    def attempts(self, step: StepPlan, frame: Frame, path: str) -> Awaitable[StepEnd]:
        """Run the attempts of a step or item."""

    async def skip_step(self, step: StepPlan, frame: Frame, skip: Skip) -> StepOutcome:
        """Record that a step and its inner steps are skipped."""

    async def skip_inside(self, step: StepPlan, path: str, skip: Skip) -> None:
        """Record that the inner steps of a container are skipped."""

    async def skip_steps(self, steps: Sequence[StepPlan], parent: str, skip: Skip) -> None:
        """Record that some steps inside a step are skipped."""


async def run_body(
    steps: Sequence[StepPlan], frame: Frame, run_step: RunStep, skip_step: SkipStep, *, fail_fast: bool
) -> BodyResult:
    """Run the steps of a list until all have ended or been skipped.

    Raises:
        RunBroken: the run can no longer be recorded.
    """
    body = _Body(steps, frame, run_step, skip_step, fail_fast=fail_fast)
    async with task_group() as group:
        await body.follow(body.schedule.start(), group)
    return body.result


class _Body:
    """A running list of steps.

    It uses no self-referencing closures, which would keep its values alive.
    """

    def __init__(
        self, steps: Sequence[StepPlan], frame: Frame, run_step: RunStep, skip_step: SkipStep, *, fail_fast: bool
    ) -> None:
        self.schedule = Schedule(steps)
        self.result = BodyResult()
        self._last = steps[-1].id if steps else None
        self._frame = frame
        self._run_step = run_step
        self._skip_step = skip_step
        self._fail_fast = fail_fast
        self._yield_point = CooperativeYield()

    async def follow(self, chain: list[Ready], group: asyncio.TaskGroup) -> None:
        """Run ready steps and those that become ready through them."""
        # One of the ready steps continues in this task: a chain of 10,000 steps is one task, not 10,000.
        while chain:
            first, *others = chain
            for other in others:
                group.create_task(self.follow([other], group))
                await self._yield_point.reach()
            outcome = await self._settle(first)
            chain = self.schedule.end(first.step.id, outcome.edge)

    async def _settle(self, ready: Ready) -> StepOutcome:
        step, skip, frame, result = ready.step, ready.skip, self._frame, self.result
        # A stop is the reason for every skip it causes; a halt (failFast) only for steps without another reason.
        follows_from_stop = frame.stop.stopped and (skip is None or skip.because_failed)
        if follows_from_stop or (skip is None and frame.closed):
            skip = frame.stop.why if frame.stop.stopped else CANCELLED
        await self._yield_point.reach()
        outcome = await (self._skip_step(step, frame, skip) if skip else self._run_step(step, frame))
        frame.note(step.id, outcome)
        result.cut = result.cut or outcome.cut or (skip is not None and skip.reason in CUTS)
        if outcome.status == "failed" and not outcome.handled:
            result.error = result.error or outcome.error
            frame.halted = frame.halted or self._fail_fast
        result.succeeded = result.succeeded or outcome.edge == "succeeded"
        if step.id == self._last:
            result.output = outcome.output
        return outcome
