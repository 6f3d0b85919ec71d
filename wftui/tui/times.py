"""Times as people read them."""

from datetime import datetime, timedelta

_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (7 * 86_400, 86_400, "d"))


def ago(then: datetime | None, now: datetime) -> str:
    """How long ago, at most ten cells: `just now`, `40 s ago`, `5 min ago`, `3 h ago`, `2 d ago`, else the date."""
    if then is None:
        return ""
    seconds = max(0, int((now - then) / timedelta(seconds=1)))
    if seconds < 5:
        return "just now"
    for limit, unit, name in _STEPS:
        if seconds < limit:
            return f"{seconds // unit} {name} ago"
    return f"{then:%Y-%m-%d}"
