"""Events of a run, numbered by their order."""

from datetime import UTC, datetime, timedelta

from wftui.model.run.events import (
    Created,
    ExecutionEvent,
    StepCompleted,
    StepStarted,
)
from wftui.model.run.steps import ExecutionError, StepInfo

RUN = "r1"

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

BOOM = ExecutionError(type="exit_code", message="boom")


def at(ms: int) -> datetime:
    return START + timedelta(milliseconds=ms)


def numbered(*events: ExecutionEvent) -> list[ExecutionEvent]:
    for seq, event in enumerate(events, 1):
        event.seq = seq
    return list(events)


def created(*ids: str) -> Created:
    steps = [StepInfo(path=i, step_id=i, step_name=i.title(), step_type="set") for i in ids]
    return Created(run_id=RUN, timestamp=at(0), workflow_id="w", inputs={"a": 1}, steps=steps)


def started(path: str, ms: int, attempt: int = 1) -> StepStarted:
    return StepStarted(
        run_id=RUN, timestamp=at(ms), step_id=path, path=path, step_name=path, step_type="set", attempt=attempt
    )


def completed(path: str, ms: int, duration: float, output: object = None) -> StepCompleted:
    return StepCompleted(run_id=RUN, timestamp=at(ms), step_id=path, path=path, duration=duration, output=output)
