"""The server: its socket, and its end."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Literal

import uvicorn

from wftui.api.app import make_app
from wftui.api.call import ServerState
from wftui.model.errors import ConflictError, UsageError
from wftui.workbench import Workbench
from wftui.workbench.forced_exit import call_on_signal

OnStop = Literal["finish", "cancel", "leave"]
_GRACE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Options of a server.

    Attributes:
        hosts: names by which clients reach it, beside those of the loopback device.
        on_stop: what happens to its runs at a signal: `finish`: it serves on until they have ended; `cancel`: they
            are cancelled; `leave`: they go on without a server.
    """

    host: str = "127.0.0.1"
    port: int = 8787
    hosts: Sequence[str] = ()
    on_stop: OnStop = "finish"


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to its caller."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Change no signal handler."""
        yield


async def serve(workbench: Workbench, options: ServeOptions, listening: Callable[[str], None]) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP.

    Runs then end as `on_stop` says; after a lost terminal they go on without the server.

    Args:
        listening: called with the URL once clients can connect.

    Raises:
        UsageError: the address cannot be used.
    """
    await workbench.store()
    stop: asyncio.Queue[OnStop] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        call_on_signal(number, lambda: stop.put_nowait(options.on_stop))
    call_on_signal(signal.SIGHUP, lambda: stop.put_nowait("leave"))
    state = ServerState()
    listener = _listen(options)
    config = uvicorn.Config(
        make_app(workbench, state, [options.host, *options.hosts]),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        listening(_url(listener, options))
        waiting = asyncio.create_task(stop.get())
        await asyncio.wait({waiting, serving}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            state.stopping = True
            await _end_runs(workbench, waiting.result())
        waiting.cancel()
    finally:
        state.closing.set()
        server.should_exit = True
        await serving


async def _end_runs(workbench: Workbench, how: OnStop) -> None:
    """Wait for the runs of this process as far as the server is to outlive them."""
    if how == "leave":
        return
    for run_id in workbench.runs.running() if how == "cancel" else ():
        with contextlib.suppress(ConflictError):  # it has just ended
            await workbench.runs.cancel(run_id, by="the server")
    while running := workbench.runs.running():
        await workbench.runs.until_end(running[0])


def _listen(options: ServeOptions) -> socket.socket:
    try:
        family = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((options.host, options.port), family=family, backlog=512)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen at {options.host} port {options.port}: {reason.lower()}; choose another with --host or"
            " --port",
            code="serve.address",
        ) from None


def _url(listener: socket.socket, options: ServeOptions) -> str:
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"http://{host}:{listener.getsockname()[1]}"
