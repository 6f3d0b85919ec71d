"""The `assert` step type."""

from typing import Annotated, ClassVar

from pydantic import Field

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepType


class AssertInput(StepModel):
    """Input of `assert`."""

    that: Annotated[bool, Field(description="Condition, usually an expression.")]
    message: Annotated[str, Field(description="Error message if it is false.")] = "The assertion failed."


class AssertStep(StepType[AssertInput]):
    """Fails with the message if the condition is false; else `{"that": true}`."""

    word = "assert"
    title = "Assert"
    description = "Fails unless a condition is true."
    icon = "!"
    ascii_icon = "!"
    search_words = ("check", "validate", "test", "verify")
    input_model = AssertInput
    immediate = True
    pure = True
    local = True
    example: ClassVar = {"that": True, "message": "There are too few rows."}
    output_schema: ClassVar = {
        "type": "object",
        "properties": {"that": {"const": True, "description": "Always true: otherwise the step fails."}},
        "required": ["that"],
        "additionalProperties": False,
    }

    async def run(self, input: AssertInput, context: StepContext) -> Json:
        """Return the output or raise `assertion`."""
        if not input.that:
            raise WorkflowError("assertion", input.message)
        return {"that": True}
