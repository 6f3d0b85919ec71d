"""Timeouts after a resume count the time worked before, not the time in between."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from helpers import PATIENCE, patience

from engine.engine_plans import Steps, Watch, chain, run, step, workflow
from engine.resuming import resume
from wftui.model.base import Json
from wftui.model.run.events import ExecutionEvent, Interrupted, Log, Resumed
from wftui.runtime.plan import WorkflowPlan
from wftui.steps.api.step_type import StepContext

LIMIT = 2 * PATIENCE
"""Longer than a test waits: what waits for all of it fails."""


async def endless(_input: dict[str, Json], context: StepContext) -> Json:
    if context.attempt > 1:
        await asyncio.Event().wait()
    return None


async def begun(plan: WorkflowPlan, last: str, path: str) -> list[ExecutionEvent]:
    """The events of a run up to one of a step."""
    watch = Watch()
    await run(plan, watch=watch, endless=endless)
    index = next(i for i, event in enumerate(watch.events) if (event.type, getattr(event, "path", "")) == (last, path))
    return watch.events[: index + 1]


def after(seconds: float, events: Sequence[ExecutionEvent]) -> list[ExecutionEvent]:
    """Shift the clock: the process died some seconds later, and a day passed."""
    run_id, died = events[0].run_id, events[-1].timestamp + timedelta(seconds=seconds)
    next_day = died + timedelta(days=1)
    return [
        *events,
        Log(run_id=run_id, timestamp=died, message="its last words"),
        Interrupted(run_id=run_id, timestamp=next_day),
        Resumed(run_id=run_id, timestamp=next_day),
        Interrupted(run_id=run_id, timestamp=next_day, last_sign=next_day),
    ]


async def test_run_timeout_continues_after_resume() -> None:
    plan = workflow(step("a", "endless"), timeout=LIMIT)
    before = await begun(plan, "step_started", "a")
    async with patience():
        record, _ = await resume(plan, after(LIMIT - 0.1, before), Steps(endless=endless))
        late, _ = await resume(plan, after(LIMIT + 1, before), Steps(endless=endless))
    for each in (record, late):
        assert (each.status, each.error.type if each.error else "") == ("failed", "timeout")


async def test_a_sign_of_life_later_than_the_last_event_counts() -> None:
    plan = workflow(step("a", "endless"), timeout=LIMIT)
    before = await begun(plan, "step_started", "a")
    seen = Interrupted(
        run_id=before[0].run_id,
        timestamp=before[-1].timestamp + timedelta(days=1),
        last_sign=before[-1].timestamp + timedelta(seconds=LIMIT),
    )
    async with patience():
        record, _ = await resume(plan, [*before, seen], Steps(endless=endless))
    assert record.status == "failed"


async def test_downtime_does_not_count_against_timeouts() -> None:
    plan = workflow(*chain(step("a"), step("b")), timeout=LIMIT)
    before = await begun(plan, "step_completed", "a")
    record, _ = await resume(plan, after(LIMIT / 2, before), Steps())
    assert record.status == "completed"


async def test_finally_does_not_count_against_timeouts() -> None:
    plan = workflow(step("a"), timeout=LIMIT, finally_=(step("tidy"),))
    before = await begun(plan, "step_started", "tidy")
    record, _ = await resume(plan, after(LIMIT * 2, before), Steps())
    assert record.status == "completed"


async def test_container_timeout_continues_after_resume() -> None:
    inner = chain(step("x"), step("y", "endless"))
    plan = workflow(
        step("first"), step("box", type="group", input=None, body=inner, timeout=LIMIT, on_error="continue")
    )
    before = await begun(plan, "step_started", "box.y")
    async with patience():
        record, _ = await resume(plan, after(LIMIT - 0.1, before), Steps(endless=endless))
    box = record.step("box")
    assert box is not None
    assert box.error is not None
    assert (record.status, box.status, box.error.type) == ("completed", "failed", "timeout")
