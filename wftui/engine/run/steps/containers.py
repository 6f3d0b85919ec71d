"""Container steps: `group` and `switch`, and the way to the others."""

from wftui.engine.primitives.cancellation import StopScope
from wftui.engine.primitives.conditions import evaluate, truth
from wftui.engine.primitives.outcome import BRANCH_NOT_TAKEN, after_failure
from wftui.engine.run.steps.body import StepExecution
from wftui.engine.run.steps.frame import Frame
from wftui.engine.run.steps.loop import run_loop
from wftui.engine.run.steps.race import run_race
from wftui.model.base import Json
from wftui.model.run.steps import ExecutionError
from wftui.runtime.plan import CasePlan, StepPlan


def parent_of(frame: Frame, step: StepPlan, path: str) -> str | None:
    """Return the path of the parent of a step or of an item of its forEach."""
    return frame.path if path == frame.prefix + step.id else frame.prefix + step.id


async def run_container(
    runner: StepExecution, step: StepPlan, frame: Frame, path: str, stop: StopScope
) -> tuple[Json, ExecutionError | None]:
    """Run one attempt of a container; return its output, and a problem it lets pass.

    Raises:
        Failure: an inner step failed and nothing handled that.
        Stopped: a stop ended an inner step.
    """
    if step.loop is not None:
        return await run_loop(runner, step, frame, path, stop)
    if step.branches:
        return await run_race(runner, step, frame, path, stop), None
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
    return (await runner.run_body(steps, inside)).value(), None


async def _taken(step: StepPlan, frame: Frame) -> CasePlan | None:
    for case in step.cases:
        if case.when is not None and truth(await evaluate(case.when, frame.scope), "when", case.when):
            return case
    return next((case for case in step.cases if case.when is None), None)
