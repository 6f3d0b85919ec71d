"""A history for the runs of files, which is removed when it is no longer read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from wftui.workbench.workbench import Workbench
from wftui.workbench.workbench_settings import Settings


def is_run_file(name: str) -> bool:
    """Return whether a run is named by its file: a slash, or the suffix of run files."""
    return "/" in name or name.endswith(".wfrun")


@asynccontextmanager
async def file_workbench(settings: Settings) -> AsyncIterator[tuple[Workbench, Path]]:
    """Yield a workbench with an empty history, and a folder; both are removed."""
    from wftui.steps.process.scratch import scratch_folder

    with scratch_folder() as folder:
        workbench = Workbench(replace(settings, database=folder / "runs.db"))
        try:
            yield workbench, folder
        finally:
            await workbench.close()
