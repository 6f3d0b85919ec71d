"""Durations after a resume include the time before the kill, not the gap."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.engine_plans import PATIENT, Loaded, Steps, Watch, run, step, workflow
from engine.resuming import resume
from wftui.engine.host.executor import WorkflowExecutor
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.run.events import Created, ExecutionEvent, Interrupted, Log, Started, StepStarted
from wftui.runtime.plan import ForEachPlan, LoopPlan, WorkflowPlan, step_infos
from wftui.steps.api.step_type import StepContext
from wftui.store.execution_store import ExecutionStore

BEFORE = 40_000.0
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
    before = await _events(plan, last, path)
    first = (before[-2].timestamp - before[0].timestamp).total_seconds()
    resumed = time.monotonic()
    record, _ = await resume(plan, before, Steps(once=once))
    longest = (first + time.monotonic() - resumed) * 1000 + 10  # rounding
    assert record.status == "completed", record.error
    for each in worked:
        result = record.step(each)
        assert result is not None
        assert result.duration is not None
        assert BEFORE * 1000 <= result.duration <= longest, each
    assert record.duration is not None
    assert BEFORE * 1000 <= record.duration <= longest
    assert all((attempt.duration or 0) <= longest for each in record.step_results for attempt in each.attempts)


async def test_cancelling_an_interrupted_run_keeps_the_time_before_the_kill(tmp_path: Path) -> None:
    plan, run_id = workflow(step("a", "once")), "01k9x2m4q-7hd3f"
    begun = utc_now() - timedelta(days=2)

    def at(seconds: float) -> dict[str, Any]:
        return {"run_id": run_id, "timestamp": begun + timedelta(seconds=seconds)}

    store = await ExecutionStore.open(tmp_path / "runs.db")
    events: list[ExecutionEvent] = [
        Created(workflow_id=plan.id, plan=await store.put_plan("{}", ""), steps=step_infos(plan), **at(0)),
        Started(**at(0)),
        StepStarted(step_id="a", path="a", step_name="a", step_type="once", attempt=1, **at(500)),
        Log(message="its last words", **at(5_000)),
        Interrupted(**at(DAY)),
    ]
    await store.append(events, wait=True)
    await store.release(run_id)
    load: Any = lambda *_any: Loaded(plan)  # noqa: E731
    executor = WorkflowExecutor(store, Steps(), load, load_stored=load, settings=PATIENT)
    await executor.cancel(run_id)
    record = await executor.wait(run_id)
    assert (record.status, record.duration) == ("cancelled", 5_000_000)
    assert [(each.status, each.duration) for each in record.step_results] == [("cancelled", 4_500_000)]
    await executor.close()
    await store.close()
