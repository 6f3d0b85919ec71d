"""The `mcp` step type."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from wftui.model.base import Json
from wftui.model.installation import install_command, installed
from wftui.model.workflow.durations import Duration
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.findings import Notice
from wftui.steps.api.requirements import Host, MissingRequirement
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import SiteFacts, StepContext, StepSite, StepType
from wftui.steps.mcp.lock import (
    LOCK_FILE,
    LockedTool,
    LockError,
    read_lock,
    server_name,
    tool_changes,
    tool_facts,
)
from wftui.steps.mcp.result import McpOutput, output_of, text_of
from wftui.steps.mcp.server import (
    McpServer,
    SessionExpiredError,
    locate_program,
    no_program,
    server_of,
    server_problem,
    server_programs,
)
from wftui.steps.mcp.sessions import McpSessions

if TYPE_CHECKING:
    from mcp_types import CallToolResult

    from wftui.steps.mcp.session import McpSession


class McpInput(StepModel):
    """Input of `mcp`."""

    server: Annotated[McpServer | None, Field(description="Server; default: the mcp connection of the step.")] = None
    tool: Annotated[str, Field(min_length=1, description="Name of the tool.")]
    arguments: Annotated[dict[str, Json], Field(description="Arguments of the tool, by name.")] = Field(
        default_factory=dict
    )
    start_timeout: Annotated[Duration, Field(gt=0, description="Time limit for the first response of the server.")] = (
        60.0
    )


class McpStep(StepType[McpInput]):
    """Calls a tool; the server is started once per run and ended after the last step."""

    word = "mcp"
    title = "MCP tool"
    description = (
        "Calls a tool of an MCP server, either a program to start or a URL. An error of the tool fails the step; "
        "a question of the server is shown as a form."
    )
    connection_kind = "mcp"
    icon = "♦"
    ascii_icon = "m"
    search_words = ("tool", "server", "agent")
    input_model = McpInput
    example: ClassVar = {
        "server": {"command": ["mcp-server-time"]},
        "tool": "convert_time",
        "arguments": {"source_timezone": "Asia/Tokyo", "time": "18:30", "target_timezone": "UTC"},
    }
    output_schema: ClassVar = McpOutput.model_json_schema(by_alias=True)
    secret_fields = frozenset({"server", "arguments"})
    visible_fields = frozenset({"server.command"})
    path_fields: ClassVar = {"server.command.0": "program", "server.cwd": "machine"}
    site_files = (LOCK_FILE,)

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check for a valid server: a command or an address."""
        server = literal_input.get("server")
        detail = server_problem(server) if isinstance(server, dict) else None
        return [("server", detail)] if detail is not None else []

    @classmethod
    def facts_at(cls, literal_input: Mapping[str, Json], site: StepSite) -> SiteFacts:
        """Return the schemas of the locked tool, or that it does not exist."""
        name = server_name(literal_input, site.connection)
        tool = literal_input.get("tool")
        if site.folder is None or name is None or not isinstance(tool, str) or "{{" in tool:
            return SiteFacts()
        try:
            lock = read_lock(site.folder)
        except LockError as error:
            return SiteFacts(notices=[Notice("", f"{error}; the tools are not checked")])
        server = lock.named(name) if lock is not None else None
        if server is None:
            advice = f"the tools of this server are unknown: run `wftui mcp lock {site.folder.name}`"
            return SiteFacts(notices=[Notice("tool", advice, "hint")])
        if tool not in server.tools:
            return SiteFacts(field_schemas={"tool": {"enum": sorted(server.tools)}})
        return tool_facts(tool, server.tools[tool], literal_input, cls.output_schema, "structured")

    @classmethod
    def missing(cls, host: Host) -> Sequence[MissingRequirement]:
        """The package mcp, and the program of a connection."""
        found: list[MissingRequirement] = []
        if not installed("mcp"):
            found.append(
                MissingRequirement("mcp.missing", "MCP servers need the package mcp", install_command("wftui[mcp]"))
            )
        programs = server_programs(host.connection or {})
        return [*found, *filter(None, (cls.missing_program(name, host) for name in programs))]

    @classmethod
    def programs(cls, literal_input: Mapping[str, Json], site: StepSite) -> Sequence[str]:
        """The program of the server."""
        server = literal_input.get("server")
        return server_programs(server) if isinstance(server, dict) else ()

    @classmethod
    def missing_program(cls, name: str, host: Host) -> MissingRequirement | None:
        """Look on PATH, and beside the Python that runs wftui."""
        found = locate_program(name, host.environment.get("PATH", ""), None)
        return None if found is not None else MissingRequirement("mcp.start", no_program(name))

    async def run(self, input: McpInput, context: StepContext) -> Json:
        """Call the tool.

        Raises:
            WorkflowError: `mcp.missing` (the package), `mcp.server` (there is none), `mcp.start`, `mcp.closed` (the
                server ended), `mcp.unknown_tool`, `validation.arguments`, `mcp.tool` (the tool says it failed),
                `mcp.error` (the protocol does), `mcp.result`.
        """
        server = server_of(input.server, context.connection, context.working_directory)
        try:
            result = await _call(server, input, context)
        except SessionExpiredError:
            # The server did nothing but say that it no longer knows us, as after a long wait.
            result = await _call(server, input, context)
        content: list[dict[str, Json]] = [
            part.model_dump(mode="json", by_alias=True, exclude_none=True) for part in result.content
        ]
        if result.is_error:
            detail = text_of(content).strip() or "no message"
            raise WorkflowError("mcp.tool", f"the tool {input.tool} failed: {detail}", details={"content": content})
        return output_of(content, result.structured_content)


async def listed_tools(server: McpServer, seconds: float, context: StepContext) -> dict[str, LockedTool]:
    """Return the tools of a server; start it if needed.

    Args:
        seconds: how long it may take to answer for the first time.

    Raises:
        WorkflowError: `mcp.missing`, `mcp.start`.
    """
    session = await _sessions(context).get(server, context, seconds)
    return {name: session.locked(name) for name in session.tools}


def _sessions(context: StepContext) -> McpSessions:
    return context.keep(McpStep.word, lambda: McpSessions(context.run_id))


async def _call(server: McpServer, step: McpInput, context: StepContext) -> "CallToolResult":
    sessions = _sessions(context)
    session = await sessions.get(server, context, step.start_timeout)
    tool = await _known_tool(session, step.tool)
    if sessions.first_use_of(server, step.tool):
        await asyncio.to_thread(_compare_with_lock, step.tool, tool, server, context)
    await _check_arguments(step.tool, tool, step.arguments)
    return await session.call(step.tool, step.arguments, context)


async def _known_tool(session: "McpSession", name: str) -> LockedTool:
    # Some servers announce more tools once they know their client: a second look before one is missed.
    tools = session.tools if name in session.tools else await session.list_tools()
    if name not in tools:
        names = ", ".join(sorted(tools)) or "none"
        message = f"the MCP server {session.server.label} has no tool {name!r}; available: {names}"
        raise WorkflowError("mcp.unknown_tool", message)
    return session.locked(name)


def _compare_with_lock(name: str, tool: LockedTool, server: McpServer, context: StepContext) -> None:
    if context.site.folder is None:
        return
    try:
        lock = read_lock(context.site.folder)
    except LockError as error:
        context.log(f"{error}; changes of tools are not detected.", "warn")
        return
    known = lock.of(server, context.site.connection) if lock is not None else None
    locked = known.tools.get(name) if known is not None else None
    changes = tool_changes(locked, tool) if locked is not None else []
    if changes:
        advice = f"run `wftui mcp lock {context.site.folder.name}` to accept it"
        context.log(f"The tool {name} has changed since it was locked: {', '.join(changes)}; {advice}.", "warn")


async def _check_arguments(name: str, tool: LockedTool, arguments: Mapping[str, Json]) -> None:
    from wftui.runtime.validation.validator import schema_problems, validate_inputs

    def problems() -> list[dict[str, str]]:
        if schema_problems(tool.input_schema):
            return []  # the server's own mistake: it may know better what it takes
        _, found = validate_inputs(tool.input_schema, dict(arguments))
        return [{"pointer": each.pointer, "message": each.message} for each in found]

    found = await asyncio.to_thread(problems)
    if found:
        detail = "; ".join(
            f"{each['pointer'].removeprefix('/') or 'the input'}: {each['message']}" for each in found[:3]
        )
        message = f"the arguments of the tool {name} are not valid: {detail}"
        raise WorkflowError("validation.arguments", message, details={"errors": found})
