"""One client over stdin and stdout, which belong to the protocol alone."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from wftui.agents.server import AgentOptions, AgentServer
from wftui.model.user.access import AccessToken
from wftui.workbench import Workbench

_READ_SIZE = 256 * 1024
_MOST_BYTES = 64 * 1024 * 1024
"""Of one message."""


async def serve_stdio(workbench: Workbench, options: AgentOptions, gone: asyncio.Event) -> None:
    """Serve until the client closes stdin, or is gone.

    Its user may do everything: the client runs as that user.

    Args:
        gone: set when the client has gone without closing stdin.
    """
    await workbench.store()
    user = AccessToken(name=workbench.settings.user_id, scope="admin", created_at=workbench.clock())
    server = AgentServer(workbench, options, lambda _context: user).server
    async with _streams(gone) as (messages, answers):
        serving = asyncio.create_task(server.run(messages, answers, server.create_initialization_options()))
        leaving = asyncio.create_task(gone.wait())
        try:
            await asyncio.wait({serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            for task in (serving, leaving):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


@asynccontextmanager
async def _streams(gone: asyncio.Event) -> AsyncIterator[tuple[Any, Any]]:
    """Yield the streams of the protocol; all other output goes to stderr.

    Two threads do the reading and the writing: stdin and stdout may be files or terminals, and a client that reads
    nothing stops neither the server nor its end.
    """
    sys.stdout.flush()
    reading, writing = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    loop = asyncio.get_running_loop()
    found, messages = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    ours, to_send = anyio.create_memory_object_stream[SessionMessage](0)

    def on_loop(call: Callable[..., Any], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(call, *arguments)

    lines: asyncio.Queue[bytes | None] = asyncio.Queue()
    threading.Thread(
        target=_read, args=(reading, lambda line: on_loop(lines.put_nowait, line)), name="mcp-stdin", daemon=True
    ).start()
    tasks = [
        asyncio.create_task(_pass_on(lines, found)),
        asyncio.create_task(_write_all(writing, to_send, gone)),
    ]
    try:
        yield messages, ours
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for stream in (found, messages, ours, to_send):
            stream.close()


def _read(descriptor: int, found: Callable[[bytes | None], None]) -> None:
    """Report each line, and None at the end."""
    rest: list[bytes] = []
    size = 0
    while True:
        try:
            data = os.read(descriptor, _READ_SIZE)
        except OSError:
            data = b""
        if not data:
            break
        first, *others = data.split(b"\n")
        rest.append(first)
        size += len(first)
        if size > _MOST_BYTES:
            break
        for other in others:
            found(b"".join(rest))
            rest, size = [other], len(other)
    found(None)


async def _pass_on(lines: "asyncio.Queue[bytes | None]", found: Any) -> None:
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError), found:
        while (line := await lines.get()) is not None:
            if not line.strip():
                continue
            try:
                message = jsonrpc_message_adapter.validate_json(line.decode("utf-8", "replace"), by_name=False)
            except ValueError as error:
                await found.send(error)
            else:
                await found.send(SessionMessage(message))


async def _write_all(descriptor: int, to_send: Any, gone: asyncio.Event) -> None:
    async for each in to_send:
        text = each.message.model_dump_json(by_alias=True, exclude_unset=True) + "\n"
        written = asyncio.get_running_loop().create_future()
        threading.Thread(
            target=_write, args=(descriptor, text.encode("utf-8", "replace"), written), name="mcp-stdout", daemon=True
        ).start()
        if not await written:
            gone.set()
            return


def _write(descriptor: int, data: bytes, written: "asyncio.Future[bool]") -> None:
    view = memoryview(data)
    is_written = True
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        is_written = False

    def tell() -> None:
        if not written.done():
            written.set_result(is_written)

    with suppress(RuntimeError):  # the loop is closed
        written.get_loop().call_soon_threadsafe(tell)
