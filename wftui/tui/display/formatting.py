"""Human-readable numbers, times and paths."""

from datetime import datetime, timedelta
from pathlib import Path

from wftui.model.text.local_times import local_day

_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (7 * 86_400, 86_400, "d"))

LOADING = "Loading…"
"""Shown in place of what has not been read yet."""


def count(number: int, noun: str) -> str:
    """Return a number with its noun: `1 error`, `3 errors`, `12,000 runs`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def short_path(path: str) -> str:
    """Return a path with `~` in place of the home folder."""
    home = str(Path.home())
    return f"~{path.removeprefix(home)}" if path.startswith(home + "/") else path


def ago(then: datetime | None, now: datetime) -> str:
    """Return an age in at most ten cells: `just now`, `5 min ago`, else the date."""
    if then is None:
        return ""
    seconds = max(0, int((now - then) / timedelta(seconds=1)))
    if seconds < 5:
        return "just now"
    for limit, unit, name in _STEPS:
        if seconds < limit:
            return f"{seconds // unit} {name} ago"
    return local_day(then)
