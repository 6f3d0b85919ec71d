"""Points in time as people write them: ages, days by name, dates."""

import re
from datetime import UTC, date, datetime, time, timedelta

from wftui.model.workflow.durations import parse_duration


class MomentError(ValueError):
    """A text is not a point in time; the message is a sentence for the user."""


def parse_moment(text: str, now: datetime, *, end: bool = False) -> datetime:
    """Parse a point in time; return it in UTC.

    Args:
        text: an age (`24h`, `7d`), `now`, `today`, `yesterday`, a date, or a date with a time, in local time.
        now: current time.
        end: use the end of a day instead of its beginning.

    Raises:
        MomentError: the text is not a time.
    """
    word = text.strip().lower()
    try:
        if word == "now":
            return now
        if word in {"today", "yesterday"}:
            return _day(now.astimezone().date() - timedelta(days=word == "yesterday"), end)
        if re.fullmatch(r"\d+(\.\d+)?(ms|s|m|h|d)", word):
            return now - timedelta(seconds=parse_duration(word))
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word):
            return _day(date.fromisoformat(word), end)
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MomentError(
            f"invalid time {text}; expected 24h, 7d, today, yesterday, 2026-11-22 or 2026-11-22T09:30"
        ) from error


def _day(day: date, end: bool) -> datetime:
    """Return the beginning of a day in local time, or its last moment."""
    start = datetime.combine(day + timedelta(days=end), time.min).astimezone(UTC)
    return start - timedelta(milliseconds=1) if end else start
