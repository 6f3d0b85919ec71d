"""Examination and repair of the user's files: database, permissions, leftovers."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wftui import __version__
from wftui.model.data_class import dataclass
from wftui.model.errors import UserError
from wftui.settings.settings_file import read_settings, settings_path
from wftui.workbench.setup.places import can_be_created, network_type, state_of

if TYPE_CHECKING:
    from wftui.model.workflow.compilation import CompilationResult
    from wftui.store.execution_store import ExecutionStore
    from wftui.store.history.sizes import WorkflowSize
    from wftui.workbench.workbench_settings import Settings

_LIBRARIES = ("textual", "pydantic", "httpx2", "mcp", "sqlalchemy", "pyrage", "starlette", "uvicorn", "textual-serve")


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a file or a place.

    Attributes:
        code: error code of the problem; None: it has none.
        result: what was done about it, once it is repaired.
    """

    area: Literal["place", "settings", "database", "permissions", "leftover"]
    path: Path
    problem: str
    code: str | None = None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """Installation and places of the user's files.

    Attributes:
        versions: of wftui, Python and libraries, by name; missing extras are absent.
        places: path and state by name.
        sizes: of each workflow's runs; empty if the database cannot be read.
    """

    versions: dict[str, str]
    places: dict[str, tuple[Path, str]]
    database_bytes: int
    sizes: list[WorkflowSize]


class DoctorService:
    """`workbench.doctor`.

    Args:
        store: opens the store, which recovers a damaged database.
        ids: returns the workflows of the workspace.
        check: checks one of them, writing nothing.
    """

    def __init__(
        self,
        settings: Settings,
        store: Callable[[], Awaitable[ExecutionStore]],
        ids: Callable[[], Iterable[str]],
        check: Callable[[str], Awaitable[CompilationResult]],
    ) -> None:
        self._settings = settings
        self._store = store
        self._ids = ids
        self._check = check

    async def overview(self) -> Overview:
        """Return what is installed, where things are, and the sizes of the history."""
        return await asyncio.to_thread(self._overview)

    async def orphans(self) -> dict[str, list[str]]:
        """Return processes left by interrupted runs, described, by run.

        Raises:
            UserError: the database cannot be used.
        """
        if not self._settings.database.exists():
            return {}
        from wftui.engine.restart.orphan_processes import find_orphans

        return await find_orphans(self._store)

    async def requirements(self) -> dict[str, list[str]]:
        """Return sentences on what is not installed, each with the workflows that need it."""
        found: dict[str, list[str]] = {}
        ids: Iterable[str] = ()
        with suppress(UserError):  # there is no workspace, which its state says
            ids = await asyncio.to_thread(self._ids)
        for workflow_id in ids:
            with suppress(UserError):  # the list of workflows shows what is wrong with it
                result = await self._check(workflow_id)
                for message in {
                    each.message for each in [*result.errors, *result.warnings] if each.code == "step.requirement"
                }:
                    found.setdefault(message, []).append(workflow_id)
        return dict(sorted(found.items()))

    async def examine(self) -> list[Finding]:
        """Return the problems of the user's files, changing nothing."""
        return await asyncio.to_thread(self._examine)

    async def repair(self, finding: Finding) -> Finding:
        """Repair a problem if possible; return it with the result."""
        try:
            return await self._repair(finding)
        except (OSError, UserError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            return replace(finding, problem=f"{finding.problem}; it cannot be repaired: {why}")

    async def _repair(self, finding: Finding) -> Finding:
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

    def _overview(self) -> Overview:
        from wftui.store.history.sizes import sizes_by_workflow
        from wftui.store.maintenance.cleanup import database_bytes

        database = self._settings.database
        sizes: list[WorkflowSize] = []
        if database.is_file():
            with suppress(UserError):  # `examine` says what is wrong with it
                sizes = sizes_by_workflow(database)
        places = {"workspace": self._settings.tables, "database": database, "settings": settings_path()}
        return Overview(
            versions={"wftui": __version__, "python": sys.version.split()[0], "sqlite": sqlite3.sqlite_version}
            | _library_versions(),
            places={name: (path, state_of(path)) for name, path in places.items()},
            database_bytes=database_bytes(database),
            sizes=sizes,
        )

    def _examine(self) -> list[Finding]:
        database = self._settings.database
        found = [*_misplaced(self._settings.tables, "workspace"), *_misplaced(database, "database")]
        found += _invalid_settings(settings_path())
        if not database.parent.is_dir():
            return found
        from wftui.store.sqlite.database import replacing

        with replacing(database):  # not while another process recovers it
            return found + self._examine_now(database)

    def _examine_now(self, database: Path) -> list[Finding]:
        found: list[Finding] = []
        if database.is_file():
            from wftui.store.sqlite.database import check_whole

            try:
                check_whole(database)
            except UserError as error:
                found.append(Finding("database", database, str(error), error.code))
        for path in (database, settings_path()):
            if path.is_file() and path.stat().st_mode & 0o077:
                found.append(Finding("permissions", path, "others may read it"))
        left = database.parent.glob(f"{database.name}-recovering*")
        return found + [Finding("leftover", path, "a stopped recovery left it behind") for path in sorted(left)]


def _library_versions() -> dict[str, str]:
    from importlib import metadata  # needed by nothing else that starts

    found: dict[str, str] = {}
    for name in _LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _misplaced(path: Path, name: Literal["workspace", "database"]) -> Iterator[Finding]:
    """Yield what is wrong with the place of the workspace or the database."""
    is_database = name == "database"
    if path.exists():
        if not (path.is_file() if is_database else path.is_dir()):
            yield Finding("place", path, f"the {name} is not a {'file' if is_database else 'folder'}")
        elif is_database and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            yield Finding("place", path, "the database or its folder is read-only: no run can be recorded")
    elif not can_be_created(path):
        yield Finding("place", path, f"there is no {name}, and it cannot be created")
    if is_database and (kind := network_type(path)) is not None:
        problem = f"the database is on another machine ({kind}), where several processes may damage it; see --db"
        yield Finding("place", path, problem)


def _invalid_settings(path: Path) -> Iterator[Finding]:
    try:
        read_settings(path)
    except UserError as error:
        yield Finding("settings", path, str(error), error.code)


def _done(finding: Finding, result: str) -> Finding:
    return replace(finding, result=result)
