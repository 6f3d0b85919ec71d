"""`mcp serve`: workflows as tools of agents."""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress

from wftui.cli.options import Command
from wftui.cli.serving import first_token, say_left, warn_of_other_machines
from wftui.cli.session import settings_of, with_workbench
from wftui.cli.terminal import Terminal
from wftui.model.errors import ConflictError, ExitCode, UsageError
from wftui.model.installation import install_command, installed
from wftui.steps.process.process_mark import MARK
from wftui.workbench import Workbench
from wftui.workbench.forced_exit import call_on_signal

_HOST = "127.0.0.1"
_PORT = 8789


def mcp_serve(arguments: argparse.Namespace) -> int:
    """Run `mcp serve`, over HTTP or in a process that the one client does not know."""
    if not installed("mcp"):
        raise UsageError(
            f"serving agents needs more packages; run: {install_command('wftui[mcp]')}", code="mcp.missing"
        )
    if arguments.http:
        return _serve_http(arguments)
    for name in ("host", "port", "allow_host", "on_stop"):
        if getattr(arguments, name) not in (None, []):
            raise UsageError(
                f"{_option(name)} is for --http: a client over stdin and stdout has no address", code="mcp.http_only"
            )
    return _front(arguments) if arguments.attached is None else _serve(arguments)


def _front(arguments: argparse.Namespace) -> int:
    """Start the server in a session of its own and wait until its client is served.

    Clients kill the process they know, with its group, a few seconds after they have closed its stdin: the runs are
    in the other one.
    """
    settings = settings_of(arguments)
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "wftui", "mcp", "serve", "--attached", str(theirs.fileno())]
    command += ["--tables", str(settings.tables), "--db", str(settings.database)]
    command += [_option(name) for name in ("all", "allow_authoring") if getattr(arguments, name)]
    # Without the mark, a run is not ended with a step that has started the client.
    environment = {name: value for name, value in os.environ.items() if name != MARK}
    with ours:
        with theirs:
            server = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], env=environment, start_new_session=True, stdin=sys.stdin
            )
        if ours.recv(1):
            return ExitCode.DONE
        return server.wait()


def _serve(arguments: argparse.Namespace) -> int:
    front = socket.socket(fileno=arguments.attached)

    async def work(workbench: Workbench) -> int:
        from wftui.agents.server import AgentOptions
        from wftui.agents.stdio import serve_stdio

        gone = asyncio.Event()
        stopping: list[asyncio.Task[None]] = []

        def stop() -> None:
            gone.set()
            stopping.append(asyncio.create_task(_stop(workbench)))

        call_on_signal(signal.SIGTERM, stop)
        loop = asyncio.get_running_loop()
        loop.add_reader(front.fileno(), gone.set)  # it sends nothing: readable means that it has ended
        try:
            await serve_stdio(workbench, AgentOptions(every=arguments.all, authoring=arguments.allow_authoring), gone)
        finally:
            loop.remove_reader(front.fileno())
        left = len(workbench.runs.running())
        if left:
            terminal = Terminal(beside_run=True)
            terminal.error(f"wftui: runs that continue without the client: {left}")
            await terminal.drained()
        _leave(front)
        return ExitCode.DONE

    with front:
        return with_workbench(arguments, work)


def _serve_http(arguments: argparse.Namespace) -> int:
    async def work(workbench: Workbench) -> int:
        from wftui.agents.http import serve_http
        from wftui.agents.server import AgentOptions
        from wftui.api.call import ServerState
        from wftui.api.server import ServeOptions

        terminal = Terminal(beside_run=True)
        await first_token(workbench, terminal)
        host = arguments.host or _HOST
        warn_of_other_machines(host, terminal)

        def agents(state: ServerState) -> AgentOptions:
            return AgentOptions(
                every=arguments.all,
                authoring=arguments.allow_authoring,
                stopping=lambda: state.stopping,
                leaving=state.closing.is_set,
            )

        port = _PORT if arguments.port is None else arguments.port
        options = ServeOptions(host, port, tuple(arguments.allow_host), arguments.on_stop or "finish")
        await serve_http(
            workbench, agents, options, lambda url: terminal.line(f"serving {workbench.settings.tables} at {url}")
        )
        say_left(workbench, terminal)
        return ExitCode.DONE

    return with_workbench(arguments, work)


async def _stop(workbench: Workbench) -> None:
    for run_id in workbench.runs.running():
        with suppress(ConflictError):  # it has just ended
            await workbench.runs.cancel(run_id, by="the system")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _leave(front: socket.socket) -> None:
    """Close the client's pipes, and end the process it waits for."""
    with suppress(OSError):
        sys.stderr.flush()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    with suppress(OSError):
        front.send(b"\0")


COMMANDS: dict[str, Command] = {"mcp": mcp_serve}
