"""Helpers for asyncio tasks: groups, completion in spite of a cancel, yielding."""

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
    """Open a task group that raises a single error, not an exception group.

    `RunBroken` takes precedence over other errors.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        found = list(_leaves(errors))
        raise next((each for each in found if isinstance(each, RunBroken)), found[0]) from None


async def complete_despite_cancel(work: Coroutine[Any, Any, T]) -> T:
    """Complete work that must not be left half done; raise a cancel afterwards."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # the caller has been cancelled
        raise


class CooperativeYield:
    """Cooperative yield to the event loop, for code that may take long without a wait."""

    def __init__(self) -> None:
        self._since = time.monotonic()

    async def reach(self) -> None:
        """Yield to the event loop, if the last yield was some milliseconds ago."""
        if time.monotonic() - self._since > _YIELD_AFTER:
            await asyncio.sleep(0)
            self._since = time.monotonic()


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]
