"""Models of step inputs and outputs."""

import json
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError


class StepModel(BaseModel):
    """Base of step inputs and outputs: camelCase keys, closed, strict."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", strict=True, hide_input_in_errors=True
    )


ModelT = TypeVar("ModelT", bound=BaseModel)


def read_input(model: type[ModelT], values: Json) -> ModelT:
    """Validate the input of a step; JSON spellings of dates and enums count.

    Raises:
        ValidationError: with every field that is wrong.
    """
    try:
        return model.model_validate(values)
    except ValidationError:
        # A strict model takes text for a date only where it knows that it reads JSON, which costs more.
        return model.model_validate_json(json.dumps(values))


class Answer(StepModel, defer_build=True):
    """Response of a person (or a timeout) to an approval; output of `approval`."""

    approved: Annotated[bool, Field(description="Whether it was approved.")]
    by: Annotated[str, Field(description="User who answered, or `timeout`.")]
    at: Annotated[str, Field(description="Time of the answer, ISO 8601.")]
    data: Annotated[Json, Field(description="Values of the form, if there is one.")] = None

    def unless_rejected(self) -> "Answer":
        """Return the answer if it approves.

        Raises:
            WorkflowError: `approval.rejected`, with the answer as its details.
        """
        if self.approved:
            return self
        message = "nobody answered in time" if self.by == "timeout" else f"rejected by {self.by or 'the user'}"
        raise WorkflowError("approval.rejected", message, details=self.model_dump(mode="json", by_alias=True))
