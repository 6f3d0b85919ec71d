"""Several tasks side by side, of which the first error ends all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wftui.engine.emit import RunBroken


@asynccontextmanager
async def side_by_side() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that raises the error itself, not a group of one; that the run is broken comes before all else."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        found = list(_leaves(errors))
        raise next((each for each in found if isinstance(each, RunBroken)), found[0]) from None


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]
