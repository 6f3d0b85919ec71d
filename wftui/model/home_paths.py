"""Paths below a home folder."""

from pathlib import Path


def expanded(path: Path | str) -> Path:
    """Return a path with the home folder for a leading `~`; as it is without one."""
    path = Path(path)
    try:
        return path.expanduser()
    except RuntimeError:  # there is no such user
        return path
