"""The `web` command: the screen in a browser."""

import argparse

from wftui.cli.options import Command
from wftui.cli.serving import first_token, needed_command, warn_of_other_machines
from wftui.cli.session import with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.errors import ExitCode, UsageError
from wftui.workbench import Workbench

_PACKAGES = ("starlette", "uvicorn", "websockets", "textual_serve")


def web(arguments: argparse.Namespace) -> int:
    """Run `web`: serve the screen until a signal."""
    needed = needed_command("web", _PACKAGES)
    if needed:
        raise UsageError(f"the screen in a browser needs more packages; run: {needed}", code="web.missing")

    async def work(workbench: Workbench) -> int:
        from wftui.api.server import ServeOptions
        from wftui.web.server import serve_web

        terminal = Terminal(beside_run=True)
        first = await first_token(workbench, terminal)
        warn_of_other_machines(arguments.host, terminal)

        def listening(url: str) -> None:
            terminal.line(f"the screen of {workbench.settings.tables} is at {url}")
            if first is not None:
                terminal.line(f"open {url}/?token={first.token}")
            else:
                terminal.line(
                    f"open {url}/?token=TOKEN with a token of the scope admin; `wftui serve token add NAME --scope"
                    " admin` makes one"
                )

        await serve_web(workbench, ServeOptions(arguments.host, arguments.port, tuple(arguments.allow_host)), listening)
        return ExitCode.DONE

    return with_workbench(arguments, work)


COMMANDS: dict[str, Command] = {"web": web}
