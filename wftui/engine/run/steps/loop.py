"""`loop`: repeat its steps until a condition or a limit ends it."""

from collections.abc import Container

from wftui.engine.primitives.cancellation import Stopped, StopScope
from wftui.engine.primitives.conditions import evaluate, truth
from wftui.engine.primitives.failures import describe
from wftui.engine.primitives.outcome import Failure
from wftui.engine.run.steps.body import StepExecution
from wftui.engine.run.steps.frame import Frame
from wftui.engine.run.steps.iteration_events import IterationMarks
from wftui.model.base import Json
from wftui.model.run.steps import ExecutionError
from wftui.runtime.json_values import if_small
from wftui.runtime.plan import LoopPlan, StepPlan
from wftui.runtime.workflow_errors import WorkflowError


async def run_loop(
    runner: StepExecution, step: StepPlan, frame: Frame, path: str, stop: StopScope
) -> tuple[Json, ExecutionError | None]:
    """Run the iterations of a loop.

    Returns:
        The output of the last iteration, null without any, and the error of a limit that `onLimit` lets pass.

    Raises:
        Failure: an iteration failed.
        Stopped: a stop ended an iteration or a wait.
        WorkflowError: `loop.limit`.
    """
    plan = step.loop
    assert plan is not None
    context = runner.context
    marks = IterationMarks(context, step, path)
    await marks.planned(None)
    start = index = _first_to_run(plan, path, context.carried.iterations, context.carried.ends)
    before = await runner.reused(f"{path}[{start - 1}]") if start and plan.remembers else None
    output = before.output if before is not None else None
    while f"{path}[{index}]" in context.carried.copies:  # kept from the run that is rerun
        kept = await runner.reused(f"{path}[{index}]")
        output = kept.output if kept is not None else None
        start = index = index + 1
    while True:
        place = f"{path}[{index}]"
        around = frame.with_locals(index=index, **({"previous": output} if plan.remembers else {}))
        condition = plan.while_ if place not in context.carried.iterations else None
        if condition is not None and not truth(await evaluate(condition, around.scope), "while", condition):
            return output, None
        if index >= plan.max_iterations:
            break
        if index > start:
            await stop.sleep(plan.wait_after(index - 1))
        begun = context.begun(place)
        inside = around.inside(place, stop)
        await marks.started(index, None)
        try:
            output = (await runner.run_body(step.body, inside)).value()
            done = plan.until is not None and truth(await evaluate(plan.until, inside.scope), "until", plan.until)
        except Stopped:
            await marks.cancelled(index, Stopped(), context.since(begun), stop)
            raise
        except Failure as failure:
            await marks.failed(index, failure.error, context.since(begun))
            raise
        except Exception as error:
            await marks.failed(index, describe(error, context.plan, step, place, 1), context.since(begun))
            raise
        if place not in context.carried.ends:
            await marks.completed(index, output, context.since(begun))
        if done:
            return output, None
        index += 1
    limit = _limit(plan, output)
    if plan.on_limit == "fail":
        raise limit
    return output, describe(limit, context.plan, step, path, 1)


def _first_to_run(plan: LoopPlan, path: str, begun: Container[str], ended: Container[str]) -> int:
    """Return the iteration at which a loop continues after a resume, 0 at first.

    It is the last one that has begun, or an earlier one whose output is needed again and was not stored.
    """
    index = 0
    while f"{path}[{index + 1}]" in begun:
        index += 1
    while plan.remembers and index and f"{path}[{index - 1}]" not in ended:
        index -= 1
    return index


def _limit(plan: LoopPlan, output: Json) -> WorkflowError:
    still = "`until` was still false" if plan.until is not None else "`while` was still true"
    details: dict[str, Json] = {"iterations": plan.max_iterations, "output": if_small(output)}
    return WorkflowError("loop.limit", f"{still} after {plan.max_iterations:,} iterations", details=details)
