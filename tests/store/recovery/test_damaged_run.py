"""Runs of which events are lost: they keep their end, or are failed."""

from datetime import timedelta

import pytest

from store.store_helpers import RUN, START, cancelled, completed, created, finished_run, log, seqs, started
from wftui.model.base import Json
from wftui.model.run.events import Cancelled, Completed, Created, ExecutionEvent, Failed, Log
from wftui.model.run.steps import ExecutionError
from wftui.store.events.event_rows import EventRow, decode, prepare
from wftui.store.recovery.damaged_run import is_whole, mended, readable_events
from wftui.store.sqlite.times import to_milliseconds

LATER = START + timedelta(seconds=9)
LOST = "the database was damaged: events of this run are lost here"


def rows_of(events: list[ExecutionEvent]) -> list[EventRow]:
    return [prepare(event, at_once=False).number(number)[1] for number, event in enumerate(events, 1)]


def mend(row: dict[str, Json], rows: list[EventRow]) -> tuple[list[ExecutionEvent], dict[str, Json]]:
    new, changes = mended({"id": RUN, **row}, readable_events(RUN, rows), LATER)
    return decode(RUN, new), changes


def test_a_row_that_holds_no_event_is_lost_alone() -> None:
    rows = rows_of(finished_run(RUN))
    rows[2] = rows[2]._replace(data=b"no compressed text")
    assert [row.seq for row, _ in readable_events(RUN, rows)] == [1, 2, 4, 5]
    assert [event.seq for _, event in readable_events(RUN, rows)] == [1, 2, 4, 5]


def test_a_run_is_whole_with_all_its_events() -> None:
    ended = readable_events(RUN, rows_of(finished_run(RUN)))
    assert is_whole({"id": RUN, "status": "completed"}, ended, at_gap=False)
    assert is_whole({"id": RUN, "status": "completed"}, ended, at_gap=True)
    assert is_whole({"id": RUN}, ended, at_gap=False)
    assert not is_whole({"id": RUN, "status": "failed"}, ended, at_gap=False)
    assert not is_whole({"id": RUN, "status": "completed"}, ended[:2] + ended[3:], at_gap=False)
    assert not is_whole({"id": RUN, "status": "completed"}, ended[1:], at_gap=False)
    assert not is_whole({"id": RUN, "status": "pending"}, [], at_gap=False)
    going = ended[:3]
    assert is_whole({"id": RUN, "status": "running"}, going, at_gap=False)
    assert not is_whole({"id": RUN, "status": "running"}, going, at_gap=True)
    assert not is_whole({"id": RUN}, going, at_gap=False)


def test_a_run_without_its_beginning_has_that_of_its_row() -> None:
    row: dict[str, Json] = {
        "created_at": to_milliseconds(START),
        "workflow_id": "nightly",
        "workflow_version": "3",
        "workflow_hash": "sha256:1",
        "user_id": "ann",
        "parent_id": "outer",
        "parent_path": "call",
        "plan": "sha256:2",
    }
    events, changes = mend(row, rows_of([created(), started(at=LATER), completed(at=LATER)])[1:])
    assert [event.type for event in events] == ["created", "log", "started", "completed"]
    assert seqs(events) == [1, 2, 3, 4]
    first = events[0]
    assert isinstance(first, Created)
    assert (
        first.to_wire()
        == Created(run_id=RUN, timestamp=START, **{name: value for name, value in row.items() if name != "created_at"})
        .model_copy(update={"seq": 1})
        .to_wire()
    )
    assert events[1].timestamp == LATER
    assert changes["status"] == "completed"
    assert changes["created_at"] == to_milliseconds(START)


def test_a_run_of_which_only_the_id_is_left_has_failed_now() -> None:
    events, changes = mend({}, [])
    assert [event.type for event in events] == ["created", "log", "failed"]
    first, line, end = events
    assert isinstance(first, Created)
    assert isinstance(line, Log)
    assert isinstance(end, Failed)
    assert (first.workflow_id, first.workflow_version, first.workflow_hash, first.user_id) == ("unknown", "", "", "")
    assert (first.parent_id, first.parent_path, first.plan) == (None, None, None)
    assert {event.timestamp for event in events} == {LATER}
    assert (line.level, line.message) == ("warn", LOST)
    assert (end.error.type, end.duration) == ("store.damaged", 0)
    assert end.error.message == "the database was damaged and events of this run are lost; rerun it"
    assert changes["status"] == "failed"


def test_one_warning_marks_the_loss_of_the_first_events() -> None:
    rows = rows_of([created(), started(), log(message="a"), log(message="b", at=LATER), log(message="c")])
    events, _ = mend({}, [rows[0], rows[1], rows[3]])
    assert [getattr(event, "message", event.type) for event in events] == ["created", "started", LOST, "b", "failed"]
    assert events[2].timestamp == LATER
    events, _ = mend({}, [rows[0], rows[2], rows[4]])
    assert [getattr(event, "message", event.type) for event in events] == ["created", LOST, "a", "c", "failed"]


def test_a_warning_before_the_end_tells_of_lost_last_events() -> None:
    events, _ = mend({}, rows_of([created(), started(at=LATER)]))
    assert [getattr(event, "message", event.type) for event in events] == ["created", "started", LOST, "failed"]
    assert events[2].timestamp == events[3].timestamp == LATER


def test_events_after_the_end_of_a_run_are_dropped() -> None:
    rows = rows_of([created(), started(), cancelled(), log()])
    events, changes = mend({}, [rows[0], rows[2], rows[3]])
    assert [event.type for event in events] == ["created", "log", "cancelled"]
    assert changes["status"] == "cancelled"


ERROR = ExecutionError(type="exit_code", message="it broke")


@pytest.mark.parametrize(
    ("row", "end"),
    [
        ({"status": "completed", "warnings": 3}, Completed(run_id=RUN, timestamp=LATER, duration=5, warnings=3)),
        ({"status": "completed", "warnings": None}, Completed(run_id=RUN, timestamp=LATER, duration=5)),
        ({"status": "cancelled"}, Cancelled(run_id=RUN, timestamp=LATER, duration=5)),
        ({"status": "failed", "error": ERROR.to_json()}, Failed(run_id=RUN, timestamp=LATER, duration=5, error=ERROR)),
        (
            {"status": "failed", "error": "{"},
            Failed(
                run_id=RUN,
                timestamp=LATER,
                duration=5,
                error=ExecutionError(
                    type="store.damaged", message="the database was damaged: the error of this run is lost"
                ),
            ),
        ),
    ],
)
def test_a_run_that_had_ended_keeps_its_end(row: dict[str, Json], end: ExecutionEvent) -> None:
    row = {"completed_at": to_milliseconds(LATER), "duration": 5, **row}
    events, changes = mend(row, rows_of([created(), started()]))
    assert events[-1].to_wire() == end.model_copy(update={"seq": 4}).to_wire()
    assert changes["status"] == end.type
    assert changes["completed_at"] == to_milliseconds(LATER)
