"""Toolbox of a language model: offers tools and runs their calls."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from wftui.model.base import Json
from wftui.model.text.cuts import beginning
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext
from wftui.steps.llm.protocol import Tool, ToolCall, ToolResult
from wftui.steps.llm.tools.context import ToolContext
from wftui.steps.llm.tools.input import ToolInput
from wftui.steps.llm.tools.mcp_tool import mcp_tools
from wftui.steps.llm.tools.step_tool import StepTool

RESULT_CHARACTERS = 50_000
"""Of what a call gave, the most that the model is shown."""
AT_ONCE = 8
"""Calls of one answer that run side by side."""
_SHOWN = 300
_ASKED = 2000


class OfferedTool(Protocol):
    """Tool as the model sees it."""

    @property
    def definition(self) -> Tool:
        """Definition for the model."""

    @property
    def given(self) -> ToolInput:
        """Declaration in the workflow."""

    @property
    def connection(self) -> Mapping[str, Json] | None:
        """Connection of its calls, secrets in clear."""

    def prepared(self, arguments: Mapping[str, Json]) -> Json:
        """Return the preparation for a call with these arguments, or None."""

    async def run(self, arguments: Mapping[str, Json], context: StepContext) -> Json:
        """Run one call.

        Raises:
            WorkflowError: `validation.*` for arguments that do not fit, and whatever else goes wrong.
        """

    def text(self, output: Json) -> str:
        """Return an output as text for the model."""


class Toolbox:
    """Tools of one step; created by `offer`."""

    def __init__(self, tools: Sequence[OfferedTool], context: StepContext) -> None:
        self._context = context
        self._tools: dict[str, OfferedTool] = {}
        self._waiting = asyncio.Lock()
        self._made: dict[str, int] = {}
        for tool in tools:
            name = tool.definition.name
            if name in self._tools:
                raise WorkflowError("llm.tool", f'Two tools have the name {name!r}; give one of them a "name".')
            self._tools[name] = tool

    def definitions(self) -> tuple[Tool, ...]:
        """Return the definitions for the model."""
        return tuple(tool.definition for tool in self._tools.values())

    async def call_all(self, calls: Sequence[ToolCall]) -> list[tuple[ToolResult, Json]]:
        """Run calls concurrently; return each result and its entry of the step's output.

        A failure is an answer for the model, too.
        """
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(call: ToolCall) -> tuple[ToolResult, Json]:
            async with slots:
                return await self._call(call)

        return list(await asyncio.gather(*(one(call) for call in calls)))

    async def _call(self, call: ToolCall) -> tuple[ToolResult, Json]:
        shown = beginning(call.raw or "{}", _SHOWN)
        self._context.log(f"{call.name}: called with {shown}")
        entry: dict[str, Json] = {"name": call.name, "arguments": call.arguments}
        try:
            output, text = await self._run(call)
        except WorkflowError as error:
            return self._failed(call, error, entry)
        except Exception as error:  # noqa: BLE001  (a plugin may raise anything; the model may find another way)
            failure = WorkflowError("internal", f"{type(error).__name__}: {error}")
            return self._failed(call, failure, entry)
        entry["output"] = output
        self._context.log(f"{call.name}: returned {beginning(text, _SHOWN)}")
        if len(text) > RESULT_CHARACTERS:
            text = f"{text[:RESULT_CHARACTERS]}… ({len(text) - RESULT_CHARACTERS:,} more characters were left out)"
        return ToolResult(call.id, text, False), entry

    def _failed(self, call: ToolCall, error: WorkflowError, entry: dict[str, Json]) -> tuple[ToolResult, Json]:
        self._context.log(f"{call.name}: failed: {error}", "warn")
        entry["error"] = {"type": error.type, "message": str(error)}
        return ToolResult(call.id, f"{error.type}: {error}", True), entry

    async def _run(self, call: ToolCall) -> tuple[Json, str]:
        """Return the output of a call, and its text for the model."""
        tool = self._tools.get(call.name)
        if tool is None:
            names = ", ".join(self._tools) or "none"
            raise WorkflowError("llm.tool", f"There is no tool {call.name!r}; available: {names}.")
        if call.arguments is None:
            raise WorkflowError("validation.input", "The arguments are not a JSON object.")
        context = self._context_of(call, tool)
        if tool.given.approval:
            question = f"The model wants to run {call.name} with {beginning(call.raw or '{}', _ASKED)}"
            if not (await context.ask(question, None, None, "reject")).approved:
                raise WorkflowError("llm.declined", "A person rejected this call.")
        output = await tool.run(call.arguments, context)
        try:
            return output, await asyncio.to_thread(tool.text, output)
        except (TypeError, ValueError, RecursionError) as error:
            raise WorkflowError("output.not_json", f"The tool returned a value that is not JSON: {error}.") from None

    def _context_of(self, call: ToolCall, tool: OfferedTool) -> StepContext:
        # The same for the same call after a retry, and another for each call: what a service must not do twice.
        same = f"{call.name} {json.dumps(call.arguments, sort_keys=True)}"
        self._made[same] = self._made.get(same, 0) + 1
        context = ToolContext(
            self._context,
            call.name,
            connection=tool.connection,
            connection_name=tool.given.connection,
            prepared=tool.prepared(call.arguments or {}),
            call=f"{same} {self._made[same]}",
            waiting=self._waiting,
        )
        return cast("StepContext", context)


async def offer(tools: Sequence[ToolInput], context: StepContext) -> Toolbox:
    """Create the toolbox; start MCP servers and list their tools.

    Raises:
        WorkflowError: `llm.tool` when a type is not there or two tools have one name, `connection.*`, and those of an
            MCP server that cannot be had.
    """
    step_types = context.site.step_types
    offered: list[OfferedTool] = []
    prepared = context.prepared if context.prepared is not None else [None] * len(tools)
    for tool, found in zip(tools, prepared, strict=True):
        step_type = step_types.get(tool.type) if step_types is not None else None
        if step_type is None or tool.type == "llm":
            raise WorkflowError("llm.tool", f"The step type {tool.type!r} cannot be a tool.")
        connection = await context.connect(tool.connection) if tool.connection is not None else None
        if connection is None and step_type.connection_required:
            raise WorkflowError("llm.tool", f'The tool {tool.type} needs a connection: set "connection" of the tool.')
        if tool.type == "mcp":
            offered += await mcp_tools(tool, connection, context)
        else:
            offered.append(StepTool(tool, step_type, connection, context.site, found))
    return Toolbox(offered, context)
