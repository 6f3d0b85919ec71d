"""Local times as text, with their zone in an hour that a clock change repeats."""

from datetime import datetime

DATE_AND_TIME = "%Y-%m-%d %H:%M:%S"
TIME = "%H:%M:%S"


def local_text(timestamp: datetime, form: str = DATE_AND_TIME) -> str:
    """Return a time in the local zone: `02:30:00`, in a repeated hour `02:30:00 CEST`."""
    here = timestamp.astimezone()
    return f"{here:{form} %Z}" if is_repeated(timestamp) else f"{here:{form}}"


def is_repeated(timestamp: datetime) -> bool:
    """Return whether local clocks show this time twice, or are changed at it."""
    naive = timestamp.astimezone().replace(tzinfo=None, fold=0)
    return naive.astimezone().utcoffset() != naive.replace(fold=1).astimezone().utcoffset()
