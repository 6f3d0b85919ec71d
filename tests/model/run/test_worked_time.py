"""Durations across a resume: what was worked counts, the gap is shown beside it."""

from datetime import UTC, datetime, timedelta

import pytest

from wftui.model.run.events import (
    Created,
    ExecutionEvent,
    Interrupted,
    IterationsPlanned,
    Resumed,
    Started,
    StepCompleted,
    StepRetrying,
    StepStarted,
)
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import fold
from wftui.model.run.steps import ExecutionError
from wftui.model.run.worked_time import interrupted_seconds, worked_seconds

BEGIN = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = 3600


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def record_of(*events: ExecutionEvent) -> ExecutionRecord:
    created, begun = Created(run_id="r", timestamp=BEGIN, workflow_id="w"), Started(run_id="r", timestamp=BEGIN)
    first: list[ExecutionEvent] = [created, begun]
    return fold("r", [event.model_copy(update={"seq": seq}) for seq, event in enumerate([*first, *events], 1)])


def started(seconds: float, attempt: int) -> StepStarted:
    return StepStarted(
        run_id="r", timestamp=at(seconds), path="a", step_id="a", step_name="a", step_type="x", attempt=attempt
    )


def died(seconds: float, *, noticed: float) -> Interrupted:
    return Interrupted(run_id="r", timestamp=at(noticed), last_sign=at(seconds))


def resumed(seconds: float) -> Resumed:
    return Resumed(run_id="r", timestamp=at(seconds))


def completed(seconds: float, attempt: int = 1) -> StepCompleted:
    return StepCompleted(run_id="r", timestamp=at(seconds), path="a", step_id="a", duration=1.0, attempt=attempt)


def test_an_attempt_ends_with_the_process_that_ran_it() -> None:
    record = record_of(
        started(1, 1), died(5, noticed=HOUR), resumed(2 * HOUR), started(2 * HOUR + 1, 2), completed(2 * HOUR + 4, 2)
    )
    first, second = record.step_results[0].attempts
    assert (first.completed_at, first.duration, first.interrupted) == (at(5), 4000, True)
    assert (second.duration, second.interrupted) == (3000, None)
    assert record.interruptions is not None
    assert [(gap.since, gap.until) for gap in record.interruptions] == [(at(5), at(2 * HOUR))]


def test_an_attempt_that_continues_does_not_count_the_gap() -> None:
    record = record_of(started(1, 1), died(5, noticed=HOUR), resumed(2 * HOUR), completed(2 * HOUR + 4))
    assert [attempt.duration for attempt in record.step_results[0].attempts] == [8000]


def test_a_failed_attempt_before_the_gap_keeps_its_time() -> None:
    boom = ExecutionError(message="boom")
    retrying = StepRetrying(run_id="r", timestamp=at(3), path="a", step_id="a", error=boom, attempt=1, next_at=at(10))
    record = record_of(
        started(1, 1), retrying, died(5, noticed=HOUR), resumed(HOUR + 1), started(HOUR + 2, 2), completed(HOUR + 3, 2)
    )
    assert [(each.duration, each.interrupted) for each in record.step_results[0].attempts] == [
        (2000, None),
        (1000, None),
    ]


def test_a_gap_begins_no_earlier_than_the_last_event() -> None:
    planned = IterationsPlanned(run_id="r", timestamp=at(9), path="a", step_id="a", total=3)
    record = record_of(planned, died(5, noticed=HOUR))
    assert record.interruptions is not None
    assert [(gap.since, gap.until) for gap in record.interruptions] == [(at(9), None)]


@pytest.mark.parametrize(
    ("start", "end", "gap"), [(0, 5, 0), (0, 100, 60), (20, 50, 30), (60, 200, 80), (150, 200, 20), (70, 300, 140)]
)
def test_parts_of_gaps_between_two_times_count(start: float, end: float, gap: float) -> None:
    record = record_of(died(10, noticed=20), resumed(70), died(100, noticed=150), resumed(170), died(230, noticed=240))
    assert interrupted_seconds(record, at(start), at(end)) == gap
    assert worked_seconds(record, at(start), at(end)) == end - start - gap
