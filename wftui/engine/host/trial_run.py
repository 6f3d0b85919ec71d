"""Try one step of a plan: in memory, with given outputs of the steps before it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from wftui.engine.host.memory_children import MemoryChildren
from wftui.engine.host.standalone_run import prepare
from wftui.engine.primitives.outcome import StepOutcome
from wftui.model.base import Json
from wftui.model.clock import Clock, Elapsed
from wftui.model.run.events import ExecutionEvent
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import StepPlan, WorkflowPlan
from wftui.steps.api.step_type import StepTypes


async def run_trial(
    plan: WorkflowPlan,
    step_id: str,
    inputs: Mapping[str, Json],
    given: Mapping[str, Json],
    *,
    whole: bool,
    on_event: Callable[[ExecutionEvent], None],
    step_types: StepTypes,
    load: Callable[[str], Awaitable[WorkflowPlan]],
    folder: Callable[[str], Path],
    clock: Clock,
    elapsed: Elapsed,
) -> ExecutionRecord:
    """Run a top-level step after those it needs; store nothing.

    Sub-workflows run in memory, too; the trial ends when all of them have.

    Args:
        plan: the workflow.
        step_id: the step to try; it runs even if it is disabled.
        inputs: of the workflow.
        given: outputs by step id; these steps do not run.
        whole: also run the steps that only come before it in the list.
        on_event: called with every event.
        step_types: the step types.
        load: returns the plan of a sub-workflow.
        folder: returns the folder of a workflow's file.
        clock: the time of day.
        elapsed: measures durations.

    Raises:
        UsageError: the inputs are not JSON. Inputs that do not match the schema give a failed record.
    """
    steps = steps_of_trial(plan, step_id, given, whole=whole)
    run, sink = prepare(
        replace(plan, steps=steps, finally_=(), outputs={}),
        inputs,
        on_event,
        step_types=step_types,
        folder=folder(plan.id),
        clock=clock,
        elapsed=elapsed,
    )
    children = MemoryChildren(run.context, load, folder)
    run.context.children = children
    for step in steps:
        if step.id in given and step.id != step_id:
            run.context.carried.ends[step.id] = StepOutcome("completed", output=given[step.id], attempts=1)
    run.context.approvals.answerable = False
    try:
        await run.create(None)
        await run.run()
        await children.join()
    finally:
        await children.cancel()
    return sink.record


def steps_of_trial(plan: WorkflowPlan, step_id: str, given: Mapping[str, Json], *, whole: bool) -> tuple[StepPlan, ...]:
    """Return a step and those before it; nothing is needed before a given one."""
    by_id = {step.id: step for step in plan.steps}
    found: set[str] = set()
    waiting = [step_id]
    while waiting:
        step = by_id.get(waiting.pop())
        if step is None or step.id in found:
            continue
        found.add(step.id)
        if step.id == step_id or step.id not in given:
            waiting += [*step.needs, *(step.after if whole else ())]
    return tuple(
        replace(
            step,
            disabled=step.disabled and step.id != step_id,
            needs=tuple(each for each in step.needs if each in found),
            after=tuple(each for each in step.after if each in found),
        )
        for step in plan.steps
        if step.id in found
    )
