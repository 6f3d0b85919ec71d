"""`wftui` without a command: opens the screen. The one place where a face starts another."""

import argparse
import asyncio
import os
import sys

from wftui.cli.session import settings_of
from wftui.model.errors import UsageError
from wftui.workbench import Workbench


def open_screen(arguments: argparse.Namespace) -> int:
    """Open the screen over the workspace.

    Raises:
        UsageError: when there is no terminal that could show it.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the screen needs a terminal; see `wftui --help` for the commands", code="terminal.missing")
    if os.environ.get("TERM", "dumb") == "dumb":
        raise UsageError("this terminal (TERM=dumb) cannot show a screen; see `wftui --help`", code="terminal.dumb")
    from wftui.tui.app import run_app

    return asyncio.run(run_app(Workbench(settings_of(arguments))))
