"""Steps that log faster than the disk stores: they wait, and no line is lost."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers import lives, patience, until

from engine.engine_plans import FAR, Loaded, Steps, Work, constant, step, workflow
from wftui.engine.host.executor import WorkflowExecutor
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.run.steps import log_overflow
from wftui.model.base import Json
from wftui.model.run.events import Log, LogSegment
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.runtime.plan import StepPlan
from wftui.steps.api.step_type import StepContext
from wftui.steps.api.thread_context import ThreadContext
from wftui.steps.api.threads import run_stoppable
from wftui.store.execution_store import ExecutionStore
from wftui.store.log_segments import folder_of

LINES = 12_000
AHEAD = 4_000_000
"""Characters that a step may be ahead of the disk; each flood has twice as many."""
SETTINGS = EngineSettings(force=FAR, log_head=10_000, log_interval=0.005)
PRINT = "for number in range({lines}): print(number, '.' * 700)"


class SlowStore(ExecutionStore):
    """A store whose disk takes a segment only when `accepts` is set."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.accepts = asyncio.Event()
        self.asked = asyncio.Event()

    async def put_segment(self, segment: LogSegment, data: bytes) -> str | None:
        self.asked.set()
        await self.accepts.wait()
        return await super().put_segment(segment, data)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SlowStore]:
    opened = await SlowStore.open(tmp_path / "runs.db")
    yield opened
    opened.accepts.set()
    await opened.close()


@pytest.fixture(autouse=True)
def small_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_overflow, "_MOST_WAITING", AHEAD)


def shell(script: str, **fields: Any) -> StepPlan:
    """A step that runs a Python script as a program."""
    return step("flood", type="shell", input=constant({"argv": [sys.executable, "-c", script]}), **fields)


def executor(store: ExecutionStore, *steps: StepPlan, **functions: Work) -> WorkflowExecutor:
    plan = workflow(*steps)
    load: Any = lambda workflow_id: Loaded(plan)  # noqa: E731
    return WorkflowExecutor(store, Steps(**functions), load, settings=SETTINGS)


async def logged(store: ExecutionStore, record: ExecutionRecord, stream: str = "stdout") -> Sequence[str]:
    return [
        line
        async for page in store.log_lines(record.id)
        for event in page
        if isinstance(event, Log) and event.stream == stream
        for line in event.message.split("\n")
    ]


def in_a_thread(_input: dict[str, Json], context: StepContext) -> Any:
    """Log from a thread, as a plugin that is a plain function does."""
    inside = ThreadContext(context)

    def work() -> None:
        for number in range(LINES):
            inside.log(f"{number} {'.' * 700}", stream="stdout")

    return run_stoppable(work, lambda: None)


async def in_the_loop(_input: dict[str, Json], context: StepContext) -> None:
    """Log on the event loop, as an async plugin does."""
    for number in range(LINES):
        context.log(f"{number} {'.' * 700}", stream="stdout")
        if number % 200 == 0:
            await context.drain_log()


@pytest.mark.parametrize(
    "flood",
    [
        shell(PRINT.format(lines=LINES)),
        pytest.param(
            step(
                "flood",
                type="python",
                input=constant({"code": f"def main():\n    {PRINT.format(lines=LINES)}", "args": []}),
            ),
            marks=pytest.mark.slow,
        ),
        step("flood", "in_a_thread"),
        step("flood", "in_the_loop"),
    ],
    ids=["program", "python", "thread", "loop"],
)
async def test_a_step_waits_for_a_slow_disk_and_no_line_is_lost(store: SlowStore, flood: StepPlan) -> None:
    running = executor(store, flood, in_a_thread=in_a_thread, in_the_loop=in_the_loop)
    run = asyncio.ensure_future(running.execute(ExecutionRequest(workflow_id="test")))
    async with patience():
        await store.asked.wait()
        quick = executor(store, step("other"))
        for _ in range(30):  # other runs continue while the disk is full
            other = await quick.execute(ExecutionRequest(workflow_id="test"))
            assert other.status == "completed"
        store.accepts.set()
        record = await run
    assert record.status == "completed"
    lines = await logged(store, record)
    assert [line.partition(" ")[0] for line in lines] == [str(number) for number in range(LINES)]
    assert not [line for line in await logged(store, record, "log") if "omitted" in line]
    await running.close(cancel=True)


@pytest.mark.parametrize("how", ["cancel", pytest.param("timeout", marks=pytest.mark.slow)])
async def test_a_program_that_waits_for_the_disk_is_ended(store: SlowStore, how: str, tmp_path: Path) -> None:
    place = tmp_path / "pid"
    script = f"import os\nopen({str(place)!r}, 'w').write(str(os.getpid()))\nwhile True: print('x' * 1000)"
    running = executor(store, shell(script, timeout=10.0 if how == "timeout" else None))
    run = asyncio.ensure_future(running.execute(ExecutionRequest(workflow_id="test")))
    async with patience():
        await store.asked.wait()
    if how == "cancel":
        (run_id,) = running.running()
        await running.cancel(run_id)
    await until(lambda: not lives(int(place.read_text())))
    assert not store.accepts.is_set(), "the disk has taken nothing yet"
    store.accepts.set()
    async with patience():
        record = await run
    assert record.status == ("failed" if how == "timeout" else "cancelled")
    assert record.error is None or record.error.type == "timeout"
    assert not [line for line in await logged(store, record, "log") if "omitted" in line]
    await running.close(cancel=True)


async def test_the_log_says_why_lines_could_not_be_stored(store: SlowStore) -> None:
    folder_of(store.path).write_text("a file is in the place of the folder")
    store.accepts.set()
    running = executor(store, step("flood", "in_the_loop"), in_the_loop=in_the_loop)
    async with patience():
        record = await running.execute(ExecutionRequest(workflow_id="test"))
    assert record.status == "completed"
    (omitted,) = [line for line in await logged(store, record, "log") if "omitted" in line]
    assert omitted.endswith("lines omitted: they could not be stored: File exists")
    await running.close(cancel=True)
