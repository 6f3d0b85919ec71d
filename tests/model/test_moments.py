"""Points in time: one way to write them on the screen and on the command line."""

from datetime import UTC, datetime, timedelta

import pytest

from wftui.model.moments import MomentError, parse_moment

NOW = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "start", "end"),
    [
        ("24h", NOW - timedelta(hours=24), NOW - timedelta(hours=24)),
        ("today", datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 2, 23, 59, 59, 999000, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, 23, 59, 59, 999000, tzinfo=UTC)),
        ("2026-10-25", datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 25, 23, 59, 59, 999000, tzinfo=UTC)),
        ("2026-10-25T09:30", datetime(2026, 10, 25, 9, 30, tzinfo=UTC), datetime(2026, 10, 25, 9, 30, tzinfo=UTC)),
        (
            "2026-10-25T09:30+02:00",
            datetime(2026, 10, 25, 7, 30, tzinfo=UTC),
            datetime(2026, 10, 25, 7, 30, tzinfo=UTC),
        ),
        ("now", NOW, NOW),
    ],
)
def test_times_may_be_written_in_many_ways(word: str, start: datetime, end: datetime) -> None:
    assert parse_moment(word, NOW) == start
    assert parse_moment(word, NOW, end=True) == end


def test_days_are_those_of_where_the_user_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert parse_moment("2026-10-25", NOW) == datetime(2026, 10, 24, 15, tzinfo=UTC)


@pytest.mark.parametrize("word", ["", "soon", "2026-13-01", "7 days", "999999999999999999999d", "2026-11-02T25:00"])
def test_anything_else_is_a_sentence(word: str) -> None:
    with pytest.raises(MomentError, match="expected 24h, 7d, today"):
        parse_moment(word, NOW)
