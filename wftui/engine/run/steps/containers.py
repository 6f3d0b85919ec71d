"""Container steps: `group`, `switch` and `loop`."""

from wftui.engine.primitives.cancellation import Stopped, StopScope
from wftui.engine.primitives.conditions import evaluate, truth
from wftui.engine.primitives.failures import describe
from wftui.engine.primitives.outcome import BRANCH_NOT_TAKEN, Failure, after_failure
from wftui.engine.run.steps.body import BodyResult, StepExecution
from wftui.engine.run.steps.frame import Frame
from wftui.engine.run.steps.iteration_events import IterationMarks
from wftui.model.base import Json
from wftui.runtime.plan import CasePlan, StepPlan
from wftui.runtime.workflow_errors import WorkflowError


def parent_of(frame: Frame, step: StepPlan, path: str) -> str | None:
    """Return the path of the parent of a step or of an item of its forEach."""
    return frame.path if path == frame.prefix + step.id else frame.prefix + step.id


async def run_container(runner: StepExecution, step: StepPlan, frame: Frame, path: str, stop: StopScope) -> Json:
    """Run one attempt of a container and return its output.

    Raises:
        Failure: an inner step failed and nothing handled that.
        Stopped: a stop ended an inner step.
    """
    if step.loop is not None:
        return await _run_loop(runner, step, frame, path, stop)
    steps = step.body
    inside = frame.inside(path, stop)
    if step.cases:
        try:
            taken = await _taken(step, frame)
        except Exception:
            await runner.skip_inside(step, path, after_failure(step.id))
            raise
        for case in step.cases:
            if case is not taken:
                for inner in case.steps:
                    await runner.skip_step(inner, inside, BRANCH_NOT_TAKEN)
        steps = taken.steps if taken else ()
    return _output(await runner.run_body(steps, inside))


async def _taken(step: StepPlan, frame: Frame) -> CasePlan | None:
    for case in step.cases:
        if case.when is not None and truth(await evaluate(case.when, frame.scope), "when"):
            return case
    return next((case for case in step.cases if case.when is None), None)


def _output(result: BodyResult) -> Json:
    if result.error is not None:
        raise Failure(result.error, 1)
    if result.cut:
        raise Stopped
    return result.output


async def _run_loop(runner: StepExecution, step: StepPlan, frame: Frame, path: str, stop: StopScope) -> Json:
    plan = step.loop
    assert plan is not None
    context = runner.context
    marks = IterationMarks(context, step, path)
    await marks.planned(None)
    for index in range(plan.max_iterations):
        begun = context.now()
        place = f"{path}[{index}]"
        if f"{path}[{index + 1}]" in context.carried.iterations:
            continue  # an earlier process completed this iteration
        inside = frame.with_locals(index=index).inside(place, stop)
        await marks.started(index, None)
        try:
            output = _output(await runner.run_body(step.body, inside))
            done = truth(await evaluate(plan.until, inside.scope), "until")
        except Stopped:
            await marks.cancelled(index, Stopped(), context.since(begun))
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
            return output
        if index + 1 < plan.max_iterations:
            await stop.sleep(plan.delay)
    raise WorkflowError("loop.limit", f"`until` was still false after {plan.max_iterations} iterations")
