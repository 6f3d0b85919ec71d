"""Temporary files beside those that they replace, removed even after a kill.

Each is locked while its process writes it. One without a lock belongs to a process that has died: the next one that
writes into the folder removes it.
"""

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

_NAME = r"(?s)\..+\.(?:[0-9a-f]{12}\.part|[a-z0-9_]{8}\.tmp)"
"""Names of this version and of 0.1."""
_NAME_SHOWN = 40
"""Characters of the name: at most 160 bytes of the 255 that a name may have."""
_YOUNG_SECONDS = 60.0
"""A younger file may not be locked yet."""
_FOLDERS = 1000

_swept: set[tuple[int, str]] = set()
"""Process and folder: each process looks once at each folder, however many files it writes."""


@contextlib.contextmanager
def temporary_beside(path: Path, mode: int) -> Iterator[IO[bytes]]:
    """Create and lock a file beside `path`, and remove those of dead processes.

    The caller renames it to `path`; on failure it is removed.

    Args:
        mode: of the file; the umask takes from it.

    Raises:
        OSError: it cannot be created or written; the error names `path`.
    """
    _sweep(path.parent)
    temporary = path.with_name(f".{path.name[:_NAME_SHOWN]}.{os.urandom(6).hex()}.part")
    try:
        with open(temporary, "xb", opener=partial(os.open, mode=mode)) as file:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename == str(temporary):
            error.filename, error.filename2 = str(path), None  # people know nothing of this file
        raise


def _sweep(folder: Path) -> None:
    key = os.getpid(), str(folder)
    if key in _swept:
        return
    if len(_swept) >= _FOLDERS:
        _swept.clear()
    _swept.add(key)
    oldest = time.time() - _YOUNG_SECONDS
    with contextlib.suppress(OSError), os.scandir(folder) as entries:  # the write reports what is wrong
        for entry in entries:
            if re.fullmatch(_NAME, entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):  # it has gone, or is another user's
                    if entry.stat(follow_symlinks=False).st_mtime < oldest:
                        _remove_if_left(entry.path)


def _remove_if_left(path: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its process lives
        os.unlink(path)  # noqa: PTH108
    finally:
        os.close(handle)
