"""Statistics of the runs of a workflow, as `stats --json` prints them."""

from collections.abc import Iterable
from typing import Annotated

from wftui.model.base import Field, Timestamp, WireModel, fresh

FEWEST_USUAL = 3
"""Completed runs from which a duration is called usual."""


class PeriodStatistics(WireModel):
    """The runs of a period; durations in milliseconds, of completed runs."""

    runs: int = 0
    completed: int = 0
    failed: int = 0
    success_rate: Annotated[float | None, Field(ge=0, le=1, description="Of completed and failed runs.")] = None
    p50: float | None = None
    p95: float | None = None


class DayStatistics(PeriodStatistics):
    """The runs of one day, in local time."""

    day: Annotated[str, Field(description="2026-11-29")]


class StepStatistics(WireModel):
    """A step over the newest runs, iterations together; durations in milliseconds."""

    path: str
    times: Annotated[int, Field(description="How often it ended.")]
    failed: int = 0
    p50: float | None = None
    p95: float | None = None
    p50_before: Annotated[float | None, Field(description="The week before the last.")] = None


class ErrorStatistics(WireModel):
    """Failed runs with one error."""

    type: str
    message: str
    runs: int
    last_run: Annotated[str, Field(description="Id of the newest of them.")]


class WorkflowStatistics(WireModel):
    """The statistics of one workflow, or of all runs.

    `last_week` and `week_before` are the seven days up to now, and the seven before them.
    """

    workflow_id: str | None = None
    since: Timestamp
    total: PeriodStatistics
    last_week: PeriodStatistics
    week_before: PeriodStatistics
    days: list[DayStatistics] = fresh(factory=list)
    steps: Annotated[list[StepStatistics], Field(description="Of one workflow: the slowest first.")] = fresh(
        factory=list
    )
    errors: Annotated[list[ErrorStatistics], Field(description="The most frequent first.")] = fresh(factory=list)
    truncated: Annotated[bool, Field(description="There are more runs than were read.")] = False


def percentile(values: Iterable[float], percent: float) -> float:
    """Return a percentile of some values: the nearest of them."""
    ordered = sorted(values)
    return ordered[round((len(ordered) - 1) * percent / 100)]
