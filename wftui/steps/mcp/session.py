"""Session with an MCP server. Imports the slow SDK: import late, in a thread."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import Context
from typing import Any, NoReturn

import httpx2
from mcp import Client, MCPError
from mcp.client.session import IncomingMessage
from mcp.client.streamable_http import streamable_http_client
from mcp_types import (
    PARSE_ERROR,
    CallToolResult,
    EmptyResult,
    Implementation,
    LoggingMessageNotificationParams,
    SetLevelRequest,
    SetLevelRequestParams,
    Tool,
)
from pydantic import ValidationError

import wftui
from wftui.model.base import Json
from wftui.model.run.steps import LogLevel
from wftui.model.text.cuts import beginning
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.mcp.invalid_answer import invalid_content, invalid_field
from wftui.steps.mcp.listeners import Caller, Listeners, listen_to_sdk
from wftui.steps.mcp.lock import LockedTool
from wftui.steps.mcp.questions import Questions
from wftui.steps.mcp.server import McpServer, SessionExpiredError, find_program
from wftui.steps.mcp.stderr import StderrPipe
from wftui.steps.mcp.stdio import INVALID_RESPONSE, stdio_streams
from wftui.steps.process.process_mark import ProcessMark

CLOSE_SECONDS = 4.5
"""For a whole farewell: a server is asked to end, and after a while killed with all it has started."""
_LAST_WORDS_SECONDS = 0.25
_CANCEL_SECONDS = 2.0
_CONNECT_SECONDS = 30.0
_MAX_PAGES = 100
_SHOWN = 200
_CLOSED = ("Connection closed", "SSE stream")
"""Beginnings of errors that the SDK makes when the server is gone; servers use their code, too."""
_FORGOTTEN = "Session terminated"
"""Error of the SDK for a 404 to a session."""
_Streams = tuple[Any, Any]  # what a transport of the SDK gives: messages to read, messages to write
_LEVELS: dict[str, LogLevel] = {"debug": "debug", "info": "info", "notice": "info", "warning": "warn"}


class McpSession:
    """Session that one task of its own opens and closes; any task may call tools.

    Attributes:
        server: what it was started from.
        tools: its tools by name, as it listed them.
        info: its name and version, as it says them.
    """

    def __init__(self, server: McpServer, run: str = "") -> None:
        self.server = server
        self._run = run
        self.tools: dict[str, Tool] = {}
        self.info: dict[str, str] = {}
        self._listeners = Listeners()
        self._stderr: StderrPipe | None = None
        self._client: Client | None = None
        loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()
        self._leave = asyncio.Event()
        self._fault: BaseException | None = None
        self._refusal = ""
        listen_to_sdk()
        # A context of its own: nothing of the step that happens to come first belongs to the server.
        self._owner = loop.create_task(self._own(), context=Context())

    @property
    def alive(self) -> bool:
        """True while the server can be called."""
        return not self._gone.done() and not self._leave.is_set()

    async def started(self, caller: Caller, seconds: float) -> None:
        """Wait until the server is ready; several steps may wait at once.

        Raises:
            WorkflowError: `mcp.start`, with the last lines of its stderr.
        """
        with self._listeners.calling(caller):
            await _first_of(self._ready, self._gone, timeout=seconds)
            if self._ready.done():
                return
            if not self._gone.done():
                self._give_up()
                raise self._error("mcp.start", f"it did not respond within {seconds:g} s")
            reason = _reason(self._fault, "it exited before it responded")
            raise self._error("mcp.start", reason + self._refusal)

    async def call(self, tool: str, arguments: Mapping[str, Json], caller: Caller) -> CallToolResult:
        """Call a tool; cancellation cancels the call, not the server.

        Raises:
            WorkflowError: `mcp.closed` when the server is gone, `mcp.error` for an error of the protocol,
                `mcp.result` for an invalid result.
        """
        assert self._client is not None, "call it after `started`"

        async def report(progress: float, total: float | None, message: str | None) -> None:
            if total:
                caller.progress(min(1.0, max(0.0, progress / total)), message)
            elif message:
                caller.log(message)

        with self._listeners.calling(caller):
            work = asyncio.ensure_future(self._client.call_tool(tool, dict(arguments), progress_callback=report))
            await self._finish(work)
        return work.result()

    def locked(self, name: str) -> LockedTool:
        """Return a tool as the lock file keeps it."""
        tool = self.tools[name]
        return LockedTool(
            description=tool.description, input_schema=tool.input_schema, output_schema=tool.output_schema
        )

    async def list_tools(self) -> dict[str, Tool]:
        """List the tools of the server again.

        Raises:
            WorkflowError: as `call`.
        """
        await self._finish(asyncio.ensure_future(self._list()))
        return self.tools

    async def aclose(self) -> None:
        """Close the session, and end a server that was started here."""
        self._give_up()
        _, late = await asyncio.wait({self._owner}, timeout=CLOSE_SECONDS)
        if late:
            self._owner.cancel()
            await asyncio.wait({self._owner}, timeout=_LAST_WORDS_SECONDS)

    def _give_up(self) -> None:
        """Ask the owner task to close."""
        # A second cancel would reach into the SDK's farewell, and leave the process behind.
        if not self._ready.done() and not self._leave.is_set():
            self._owner.cancel()
        self._leave.set()

    # --- the owner

    async def _own(self) -> None:
        self._listeners.take_over()
        try:
            async with Client(
                self._transport(),
                client_info=Implementation(name="wftui", version=wftui.__version__),
                logging_callback=self._heard,
                log_level="info",
                message_handler=self._received,
                elicitation_callback=Questions(self._listeners),
                cache=None,
            ) as client:
                self._client = client
                await self._greet(client)
                self._ready.set_result(None)
                await self._leave.wait()
        except asyncio.CancelledError as error:
            self._fault = error
        except Exception as error:  # noqa: BLE001  (the step that needs the server reports it)
            self._fault = error
        finally:
            if self._stderr is not None:
                await self._stderr.drain(_LAST_WORDS_SECONDS)
                await self._stderr.aclose()
            self._gone.set_result(None)

    async def _greet(self, client: Client) -> None:
        if client.server_info is not None:
            self.info = {"name": client.server_info.name, "version": client.server_info.version}
        await self._list()
        modern = client.session.discover_result is not None
        if client.server_capabilities.logging is not None and not modern:
            # The client's own method for this warns on stderr that later protocols have no such request.
            level = SetLevelRequest(params=SetLevelRequestParams(level="info"))
            await client.session.send_request(level, EmptyResult)

    async def _list(self) -> None:
        assert self._client is not None
        if self._client.server_capabilities.tools is None:
            return
        found: dict[str, Tool] = {}
        cursor: str | None = None
        for _ in range(_MAX_PAGES):
            page = await self._client.list_tools(cursor=cursor)
            found.update((tool.name, tool) for tool in page.tools)
            cursor = page.next_cursor
            if cursor is None:
                break
        self.tools = found

    @asynccontextmanager
    async def _transport(self) -> AsyncIterator[_Streams]:
        """Yield the SDK's transport, watched for its end."""
        async with self._plain_transport() as (read, write):
            yield _Watched(read, self._leave), write

    def _plain_transport(self) -> AbstractAsyncContextManager[_Streams]:
        if self.server.url is not None:
            return self._http_transport(self.server.url)
        return self._stdio_transport(self.server.command or [])

    @asynccontextmanager
    async def _http_transport(self, url: str) -> AsyncIterator[_Streams]:
        # No limit on reading: how long a tool may take is the timeout of the step.
        timeout = httpx2.Timeout(_CONNECT_SECONDS, read=None)
        async with (
            httpx2.AsyncClient(
                headers=self.server.headers, timeout=timeout, event_hooks={"response": [self._responded]}
            ) as http,
            streamable_http_client(url, http_client=http) as streams,
        ):
            yield streams

    @asynccontextmanager
    async def _stdio_transport(self, command: list[str]) -> AsyncIterator[_Streams]:
        env = self.server.env
        program = await asyncio.to_thread(
            find_program, command[0], env.get("PATH", os.environ.get("PATH", "")), self.server.cwd
        )
        listeners = self._listeners
        self._stderr = StderrPipe(lambda lines: listeners.log(lines, "info", "stderr"), listeners.drain)
        started = stdio_streams(
            [program, *command[1:]],
            env=env,
            cwd=self.server.cwd,
            stderr=self._stderr.writer,
            drain=listeners.drain,
            started_for=ProcessMark(self._run),
        )
        async with started as streams:
            self._stderr.handed_over()
            yield streams

    # --- what it says

    async def _heard(self, params: LoggingMessageNotificationParams) -> None:
        text = params.data if isinstance(params.data, str) else _compact(params.data)
        self._listeners.log(f"{params.logger}: {text}" if params.logger else text, _LEVELS.get(params.level, "error"))

    async def _received(self, message: IncomingMessage) -> None:
        if isinstance(message, ValidationError):
            self._listeners.log(f"The MCP server sent an invalid message: {_written(message)}", "warn")
        elif isinstance(message, Exception):
            self._listeners.log(f"Connection to the MCP server: {_first_line(message)}", "warn")

    async def _responded(self, response: httpx2.Response) -> None:
        refused = response.status_code >= 400
        self._refusal = f" ({response.status_code} {response.reason_phrase})" if refused else ""

    # --- how it ended

    async def _finish(self, work: "asyncio.Future[Any]") -> None:
        """Wait for a call or for the end of the server; raise the error of either."""
        try:
            await _first_of(work, self._gone)
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work}, timeout=_CANCEL_SECONDS)
            if self._stderr is not None:
                self._stderr.flush()
        await self._check_finished(work)

    async def _check_finished(self, work: "asyncio.Future[Any]") -> None:
        """Return if a call has succeeded; raise its error otherwise."""
        # A call that was cancelled although this step was not: the transport fell apart below it.
        if work.cancelled() or not work.done():
            await self._closed()
        error = work.exception()
        if isinstance(error, MCPError):
            if error.message == _FORGOTTEN:
                self._leave.set()
                label = self.server.label
                raise SessionExpiredError("mcp.closed", f"the session with the MCP server {label} has expired")
            if error.message.startswith(_CLOSED) or not self.alive:
                await self._closed(error)
            if error.code == PARSE_ERROR and error.message.startswith(INVALID_RESPONSE):
                raise self._invalid(_first_line(error).partition(": ")[2])
            details = {"code": error.code, "data": error.data}
            raise WorkflowError(
                "mcp.error", f"the MCP server {self.server.label} returned an error: {error}", details=details
            )
        if isinstance(error, ValidationError | RuntimeError):
            raise self._invalid(_first_line(error))
        if isinstance(error, Exception) and not isinstance(error, WorkflowError):
            await self._closed(error)

    async def _closed(self, error: Exception | None = None) -> NoReturn:
        self._leave.set()
        if self._stderr is not None:
            await self._stderr.drain(_LAST_WORDS_SECONDS)
        await asyncio.wait({self._gone}, timeout=_LAST_WORDS_SECONDS)
        fault = self._fault if self._fault is not None else error
        raise self._error("mcp.closed", _reason(fault, "it exited during the call"))

    def _invalid(self, reason: str) -> WorkflowError:
        return WorkflowError("mcp.result", f"the MCP server {self.server.label} returned an invalid result: {reason}")

    def _error(self, error_type: str, reason: str) -> WorkflowError:
        if isinstance(self._fault, WorkflowError):
            return self._fault
        doing = "could not be started" if error_type == "mcp.start" else "has disconnected"
        if error_type == "mcp.start" and self.server.url is not None:
            doing = "could not be reached"
        lines = list(self._stderr.last) if self._stderr is not None else []
        detail = "".join(f"\n  {line}" for line in lines)
        message = f"the MCP server {self.server.label} {doing}: {reason}{'; last lines:' if lines else ''}{detail}"
        return WorkflowError(error_type, message, recoverable=True)


class _Watched:
    """Message stream that sets an event at its end."""

    def __init__(self, inner: Any, ended: asyncio.Event) -> None:
        self._inner = inner
        self._ended = ended

    @property
    def last_context(self) -> Context | None:
        """Context of the last message, for the SDK."""
        found: Context | None = getattr(self._inner, "last_context", None)
        return found

    async def receive(self) -> Any:
        return await self._inner.receive()

    async def aclose(self) -> None:
        await self._inner.aclose()

    def __aiter__(self) -> "_Watched":
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._inner.__anext__()
        except StopAsyncIteration:
            self._ended.set()
            raise

    async def __aenter__(self) -> "_Watched":
        return self

    async def __aexit__(self, *details: object) -> None:
        await self.aclose()


async def _first_of(*futures: "asyncio.Future[Any]", timeout: float | None = None) -> None:  # noqa: ASYNC109
    await asyncio.wait(futures, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)


def _reason(fault: BaseException | None, otherwise: str) -> str:
    """Return the root cause of an error as the end of a sentence."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    if fault is None or isinstance(fault, asyncio.CancelledError):
        return otherwise
    if isinstance(fault, MCPError) and fault.message == _CLOSED[0]:
        return otherwise
    return _first_line(fault).removeprefix(f"{INVALID_RESPONSE}: ")


def _first_line(error: BaseException) -> str:
    if isinstance(error, ValidationError):
        return invalid_field(error)
    if isinstance(error, RuntimeError):
        return invalid_content(error)
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _written(error: ValidationError) -> str:
    written = str(error.errors(include_url=False)[0]["input"]).strip()
    return beginning(written, _SHOWN)


def _compact(value: Json) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
