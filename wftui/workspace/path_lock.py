"""A lock on a folder or file, so that one process at a time makes a change."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, problem: Callable[[OSError], Exception]) -> Iterator[None]:
    """Lock an existing folder or file, waiting for the process that has the lock.

    Args:
        problem: returns the error to raise if the path cannot be opened, or not be locked, as on some network drives.
    """
    try:
        handle = _locked_handle(path)
    except OSError as error:
        raise problem(error) from error
    try:
        yield
    finally:
        os.close(handle)


def _locked_handle(path: Path) -> int:
    # On network drives, a lock on a file needs the right to write to it.
    handle = os.open(path, (os.O_RDONLY if path.is_dir() else os.O_RDWR) | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError:
        os.close(handle)
        raise
    return handle
