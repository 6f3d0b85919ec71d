"""Checkpoints: move the write-ahead log into the database file between commits."""

import os
import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor

from wftui.store.sqlite.database import BUSY_SECONDS, OpenedDatabase, connect, is_damage, mark_damaged

_PASSIVE_BYTES = 4 * 1024 * 1024
_RESTART_BYTES = 16 * 1024 * 1024
_EMPTY_SECONDS = 0.5
"""Time for emptying the log; it is tried again after a later commit."""
_HELD_SECONDS = 0.01
_PAUSE_SECONDS = 0.02


def empty_log(connection: sqlite3.Connection, seconds: float) -> None:
    """Move the log into the file, and empty it.

    It stays while others read older states all the time. SQLite keeps writers waiting while it waits for readers: it
    may do so for a moment, in which short readers end; between the attempts writers continue.
    """
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # keeps nobody waiting, and leaves little
    deadline = time.monotonic() + seconds
    connection.execute(f"PRAGMA busy_timeout = {int(_HELD_SECONDS * 1000)}")
    try:
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")


class Checkpoints:
    """One connection in one thread, both created when the log first exceeds 4 MB."""

    def __init__(self, opened: OpenedDatabase) -> None:
        self._opened = opened
        self._log = f"{opened.path}-wal"
        self._thread: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._running: Future[None] | None = None
        self._closed = False

    def when_due(self) -> None:
        """Start a checkpoint if the log has grown; call it after each commit.

        Costs two microseconds when nothing is due.
        """
        if self._closed or (self._running is not None and not self._running.done()):
            return
        try:
            size = os.stat(self._log).st_size  # noqa: PTH116  (after every commit: a Path costs twice as much)
        except FileNotFoundError:
            return
        if size < _PASSIVE_BYTES:
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-checkpoint")
        self._running = self._thread.submit(self._checkpoint, size)

    def _checkpoint(self, size: int) -> None:
        try:
            if self._connection is None:
                self._connection = connect(self._opened)
            if size > _RESTART_BYTES:  # under steady writing, passive checkpoints never empty it
                empty_log(self._connection, _EMPTY_SECONDS)
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

    def close(self) -> None:
        """Wait for a running checkpoint and close the connection. Blocks."""
        self._closed = True
        if self._thread is not None:
            self._thread.shutdown(wait=True)
        if self._connection is not None:
            self._connection.close()
