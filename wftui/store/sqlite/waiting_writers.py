"""Writers that wait for a cleanup, so that it pauses for them and for nobody else.

SQLite tells nobody that a process waits for its lock, and waiting processes look for it at growing intervals. Beside
the database there is therefore a file while a cleanup works: who waits for the lock holds a shared lock of it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wftui.workspace.private import make_private_file

_PASS_SECONDS = 0.05
"""Time for which the lock is left to waiting writers, who may arrive endlessly."""
_LOOK_SECONDS = 0.0005
_SILENT_SECONDS = 5.0
"""Time without a step after which a cleanup counts as ended: one that was killed leaves its file."""


def _file(database: Path) -> Path:
    return database.with_name(database.name + "-turn")


@contextmanager
def waiting(database: Path) -> Iterator[bool]:
    """Tell a cleanup that this process waits for the lock of a database.

    Yields:
        Whether there is a cleanup.
    """
    try:
        file = os.open(_file(database), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # no cleanup
        yield False
        return
    try:
        with suppress(OSError):  # a file system without locks: the cleanup pauses a little in any case
            fcntl.flock(file, fcntl.LOCK_SH)  # the cleanup holds it for a moment only
        yield True
    finally:
        os.close(file)


def is_cleaned(database: Path) -> bool:
    """Return whether a cleanup works on a database."""
    try:
        stepped = os.stat(_file(database)).st_mtime  # noqa: PTH116  (after commits: a Path costs twice as much)
    except OSError:
        return False
    return abs(time.time() - stepped) < _SILENT_SECONDS


class WaitingWriters:
    """The writers that wait while a cleanup works."""

    def __init__(self, database: Path) -> None:
        self._path = _file(database)
        self._descriptor: int | None = None

    def __enter__(self) -> "WaitingWriters":
        with suppress(OSError):
            make_private_file(self._path)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                self._path.unlink()
            os.close(self._descriptor)

    def let_pass(self) -> None:
        """Wait until nobody waits, for a short time at most."""
        if self._descriptor is not None:
            os.utime(self._descriptor)
        deadline = time.perf_counter() + _PASS_SECONDS
        while self.is_waited_for and time.perf_counter() < deadline:
            time.sleep(_LOOK_SECONDS)

    @property
    def is_waited_for(self) -> bool:
        """True while a writer waits for the lock."""
        if self._descriptor is None:
            return False
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return False
