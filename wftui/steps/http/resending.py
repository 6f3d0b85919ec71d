"""Requests sent again while a server is busy."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext

_FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
"""Seconds; a server that asks for more is left to the step's own `retry`."""

ResultT = TypeVar("ResultT")


async def resending(
    send: Callable[[], Awaitable[ResultT]],
    resends: int,
    context: StepContext,
    may_pass: Callable[[WorkflowError], bool],
) -> ResultT:
    """Send a request, and again after failures that may pass.

    Args:
        resends: how often it is sent again.
        may_pass: whether a failure may be another time.

    Raises:
        WorkflowError: the last failure.
    """
    for number in range(resends + 1):
        try:
            return await send()
        except WorkflowError as error:
            pause = _pause(error, number) if may_pass(error) else None
            if pause is None or number == resends:
                raise
            again = f"resending the request in {pause:.1f} s ({number + 1} of {resends})"
            context.log(f"{error} {again}", "warn")
        await asyncio.sleep(pause)
    raise AssertionError("the last of them returns or raises")


def _pause(error: WorkflowError, resends: int) -> float | None:
    """Return the seconds until the request may be resent; None if that is useless."""
    asked = error.details.get("retryAfter") if isinstance(error.details, dict) else None
    if isinstance(asked, float):
        return asked if asked <= LONGEST_PAUSE else None
    return _FIRST_PAUSE * float(2**resends) * random.uniform(1, 1.5)  # apart from others who were sent away
