"""Locking of tools: those of MCP servers, and of other sources."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from wftui.model.base import Json
from wftui.model.run.steps import LogLevel
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_model import Answer
from wftui.steps.mcp.lock import (
    Lock,
    LockedServer,
    LockedTool,
    ServerName,
    check_lock,
    read_lock,
    tool_changes,
    write_lock,
)
from wftui.steps.mcp.server import McpServer
from wftui.steps.mcp.sessions import load_session_class

START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ToolSource:
    """Source of tools.

    Attributes:
        name: in workflow.json.
        request: requests its tools; None if unknown before a run.
    """

    name: ServerName
    request: Callable[[], Awaitable[LockedServer]] | None


@dataclass(frozen=True, slots=True)
class LockReport:
    """Result of locking.

    Attributes:
        lock: what is locked now.
        changes: what is different from before, as sentences.
        failures: servers that could not be asked, as sentences; what was known of them stays.
    """

    lock: Lock
    changes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


async def refresh_lock(
    folder: Path,
    sources: Sequence[ToolSource],
    *,
    write: bool = True,
    redact: Callable[[Json], Json] = lambda value: value,
) -> LockReport:
    """Request the tools of a workflow's sources and write its lock file.

    Args:
        sources: all sources of the workflow; whatever else is in the lock file is dropped.
        write: whether to write; False only tells what would change.
        redact: masks secrets in what a source says of itself, and in why it could not be asked.

    Raises:
        LockError: the lock file cannot be read.
        WorkspaceError: it cannot be written, or has been edited; no source is asked then.
    """
    await asyncio.to_thread(check_lock, folder)
    before = await asyncio.to_thread(read_lock, folder) or Lock()
    answers = await asyncio.gather(*map(_answer, sources))
    report = LockReport(Lock())
    for each, found in zip(sources, answers, strict=True):
        known = before.named(each.name)
        if isinstance(found, WorkflowError):
            report.failures.append(redact(found.message))
        if isinstance(found, LockedServer):
            found = found.model_copy(
                update={
                    "info": redact(found.info),
                    "tools": {
                        name: LockedTool.model_validate(redact(tool.to_wire())) for name, tool in found.tools.items()
                    },
                }
            )
            report.changes.extend(_changes(known, found))
            report.lock.servers.append(found)
        elif known is not None:
            report.lock.servers.append(known)
    names = [each.name for each in sources]
    report.changes.extend(
        f"{_server_label(each.server)} is no longer used" for each in before.servers if each.server not in names
    )
    if write:
        await asyncio.to_thread(write_lock, folder, report.lock)
    return report


async def _answer(source: ToolSource) -> LockedServer | WorkflowError | None:
    try:
        return await source.request() if source.request is not None else None
    except WorkflowError as error:
        return error


async def server_tools(
    name: ServerName, server: McpServer, log: Callable[[str], None] = lambda _: None
) -> LockedServer:
    """Start an MCP server and list its tools.

    Args:
        log: gets what the server writes to its stderr.

    Raises:
        WorkflowError: `mcp.missing`, `mcp.start`.
    """
    session = (await load_session_class())(server)
    try:
        await session.started(Quiet(lambda _: None), START_SECONDS)
        tools = {tool: session.locked(tool) for tool in sorted(session.tools)}
        return LockedServer(server=name, info=session.info, tools=tools)
    finally:
        await session.aclose()


class Quiet:
    """Caller without a person behind it."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log

    def log(self, message: str, level: LogLevel = "info", stream: Literal["stdout", "stderr", "log"] = "log") -> None:
        """Pass the message on."""
        self._log(message)

    async def drain_log(self) -> None:
        """Return at once: nothing is stored."""

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Ignore progress."""

    async def ask(self, prompt: str, form: Mapping[str, Any] | None, wait: float | None, on_timeout: str) -> Answer:
        """Refuse: the server was started only to list its tools."""
        raise WorkflowError("mcp.start", f"the server asks a question before any call: {prompt}")


def _changes(before: LockedServer | None, now: LockedServer) -> list[str]:
    name = _server_label(now.server)
    if before is None:
        count = len(now.tools)
        return [f"{name} was added, with {count} tool{'' if count == 1 else 's'}"]
    found: list[str] = []
    for tool in sorted(before.tools.keys() | now.tools.keys()):
        if tool not in now.tools:
            found.append(f"{name}: the tool {tool} was removed")
        elif tool not in before.tools:
            found.append(f"{name}: the tool {tool} was added")
        elif changes := tool_changes(before.tools[tool], now.tools[tool]):
            found.append(f"{name}: the tool {tool} has changed: {', '.join(changes)}")
    return found


def _server_label(name: ServerName) -> str:
    if name.connection is not None:
        return f"the connection {name.connection}"
    return McpServer(command=name.command, url=name.url).label
