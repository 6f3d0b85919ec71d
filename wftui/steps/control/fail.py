"""The `fail` step type."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from wftui.model.base import Json
from wftui.runtime.error_types import own_error, own_type_problem
from wftui.runtime.workflow_errors import CaughtAgainError
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepType


class FailInput(StepModel):
    """Input of `fail`."""

    type: Annotated[
        str | None,
        Field(
            description="Error type: dotted words of your own, such as stock.empty; `retry.on` matches it. "
            "Absent in a handler of `catch`: raises its error again."
        ),
    ] = None
    message: Annotated[str | None, Field(min_length=1, description="A sentence for people; required with a type.")] = (
        None
    )
    details: Annotated[Json, Field(description="Any value for `steps.x.error.details`.")] = None


class FailStep(StepType[FailInput]):
    """Raises an error of the workflow's own; usually under a `when`."""

    word = "fail"
    title = "Fail"
    description = "Fails with an error type, a message and details of your own; usually under a `when`."
    icon = "⊗"
    ascii_icon = "x"
    search_words = ("error", "stop", "throw", "raise", "abort", "exit")
    input_model = FailInput
    immediate = True
    local = True
    field_rules: ClassVar = {"dependentRequired": {"type": ["message"], "message": ["type"]}}
    example: ClassVar = {
        "type": "stock.empty",
        "message": "Nothing is left of A-17.",
        "details": {"article": "A-17"},
    }
    output_schema: ClassVar = {"type": "null"}

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check that the type is one of the user's own, and has a message."""
        if ("type" in literal_input) != ("message" in literal_input):
            missing = "message" if "type" in literal_input else "type"
            return [(missing, f"A type and a message belong together: {missing} is missing.")]
        given = literal_input.get("type")
        if not isinstance(given, str) or "{{" in given:
            return []
        problem = own_type_problem(given)
        return [("type", f"{problem[:1].upper()}{problem[1:]}.")] if problem else []

    async def run(self, input: FailInput, context: StepContext) -> Json:
        """Raise the error.

        Raises:
            WorkflowError: with the given type, or `validation.error_type`.
            CaughtAgainError: without a type.
        """
        if input.type is None:
            raise CaughtAgainError
        raise own_error(str(context.redact(input.type)), input.message or "", input.details)
