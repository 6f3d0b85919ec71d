"""The MCP servers of one run: each started by the first step that needs it, closed after the last."""

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
    """Sessions by what their server is started from."""

    def __init__(self, run: str) -> None:
        self._run = run
        self._open: dict[str, McpSession] = {}
        self._ended: list[McpSession] = []
        self._used: set[tuple[str, str]] = set()

    async def get(self, server: McpServer, caller: Caller, seconds: float) -> "McpSession":
        """The session with a server, which is started where it does not run yet or has ended since.

        Args:
            seconds: how long it may take to answer for the first time.

        Raises:
            WorkflowError: `mcp.missing` without the package, `mcp.start` when the server cannot be reached.
        """
        make = await load_session_class()
        session = self._open.get(server.key)
        if session is not None and not session.alive:
            again = "connected to" if server.url is not None else "started"
            caller.log(
                f"The MCP server {server.label} has ended since it was last called; it is {again} again.", "warn"
            )
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
        """Whether a tool is called for the first time in this run; the second time it is asked, it is not."""
        use = (server.key, tool)
        first = use not in self._used
        self._used.add(use)
        return first

    async def aclose(self) -> None:
        """Leave all servers, side by side."""
        sessions = [*self._open.values(), *self._ended]
        self._open.clear()
        self._ended.clear()
        await asyncio.gather(*(session.aclose() for session in sessions))


async def load_session_class() -> "type[McpSession]":
    """The class of sessions; its first import takes a second and therefore a thread.

    Raises:
        WorkflowError: `mcp.missing` when the package is not there, or too old.
    """
    try:
        module = await asyncio.to_thread(import_module, "wftui.steps.mcp.session")
    except ImportError as error:
        message = f"MCP servers need the package mcp: {install_command('wftui[mcp]')} ({error})"
        raise WorkflowError("mcp.missing", message) from error
    session: type[McpSession] = module.McpSession
    return session
