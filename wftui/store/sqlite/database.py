"""Open the database file: checks, settings, migrations, damaged files.

No file is ever deleted or overwritten: a damaged one is renamed, and a new one holds what is readable of it.
"""

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from wftui.model.data_class import dataclass
from wftui.model.user.user_settings import Durability
from wftui.store.sqlite.identity import TABLES, check_identity, first_page_error, holds_our_tables, look_at
from wftui.store.sqlite.schema import APPLICATION_ID, MIGRATIONS, VERSION
from wftui.store.sqlite.store_errors import DamagedError, StoreError, explain, is_busy, primary_code
from wftui.workspace.private import make_private_file, make_private_folder

BUSY_SECONDS = 30.0
"""Time for which a write waits for other processes before it fails as `store.locked`."""
PAGE_SIZE = 512
"""A commit writes whole pages to the log: a step takes 1.4 KB with 512 bytes, 1.7 with 1024, 4.7 with 4096."""
_CHECKED_WHOLE_BYTES = 1024 * 1024  # takes 6 ms, the budget of a start
_QUICK_RUNS = 20_000  # a step of a migration takes less than a second
_INSTRUCTIONS = 10_000  # of SQLite, between two looks at whether to stop


@dataclass(frozen=True, slots=True)
class OpenedDatabase:
    """An examined and migrated database file.

    Attributes:
        read_only: the file can be read but not written.
        notice: a sentence for the user when a damaged file was set aside.
        durability: what a commit waits for.
    """

    path: Path
    read_only: bool = False
    notice: str | None = None
    durability: Durability = "normal"


def connect(opened: OpenedDatabase, *, timeout: float = BUSY_SECONDS, reader: bool = False) -> sqlite3.Connection:
    """Open a connection with the settings of this project.

    It can be used from any thread, by one thread at a time.

    Args:
        timeout: seconds to wait for a lock.
        reader: refuse every write on it.
    """
    uri = connection_uri(opened)
    connection = sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA synchronous = {opened.durability.upper()}")
    if reader or opened.read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection


def connection_uri(opened: OpenedDatabase) -> str:
    """Return the URI by which SQLite opens the file."""
    uri = opened.path.absolute().as_uri()
    if not opened.read_only:
        return f"{uri}?mode=rw"
    # In a read-only folder SQLite cannot create the index of the log. Without either, no process writes.
    index = opened.path.with_name(opened.path.name + "-shm")
    return f"{uri}?mode=ro" if index.exists() or os.access(opened.path.parent, os.W_OK) else f"{uri}?immutable=1"


Salvage = Callable[[Path, Path], str]
"""Copies what is readable of a damaged database into a new one; returns what it got, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Time and callbacks for opening a database.

    Attributes:
        tell: reports work that can take long.
        stop: when true, that work ends as `store.stopped`.
        salvage: called for a damaged database.
    """

    now: datetime
    salvage: Salvage
    tell: Callable[[str], None]
    stop: Callable[[], bool]


def prepare(path: Path, opening: Opening) -> OpenedDatabase:
    """Create, check and migrate the database file. Blocks.

    Raises:
        StoreError: `store.not_a_database`, `store.foreign`, `store.newer`, `store.locked`, `store.open`, …; in each
            of these cases the file is left unchanged.
    """
    try:
        make_private_folder(path.parent)
        with replacing(path, fcntl.LOCK_SH):
            try:
                exists = look_at(path)
                if exists and not os.access(path, os.W_OK):
                    return _examined(OpenedDatabase(path, read_only=True))
                return _migrated(path, opening)
            except DamagedError:
                if not os.access(path, os.W_OK):
                    raise
            before = path.stat().st_ino
        with replacing(path, fcntl.LOCK_EX):
            replaced = path.exists() and path.stat().st_ino != before
            notice = None if replaced else _start_anew(path, opening)
            _kept_log(path).unlink(missing_ok=True)
            return replace(_migrated(path, opening), notice=notice)
    except OSError as error:
        raise explain(error, path) from error


@contextmanager
def replacing(path: Path, lock: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold a lock of the folder: exclusive to replace the database, shared to open it."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(folder, lock)
        yield
    finally:
        os.close(folder)


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return the device and inode of a file; None without a file."""
    try:
        found = os.stat(path)  # noqa: PTH116  (for every commit and query: a Path costs twice as much)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def check_whole(path: Path) -> None:
    """Read all of a database without changing it. Blocks.

    Raises:
        StoreError: it is damaged, or cannot be used.
    """
    with _session(OpenedDatabase(path, read_only=True)) as connection:
        check_identity(connection, path)
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if answer != "ok":
            raise DamagedError(f"the database {path} is damaged: {answer}")


def mark_damaged(path: Path) -> None:
    """Record that SQLite found damage in this file, so that the next start checks all."""
    make_private_file(_damage_mark(path))


def _damage_mark(path: Path) -> Path:
    return path.with_name(path.name + "-damaged")


def _examined(opened: OpenedDatabase) -> OpenedDatabase:
    with _session(opened) as connection:
        version = check_identity(connection, opened.path)
        if version != VERSION:
            raise StoreError(
                f"the database {opened.path} is read-only and of an older version; make it writable once",
                code="store.read_only",
            )
        _check_readable(connection, opened.path)
    return opened


def _migrated(path: Path, opening: Opening) -> OpenedDatabase:
    opened = OpenedDatabase(path)
    with _session(opened) as connection:
        connection.set_progress_handler(opening.stop, _INSTRUCTIONS)
        version = check_identity(connection, path)
        if version == 0:
            connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        else:
            _check_readable(connection, path)
        _use_log(connection)
        if version < VERSION:
            _migrate(connection, path, opening.tell)
    return opened


@contextmanager
def _session(opened: OpenedDatabase) -> Iterator[sqlite3.Connection]:
    connection = None
    try:
        connection = connect(opened)
        yield connection
    except sqlite3.Error as error:
        explained = explain(error, opened.path)
        if explained.code == "store.not_a_database" and holds_our_tables(opened.path):
            explained = first_page_error(opened.path)
        if isinstance(explained, DamagedError):
            _keep_log(opened)
        raise explained from error
    except UnicodeDecodeError as error:  # SQLite's message quotes what it found in a damaged page
        _keep_log(opened)
        raise DamagedError(f"the database {opened.path} is damaged: it contains invalid text") from error
    except DamagedError:
        _keep_log(opened)
        raise
    finally:
        if connection is not None:
            connection.close()


def _keep_log(opened: OpenedDatabase) -> None:
    """Copy the log of a damaged file before its last connection closes.

    SQLite then moves the log into the file, damaged or not.
    """
    log = _log(opened.path)
    if not opened.read_only and log.exists():
        make_private_file(_kept_log(opened.path))
        shutil.copyfile(log, _kept_log(opened.path))


def _log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _kept_log(path: Path) -> Path:
    return path.with_name(path.name + "-wal-damaged")


def _check_readable(connection: sqlite3.Connection, path: Path) -> None:
    """Find damage cheaply by reading both ends of each table.

    A file that is small, or in which damage was found before, is checked as a whole.
    """
    for table in TABLES:
        key = "hash" if table.startswith("payload") else "rowid"
        for end in ("min", "max"):  # in one query SQLite would read everything between them
            connection.execute(f"SELECT {end}({key}) FROM {table}").fetchone()
    mark = _damage_mark(path)
    if not mark.exists() and path.stat().st_size > _CHECKED_WHOLE_BYTES:
        return
    answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise DamagedError(f"the database {path} is damaged: {answer}")
    mark.unlink(missing_ok=True)


def _use_log(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging, waiting for other processes that do the same.

    SQLite does not wait for them by itself.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _migrate(connection: sqlite3.Connection, path: Path, tell: Callable[[str], None]) -> None:
    """Bring the tables to this version, one version per transaction.

    An interruption loses the work of one version at most; the next start continues from there.
    """
    while True:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have migrated the file while this one waited for the lock.
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version < VERSION:
                _apply(connection, version, path, tell)
        except BaseException:
            if connection.in_transaction:  # a stopped statement may have ended it
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        if version >= VERSION - 1:
            return


def _apply(connection: sqlite3.Connection, version: int, path: Path, tell: Callable[[str], None]) -> None:
    runs = (connection.execute("SELECT max(key) FROM executions").fetchone()[0] or 0) if version else 0
    if runs > _QUICK_RUNS:
        tell(
            f"updating the history {path} for this version of wftui: step {version} of {VERSION - 1},"
            f" about {runs:,} runs; stopping it loses nothing"
        )
    for statement in MIGRATIONS[version].split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version + 1}")


def _start_anew(path: Path, opening: Opening) -> str:
    """Replace a damaged database by one with its readable runs; return the notice.

    When that fails or is stopped, the damaged file keeps its name.
    """
    aside = _set_aside(path, opening.now)
    fresh = path.with_name(path.name + "-recovering")
    for suffix in ("-wal", "-shm", ""):
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
    opening.tell(f"{path} is damaged; recovering what can be read")
    try:
        make_private_file(fresh)
        _migrated(fresh, opening)
        beside = [aside.with_name(aside.name + suffix) for suffix in ("-wal", "-shm")]
        made = [part for part in beside if not part.exists()]
        recovered = opening.salvage(aside, fresh)
        for part in made:
            part.unlink(missing_ok=True)
        fresh.replace(path)
    except BaseException as error:
        _rename(aside, path)
        if isinstance(error, sqlite3.Error):
            raise explain(error, path) from error
        raise
    _damage_mark(path).unlink(missing_ok=True)
    return f"{path} was damaged and has been set aside as {aside.name}; {recovered}"


def _set_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged database with its log."""
    aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%d-%H%M%S}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{now:%Y%m%d-%H%M%S}-{number}")
    if _kept_log(path).exists():
        _kept_log(path).replace(_log(path))
    _rename(path, aside)
    return aside


def _rename(path: Path, new: Path) -> None:
    """Rename a database with the files that SQLite keeps beside it."""
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(new.with_name(new.name + suffix))


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error means that the file is damaged."""
    return primary_code(error) == sqlite3.SQLITE_CORRUPT
