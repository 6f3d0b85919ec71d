"""Run files in place of run ids: `show FILE`, `compare RUN FILE`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from wftui.cli.session import settings_of, with_any_workbench
from wftui.model.errors import RunKnownError, UsageError
from wftui.workbench import Workbench
from wftui.workbench.file_history import file_workbench, is_run_file
from wftui.workbench.protocols import AnyWorkbench

Work = Callable[[AnyWorkbench, Sequence[str]], Awaitable[int]]
"""Takes the workbench and the ids of the runs."""


def with_runs(arguments: argparse.Namespace, names: Sequence[str], work: Work, *, last_good: bool = False) -> int:
    """Run a coroutine with runs of the history, or of files.

    Files are read into a history of their own, which is removed afterwards; so are the runs to compare with them.

    Args:
        last_good: in front of the first run, also the newest completed run of the history before it.
    """
    if not any(map(is_run_file, names)):

        async def on_history(workbench: AnyWorkbench) -> int:
            ids = [await workbench.runs.find(name) for name in names]
            return await work(
                workbench, [*([await workbench.comparisons.last_good(ids[0])] if last_good else []), *ids]
            )

        return with_any_workbench(arguments, on_history)
    refuse_remote(arguments)

    async def on_files() -> int:
        settings = settings_of(arguments)
        async with file_workbench(settings) as (workbench, folder):
            history = Workbench(settings)
            try:

                async def read(name: str) -> str:
                    path = Path(name)
                    if not is_run_file(name):
                        path = folder / f"{name}.wfrun"
                        if not path.exists():
                            await history.transfer.export(name, path)
                    try:
                        return await workbench.transfer.import_file(path)
                    except RunKnownError as known:  # the same run twice
                        return known.run_id

                ids = [await read(name if is_run_file(name) else await history.runs.find(name)) for name in names]
                if last_good:
                    before = await history.comparisons.last_good_before(await workbench.runs.head(ids[0]))
                    ids.insert(0, await read(before))
                return await work(workbench, ids)
            finally:
                await history.close()

    return asyncio.run(on_files())


def refuse_remote(arguments: argparse.Namespace) -> None:
    """Refuse `--remote` for a run file.

    Raises:
        UsageError: it is given.
    """
    if arguments.remote is not None:
        raise UsageError("run files are read on the machine that has them: leave out --remote", code="remote.local")
