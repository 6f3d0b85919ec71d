"""Retention task: applies the retention policy at program start and every hour.

Of all processes on a database one does so, at most once an hour. The next one continues a cleanup that was cut short.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

from wftui.model.errors import UserError
from wftui.model.run.summary import CleanupReport
from wftui.store.execution_store import ExecutionStore
from wftui.store.maintenance.retention import Policy

RETENTION_SECONDS = 3600.0


class RetentionTask:
    """Background task beside a store.

    Args:
        policy: returns the current policy; called in a thread each time.
        report: called with the report of a cleanup that removed anything.
        seconds: minimum interval between two cleanups.
    """

    def __init__(
        self,
        store: ExecutionStore,
        policy: Callable[[], Policy],
        report: Callable[[CleanupReport], None],
        seconds: float = RETENTION_SECONDS,
    ) -> None:
        self._store = store
        self._policy = policy
        self._notify = report
        self._seconds = seconds
        self._stop = threading.Event()
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start the task, unless it is running."""
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    async def end(self) -> None:
        """Stop after the current step."""
        self._stop.set()
        self._ended.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _work(self) -> None:
        while not self._ended.is_set():
            # An unusable policy or database is reported where it is read; runs do not depend on this task.
            with suppress(UserError):
                await self._tidy()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), self._seconds)

    async def _tidy(self) -> None:
        policy = await asyncio.to_thread(self._policy)
        if policy.keeps_all or self._store.read_only:
            return
        report = await self._store.tidy(policy, every=self._seconds, stop=self._stop)
        if report is not None and report.runs:
            self._notify(report)
