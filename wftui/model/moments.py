"""Points in time as people write them: ages, days by name, dates."""

import re
from datetime import UTC, date, datetime, time, timedelta

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_LONG = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("week", "weeks"), "w"),
}
_AGE = re.compile(r"(\d+(?:\.\d+)?|an?|one) ?([a-z]+)(?: ago)?")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_AND_TIME = re.compile(r"(?:(?P<day>.*\S)[t ])?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?")
_ISO_DAY = re.compile(r"\d{8}|\d{4}-?W\d\d-?\d", re.IGNORECASE)
_ISO_WEEK = re.compile(r"\d{4}-?W\d\d", re.IGNORECASE)
_SHOWN = 80
_MOST_DAYS = 1
"""Days after the first on which a time of day is looked for: no time of day is in none of two days of a period."""
_EXPECTED = "expected 24h, 7d, 2 days ago, today, yesterday, monday, last week, 2026-11-22 or 2026-11-22T09:30"


class MomentError(ValueError):
    """A text is not a point in time; the message is a sentence for the user."""


def parse_moment(text: str, now: datetime, *, end: bool = False) -> datetime:
    """Parse a point in time; return it in UTC.

    Words may be joined by hyphens, `2-days-ago`. A day of the week is the latest one, today included.

    Args:
        text: an age (`24h`, `7d`, `2 days ago`), `now`, `today`, `yesterday`, a day of the week, `this week`,
            `last week`, `this month`, `last month`, a date, a time of day, or a day with a time, in local time.
        now: current time.
        end: use the end of a day, week or month instead of its beginning.

    Raises:
        MomentError: the text is not a time.
    """
    word = re.sub(r"\s+", " ", text.strip().lower())
    try:
        return _of_words(word, now, end) or _of_iso(text.strip(), end)
    except (ValueError, OverflowError, OSError) as error:
        raise MomentError(f"invalid time {text[:_SHOWN]}; {_EXPECTED}") from error


def moment_of_day(text: str, start: datetime, end: datetime) -> datetime | None:
    """Return the first moment of a period with a local time of day; None if invalid.

    Clocks show a time again on each day, and twice on a day on which they are set back. A time that is not in the
    period is that of its first day, or of the day after if it is more than half a day before the period.

    Raises:
        MomentError: there is no such time of day.
    """
    word = text.strip()
    if not re.fullmatch(r"\d{1,2}(:\d{1,2}){1,2}", word):
        return None
    first, last = start.astimezone().date(), end.astimezone().date()
    days = [first + timedelta(days=number) for number in range(min(max((last - first).days, 0), _MOST_DAYS) + 1)]
    shown = [parse_moment(f"{day} {word}", start, end=again) for day in days for again in (False, True)]
    begin = start.replace(microsecond=0)
    within = next((moment for moment in shown if begin <= moment <= end), None)
    if within is not None:
        return within
    is_day_after = shown[0] < start - timedelta(hours=12)
    return parse_moment(f"{first + timedelta(days=1)} {word}", start) if is_day_after else shown[0]


def _of_words(word: str, now: datetime, end: bool) -> datetime | None:
    """Return the time of an age or a day with or without a time of day, or None."""
    if not re.fullmatch(r"\d{4}-\d.*", word):
        word = re.sub(r"[-_]+", " ", word)
    if word == "now":
        return now
    if (age := _age(word)) is not None:
        return now - age
    today = now.astimezone().date()
    if (days := _days(word, today)) is not None:
        return _border(days[0], days[1], end)
    found = _DAY_AND_TIME.fullmatch(word)
    if found is None:
        return None
    single = _days(found["day"].removesuffix(" at"), today) if found["day"] else (today, 1)
    if single is None or single[1] != 1:
        return None
    clock = time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    return _of_local(datetime.combine(single[0], clock), end)


def _of_iso(text: str, end: bool) -> datetime:
    """Return the time of other forms of ISO 8601; weeks and days have an end."""
    if _ISO_DAY.fullmatch(text) or _ISO_WEEK.fullmatch(text):
        return _border(date.fromisoformat(text), 7 if _ISO_WEEK.fullmatch(text) else 1, end)
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo is not None else _of_local(found, end)


def _age(word: str) -> timedelta | None:
    found = _AGE.fullmatch(word)
    unit = _LONG.get(found[2], found[2]) if found else ""
    if found is None or unit not in _UNITS:
        return None
    number = 1.0 if found[1] in ("a", "an", "one") else float(found[1])
    return timedelta(seconds=number * _UNITS[unit])


def _days(word: str, today: date) -> tuple[date, int] | None:
    """Return the first of the days that a word means, and their number."""
    word = word.removeprefix("on ")
    if word in ("today", "yesterday"):
        return today - timedelta(days=word == "yesterday"), 1
    if word in ("this week", "last week"):
        return today - timedelta(days=today.weekday() + 7 * (word == "last week")), 7
    if word in ("this month", "last month"):
        first = today.replace(day=1)
        if word == "last month":
            first = (first - timedelta(days=1)).replace(day=1)
        return first, ((first + timedelta(days=31)).replace(day=1) - first).days
    if (weekday := _weekday(word.removeprefix("last "))) is not None:
        back = (today.weekday() - weekday) % 7
        return today - timedelta(days=back or 7 * word.startswith("last ")), 1
    return (date.fromisoformat(word), 1) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", word) else None


def _weekday(word: str) -> int | None:
    """Return the number of a day of the week; three letters are enough."""
    found = [number for number, name in enumerate(_WEEKDAYS) if len(word) >= 3 and name.startswith(word)]
    return found[0] if found else None


def _border(first: date, days: int, end: bool) -> datetime:
    """Return the beginning of some days in local time, or their last moment."""
    start = _of_local(datetime.combine(first + timedelta(days=days if end else 0), time.min), end=False)
    return start - timedelta(milliseconds=1) if end else start


def _of_local(wall: datetime, end: bool) -> datetime:
    """Return the first moment at which local clocks show a given time or a later one.

    Clocks that are set back show a time twice: `end` means the second. Those that are set forward skip some times.
    """
    first, second = (datetime.fromtimestamp(wall.replace(fold=fold).timestamp(), UTC) for fold in (0, 1))
    if first <= second:
        return second if end else first
    while first - second > timedelta(milliseconds=1):  # skipped: between them is the change
        middle = second + (first - second) / 2
        if middle.astimezone().replace(tzinfo=None) >= wall:
            first = middle
        else:
            second = middle
    return first.replace(microsecond=first.microsecond // 1000 * 1000)
