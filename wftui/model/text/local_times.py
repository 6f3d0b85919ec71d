"""Local times as text, with their zone in an hour that a clock change repeats."""

from datetime import datetime, timedelta

DATE_AND_TIME = "%Y-%m-%d %H:%M:%S"
DATE_AND_MINUTE = "%Y-%m-%d %H:%M"
TIME = "%H:%M:%S"
_EDGE = timedelta(days=2)


def local_text(timestamp: datetime, form: str = DATE_AND_TIME) -> str:
    """Return a time in the local zone: `02:30:00`, in a repeated hour `02:30:00 CEST`."""
    here = local_time(timestamp)
    return f"{here:{form} %Z}" if is_repeated(timestamp) else f"{here:{form}}"


def local_day(timestamp: datetime) -> str:
    """Return a date in the local zone: `2026-10-25`."""
    return f"{local_time(timestamp):%Y-%m-%d}"


def is_repeated(timestamp: datetime) -> bool:
    """Return whether local clocks show this time twice, or are changed at it."""
    naive = local_time(timestamp).replace(tzinfo=None, fold=0)
    if not datetime.min + _EDGE < naive < datetime.max - _EDGE:
        return False
    return naive.astimezone().utcoffset() != naive.replace(fold=1).astimezone().utcoffset()


def local_time(timestamp: datetime) -> datetime:
    """Return a time in the local zone, unless it would leave the calendar."""
    try:
        return timestamp.astimezone()
    except (ValueError, OverflowError):
        return timestamp
