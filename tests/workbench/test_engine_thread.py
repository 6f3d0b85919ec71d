"""A workbench on a separate loop: calls, errors, cancellation, blocked callers."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextvars import ContextVar
from pathlib import Path

import pytest
from helpers import patience, wait_until

from wftui.model.errors import NotFoundError, RunNotFoundError
from wftui.workbench import Settings, Workbench
from wftui.workbench.engine_thread import EngineThread, on_engine_thread


@pytest.fixture
async def engine() -> AsyncIterator[EngineThread]:
    """Run an engine's thread."""
    async with EngineThread() as thread:
        yield thread


@pytest.fixture
async def bridged(settings: Settings, engine: EngineThread) -> AsyncIterator[Workbench]:
    """Open a workbench whose engine has a loop of its own."""
    bench = on_engine_thread(Workbench(settings), engine)
    yield bench
    await bench.close(cancel=True)


async def test_run_is_started_and_followed_from_another_loop(bridged: Workbench) -> None:
    await bridged.workflows.create("plain")
    run_id = await bridged.runs.start("plain", {})
    async with patience():
        seen = [event.seq async for batch in bridged.runs.follow(run_id) for event in batch]
    assert seen == list(range(1, len(seen) + 1))
    assert (await bridged.runs.record(run_id)).status == "completed"
    assert bridged.runs.running() == []


async def test_the_store_is_opened_once_for_both_loops(bridged: Workbench) -> None:
    asked = [ask for _ in range(5) for ask in (bridged.store, bridged.records.segment_reader)]
    assert len({id(each) for each in await asyncio.gather(*(ask() for ask in asked))}) == 2
    asked_first = (bridged.records.summary("nothing"), bridged.runs.head("nothing"))
    told = await asyncio.gather(*asked_first, return_exceptions=True)
    assert [type(each) for each in told] == [RunNotFoundError, RunNotFoundError]


async def test_service_errors_arrive_unchanged(bridged: Workbench) -> None:
    with pytest.raises(NotFoundError):
        await bridged.runs.record("no-such-run")


async def test_run_completes_while_the_caller_blocks(bridged: Workbench, tmp_path: Path) -> None:
    steps = [{"id": f"s{n}", "type": "shell", "input": {"script": f"touch {tmp_path}/{n}"}} for n in "abc"]
    source = json.dumps({"format": 1, "id": "still", "steps": steps})
    await bridged.workflows.save("still", source, None)
    run_id = await bridged.runs.start("still", {})
    batches = bridged.runs.follow(run_id)
    events = [*await anext(batches)]  # all of them, if the run is quick
    # This blocks the loop of the caller, who follows the run.
    wait_until(lambda: not bridged.runs.running())
    assert {path.name for path in tmp_path.glob("[abc]")} == set("abc")
    assert (await bridged.runs.record(run_id)).status == "completed"
    async with patience():
        events += [event async for batch in batches for event in batch]
    assert events[-1].type == "completed"


async def test_cancelling_the_caller_cancels_the_call(engine: EngineThread) -> None:
    began, ended = threading.Event(), threading.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    calling = asyncio.create_task(engine.call(work))
    await asyncio.to_thread(began.wait)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert await asyncio.to_thread(ended.wait, 300)


async def test_generator_closes_with_its_reader(engine: EngineThread) -> None:
    waits, closed = threading.Event(), threading.Event()

    async def numbers() -> AsyncGenerator[int, None]:
        try:
            yield 1
            waits.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.set()

    async def read() -> None:
        async for _ in engine.iterate(numbers):
            pass

    reading = asyncio.create_task(read())
    await asyncio.to_thread(waits.wait)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await asyncio.to_thread(closed.wait, 300)


async def test_engine_does_not_inherit_the_callers_context(engine: EngineThread) -> None:
    app: ContextVar[str] = ContextVar("app", default="none")
    app.set("the caller's")

    async def look() -> str:
        return app.get()

    assert await engine.call(look) == "none"


async def test_the_record_of_a_live_run_comes_from_its_writer(bridged: Workbench) -> None:
    steps = [
        {"id": "first", "type": "set", "input": {"n": 1}},
        {"id": "ask", "type": "approval", "input": {"prompt": "Go on?"}},
    ]
    await bridged.workflows.save("asks", json.dumps({"format": 1, "id": "asks", "steps": steps}), None)
    run_id = await bridged.runs.start("asks", {})
    async for batch in bridged.runs.follow(run_id):
        if any(event.type == "step_waiting" for event in batch):
            break
    assert await bridged.runs.live_record(run_id) == await bridged.runs.record(run_id)
    await bridged.runs.answer(run_id, "ask", approved=True)
    async with patience():
        await bridged.runs.until_end(run_id)
    assert await bridged.runs.live_record(run_id) is None
