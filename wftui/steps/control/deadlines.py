"""Deadlines of steps that wait."""

from datetime import datetime, timedelta

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


def time_after(context: StepContext, seconds: float) -> datetime:
    """Return the time so many seconds from now.

    Raises:
        WorkflowError: `delay.moment` when it is beyond the calendar.
    """
    try:
        return context.now() + timedelta(seconds=seconds)
    except OverflowError:
        raise out_of_range() from None


def out_of_range() -> WorkflowError:
    """Return the error of a deadline beyond the calendar."""
    return WorkflowError("delay.moment", "The time to wait for is beyond the year 9999.")
