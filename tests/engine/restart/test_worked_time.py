"""Durations of what a resume goes on with: with the time before the kill, without the time nobody ran it."""

from datetime import timedelta

import pytest

from engine.engine_plans import Steps, Watch, run, step, workflow
from engine.resuming import resume
from wftui.model.base import Json
from wftui.model.run.events import ExecutionEvent, Interrupted, Log
from wftui.runtime.plan import ForEachPlan, LoopPlan, WorkflowPlan
from wftui.steps.api.step_type import StepContext

BEFORE = 40.0
"""Seconds that the first process works after the event that is looked at."""
DAY = 86_400


async def once(_input: dict[str, Json], _context: StepContext) -> Json:
    return None


async def _events(plan: WorkflowPlan, last: str, path: str) -> list[ExecutionEvent]:
    watch = Watch()
    await run(plan, watch=watch, once=once)
    index = next(i for i, event in enumerate(watch.events) if (event.type, getattr(event, "path", "")) == (last, path))
    events = watch.events[: index + 1]
    moved = [each.model_copy(update={"timestamp": each.timestamp - timedelta(days=2)}) for each in events]
    died = moved[-1].timestamp + timedelta(seconds=BEFORE)
    words = Log(run_id=moved[0].run_id, timestamp=died, message="its last words")
    return [*moved, words, Interrupted(run_id=moved[0].run_id, timestamp=died + timedelta(days=1))]


PLANS = {
    "leaf": (workflow(step("a", "once")), "step_started", "a", ["a"]),
    "item": (
        workflow(step("a", "once", for_each=ForEachPlan(items=lambda _scope: [1, 2]))),
        "iteration_started",
        "a[1]",
        ["a", "a[1]"],
    ),
    "loop": (
        workflow(
            step("a", type="loop", loop=LoopPlan(max_iterations=2, on_limit="continue"), body=(step("b", "once"),))
        ),
        "step_started",
        "a[1].b",
        ["a", "a[1]", "a[1].b"],
    ),
    "container": (
        workflow(step("a", type="group", body=(step("b", "once"),))),
        "step_started",
        "a.b",
        ["a", "a.b"],
    ),
}


@pytest.mark.parametrize("name", PLANS)
async def test_a_step_keeps_the_time_before_the_kill(name: str) -> None:
    plan, last, path, worked = PLANS[name]
    record, _ = await resume(plan, await _events(plan, last, path), Steps(once=once))
    assert record.status == "completed", record.error
    for each in worked:
        result = record.step(each)
        assert result is not None
        assert result.duration is not None
        assert BEFORE * 1000 <= result.duration < DAY * 1000, each
    assert record.duration is not None
    assert BEFORE * 1000 <= record.duration < DAY * 1000
    longest = max(attempt.duration or 0 for step_ in record.step_results for attempt in step_.attempts)
    assert longest < DAY * 1000
