"""Reasons of disabled actions are found again only for a record that has changed."""

from datetime import UTC, datetime

from wftui.model.run.actions import RunAction, run_actions
from wftui.model.run.events import Completed, Created, Started
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import apply, new_record
from wftui.tui.screens.runs.known_reasons import KnownReasons

AT = datetime(2026, 11, 30, tzinfo=UTC)


def test_a_record_is_asked_about_once_until_it_changes() -> None:
    asked: list[int] = []

    def actions(record: ExecutionRecord) -> list[RunAction]:
        asked.append(record.last_seq)
        return run_actions(record)

    record, reasons = new_record("r"), KnownReasons(actions)
    apply(record, Created(run_id="r", timestamp=AT, workflow_id="w", steps=[], seq=1))
    apply(record, Started(run_id="r", timestamp=AT, seq=2))
    assert [reasons(record).get(verb) for verb in ("cancel", "rerun", "cancel")] == [
        None,
        "the run has not ended",
        None,
    ]
    apply(record, Completed(run_id="r", timestamp=AT, outputs=None, duration=1.0, seq=3))
    assert [reasons(record).get(verb) for verb in ("cancel", "rerun")] == ["the run is completed", None]
    assert asked == [2, 3]
    assert reasons(new_record("other")).get("cancel") is None
