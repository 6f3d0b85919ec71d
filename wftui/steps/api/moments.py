"""Moments that steps wait for."""

from datetime import datetime, timedelta

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


def moment_after(context: StepContext, seconds: float) -> datetime:
    """The moment so long after now.

    Raises:
        WorkflowError: `delay.moment` when there is no such moment.
    """
    try:
        return context.now() + timedelta(seconds=seconds)
    except OverflowError:
        raise beyond_the_calendar() from None


def beyond_the_calendar() -> WorkflowError:
    """The failure of a wait that nobody could see the end of."""
    return WorkflowError("delay.moment", "The time to wait for is beyond the year 9999.")
