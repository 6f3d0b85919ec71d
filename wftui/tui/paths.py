"""Paths as people read them."""

from pathlib import Path


def short_path(path: str) -> str:
    """A path with `~` in the place of the home folder."""
    home = str(Path.home())
    return f"~{path.removeprefix(home)}" if path.startswith(home + "/") else path
