"""Durations are measured: setting the time of day changes nothing."""

import asyncio
import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import hypothesis.strategies as st
from helpers import patience
from hypothesis import given, settings

from wftui.model.base import Json
from wftui.model.clock import SteadyClock, elapsed_seconds
from wftui.model.run.record import ExecutionRecord
from wftui.workbench import Settings, Workbench

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

WORKFLOW: Json = {
    "format": 1,
    "id": "jumpy",
    "steps": [
        {"id": "first", "type": "set", "input": {"a": 1}},
        {"id": "each", "type": "set", "forEach": {"in": "[1, 2, 3]"}, "input": {"n": "{{ item }}"}},
        {"id": "short", "type": "delay", "input": {"for": "1ms"}},
        {"id": "twice", "type": "assert", "input": {"that": False}, "retry": {"maxAttempts": 2, "delay": "1ms"}},
    ],
    "finally": [{"id": "last", "type": "set", "input": {}}],
}


def write(tables: Path, workflow: Json) -> None:
    folder = tables / "workflows" / str(workflow["id"])
    folder.mkdir(parents=True)
    (folder / "workflow.json").write_text(json.dumps(workflow))


def wall_of(jumps: list[float]) -> Callable[[], datetime]:
    """Return a time of day that jumps each time it is read."""
    steps = iter(jumps)
    moved = timedelta()

    def wall() -> datetime:
        nonlocal moved
        moved += timedelta(seconds=next(steps, 0.0))
        return START + moved

    return wall


def ticking(step: float = 0.25) -> Callable[[], float]:
    """Return an elapsed time that advances by one step each time it is read."""
    reads = iter(range(10**9))
    return lambda: next(reads) * step


async def run(tables: Path, database: Path, jumps: list[float]) -> ExecutionRecord:
    bench = Workbench(
        Settings(tables=tables, database=database, user_id="ada"), clock=wall_of(jumps), elapsed=ticking()
    )
    try:
        run_id = await bench.runs.start("jumpy", {})
        async with patience():
            await bench.runs.wait(run_id)
        events = [event async for batch in bench.runs.follow(run_id) for event in batch]
        assert all(one.timestamp <= two.timestamp for one, two in pairwise(events))
        return await bench.runs.record(run_id, whole=True)
    finally:
        await bench.close(cancel=True)


@given(st.lists(st.floats(-1e6, 1e6), max_size=40))
@settings(max_examples=15)
def test_durations_do_not_follow_the_time_of_day(jumps: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder) / "tables"
        write(tables, WORKFLOW)
        record = asyncio.run(run(tables, Path(folder) / "runs.db", jumps))
    assert record.status == "failed"
    assert record.duration is not None
    assert record.started_at is not None
    assert record.completed_at is not None
    # Every reading of the clock is a quarter of a second: a jump of the time of day would be another number.
    assert 0 < record.duration < 250 * 1000
    assert record.completed_at - record.started_at <= timedelta(milliseconds=record.duration)
    for step in record.step_results:
        assert step.duration is not None or step.status == "skipped"
        assert step.duration is None or 0 <= step.duration <= record.duration
        for attempt in step.attempts:
            assert attempt.completed_at is None or attempt.completed_at >= attempt.started_at


def test_clock_starts_no_earlier_than_given() -> None:
    later = START + timedelta(hours=1)
    clock = SteadyClock(lambda: START, ticking(1.0), not_before=later)
    assert [clock(), clock()] == [later + timedelta(seconds=1), later + timedelta(seconds=2)]


def test_elapsed_time_never_goes_back() -> None:
    readings = [elapsed_seconds() for _ in range(1000)]
    assert readings == sorted(readings)


async def test_a_wait_until_a_time_of_day_ends_when_it_is_set(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    until = (START + timedelta(days=1)).isoformat()
    write(
        tables,
        {"format": 1, "id": "wait", "steps": [{"id": "until", "type": "delay", "input": {"until": until}}]},
    )
    now = START
    bench = Workbench(Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada"), clock=lambda: now)
    try:
        run_id = await bench.runs.start("wait", {})
        async with patience():
            async for batch in bench.runs.follow(run_id):
                if any(event.type == "step_waiting" for event in batch):
                    break
            now = START + timedelta(days=1)
            record = await bench.runs.wait(run_id)
        assert record.status == "completed"
        assert record.duration is not None
        assert record.duration < timedelta(hours=1).total_seconds() * 1000
    finally:
        await bench.close(cancel=True)
