"""Digest of what a compilation depends on besides the files of its workspace."""

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import wftui

_PACKAGE = Path(wftui.__file__).parent
_ROOMS = ("compiler", "connections", "model", "runtime", "steps", "workspace")
"""Folders whose code decides what a compilation finds: a checkout changes without its version."""


def fingerprint(*private: Path) -> str:
    """Return a digest of this program, its Python, its packages and private files.

    An installation or removal of a package changes the folder that it is in.

    Args:
        private: files of the user whose content compilations look at; their paths and modes count here.
    """
    parts = [wftui.__version__, sys.version, str(_PACKAGE)]
    parts += [f"{path} {_changed(path)}" for path in sys.path if path and not _is_of_this_start(path)]
    parts += [f"{path} {_mode(path)}" for path in private]
    for room in _ROOMS:
        parts += _files(str(_PACKAGE / room))
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _files(folder: str) -> Iterator[str]:
    """Yield name, size and time of each file of code, at any depth."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            else:
                status = entry.stat()
                yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"


def _is_of_this_start(path: str) -> bool:
    """Return whether a path depends on how the program was started.

    `python -m` searches the current folder, which every program used there changes; a script searches its own.
    """
    with contextlib.suppress(OSError):
        return Path(path).samefile(".") or Path(path).samefile(Path(sys.argv[0]).parent)
    return False


def _changed(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0
