"""Retention of old runs: by the user's settings, or on request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wftui.model.clock import Clock
from wftui.model.data_class import dataclass
from wftui.model.errors import UsageError
from wftui.model.text.local_times import local_text
from wftui.settings.settings_file import read_settings, settings_path

if TYPE_CHECKING:
    from wftui.model.run.summary import CleanupReport
    from wftui.model.user.user_settings import KeepRule
    from wftui.store.execution_store import ExecutionStore
    from wftui.store.maintenance.retention import Policy, Rule
    from wftui.store.retention_task import RetentionTask


_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""No run is earlier."""


@dataclass(frozen=True, slots=True)
class HistoryOverview:
    """The size of the history and the effect of the retention rules.

    Attributes:
        would_go: what the settings would remove now; None if they keep every run.
        last: the last automatic cleanup; None if there was none.
    """

    runs: int
    bytes: int
    would_go: CleanupReport | None
    last: CleanupReport | None


class RetentionService:
    """`workbench.retention`: preview and remove old runs; automatic retention."""

    def __init__(self, store: Callable[[], Awaitable[ExecutionStore]], clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._task: RetentionTask | None = None
        self._report: Callable[[CleanupReport], object] = lambda report: None

    def report_to(self, report: Callable[[CleanupReport], object]) -> None:
        """Report each automatic cleanup to a function, in the engine's thread."""
        self._report = report

    async def apply(self, workflow_id: str | None = None, *, dry_run: bool = False) -> CleanupReport | None:
        """Remove runs that the settings do not keep; None if they keep every run.

        Args:
            workflow_id: runs of this workflow only.
            dry_run: report what would be removed, remove nothing.

        Raises:
            SettingsError: the settings file is invalid.
        """
        store = await self._store()
        policy = replace(await asyncio.to_thread(self._policy), workflow_id=workflow_id)
        return None if policy.keeps_all else await store.apply_settings(policy, dry_run=dry_run)

    async def cleanup(
        self,
        older_than: datetime | None,
        *,
        keep: int | None = None,
        workflow_id: str | None = None,
        dry_run: bool = False,
    ) -> CleanupReport:
        """Remove finished runs, whatever the settings keep; a live run is never touched.

        Args:
            older_than: runs that ended before this time; None: of any age.
            keep: number of newest runs of each workflow to keep, whatever their age.
            workflow_id: runs of this workflow only.
            dry_run: report what would be removed, remove nothing.

        Raises:
            UsageError: the time is in the future.
        """
        if older_than is not None and older_than > self._clock():
            sentence = f"{local_text(older_than)} is in the future; every run that has ended is older"
            raise UsageError(sentence, code="usage.moment")
        store = await self._store()
        return await store.cleanup(older_than, keep=keep, workflow_id=workflow_id, dry_run=dry_run)

    async def delete(self, run_id: str) -> None:
        """Remove one run that has ended.

        Raises:
            NotFoundError: there is no such run.
            ConflictError: it, or its parent run, has not ended.
        """
        await (await self._store()).delete(run_id)

    async def overview(self) -> HistoryOverview:
        """Return the size of the history and the effect of the retention rules.

        Raises:
            SettingsError: the settings file is invalid.
        """
        store = await self._store()
        from wftui.store.maintenance.cleanup import database_bytes

        stats = await store.stats()
        size = await asyncio.to_thread(database_bytes, store.path)
        would_go = await self.apply(dry_run=True)
        return HistoryOverview(sum(each.runs for each in stats.values()), size, would_go, await store.last_tidied())

    async def begin(self) -> None:
        """Start automatic retention in the background."""
        store = await self._store()
        if self._task is None:
            from wftui.store.retention_task import RetentionTask

            self._task = RetentionTask(store, self._policy, self._reported)
            self._task.begin()

    async def end(self) -> None:
        """Stop automatic retention; a running cleanup ends cleanly."""
        if self._task is not None:
            await self._task.end()
            self._task = None

    def _reported(self, report: CleanupReport) -> None:
        self._report(report)

    def _policy(self) -> Policy:
        from wftui.store.maintenance.retention import Policy

        settings = read_settings(settings_path())
        return Policy(self._rule(settings.keep), {name: self._rule(rule) for name, rule in settings.workflows.items()})

    def _rule(self, rule: KeepRule) -> Rule | None:
        from wftui.store.maintenance.retention import Rule

        if rule.keeps_all:
            return None
        return Rule(None if rule.days is None else self._days_ago(rule.days), rule.runs)

    def _days_ago(self, days: int) -> datetime:
        """Return the time some days ago, from 1970 on."""
        now = self._clock()
        return now - timedelta(days=min(days, (now - _FIRST).days))
