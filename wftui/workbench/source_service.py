"""Sources of workflows beside the saved one: unsaved text, and earlier versions."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.model.data_class import dataclass
from wftui.model.errors import UserError
from wftui.workspace.drafts import Draft, DraftFile, delete_draft, drafts_folder, orphaned_drafts
from wftui.workspace.files import Workspace

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore

_RUNS = 60
"""Newest runs whose versions are listed."""
_GIT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class SourceVersion:
    """A version of a workflow's source.

    Attributes:
        name: `saved`, `git`, or the id of the newest run of it.
        status: of that run; empty for the others.
    """

    name: str
    text: str
    at: datetime | None = None
    status: str = ""


class SourceService:
    """`workbench.sources`: drafts of editors, and versions to compare with."""

    def __init__(self, workspace: Workspace, store: Callable[[], Awaitable[ExecutionStore]]) -> None:
        self._workspace = workspace
        self._store = store

    def draft_file(self, workflow_id: str) -> DraftFile:
        """Return the file for the unsaved text of one editor."""
        return DraftFile(drafts_folder(), self._workspace.source_path(workflow_id))

    async def drafts(self, workflow_id: str) -> list[Draft]:
        """Return the unsaved texts of editors that were killed, the newest first."""
        return await asyncio.to_thread(orphaned_drafts, drafts_folder(), self._workspace.source_path(workflow_id))

    async def unsaved(self, workflow_ids: Sequence[str]) -> list[str]:
        """Return those of these workflows that have unsaved text of a killed editor."""
        return await asyncio.to_thread(self._unsaved, workflow_ids)

    def _unsaved(self, workflow_ids: Sequence[str]) -> list[str]:
        if not any(drafts_folder().glob("*.json")):
            return []
        paths = {each: self._workspace.source_path(each) for each in workflow_ids}
        return [each for each, path in paths.items() if orphaned_drafts(drafts_folder(), path)]

    async def delete_draft(self, draft: Draft) -> None:
        """Delete a draft that was restored or discarded."""
        await asyncio.to_thread(delete_draft, draft)

    async def versions(self, workflow_id: str) -> list[SourceVersion]:
        """Return the saved version, that of git, and those that ran, each once."""
        found = []
        with contextlib.suppress(UserError):  # deleted or unreadable: the other versions are still there
            found.append(SourceVersion("saved", (await asyncio.to_thread(self._workspace.read, workflow_id)).text))
        committed = await asyncio.to_thread(_committed, self._workspace.source_path(workflow_id))
        if committed is not None:
            found.append(SourceVersion("git", committed))
        return [*found, *await self._that_ran(workflow_id)]

    async def _that_ran(self, workflow_id: str) -> list[SourceVersion]:
        from wftui.model.run.events import Created
        from wftui.model.run.summary import ExecutionFilters

        store = await self._store()
        found: dict[str, SourceVersion] = {}
        page = await store.list(ExecutionFilters(workflow_id=workflow_id), limit=_RUNS)
        for run in page.executions:
            first = await store.events(run.id, limit=1)
            plan = first[0].plan if first and isinstance(first[0], Created) else None
            if plan is None or plan in found:
                continue
            try:
                source, _code = await store.get_plan(plan)
            except UserError:
                continue  # cleaned up
            found[plan] = SourceVersion(run.id, source, run.started_at, run.status)
        return [*found.values()]


def _committed(path: Path) -> str | None:
    """Return the file as of the last commit; None outside of a repository."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", str(path.parent), "cat-file", "blob", f"HEAD:./{path.name}"],
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout.decode() if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
