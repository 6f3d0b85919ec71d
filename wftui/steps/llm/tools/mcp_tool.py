"""MCP tools as tools of a language model."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext
from wftui.steps.llm.protocol import Tool
from wftui.steps.llm.tools.input import ToolInput
from wftui.steps.llm.tools.step_tool import tool_name
from wftui.steps.mcp.lock import LockedTool
from wftui.steps.mcp.server import server_of
from wftui.steps.mcp.step import McpInput, McpStep, listed_tools

_ALL = "*"  # no name of a tool; stands for it while the server is looked for


class McpTool:
    """MCP tool as an `OfferedTool`; the run keeps the session with its server."""

    def __init__(
        self, given: ToolInput, name: str, step: McpInput, known: LockedTool, connection: Mapping[str, Json] | None
    ) -> None:
        self.given = given
        self.connection = connection
        self._step = step
        self.definition = Tool(
            name, given.description or known.description or "", _free_arguments(known, step.arguments)
        )

    def prepared(self, arguments: Mapping[str, Json]) -> Json:
        """Return None: nothing is prepared."""
        return None

    async def run(self, arguments: Mapping[str, Json], context: StepContext) -> Json:
        """Call the tool with the model's and the fixed arguments."""
        every = {**arguments, **self._step.arguments}
        return await McpStep().run(self._step.model_copy(update={"arguments": every}), context)

    def text(self, output: Json) -> str:
        """Return the text, else the structured value; other content by its type."""
        others = [
            f"({part['type']}{' ' + part['mimeType'] if 'mimeType' in part else ''})"
            for part in output["content"]
            if part["type"] not in ("text", "resource")
        ]
        text = output["text"]
        if not text and output["structured"] is not None:
            text = json.dumps(output["structured"], ensure_ascii=False, allow_nan=False)
        return "\n".join(filter(None, [text, *others]))


async def mcp_tools(tool: ToolInput, connection: Mapping[str, Json] | None, context: StepContext) -> list[McpTool]:
    """Return the named tool, those of `only`, or all of a server.

    Raises:
        WorkflowError: `llm.tool` when the server has no such tool, and those of a server that cannot be had.
    """
    wanted = tool.input.get("tool")
    try:
        step = McpInput.model_validate({**tool.input, "tool": wanted if wanted is not None else _ALL})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise WorkflowError("llm.tool", f"The tool mcp: {place or 'its input'}: {first['msg']}") from None
    server = server_of(step.server, connection, context.working_directory)
    known = await listed_tools(server, step.start_timeout, context)
    names = [wanted] if wanted is not None else tool.only if tool.only is not None else sorted(known)
    missing = [name for name in names if name not in known]
    if missing:
        there = ", ".join(sorted(known)) or "none"
        message = f"The MCP server {server.label} has no tool {missing[0]!r}; available: {there}."
        raise WorkflowError("llm.tool", message)
    found: list[McpTool] = []
    for name in names:
        shown = tool_name(name)
        if tool.name is not None:
            shown = tool.name if wanted is not None else tool_name(f"{tool.name}_{name}")
        found.append(McpTool(tool, shown, step.model_copy(update={"tool": name}), known[name], connection))
    return found


def _free_arguments(tool: LockedTool, fixed: Mapping[str, Json]) -> dict[str, Any]:
    """Return the schema of a tool's arguments without the fixed ones."""
    schema: dict[str, Any] = {"type": "object", **tool.input_schema}
    schema.pop("$schema", None)
    schema["properties"] = {
        name: inner for name, inner in (schema.get("properties") or {}).items() if name not in fixed
    }
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if name not in fixed]
    return schema
