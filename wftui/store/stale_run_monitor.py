"""While a program is open: runs whose process dies are marked as interrupted, so that whoever watches learns of it."""

import asyncio
from contextlib import suppress

from wftui.model.errors import UserError
from wftui.store.execution_store import ExecutionStore

LOOKOUT_SECONDS = 2.0


class Lookout:
    """One task beside a store. A look costs one query where all is well."""

    def __init__(self, store: ExecutionStore, seconds: float = LOOKOUT_SECONDS) -> None:
        self._store = store
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Look at once, and again every few seconds from then on."""
        await self._look()
        self._task = asyncio.create_task(self._keep_looking())

    async def end(self) -> None:
        """Stop, after a look that is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self._look()

    async def _look(self) -> None:
        # Whoever reads or writes hears of a database that cannot be used; the marks can wait for the next look.
        with suppress(UserError):
            await self._store.recover()
