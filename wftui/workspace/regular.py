"""Reading regular files, without blocking on a named pipe or a device."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 64 * 1024 * 1024
"""Size of a file of a workspace or of the user: one that is read whole by mistake fills the memory."""
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read_regular(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: the file cannot be read, is not a regular file, or is larger than `most`; `strerror` says which.
    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise OSError(errno.EFBIG, f"it is larger than {most:,} bytes", str(path))
        return file.read()


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading.

    Raises:
        OSError: the file cannot be read, or is not a regular file; `strerror` says which.
    """
    _check_kind(path.stat().st_mode, path)  # before opening it: opening a device can have an effect
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    try:
        _check_kind(os.fstat(file.fileno()).st_mode, path)
    except OSError:
        file.close()
        raise
    return file


def _check_kind(mode: int, path: Path) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if (name := special_kind(mode)) is not None:
        raise OSError(errno.EINVAL, f"it is {name}, not a file", str(path))


def special_kind(mode: int) -> str | None:
    """Return what a file is that is neither a regular one nor a folder or link."""
    return next((name for is_kind, name in _KINDS if is_kind(mode)), None)
