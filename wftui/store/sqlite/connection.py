"""The one writing connection of the process: transactions in place or in a thread.

Measured on two cores: a small commit takes 0.015 ms in place (it writes to the page cache and does not wait for the
disk), 0.15 ms in a thread and 0.34 ms as three calls of aiosqlite. A small transaction is therefore made in place,
unless another process holds the lock, a long transaction is running, or the user wants every commit to wait for the
disk (`durability = "full"`).
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from wftui.store.sqlite.checkpoints import Checkpoints
from wftui.store.sqlite.database import BUSY_SECONDS, OpenedDatabase, connect, file_identity, is_damage, mark_damaged
from wftui.store.sqlite.schema import VERSION
from wftui.store.sqlite.store_errors import StoreError, explain, is_busy, replaced_sentence
from wftui.store.sqlite.waiting_writers import waiting
from wftui.workspace.private import make_private_file, make_private_folder

_LOOK_SECONDS = 0.001
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
"""Statements of one transaction; the caller begins, commits and rolls it back."""


class WritingConnection:
    """Runs transactions one after another.

    Attributes:
        unusable: the error of every further write, once the file was replaced or a newer wftui has updated it.

    Errors of SQLite are raised as `StoreError`, except `IntegrityError`. The constructor may wait for another process
    that is closing the database, so it must not run on the event loop.
    """

    def __init__(self, opened: OpenedDatabase) -> None:
        self._opened = opened
        try:
            self._connection = connect(opened)
            # The automatic checkpoint would run inside a commit on the event loop, and wait for the disk there.
            self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            self._connection.execute("PRAGMA busy_timeout = 0")
        except sqlite3.Error as error:
            raise self._explained(error) from error
        self._checkpoints = Checkpoints(opened)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._jobs = 0
        self._waits_for_disk = opened.durability == "full"
        # The first commit creates the log on disk and waits for it.
        self._begun = False
        self._file = file_identity(opened.path)
        self.unusable: StoreError | None = None

    @property
    def path(self) -> Path:
        """The database file."""
        return self._opened.path

    def try_at_once(self, work: Work[T]) -> tuple[T] | None:
        """Make a short transaction in place; return None when it could take long."""
        if self._jobs or not self._begun or self._waits_for_disk:
            return None
        try:
            result = self._transact(work)
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            if is_busy(error):
                return None
            raise self._explained(error) from error
        self._checkpoints.when_due()
        return (result,)

    async def run(self, work: Work[T], *, short: bool = True) -> T:
        """Make a transaction, waiting for the lock if needed.

        Args:
            short: takes well under a millisecond, so it can be made in place.
        """
        if short and (done := self.try_at_once(work)):
            return done[0]
        try:
            # Cancelling this wait does not stop a transaction that has begun.
            return await asyncio.wrap_future(self._submit(lambda: self._patiently(work)))
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise self._explained(error) from error

    async def check(self) -> None:
        """Raise the error of a write to an unusable file, without a write.

        Raises:
            StoreError: `store.replaced` or `store.newer`.
        """
        if self.unusable is not None or file_identity(self.path) != self._file or self._is_newer():
            await self.run(lambda _: None, short=False)

    async def close(self) -> None:
        """Close the connection after the running transaction.

        The last connection to a database removes its log.
        """

        def close() -> None:
            self._checkpoints.close()
            self._connection.close()

        await asyncio.wrap_future(self._submit(close))
        self._thread.shutdown(wait=False)

    def _submit(self, call: Callable[[], T]) -> "Future[T]":
        loop = asyncio.get_running_loop()
        self._jobs += 1
        future = self._thread.submit(call)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._job_ended))
        return future

    def _job_ended(self) -> None:
        self._jobs -= 1
        self._checkpoints.when_due()

    def _patiently(self, work: Work[T]) -> T:
        with waiting(self.path) as beside_cleanup:
            result = self._transact(work, self._begin_in_a_pause if beside_cleanup else self._begin_in_turn)
        self._begun = True
        return result

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def _begin_in_turn(self) -> None:
        self._connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        try:
            self._begin()
        finally:
            self._connection.execute("PRAGMA busy_timeout = 0")

    def _begin_in_a_pause(self) -> None:
        """Begin when a cleanup leaves the lock free, which it does not do for long.

        SQLite looks at intervals that grow to 100 ms.
        """
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return self._begin()
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > deadline:
                    raise
            time.sleep(_LOOK_SECONDS)

    def _transact(self, work: Work[T], begin: Callable[[], None] | None = None) -> T:
        connection = self._connection
        (begin or self._begin)()
        try:
            self._check_file()
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _check_file(self) -> None:
        """Refuse to write into a replaced file, or into tables of a newer wftui.

        Raises:
            StoreError: `store.replaced` or `store.newer`.
        """
        if self.unusable is None and file_identity(self.path) != self._file:
            self.unusable = self._keep()
        if self.unusable is None and self._version() > VERSION:
            self.unusable = StoreError(
                f"a newer wftui has updated the database {self.path} while this one used it; end this program and"
                " start it again",
                code="store.newer",
            )
        if self.unusable is not None:
            raise self.unusable

    def _is_newer(self) -> bool:
        """Return whether a newer wftui has updated the tables.

        False while a transaction uses the connection.
        """
        try:
            return not self._jobs and self._version() > VERSION
        except sqlite3.Error:
            return False  # the next write reports it

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _keep(self) -> StoreError:
        """Copy the replaced file, which only this process still has, and return the error."""
        message = replaced_sentence(self.path)
        kept = self.path.with_name(f"{self.path.name}.kept-{os.getpid()}")
        try:
            make_private_folder(kept.parent)
            make_private_file(kept)
            with closing(sqlite3.connect(kept)) as copy:
                self._connection.execute("ROLLBACK")
                self._connection.backup(copy)
        except (OSError, sqlite3.Error) as error:
            return StoreError(f"{message}; what it held cannot be copied: {error}", code="store.replaced")
        return StoreError(f"{message}; what it held is kept in {kept}", code="store.replaced")

    def _explained(self, error: sqlite3.Error) -> StoreError:
        if is_damage(error):
            mark_damaged(self.path)
        return explain(error, self.path)
