"""Examination and repair of the user's files: database, permissions, leftovers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wftui.model.errors import UserError
from wftui.settings.settings_file import settings_path

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore
    from wftui.workbench.workbench_settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a file.

    Attributes:
        code: error code of the problem; None: it has none.
        result: what was done about it, once it is repaired.
    """

    area: Literal["database", "permissions", "leftover"]
    path: Path
    problem: str
    code: str | None = None
    result: str | None = None


class DoctorService:
    """`workbench.doctor`.

    Args:
        store: opens the store, which recovers a damaged database.
    """

    def __init__(self, settings: Settings, store: Callable[[], Awaitable[ExecutionStore]]) -> None:
        self._settings = settings
        self._store = store

    async def examine(self) -> list[Finding]:
        """Return the problems of the user's files, changing nothing."""
        return await asyncio.to_thread(self._examine)

    async def repair(self, finding: Finding) -> Finding:
        """Repair a problem if possible; return it with the result."""
        if finding.area == "permissions":
            finding.path.chmod(0o600)
            return _done(finding, "readable by you only now")
        if finding.area == "leftover":
            from wftui.store.sqlite.database import replacing

            with replacing(self._settings.database):
                finding.path.unlink(missing_ok=True)
            return _done(finding, "removed")
        if finding.code != "store.damaged":
            return finding
        from wftui.store.sqlite.database import mark_damaged

        mark_damaged(finding.path)  # the next to open it checks all of it
        return _done(finding, (await self._store()).notice or "it was recovered by another process")

    def _examine(self) -> list[Finding]:
        database = self._settings.database
        if not database.parent.is_dir():
            return []
        from wftui.store.sqlite.database import replacing

        with replacing(database):  # not while another process recovers it
            return self._examine_now(database)

    def _examine_now(self, database: Path) -> list[Finding]:
        found: list[Finding] = []
        if database.exists():
            from wftui.store.sqlite.database import check_whole

            try:
                check_whole(database)
            except UserError as error:
                found.append(Finding("database", database, str(error), error.code))
        for path in (database, settings_path()):
            if path.exists() and path.stat().st_mode & 0o077:
                found.append(Finding("permissions", path, "others may read it"))
        left = database.parent.glob(f"{database.name}-recovering*")
        return found + [Finding("leftover", path, "a stopped recovery left it behind") for path in sorted(left)]


def _done(finding: Finding, result: str) -> Finding:
    return Finding(finding.area, finding.path, finding.problem, finding.code, result)
