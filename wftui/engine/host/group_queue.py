"""Queue of a run in its concurrency group, over all processes on the database."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from wftui.engine.host.start_options import RunStarter
from wftui.model.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore

_LOOK_SECONDS = 2.0
"""Time between two looks at the queue while the run ahead continues: others may have left it."""


class SharedGroupQueue:
    """Queue of one run.

    Args:
        ancestors: runs that wait for this one, which never block it.
    """

    def __init__(self, starter: RunStarter, store: "ExecutionStore", run_id: str, ancestors: Collection[str]) -> None:
        self._starter = starter
        self._store = store
        self._run_id = run_id
        self._ancestors = ancestors

    async def enter(self, group: str) -> list[str]:
        """Enter the queue of a group at its end; return the runs ahead."""
        return self._blocking(await self._store.runs_ahead(self._run_id, group))

    async def ahead(self) -> list[str]:
        """Return the runs that are still ahead."""
        return self._blocking(await self._store.runs_ahead(self._run_id))

    async def wait_for(self, run_id: str) -> None:
        """Wait for the end of a run ahead, or for some seconds."""
        with suppress(NotFoundError, TimeoutError):  # it was removed, or is still running
            async with asyncio.timeout(_LOOK_SECONDS):
                await self._starter.until_end(run_id)

    async def cancel(self, run_id: str) -> None:
        """Cancel a run ahead."""
        with suppress(ConflictError, NotFoundError):  # it has just ended, or was removed
            await self._starter.cancel(run_id, by=f"run {self._run_id}, of the same concurrency group")

    def _blocking(self, ahead: list[str]) -> list[str]:
        """Return the runs to wait for: none if an ancestor is in the group."""
        return [] if any(each in self._ancestors for each in ahead) else ahead
