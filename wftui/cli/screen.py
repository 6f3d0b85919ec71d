"""`wftui` without a command: opens the screen. The one place where a face starts another."""

import argparse
import asyncio

from wftui.cli.session import settings_of
from wftui.workbench import Workbench


def open_screen(arguments: argparse.Namespace) -> int:
    """Open the screen over the workspace.

    Raises:
        UserError: when there is no terminal that could show it.
    """
    from wftui.tui.app import run_app

    return asyncio.run(run_app(Workbench(settings_of(arguments))))
