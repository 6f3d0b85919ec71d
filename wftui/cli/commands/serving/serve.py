"""The `serve` command: the workbench over HTTP, and its access tokens."""

import argparse

from wftui.cli.options import Command
from wftui.cli.serving import first_token, needed_command, say_left, warn_of_other_machines
from wftui.cli.session import settings_of, with_workbench
from wftui.cli.terminal import Terminal
from wftui.cli.units import own_command, search_path, unit_words
from wftui.model.errors import ExitCode, UsageError
from wftui.model.text.local_times import DATE_AND_MINUTE, local_text
from wftui.workbench import Settings, Workbench

_PACKAGES = ("starlette", "uvicorn")


def serve(arguments: argparse.Namespace) -> int:
    """Run `serve`: start the server, print its systemd unit, or manage its tokens."""
    if arguments.action == "token":
        return _TOKEN_COMMANDS[arguments.token_action or "list"](arguments)
    if arguments.print_unit:
        Terminal().line(_unit(arguments, settings_of(arguments)).rstrip("\n"))
        return ExitCode.DONE
    needed = needed_command("serve", _PACKAGES)
    if needed:
        raise UsageError(f"serving needs more packages; run: {needed}", code="serve.missing")

    async def work(workbench: Workbench) -> int:
        from wftui.api.server import ServeOptions, serve

        terminal = Terminal(beside_run=True)
        await first_token(workbench, terminal)
        warn_of_other_machines(arguments.host, terminal)
        options = ServeOptions(arguments.host, arguments.port, tuple(arguments.allow_host), arguments.on_stop)
        await serve(workbench, options, lambda url: terminal.line(f"serving {workbench.settings.tables} at {url}"))
        say_left(workbench, terminal)
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _add(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        made = await workbench.tokens.add(arguments.name, arguments.scope, arguments.workflow)
        terminal = Terminal()
        if arguments.json:
            terminal.json(made.to_wire())
        else:
            terminal.line(made.token)
            terminal.error("wftui: this text is shown once and not stored")
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _list(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        tokens, terminal = await workbench.tokens.all(), Terminal()
        if arguments.json:
            terminal.json([token.to_wire() for token in tokens])
        else:
            rows = [
                [
                    token.name,
                    token.scope,
                    ", ".join(token.workflows or ["all"]),
                    local_text(token.created_at, DATE_AND_MINUTE),
                ]
                for token in tokens
            ]
            terminal.table(["NAME", "SCOPE", "WORKFLOWS", "CREATED"], rows)
        return ExitCode.DONE

    return with_workbench(arguments, work)


def _remove(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        await workbench.tokens.remove(arguments.name)
        terminal = Terminal()
        if arguments.json:
            terminal.json({"removed": arguments.name})
        else:
            terminal.line(f"removed token {arguments.name}")
        return ExitCode.DONE

    return with_workbench(arguments, work)


_TOKEN_COMMANDS: dict[str, Command] = {"add": _add, "list": _list, "remove": _remove}


def _unit(arguments: argparse.Namespace, settings: Settings) -> str:
    """Return a systemd unit that starts this command."""
    command = own_command()
    command += ["serve", "--tables", str(settings.tables), "--db", str(settings.database)]
    command += ["--host", arguments.host, "--port", str(arguments.port), "--on-stop", arguments.on_stop]
    for host in arguments.allow_host:
        command += ["--allow-host", host]
    return f"""\
[Unit]
Description=wftui serve
After=network.target

[Service]
ExecStart={unit_words(command)}
Environment={unit_words([f"PATH={search_path()}"])}
Restart=on-failure
# One signal to the server, which ends its runs; what remains is killed with it.
KillMode=mixed
TimeoutStopSec=infinity
UMask=0077

[Install]
WantedBy=default.target
"""


COMMANDS: dict[str, Command] = {"serve": serve}
