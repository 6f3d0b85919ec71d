"""`catch`: handler steps that give the output of a step whose last attempt failed."""

from collections.abc import Awaitable, Callable

from wftui.engine.primitives.cancellation import Stopped
from wftui.engine.primitives.conditions import evaluate
from wftui.engine.primitives.failures import describe, matches
from wftui.engine.primitives.outcome import NOTHING_CAUGHT, OTHER_ERROR, Failure
from wftui.engine.run.state.carried_results import Caught
from wftui.engine.run.steps.body import StepEnd, StepExecution
from wftui.engine.run.steps.frame import Frame
from wftui.model.run.events import StepCaught
from wftui.model.run.steps import ExecutionError
from wftui.runtime.json_values import ensure_json
from wftui.runtime.plan import CatchPlan, StepPlan

Attempts = Callable[[StepPlan, Frame, str], Awaitable[StepEnd]]


def clause_for(step: StepPlan, error: ExecutionError) -> int | None:
    """Return the position of the first entry of a catch that is for an error, or None."""
    if error.type == "cancelled":
        return None
    return next((index for index, each in enumerate(step.catch) if not each.on or matches(error, each.on)), None)


async def run_catching(runner: StepExecution, step: StepPlan, frame: Frame, path: str, attempts: Attempts) -> StepEnd:
    """Run the attempts of a step or item, and the handlers of its error.

    The choice is recorded, so that a resume continues with the handlers.

    Raises:
        Failure: nothing handles the error, or a handler failed.
        Stopped: a stop came.
    """
    context = runner.context
    caught = await context.carried.caught_at(path)
    if caught is None:
        try:
            end = await attempts(step, frame, path)
        except Stopped:
            await runner.skip_steps(step.handlers, path, frame.stop.why)
            raise
        except Failure as failure:
            clause = clause_for(step, failure.error)
            if clause is None:
                await runner.skip_steps(step.handlers, path, OTHER_ERROR)
                raise
            caught = Caught(clause, failure.error, failure.attempts)
            await context.emitter.emit(
                StepCaught(
                    **context.about(step, path), attempt=caught.attempts, error=caught.error, clause=caught.clause
                )
            )
        else:
            await runner.skip_steps(step.handlers, path, NOTHING_CAUGHT)
            return end
    for clause, other in enumerate(step.catch):
        if clause != caught.clause:
            await runner.skip_steps(other.steps, path, OTHER_ERROR)
    return await _handle(runner, step, step.catch[caught.clause], frame, path, caught)


async def _handle(
    runner: StepExecution, step: StepPlan, clause: CatchPlan, frame: Frame, path: str, caught: Caught
) -> StepEnd:
    error = caught.error
    inside = frame.handling(error, path, hidden=clause.hidden)
    try:
        output = (await runner.run_body(clause.steps, inside)).value()
        if clause.output is not None:
            output = await evaluate(clause.output, inside.scope)
            await ensure_json(output, "output.not_json", "the output")
    except Stopped:
        raise
    except Exception as raised:
        failed = describe(raised, runner.context.plan, step, path, caught.attempts)
        if failed is not error:
            failed = failed.model_copy(update={"cause": error.to_wire()})
        raise Failure(failed, caught.attempts) from raised
    return StepEnd(output, caught.attempts, error, handled=True)
