"""Names the step tests share."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from wftui.model.base import Json
from wftui.steps.api.step_type import StepType
from wftui.steps.testing import RecordingContext

Run = Callable[[StepType[Any], Mapping[str, Json]], Awaitable[Json]]

__all__ = ["RecordingContext", "Run"]
