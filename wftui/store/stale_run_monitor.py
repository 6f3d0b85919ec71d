"""Stale-run monitor: marks runs of dead processes as interrupted."""

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
        """Check at once, then every few seconds."""
        await self._look()
        self._task = asyncio.create_task(self._work())

    async def end(self) -> None:
        """Stop the task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self._look()

    async def _look(self) -> None:
        # An unusable database is reported where it is read or written; the next check marks the runs.
        with suppress(UserError):
            await self._store.check_file()
            await self._store.recover()
