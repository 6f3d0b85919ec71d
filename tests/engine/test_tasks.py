"""Work that is completed in spite of a cancel, and errors of groups of tasks."""

import asyncio
import gc
from typing import Any

import pytest

from wftui.engine.primitives.emitter import RunBroken
from wftui.engine.primitives.tasks import complete_despite_cancel, task_group


async def test_work_is_completed_however_often_it_is_cancelled() -> None:
    begun, go = asyncio.Event(), asyncio.Event()
    done: list[str] = []

    async def work() -> str:
        begun.set()
        await go.wait()
        done.append("work")
        return "result"

    task = asyncio.create_task(complete_despite_cancel(work()))
    await begun.wait()
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["work"]
    go.set()
    assert await complete_despite_cancel(work()) == "result"


async def test_an_error_after_a_cancel_is_not_reported_as_forgotten() -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context))
    begun, go = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go.wait()
        raise ValueError("too late")

    task = asyncio.create_task(complete_despite_cancel(work()))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    gc.collect()
    assert reported == []
    with pytest.raises(ValueError, match="too late"):
        await complete_despite_cancel(work())


async def test_a_group_raises_one_error_and_prefers_a_broken_run() -> None:
    async def fails(error: BaseException) -> None:
        raise error

    async def both(*errors: BaseException) -> None:
        async with task_group() as group:
            for error in errors:
                group.create_task(fails(error))

    with pytest.raises(ValueError, match="first"):
        await both(ValueError("first"), KeyError("second"))
    with pytest.raises(RunBroken, match="broken"):
        await both(ValueError("first"), RunBroken("broken"))
    with pytest.raises(RunBroken, match="inner"):
        await both(ValueError("first"), BaseExceptionGroup("group", [KeyError("x"), RunBroken("inner")]))
