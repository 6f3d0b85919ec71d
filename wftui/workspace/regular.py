"""Reading regular files, without blocking on a named pipe or a device."""

import errno
import os
import stat
from pathlib import Path

_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_regular(path: Path) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: the file cannot be read, or is not a regular file; `strerror` names its kind.
    """
    _check_kind(path.stat().st_mode, path)  # before opening it: opening a device can have an effect
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        _check_kind(os.fstat(handle).st_mode, path)
        return file.read()


def _check_kind(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if (name := special_kind(mode)) is not None:
        raise OSError(errno.EINVAL, f"it is {name}, not a file", str(path))


def special_kind(mode: int) -> str | None:
    """Return what a file is that is neither a regular one nor a folder or link."""
    return next((name for is_kind, name in _KINDS if is_kind(mode)), None)
