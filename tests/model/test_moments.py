"""Points in time: one way to write them on the screen and on the command line."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from wftui.model.moments import MomentError, moment_of_day, parse_moment

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
        ("2 days ago", NOW - timedelta(days=2), NOW - timedelta(days=2)),
        ("2-days-ago", NOW - timedelta(days=2), NOW - timedelta(days=2)),
        ("An hour ago", NOW - timedelta(hours=1), NOW - timedelta(hours=1)),
        ("7 days", NOW - timedelta(days=7), NOW - timedelta(days=7)),
        ("1.5 weeks ago", NOW - timedelta(days=10.5), NOW - timedelta(days=10.5)),
        ("monday", datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 2, 23, 59, 59, 999000, tzinfo=UTC)),
        ("last Monday", datetime(2026, 10, 26, tzinfo=UTC), datetime(2026, 10, 26, 23, 59, 59, 999000, tzinfo=UTC)),
        ("tue", datetime(2026, 10, 27, tzinfo=UTC), datetime(2026, 10, 27, 23, 59, 59, 999000, tzinfo=UTC)),
        ("last week", datetime(2026, 10, 26, tzinfo=UTC), datetime(2026, 11, 1, 23, 59, 59, 999000, tzinfo=UTC)),
        ("this-week", datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 8, 23, 59, 59, 999000, tzinfo=UTC)),
        ("last month", datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        ("09:30", datetime(2026, 11, 2, 9, 30, tzinfo=UTC), datetime(2026, 11, 2, 9, 30, tzinfo=UTC)),
        ("yesterday 9:30", datetime(2026, 11, 1, 9, 30, tzinfo=UTC), datetime(2026, 11, 1, 9, 30, tzinfo=UTC)),
        ("sunday at 23:59:30", datetime(2026, 11, 1, 23, 59, 30, tzinfo=UTC), None),
        ("2026-10-25 09:30", datetime(2026, 10, 25, 9, 30, tzinfo=UTC), None),
    ],
)
def test_times_may_be_written_in_many_ways(word: str, start: datetime, end: datetime | None) -> None:
    assert parse_moment(word, NOW) == start
    assert parse_moment(word, NOW, end=True) == (end or start)


def test_days_are_those_of_where_the_user_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    assert parse_moment("2026-10-25", NOW) == datetime(2026, 10, 24, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "word", "start", "end"),
    [
        # 2:30 is shown twice on one day, and skipped on another; in Cairo, the first hour of a day is skipped.
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30Z", "2026-10-25T01:30Z"),
        ("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30Z", "2026-10-25T01:30Z"),
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:00Z", "2026-03-29T01:00Z"),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z", "2026-03-29T21:59:59.999Z"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z", "2026-04-24T20:59:59.999Z"),
        ("Africa/Cairo", "2026-04-23", "2026-04-22T22:00Z", "2026-04-23T21:59:59.999Z"),
        ("UTC", "20261025", "2026-10-25T00:00Z", "2026-10-25T23:59:59.999Z"),
        ("UTC", "2026-W43-7", "2026-10-25T00:00Z", "2026-10-25T23:59:59.999Z"),
        ("UTC", "2026-W43", "2026-10-19T00:00Z", "2026-10-25T23:59:59.999Z"),
    ],
)
def test_days_with_a_clock_change_and_other_iso_forms(
    monkeypatch: pytest.MonkeyPatch, zone: str, word: str, start: str, end: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    assert parse_moment(word, NOW) == datetime.fromisoformat(start)
    assert parse_moment(word, NOW, end=True) == datetime.fromisoformat(end)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "soon",
        "2026-13-01",
        "days",
        "2 moons ago",
        "mo",
        "999999999999999999999d",
        "2026-11-02T25:00",
        "last week 9:30",
        "25:00",
    ],
)
def test_anything_else_is_a_sentence(word: str) -> None:
    with pytest.raises(MomentError, match="expected 24h, 7d, 2 days ago, today"):
        parse_moment(word, NOW)


@pytest.mark.parametrize(
    ("word", "moment"),
    [
        ("02:30", "2026-10-25T00:30Z"),  # the first of two
        ("1:45", "2026-10-24T23:45Z"),
        ("03:30", "2026-10-25T02:30Z"),
        ("01:30", "2026-10-24T23:30Z"),
        ("00:15", "2026-10-25T23:15Z"),  # on the day after: the run had not begun
        ("01:00", "2026-10-26T00:00Z"),
        ("23:00", "2026-10-25T22:00Z"),
    ],
)
def test_a_time_of_day_is_within_a_period(monkeypatch: pytest.MonkeyPatch, word: str, moment: str) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    start = datetime(2026, 10, 24, 23, 30, 0, 500, tzinfo=UTC)
    for end in (start + timedelta(days=1, hours=1), start + timedelta(days=400)):
        assert moment_of_day(word, start, end) == datetime.fromisoformat(moment)


def test_a_time_of_day_outside_of_a_period_is_near_it() -> None:
    start, end = NOW, NOW + timedelta(minutes=1)  # 10:30
    assert moment_of_day("09:00", start, end) == NOW - timedelta(minutes=90)
    assert moment_of_day("23:59", start, end) == NOW.replace(hour=23, minute=59)
    late = NOW.replace(hour=23, minute=50)
    assert moment_of_day("00:10", late, late + timedelta(minutes=1)) == late + timedelta(minutes=20)
    assert moment_of_day("09:00", start, start - timedelta(days=2)) == NOW - timedelta(minutes=90), "a clock set back"
    assert moment_of_day("7", start, end) is None
    with pytest.raises(MomentError):
        moment_of_day("25:00", start, end)
