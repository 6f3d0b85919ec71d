"""The `delay` step type."""

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field, model_validator

from wftui.model.base import Json, format_timestamp
from wftui.model.workflow.durations import Duration
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.findings import exactly_one_of
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepType


class DelayInput(StepModel):
    """Input of `delay`: exactly one of the two fields."""

    for_: Annotated[Duration | None, Field(alias="for", description="Duration to wait.")] = None
    until: Annotated[
        AwareDatetime | None,
        Field(strict=False, description="Time to wait for, ISO 8601 with an offset: 2026-11-22T19:00:00Z."),
    ] = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "DelayInput":
        if (self.for_ is None) == (self.until is None):
            raise ValueError('give exactly one of "for" and "until"')
        return self


class DelayStep(StepType[DelayInput]):
    """Waits until a stored deadline, so a resumed run waits only for the rest."""

    word = "delay"
    title = "Delay"
    description = "Waits for a duration or until a time."
    icon = "…"
    ascii_icon = "d"
    search_words = ("wait", "sleep", "pause", "timer")
    input_model = DelayInput
    waits = True
    local = True
    field_rules: ClassVar = exactly_one_of("for", "until")
    example: ClassVar = {"for": "10ms"}
    output_schema: ClassVar = {
        "type": "object",
        "properties": {
            "until": {"type": "string", "format": "date-time", "description": "Time that was waited for, ISO 8601."}
        },
        "required": ["until"],
        "additionalProperties": False,
    }

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check that exactly one field is given."""
        if ("for" in literal_input) == ("until" in literal_input):
            return [("", 'Give exactly one of "for" (a duration) and "until" (a time).')]
        return []

    async def run(self, input: DelayInput, context: StepContext) -> Json:
        """Wait and return the deadline.

        Raises:
            WorkflowError: `delay.moment` when the time is beyond the calendar.
        """
        if input.until is None:
            due = await context.sleep_until(context.now() + timedelta(seconds=input.for_ or 0.0))
        else:
            try:
                until = input.until.astimezone(UTC)
            except OverflowError:
                raise WorkflowError("delay.moment", "The time to wait for is beyond the year 9999.") from None
            due = await context.sleep_until(until, by_wall_clock=True)
        return {"until": format_timestamp(due)}
