"""Events of the iterations of a forEach or loop, addressed as in `build[3]`."""

from wftui.engine.primitives.cancellation import Stopped, StopScope
from wftui.engine.primitives.outcome import CANCELLED, Skip
from wftui.engine.run.state.run_context import RunContext
from wftui.model.base import Json
from wftui.model.run.events import (
    IterationCompleted,
    IterationFailed,
    IterationsPlanned,
    IterationStarted,
    StepCancelled,
    StepSkipped,
)
from wftui.model.run.steps import ExecutionError
from wftui.runtime.plan import StepPlan


def reason_of(stop: StopScope) -> str | None:
    """Return why a stop came, where neither a person nor a time limit caused it."""
    return stop.why.reason if stop.why is not CANCELLED else None


class IterationMarks:
    """Emitter of the iteration events of one step; durations in milliseconds."""

    def __init__(self, context: RunContext, step: StepPlan, path: str) -> None:
        self._context = context
        self._step = step
        self._path = path

    async def planned(self, total: int | None) -> None:
        """Record the number of iterations; None when it is unknown."""
        if self._path in self._context.carried.planned:
            return
        await self._context.emitter.emit(IterationsPlanned(total=total, **self._context.about(self._step, self._path)))

    async def started(self, index: int, label: str | None, *, at_once: bool = False) -> None:
        """Record the start of an iteration, unless an earlier process started it.

        Args:
            label: short text for the item.
            at_once: its end follows well within a millisecond, and both are recorded together.
        """
        if self._place(index) in self._context.carried.iterations:
            return
        event = IterationStarted(index=index, label=label, **self._about(index))
        if at_once:
            self._context.emitter.hold(event)
        else:
            await self._context.emitter.emit(event)

    async def skipped(self, index: int, skip: Skip) -> None:
        """Record that an item is skipped."""
        step = self._step
        await self._context.emitter.emit(
            StepSkipped(
                step_name=step.name, step_type=step.type, parent=self._path, reason=skip.reason, **self._about(index)
            )
        )

    async def completed(
        self, index: int, output: Json, duration: float, problem: ExecutionError | None = None, *, later: bool = False
    ) -> None:
        """Record the completion of an iteration, with a problem that the step lets pass.

        Args:
            later: as for `Emitter.emit`.
        """
        event = IterationCompleted(
            index=index, output=output, item_errors=problem, duration=duration, **self._about(index)
        )
        await self._context.emitter.emit(event, later=later)

    async def failed(
        self, index: int, error: ExecutionError, duration: float, *, handled: bool = False, output: Json = None
    ) -> None:
        """Record the failure of an iteration; of a handled one, also its output."""
        await self._context.emitter.emit(
            IterationFailed(
                index=index, error=error, duration=duration, handled=handled, output=output, **self._about(index)
            )
        )

    async def cancelled(self, index: int, stopped: Stopped, duration: float, stop: StopScope) -> None:
        """Record the cancel of an iteration by a stop of this scope."""
        await self._context.emitter.emit(
            StepCancelled(duration=duration, abandoned=stopped.abandoned, reason=reason_of(stop), **self._about(index))
        )

    def _place(self, index: int) -> str:
        return f"{self._path}[{index}]"

    def _about(self, index: int) -> dict[str, Json]:
        return self._context.about(self._step, self._place(index))
