"""Checkpoints: move the write-ahead log into the database file between commits."""

import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from wftui.store.sqlite.database import BUSY_SECONDS, OpenedDatabase, connect, file_identity, is_damage, mark_damaged
from wftui.store.sqlite.waiting_writers import is_cleaned

_PASSIVE_BYTES = 4 * 1024 * 1024
"""Growth of the log's file after which its content is moved; the file does not shrink by that."""
_RESTART_BYTES = 16 * 1024 * 1024
_EMPTY_SECONDS = 0.5
"""Time for emptying the log; it is tried again after a later commit."""
_HELD_SECONDS = 0.01
_PAUSE_SECONDS = 0.02
_LONGEST_PAUSE = 0.2
_REST_SECONDS, _LONGEST_REST = 0.5, 8.0
"""Time without a checkpoint after the log could not be emptied: the first, and as it doubles, the last one."""


def restart_log(connection: sqlite3.Connection) -> None:
    """Move the log into the file, so that the next write restarts it.

    It is restarted only where nobody reads an older state.

    Writers wait for the disk only as long as it takes to move what they have added meanwhile.
    """
    _move(connection)
    with _waiting(connection, 0):
        connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()


def _move(connection: sqlite3.Connection) -> None:
    """Move the log into the file, and sync the file.

    It blocks no writer, and leaves little for the checkpoint that does.

    SQLite leaves the file unsynced when another process has written meanwhile, and syncs all of it with the lock held
    when it restarts the log: 60 to 120 ms for 25 MB instead of 2 ms.
    """
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    file = file_identity(Path(connection.execute("PRAGMA database_list").fetchone()[2]))
    # By a descriptor of SQLite: to close one of our own would release the locks that this process has on the file.
    for descriptor in Path("/dev/fd").iterdir():
        if file_identity(descriptor) == file:
            with suppress(OSError):  # closed meanwhile
                os.fsync(int(descriptor.name))
                return


@contextmanager
def _waiting(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")


def empty_log(connection: sqlite3.Connection, seconds: float) -> bool:
    """Move the log into the file, and empty it; return whether it is empty.

    It stays while others read older states all the time. SQLite keeps writers waiting while it waits for readers: it
    may do so for a moment, in which short readers end; writers continue between the attempts, which become rarer.
    """
    _move(connection)
    deadline = time.monotonic() + seconds
    pause = _PAUSE_SECONDS
    with _waiting(connection, _HELD_SECONDS):
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() >= deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return True


class Checkpoints:
    """One connection in one thread, both created when the log first exceeds 4 MB."""

    def __init__(self, opened: OpenedDatabase) -> None:
        self._opened = opened
        self._log = f"{opened.path}-wal"
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._running: Future[None] | None = None
        self._closed = False
        self._moved = 0
        """Size of the log's file at the last checkpoint."""
        self._rest = _REST_SECONDS
        self._rests_until = 0.0

    def when_due(self) -> None:
        """Start a checkpoint if the log has grown; call it after each commit.

        Costs two microseconds when nothing is due. A cleanup makes the checkpoints while it works: emptying the log
        holds the lock until the file is on disk, which takes long while it shrinks.
        """
        if self._closed or (self._running is not None and not self._running.done()):
            return
        try:
            size = os.stat(self._log).st_size  # noqa: PTH116  (after every commit: a Path costs twice as much)
        except FileNotFoundError:
            return
        if size < self._moved:
            self._moved = 0
        is_due = time.monotonic() >= self._rests_until if size > _RESTART_BYTES else size - self._moved > _PASSIVE_BYTES
        if not is_due or is_cleaned(self._opened.path):
            return
        self._moved = size
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-checkpoint")
        self._running = self._thread.submit(self._checkpoint, size)

    def _checkpoint(self, size: int) -> None:
        try:
            if self._connection is None:
                self._connection = connect(self._opened)
            if size > _RESTART_BYTES:  # under steady writing, passive checkpoints never empty it
                self._rest_unless(empty_log(self._connection, _EMPTY_SECONDS))
            else:
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            # The first write after a checkpoint waits for the disk. Do it here.
            # (Keep the version: a newer program may have migrated the tables while this one runs.)
            self._connection.execute("BEGIN IMMEDIATE")
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            self._connection.execute(f"PRAGMA user_version = {version}")
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            # The events are safe in the log. What stops a checkpoint (a full disk) also stops the next commit, which
            # reports it to its caller.
            if is_damage(error):
                mark_damaged(self._opened.path)

    def _rest_unless(self, is_empty: bool) -> None:
        """Leave the log alone for a while if it is not empty: a reader takes long."""
        if is_empty:
            self._rest = _REST_SECONDS
        else:
            self._rests_until = time.monotonic() + self._rest
            self._rest = min(2 * self._rest, _LONGEST_REST)

    def close(self) -> None:
        """Wait for a running checkpoint and close the connection. Blocks."""
        self._closed = True
        if self._thread is not None:
            self._thread.shutdown(wait=True)
        if self._connection is not None:
            self._connection.close()
