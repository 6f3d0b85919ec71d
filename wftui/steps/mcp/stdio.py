"""Pipes to a local MCP server. Imports the SDK; import late.

Replaces the SDK's transport, which scans a whole message again with each piece of it, so that one of 20 MB takes
minutes, and which loses track of processes that a server starts in another session.
"""

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import IO, Any

import anyio
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp_types import PARSE_ERROR, ErrorData, JSONRPCError, jsonrpc_message_adapter

from wftui.runtime.language.json_kinds import kind_of
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.process import process_tree
from wftui.steps.process.child_process import watch_exit
from wftui.steps.process.inherited_limit import inherited_limit
from wftui.steps.process.process_mark import MARK, ProcessMark
from wftui.steps.text.log_lines import LogDrain

LEAVE_SECONDS = 2.0
"""Time for a server to end by itself once its stdin is closed."""
TERM_SECONDS = 1.0
"""Between the request to end and the kill."""
MOST_BYTES = 256 * 1024 * 1024
"""Of one message."""
INVALID_RESPONSE = "Failed to parse"
"""Beginning of the error, here and in the SDK, that stands for a response that cannot be read."""
_FLUSH_SECONDS = 0.5
_PIPE_SECONDS = 0.25
_READ_SIZE = 256 * 1024
_BIG = 512 * 1024  # bytes of a message whose reading would be felt on the event loop
_Sender = Any  # anyio's stream of messages and faults


@asynccontextmanager
async def stdio_streams(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | None,
    stderr: IO[str],
    drain: LogDrain,
    started_for: ProcessMark,
) -> AsyncIterator[tuple[Any, Any]]:
    """Start a server and yield its streams; end its process tree after the block.

    Args:
        env: on top of the few variables that every server gets.
        drain: waits while more is logged than stored; no message is read meanwhile.
        started_for: as for `run_process`.

    Raises:
        OSError: it cannot be started.
    """
    process_tree.adopt_orphans()
    mark = started_for.text()
    with inherited_limit(mark):
        process = subprocess.Popen(  # noqa: ASYNC220  (a fork takes a millisecond; a thread would lose it to a cancel)
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=cwd,
            env={**get_default_environment(), **env, MARK: mark},
            start_new_session=True,
        )
    found, messages = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    ours, to_send = anyio.create_memory_object_stream[SessionMessage](0)
    reading = asyncio.ensure_future(_read(process, found, drain))
    writing = asyncio.ensure_future(_write(process, to_send, found))
    exited = watch_exit(process)
    ending = asyncio.ensure_future(_watch_end(exited, reading, found))
    try:
        yield messages, ours
    finally:
        ours.close()
        ending.cancel()
        # Whatever the caller is cancelled for, the server is not left behind; all of this is bounded.
        with anyio.CancelScope(shield=True):
            messages.close()
            await asyncio.wait({writing}, timeout=_FLUSH_SECONDS)
            writing.cancel()
            await asyncio.wait({writing})
            await _end(process, exited, mark)
            reading.cancel()
            await asyncio.wait({reading, ending})
            for stream in (found, to_send):
                stream.close()


async def _read(process: "subprocess.Popen[bytes]", found: _Sender, drain: LogDrain) -> None:
    """Pass on each line as a message or an error; drop lines nobody reads."""
    assert process.stdout is not None
    stream = asyncio.StreamReader(limit=_READ_SIZE)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), process.stdout)
    try:
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError), found:
            try:
                async for line in _lines(stream):
                    await found.send(await _message(line))
                    await drain()
            except WorkflowError as error:
                await found.send(error)
        # A server that is stuck writing would not see that it is to end.
        while await stream.read(_READ_SIZE):
            pass
    finally:
        transport.close()


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    parts: list[bytes] = []
    size = 0
    while data := await stream.read(_READ_SIZE):
        first, *others = data.split(b"\n")
        parts.append(first)
        size += len(first)
        if size > MOST_BYTES:
            raise WorkflowError("mcp.result", f"the MCP server sent a message of more than {MOST_BYTES:,} bytes")
        for other in others:
            yield b"".join(parts)
            parts, size = [other], len(other)


async def _message(line: bytes) -> SessionMessage | Exception:
    try:
        if len(line) > _BIG:
            return SessionMessage(await asyncio.to_thread(_parsed, line))
        return SessionMessage(_parsed(line))
    except ValueError as error:
        return _failed_response(line) or error


def _failed_response(line: bytes) -> SessionMessage | None:
    """Return an error in place of an invalid response; the SDK would drop it."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or "method" in message or type(message.get("id")) not in (int, str):
        return None
    parts = [f"{name} is {kind_of(message[name])}" for name in ("result", "error") if name in message]
    reason = f"{INVALID_RESPONSE}: {' and '.join(parts) or 'it has neither a result nor an error'}"
    error = ErrorData(code=PARSE_ERROR, message=reason)
    return SessionMessage(JSONRPCError(jsonrpc="2.0", id=message["id"], error=error))


def _parsed(line: bytes) -> Any:
    return jsonrpc_message_adapter.validate_json(line.decode("utf-8", "replace"), by_name=False)


async def _write(process: "subprocess.Popen[bytes]", to_send: Any, found: _Sender) -> None:
    """Write our messages, then close the server's stdin."""
    assert process.stdin is not None
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, process.stdin)
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    try:
        async for each in to_send:
            text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
            writer.write((text + "\n").encode("utf-8", "replace"))
            await writer.drain()
    except OSError:
        found.close()  # the session sees the end, instead of waiting for an answer
    finally:
        transport.close()


async def _watch_end(exited: "asyncio.Future[int]", reading: "asyncio.Future[None]", found: _Sender) -> None:
    """Detect the server's exit although its children may hold its stdout."""
    await asyncio.wait({exited})
    await asyncio.wait({reading}, timeout=_PIPE_SECONDS)
    found.close()


async def _end(process: "subprocess.Popen[bytes]", exited: "asyncio.Future[int]", mark: str) -> None:
    """Wait for the server to exit, then end its process tree."""
    await asyncio.wait({exited}, timeout=LEAVE_SECONDS)
    await process_tree.end_tree(process.pid, mark, grace=TERM_SECONDS, hurry=asyncio.Event())
    await asyncio.wait({exited}, timeout=_PIPE_SECONDS)
