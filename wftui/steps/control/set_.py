"""The `set` step type."""

from typing import Any, ClassVar

from wftui.model.base import Json
from wftui.steps.api.step_type import StepContext, StepType


class SetStep(StepType[Any]):
    """Accepts any input fields and returns them as its output."""

    word = "set"
    title = "Set values"
    description = "Computes values from expressions. The input fields become the output."
    icon = "="
    ascii_icon = "="
    search_words = ("variable", "assign", "transform", "map", "filter", "select", "sort", "merge", "edit", "fields")
    input_model: ClassVar = None
    immediate = True
    pure = True
    gives_input = True
    local = True
    example: ClassVar = {"greeting": "hello", "numbers": [1, 2, 3]}
    output_schema: ClassVar = {"type": "object"}

    async def run(self, input: dict[str, Json], context: StepContext) -> Json:
        """Return the bound input."""
        return input
