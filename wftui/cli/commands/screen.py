"""The terminal UI: `wftui` without arguments, and `monitor`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.cli.options import Command
from wftui.cli.session import remote_workbench, settings_of, with_any_workbench
from wftui.model.errors import ExitCode
from wftui.workbench import Workbench

if TYPE_CHECKING:
    from wftui.tui.app import Start
    from wftui.workbench.protocols import AnyWorkbench


def open_screen(arguments: argparse.Namespace, start: Start | None = None) -> int:
    """Open the terminal UI on the workspace.

    Raises:
        UserError: there is no suitable terminal.
    """
    from wftui.tui.launch import run_app

    if arguments.remote is not None:
        return asyncio.run(run_app(remote_workbench(arguments), start, changes_nothing=arguments.read_only))
    return asyncio.run(run_app(Workbench(settings_of(arguments)), start, changes_nothing=arguments.read_only))


def monitor(arguments: argparse.Namespace) -> int:
    """Run `monitor RUN`: exit 4 if there is no such run."""
    from wftui.cli.run_files import refuse_remote
    from wftui.workbench.file_history import is_run_file

    if is_run_file(arguments.run):
        refuse_remote(arguments)
        path = Path(arguments.run)
        check_readable(path)
        return open_screen(arguments, lambda app: app.open_screen("run_file", path))
    found: list[str] = []

    async def find(workbench: AnyWorkbench) -> int:
        found.append(await workbench.runs.find(arguments.run))
        return ExitCode.DONE

    with_any_workbench(arguments, find)
    return open_screen(arguments, lambda app: app.open_monitor(found[0]))


def check_readable(path: Path) -> None:
    """Check that a run file can be read while errors are still visible.

    Raises:
        UserError: it is none, or cannot be read.
    """
    from wftui.store.transfer.run_file import check_header

    check_header(path)


COMMANDS: dict[str, Command] = {"monitor": monitor}
