"""A workbench for the length of one command."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode, UserError
from wftui.workbench import Settings, Workbench

if TYPE_CHECKING:
    from wftui.model.run.summary import CleanupReport


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Settings from `--tables`, `--db`, the environment, the user's settings and the defaults."""
    return Settings.resolve(arguments.tables, arguments.db)


def with_workbench(arguments: argparse.Namespace, work: Callable[[Workbench], Awaitable[int]]) -> int:
    """Open a workbench, do the work on an event loop, close; returns the exit code."""

    async def session() -> int:
        workbench = Workbench(settings_of(arguments))
        removed: list[CleanupReport] = []
        workbench.retention.tell = removed.append
        try:
            return await work(workbench)
        except UserError as error:
            if error.exit_code is not ExitCode.NOT_COMPILED:
                raise
            return _tell_problems(workbench, error)
        finally:
            if workbench.notice:
                Terminal().error(f"wftui: {workbench.notice}")
            await workbench.close()
            for report in removed:  # only now: a display of progress may have had the terminal until here
                runs = f"{report.runs:,} old run{'s' * (report.runs != 1)}"
                Terminal().error(f"wftui: removed {runs} that your settings do not keep (wftui settings)")

    return asyncio.run(session())


def _tell_problems(workbench: Workbench, error: UserError) -> int:
    """Every problem of the workflow that does not compile, at its place."""
    # The compiler is loaded by now: nothing else ends with this code.
    from wftui.compiler.compiler import CompileFailed
    from wftui.compiler.diagnostics.report import human

    if not isinstance(error, CompileFailed):
        raise error
    path = workbench.workspace.source_path(error.result.workflow_id)
    source = workbench.workspace.read(error.result.workflow_id).text
    Terminal().error(human(str(path), source, error.result.errors).rstrip("\n"))
    return error.exit_code
