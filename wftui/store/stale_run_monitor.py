"""Monitor that marks runs of dead processes as interrupted while a program is open."""

import asyncio
from contextlib import suppress

from wftui.model.errors import UserError
from wftui.store.execution_store import ExecutionStore

MONITOR_SECONDS = 2.0


class StaleRunMonitor:
    """A task beside a store; a check without stale runs costs one query."""

    def __init__(self, store: ExecutionStore, seconds: float = MONITOR_SECONDS) -> None:
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
