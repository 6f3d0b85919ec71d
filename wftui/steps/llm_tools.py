"""Step types as tools of a language model: what it sees of them, and running the calls it asks for."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import Field, ValidationError

from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.steps.base import Catalogue, StepContext, StepModel, StepType
from wftui.steps.llm_protocol import Tool, ToolCall, ToolResult

RESULT_CHARACTERS = 50_000
"""Of what a call gave, the most that the model is shown."""

_NAME = r"^[a-zA-Z][a-zA-Z0-9_-]{0,63}$"


class ToolInput(StepModel):
    """A step type that the model may run."""

    type: Annotated[str, Field(description="The step type.")]
    name: Annotated[str | None, Field(pattern=_NAME, description="What the model calls it; absent: the type.")] = None
    description: Annotated[str | None, Field(description="What the model is told it does.")] = None
    input: Annotated[
        dict[str, Json],
        Field(description="Fields that are fixed; the model gives the others, and cannot change these."),
    ] = Field(default_factory=dict)


class Toolbox:
    """The tools of one step.

    Raises:
        WorkflowError: `llm.tool` when a type is not there, or two tools have one name.
    """

    def __init__(self, tools: list[ToolInput], catalogue: Catalogue, context: StepContext) -> None:
        self._context = cast("StepContext", _ToolContext(context))
        self._tools: dict[str, tuple[ToolInput, StepType[Any]]] = {}
        for tool in tools:
            step_type = catalogue.get(tool.type)
            if step_type is None or tool.type == "llm":
                raise WorkflowError("llm.tool", f"The step type {tool.type!r} cannot be a tool.")
            name = tool.name or re.sub(r"[^a-zA-Z0-9_-]", "_", tool.type)
            if name in self._tools:
                raise WorkflowError("llm.tool", f'Two tools have the name {name!r}; give one of them a "name".')
            self._tools[name] = (tool, step_type)

    def described(self) -> tuple[Tool, ...]:
        """What the model is told."""
        return tuple(
            Tool(name, tool.description or step_type.description or step_type.title, self._parameters(tool, step_type))
            for name, (tool, step_type) in self._tools.items()
        )

    async def call(self, call: ToolCall) -> tuple[ToolResult, Json]:
        """Run one call; a failure is an answer for the model too. Gives the result and its entry in the output."""
        entry: dict[str, Json] = {"name": call.name, "arguments": call.arguments}
        try:
            output = await self._run(call)
        except WorkflowError as error:
            self._context.log(f"{call.name} failed: {error}", "warn")
            entry["error"] = {"type": error.type, "message": str(error)}
            return ToolResult(call.id, f"{error.type}: {error}", True), entry
        entry["output"] = output
        text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
        if len(text) > RESULT_CHARACTERS:
            text = f"{text[:RESULT_CHARACTERS]}… ({len(text) - RESULT_CHARACTERS:,} more characters are left out)"
        return ToolResult(call.id, text, False), entry

    async def _run(self, call: ToolCall) -> Json:
        if call.name not in self._tools:
            raise WorkflowError("llm.tool", f"There is no tool {call.name!r}; there are {', '.join(self._tools)}.")
        if call.arguments is None:
            raise WorkflowError("validation.input", "The arguments are no JSON object.")
        tool, step_type = self._tools[call.name]
        values = {**call.arguments, **tool.input}
        if step_type.input_model is None:
            return await step_type.run(values, self._context)
        try:
            bound = step_type.input_model.model_validate(values)
        except ValidationError as error:
            problems = error.errors(include_input=False, include_url=False)
            sentences = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problems]
            raise WorkflowError("validation.input", "; ".join(sentences)) from None
        return await step_type.run(bound, self._context)

    def _parameters(self, tool: ToolInput, step_type: StepType[Any]) -> Mapping[str, Any]:
        schema = step_type.input_schema()
        facts = step_type.facts_at(tool.input, self._context.site)
        properties = {**schema.get("properties", {}), **facts.field_schemas}
        free = {name: inner for name, inner in properties.items() if name not in tool.input}
        return {
            **{key: value for key, value in schema.items() if key in ("$defs", "additionalProperties")},
            "type": "object",
            "properties": free,
            "required": [name for name in schema.get("required", []) if name in free],
        }


class _ToolContext:
    """The step's context without its connection: the key of the model is no business of a tool."""

    connection = None

    def __init__(self, inner: StepContext) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
