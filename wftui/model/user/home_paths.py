"""Paths below a home folder."""

from pathlib import Path


def expanded(path: Path | str) -> Path:
    """Return a path with the home folder for a leading `~`; as it is without one."""
    path = Path(path)
    try:
        return path.expanduser()
    except (RuntimeError, ValueError):  # there is no such user, or cannot be one of that name
        return path
