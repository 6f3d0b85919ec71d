"""The `wftui` command without arguments: opens the terminal UI."""

import argparse
import asyncio

from wftui.cli.session import remote_workbench, settings_of
from wftui.workbench import Workbench


def open_screen(arguments: argparse.Namespace) -> int:
    """Open the terminal UI on the workspace.

    Raises:
        UserError: there is no suitable terminal.
    """
    from wftui.tui.app import run_app

    if arguments.remote is not None:
        return asyncio.run(run_app(remote_workbench(arguments), changes_nothing=arguments.read_only))
    return asyncio.run(run_app(Workbench(settings_of(arguments)), changes_nothing=arguments.read_only))
