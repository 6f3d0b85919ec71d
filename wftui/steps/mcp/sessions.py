"""MCP servers of one run: started on first use, closed after the last step."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from wftui.model.installation import install_command
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.mcp.listeners import Caller
from wftui.steps.mcp.server import McpServer

if TYPE_CHECKING:
    from wftui.steps.mcp.session import McpSession


class McpSessions:
    """Sessions by server."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._open: dict[str, McpSession] = {}
        self._ended: list[McpSession] = []
        self._used: set[tuple[str, str]] = set()

    async def get(self, server: McpServer, caller: Caller, seconds: float) -> "McpSession":
        """Return the session with a server; start or restart it if needed.

        Args:
            seconds: how long it may take to answer for the first time.

        Raises:
            WorkflowError: `mcp.missing` without the package, `mcp.start` when the server cannot be reached.
        """
        make = await load_session_class()
        session = self._open.get(server.key)
        if session is not None and not session.alive:
            again = "connected to" if server.url is not None else "started"
            caller.log(f"The MCP server {server.label} has exited since its last call and is {again} again.", "warn")
            self._ended.append(self._open.pop(server.key))
            session = None
        if session is None:
            session = self._open[server.key] = make(server, self._run)
        try:
            await session.started(caller, seconds)
        except WorkflowError:
            if self._open.get(server.key) is session:
                self._ended.append(self._open.pop(server.key))
            raise
        return session

    def first_use_of(self, server: McpServer, tool: str) -> bool:
        """Return whether this run uses a tool for the first time."""
        use = (server.key, tool)
        first = use not in self._used
        self._used.add(use)
        return first

    async def aclose(self) -> None:
        """Close all sessions concurrently."""
        sessions = [*self._open.values(), *self._ended]
        self._open.clear()
        self._ended.clear()
        await asyncio.gather(*(session.aclose() for session in sessions))


async def load_session_class() -> "type[McpSession]":
    """Import the session class in a thread: the first import takes a second.

    Raises:
        WorkflowError: `mcp.missing` when the package is not there, or too old.
    """
    try:
        module = await asyncio.to_thread(import_module, "wftui.steps.mcp.session")
    except ImportError as error:
        message = f"MCP servers need the package mcp; run: {install_command('wftui[mcp]')} ({error})"
        raise WorkflowError("mcp.missing", message) from error
    session: type[McpSession] = module.McpSession
    return session
