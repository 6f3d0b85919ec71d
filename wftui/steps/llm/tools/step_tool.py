"""Step types as tools of a language model."""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from wftui.model.base import Json
from wftui.runtime.validation.validator import validate_inputs
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext, StepSite, StepType
from wftui.steps.llm.protocol import Tool
from wftui.steps.llm.tools.input import ToolInput

_PROBLEMS = 5


class StepTool:
    """Step type as an `OfferedTool`; the model gives the fields that are not fixed."""

    def __init__(
        self,
        given: ToolInput,
        step_type: StepType[Any],
        connection: Mapping[str, Json] | None,
        site: StepSite,
        prepared: Json,
    ) -> None:
        self.given = given
        self.connection = connection
        self._step_type = step_type
        self._prepared = prepared
        self._schema = free_fields(step_type, given.input, site)
        name = given.name or tool_name(given.type)
        self.definition = Tool(name, given.description or step_type.description or step_type.title, self._schema)

    def prepared(self, arguments: Mapping[str, Json]) -> Json:
        """Return the preparation for fixed fields, unless the model gives early fields."""
        return self._prepared if self._step_type.early_fields.isdisjoint(arguments) else None

    async def run(self, arguments: Mapping[str, Json], context: StepContext) -> Json:
        """Run the step type with the model's and the fixed fields."""
        # Against the model's schema, before adding fixed fields: the model must not set those by another spelling.
        _, problems = await asyncio.to_thread(validate_inputs, dict(self._schema), dict(arguments))
        if problems:
            detail = [f"{each.pointer or 'the input'}: {each.message}" for each in problems[:_PROBLEMS]]
            raise WorkflowError("validation.input", " ".join(detail))
        values = {**arguments, **self.given.input}
        if self._step_type.input_model is None:
            return await self._step_type.run(values, context)
        try:
            bound = self._step_type.input_model.model_validate(values)
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
            sentences = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found]
            raise WorkflowError("validation.input", "; ".join(sentences)) from None
        return await self._step_type.run(bound, context)

    def text(self, output: Json) -> str:
        """Return text as it is, anything else as JSON."""
        return output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, allow_nan=False)


def free_fields(step_type: StepType[Any], fixed: Mapping[str, Json], site: StepSite) -> dict[str, Any]:
    """Return the schema of a step type's input without the fixed fields."""
    schema = step_type.input_schema()
    properties = {**schema.get("properties", {}), **step_type.facts_at(fixed, site).field_schemas}
    free = {name: inner for name, inner in properties.items() if name not in fixed}
    return {
        **{key: value for key, value in schema.items() if key in ("$defs", "additionalProperties")},
        "type": "object",
        "properties": free,
        "required": [name for name in schema.get("required", []) if name in free],
    }


def tool_name(text: str) -> str:
    """Return a text as a name that models accept."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", text)[:64]
