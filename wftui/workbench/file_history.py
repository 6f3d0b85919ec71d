"""A history for the runs of files, which is removed when it is no longer read."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.workbench.workbench import Workbench
from wftui.workbench.workbench_settings import Settings

if TYPE_CHECKING:
    from wftui.workbench.past_runs.record_service import Report


def is_run_file(name: str) -> bool:
    """Return whether a run is named by its file: a slash, or the suffix of run files."""
    return "/" in name or name.endswith(".wfrun")


async def import_beside(settings: Settings, path: Path, report: Report) -> str:
    """Take a run from a file into a history, on an event loop of a thread.

    Args:
        settings: name the history.
        report: called while events are taken, with their number and that of all.

    Raises:
        UserError: the file cannot be used.
    """
    from wftui.workbench.engine_thread import EngineThread

    loop, context = asyncio.get_running_loop(), contextvars.copy_context()

    def tell(number: int, total: int) -> None:
        loop.call_soon_threadsafe(report, number, total, context=context)

    async def take() -> str:
        workbench = Workbench(settings)
        try:
            return await workbench.transfer.import_file(path, tell)
        finally:
            await workbench.close()

    async with EngineThread() as engine:
        return await engine.call(take)


@asynccontextmanager
async def file_workbench(settings: Settings) -> AsyncIterator[tuple[Workbench, Path]]:
    """Yield a workbench with an empty history, and a folder; both are removed."""
    from wftui.steps.process.scratch import scratch_folder

    with scratch_folder() as folder:
        workbench = Workbench(replace(settings, database=folder / "runs.db", origins={}))
        try:
            yield workbench, folder
        finally:
            await workbench.close()
