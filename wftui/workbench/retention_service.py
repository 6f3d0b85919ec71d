"""What becomes of old runs, as a face asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from wftui.model.clock import Clock
from wftui.settings.settings_file import read_settings, settings_path

if TYPE_CHECKING:
    from wftui.model.run.summary import CleanupReport
    from wftui.model.user_settings import KeepRule
    from wftui.store.execution_store import ExecutionStore
    from wftui.store.maintenance.retention import Policy, Rule
    from wftui.store.retention_task import Upkeep


@dataclass(frozen=True, slots=True)
class HistoryOverview:
    """The history now: how much it holds, what the settings would let go of it, and what last went by itself.

    Attributes:
        would_go: None when the settings keep every run.
        last: None when nothing ever went by itself.
    """

    runs: int
    bytes: int
    would_go: CleanupReport | None
    last: CleanupReport | None


class RetentionService:
    """`workbench.retention`: what would go, let it go, by the user's settings or as asked; what went by itself.

    Attributes:
        tell: called with what was removed by itself while this workbench was open.
    """

    def __init__(self, store: Callable[[], Awaitable[ExecutionStore]], clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._upkeep: Upkeep | None = None
        self.tell: Callable[[CleanupReport], None] = lambda report: None

    async def apply(self, workflow_id: str | None = None, *, dry_run: bool = False) -> CleanupReport | None:
        """Remove what the settings do not keep, of one workflow or of all; None when they keep every run.

        Raises:
            SettingsError: the settings file is wrong.
        """
        store = await self._store()
        policy = replace(await asyncio.to_thread(self._policy), workflow_id=workflow_id)
        return None if policy.keeps_all else await store.apply(policy, dry_run=dry_run)

    async def cleanup(
        self,
        older_than: datetime | None,
        *,
        keep: int | None = None,
        workflow_id: str | None = None,
        dry_run: bool = False,
    ) -> CleanupReport:
        """Remove finished runs from the history, whatever the settings keep; a live run is never touched.

        Args:
            older_than: those over before this moment; None: whatever their age.
            keep: of each workflow, the newest so many stay whatever their age.
            workflow_id: of this workflow alone.
            dry_run: remove nothing, tell what would go.
        """
        store = await self._store()
        return await store.cleanup(older_than, keep=keep, workflow_id=workflow_id, dry_run=dry_run)

    async def overview(self) -> HistoryOverview:
        """How much the history holds, and what becomes of it.

        Raises:
            SettingsError: the settings file is wrong.
        """
        store = await self._store()
        from wftui.store.maintenance.cleanup import database_bytes

        stats = await store.stats()
        size = await asyncio.to_thread(database_bytes, store.path)
        would_go = await self.apply(dry_run=True)
        return HistoryOverview(sum(each.runs for each in stats.values()), size, would_go, await store.last_tidied())

    async def begin(self) -> None:
        """From now on, let go what the settings do not keep, by itself, beside everything else."""
        store = await self._store()
        if self._upkeep is None:
            from wftui.store.retention_task import Upkeep

            self._upkeep = Upkeep(store, self._policy, lambda report: self.tell(report))
            self._upkeep.begin()

    async def end(self) -> None:
        """Stop that; what is under way stops in order."""
        if self._upkeep is not None:
            await self._upkeep.end()
            self._upkeep = None

    def _policy(self) -> Policy:
        from wftui.store.maintenance.retention import Policy

        settings = read_settings(settings_path())
        return Policy(self._rule(settings.keep), {name: self._rule(rule) for name, rule in settings.workflows.items()})

    def _rule(self, rule: KeepRule) -> Rule | None:
        from wftui.store.maintenance.retention import Rule

        if rule.keeps_all:
            return None
        return Rule(None if rule.days is None else self._clock() - timedelta(days=rule.days), rule.runs)
