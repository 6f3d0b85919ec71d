"""Models as plain data: what their constructors make of values."""

from datetime import UTC, datetime, timedelta, timezone

from wftui.model.run.events import Interrupted

MOMENT = datetime(2026, 11, 22, 14, 30, tzinfo=timezone(timedelta(hours=2)))


def test_times_are_kept_in_utc() -> None:
    event = Interrupted(run_id="01k9x2m4q-7hd3f", timestamp=MOMENT, last_sign=MOMENT)
    for each in (event.timestamp, event.last_sign):
        assert each == MOMENT
        assert each.tzinfo is UTC
    assert event.to_wire()["timestamp"] == "2026-11-22T12:30:00.000Z"
