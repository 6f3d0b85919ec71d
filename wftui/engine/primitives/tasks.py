"""Several tasks side by side, of which the first error ends all; and giving way to others."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from wftui.engine.primitives.emitter import RunBroken

T = TypeVar("T")
_YIELD_AFTER = 0.005  # seconds


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that raises the error itself, not a group of one; that the run is broken comes before all else."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        found = list(_leaves(errors))
        raise next((each for each in found if isinstance(each, RunBroken)), found[0]) from None


async def complete_despite_cancel(work: Coroutine[Any, Any, T]) -> T:
    """Do what must not be left half done: a cancel that comes meanwhile is raised after it."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # whoever asked is gone
        raise


class CooperativeYield:
    """Lets the event loop do other things now and then, in code that may go on for long without a wait."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    async def reach(self) -> None:
        """Give way, if the last time was more than a few milliseconds ago."""
        if time.monotonic() - self._since > _YIELD_AFTER:
            await asyncio.sleep(0)
            self._since = time.monotonic()


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]
