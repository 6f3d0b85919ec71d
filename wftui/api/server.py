"""The server's socket, and its shutdown."""

import asyncio
import contextlib
import signal
import socket
import struct
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Literal

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from wftui.api.app import make_app
from wftui.api.call import ABORT, MAX_BODY, ServerState
from wftui.model.errors import ConflictError, UsageError
from wftui.workbench import Workbench
from wftui.workbench.forced_exit import call_on_signal

OnStop = Literal["finish", "cancel", "leave"]
_BACKLOG = 512
_HIGHEST_PORT = 65535
_GRACE_SECONDS = 5
_KEEP_ALIVE_SECONDS = 75
"""Longer than the proxies in front keep idle connections: one that they use again is still open."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Options of a server.

    Attributes:
        hosts: names by which clients reach it, beside those of the loopback device.
        on_stop: what happens to its runs at a signal: `finish`: it serves on until they have ended; `cancel`: they
            are cancelled; `leave`: they continue without a server.
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


class _Protocol(H11Protocol):
    """A connection whose application can drop it, with what it has not sent yet."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Offer `abort` to the application."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, ABORT: self._abort}

    def _abort(self) -> None:
        """Reset the connection: after a close, the system would send what it holds."""
        opened = self.transport.get_extra_info("socket")
        if opened is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


async def serve(workbench: Workbench, options: ServeOptions, listening: Callable[[str], None]) -> None:
    """Serve workflows and runs; see `serve_application`."""
    state = ServerState()
    application = make_app(workbench, state, [options.host, *options.hosts])
    await serve_application(workbench, application, state, options, listening)


async def serve_application(
    workbench: Workbench,
    application: ASGIApp,
    state: ServerState,
    options: ServeOptions,
    listening: Callable[[str], None],
    *,
    web_sockets: bool = False,
) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP.

    Runs then end as `on_stop` says; after a lost terminal they continue without the server.

    Args:
        state: tells the application about the end.
        listening: called with the URL once clients can connect.

    Raises:
        UsageError: the address cannot be used.
    """
    await workbench.store()
    stop: asyncio.Queue[OnStop] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        call_on_signal(number, lambda: stop.put_nowait(options.on_stop))
    call_on_signal(signal.SIGHUP, lambda: stop.put_nowait("leave"))
    async with serving(application, options, state, web_sockets=web_sockets) as (url, server):
        listening(url)
        waiting = asyncio.create_task(stop.get())
        await asyncio.wait({waiting, server}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            state.stopping = True
            await _end_runs(workbench, waiting.result())
        waiting.cancel()


@contextlib.asynccontextmanager
async def serving(
    application: ASGIApp, options: ServeOptions, state: ServerState, *, web_sockets: bool = False
) -> AsyncIterator[tuple[str, asyncio.Task[None]]]:
    """Serve an application; yield the URL, and the task of the server.

    At the end event streams say goodbye, and no connection is left.

    Raises:
        UsageError: the address cannot be used.
    """
    listener = _listen(options)
    config = uvicorn.Config(
        application,
        http=_Protocol,
        ws="websockets-sansio" if web_sockets else "none",
        ws_max_size=MAX_BODY,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield _url(listener, options), task
    finally:
        state.closing.set()
        server.should_exit = True
        await task


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
        if not 0 <= options.port <= _HIGHEST_PORT:  # which `getaddrinfo` would take modulo 65536
            raise OverflowError(f"a port is a number from 0 to {_HIGHEST_PORT}")
        # With its protocol named, asyncio sets TCP_NODELAY: else every answer waits 40 ms for an acknowledgement.
        family, kind, protocol, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except BaseException:
            listener.close()
            raise
        return listener
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen on {options.host} port {options.port}: {reason.lower()}; choose another with --host or"
            " --port",
            code="serve.address",
        ) from None


def _url(listener: socket.socket, options: ServeOptions) -> str:
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"http://{host}:{listener.getsockname()[1]}"
