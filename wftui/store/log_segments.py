"""Log segments: the middle of long logs, in files beside the database.

Each is compressed, and named by its hash. A file is written before the event that names it, so a process that is killed
leaves at most a file that nothing names; `remove_unnamed` removes those. What is read may come from anywhere: it has to
be a regular file of the recorded size, hash and number of lines, and is decompressed within bounds.
"""

import asyncio
import hashlib
import json
import os
import re
import stat
import time
import zlib
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from sqlite3 import Connection

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.errors import NotFoundError
from wftui.model.json.writing import encode
from wftui.model.reading import read as read_model
from wftui.model.run.events import Log, LogSegment
from wftui.model.run.log_source import line_instead
from wftui.store.sqlite.connection import WritingConnection
from wftui.store.sqlite.schema import place
from wftui.store.sqlite.store_errors import StoreError
from wftui.store.sqlite.times import from_milliseconds, to_milliseconds
from wftui.workspace.private import PRIVATE_FILE, make_private_folder
from wftui.workspace.temporary_file import temporary_beside

MOST_BYTES = 64 * 1024 * 1024
"""Limit of a file, and of the text in it."""
_COMPRESSION = 1
_NAME = re.compile(r"[0-9a-f]{64}\.log")
_YOUNG_SECONDS = 3600.0
"""The event that names a younger file may not be stored yet."""


_GONE = "are no longer stored (see history.run_log_mb)"


class SegmentError(NotFoundError):
    """A segment that is no longer stored, or cannot be read; the message says which."""

    code = "log.missing"

    def __init__(self, segment: LogSegment, why: str) -> None:
        super().__init__(f"{segment.lines:,} log lines {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class LogLimits:
    """Limits of the logs stored in segments; None: no limit.

    Attributes:
        run: bytes for each run.
        history: bytes for all runs.
    """

    run: int | None = 256 * 1024 * 1024
    history: int | None = 1024 * 1024 * 1024


DEFAULT_LIMITS = LogLimits()


def pack(lines: Sequence[Log]) -> tuple[LogSegment, bytes]:
    """Return the event of a segment of lines of one step, and its contents.

    Too slow for the event loop.
    """
    data = zlib.compress(
        b"\n".join(encode(_entry(each)) for each in lines),
        _COMPRESSION,
    )
    last = lines[-1]
    segment = LogSegment(
        run_id=last.run_id,
        timestamp=last.timestamp,
        step_id=last.step_id or "",
        path=last.path or "",
        segment=f"sha256:{hashlib.sha256(data).hexdigest()}",
        bytes=len(data),
        lines=sum(each.message.count("\n") + 1 for each in lines),
        longest=max(len(line) for each in lines for line in each.message.split("\n")),
    )
    return segment, data


def decode(segment: LogSegment, data: bytes) -> list[Log]:
    """Return the log events in a segment.

    Raises:
        SegmentError: the data is not what the event describes.
    """
    try:
        if len(data) != segment.bytes or segment.segment != f"sha256:{hashlib.sha256(data).hexdigest()}":
            raise ValueError
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(data, MOST_BYTES)
        if not unpacking.eof or unpacking.unused_data:
            raise ValueError
        where: dict[str, Json] = {
            "seq": segment.seq,
            "run_id": segment.run_id,
            "step_id": segment.step_id,
            "path": segment.path,
        }
        found = []
        for line in text.split(b"\n"):
            at, level, stream, message, *rest = json.loads(line)
            what: dict[str, Json] = {"message": message, "styles": rest[0] if rest else None}
            found.append(
                read_model(Log, {"timestamp": from_milliseconds(at), "level": level, "stream": stream, **what, **where})
            )
        if sum(each.message.count("\n") + 1 for each in found) != segment.lines:
            raise ValueError
    except (ValueError, TypeError, OverflowError, OSError, zlib.error, RecursionError):
        raise SegmentError(segment, "are damaged") from None
    return found


def folder_of(database: Path) -> Path:
    """Return the folder of a database's segments."""
    return database.with_name(f"{database.name}-logs")


def write(database: Path, data: bytes) -> str:
    """Write a segment; return its hash. It blocks.

    Raises:
        OSError: it cannot be written.
    """
    digest = hashlib.sha256(data).hexdigest()
    path = folder_of(database) / f"{digest}.log"
    make_private_folder(path.parent)
    with temporary_beside(path, PRIVATE_FILE) as file:
        file.write(data)
        file.flush()
        Path(file.name).replace(path)
    return f"sha256:{digest}"


def read_bytes(database: Path, segment: LogSegment) -> bytes:
    """Return the contents of a segment's file, unchecked. It blocks.

    Raises:
        SegmentError: it is no longer stored, or not such a file.
    """
    path = _path(database, segment.segment)
    try:
        with open(path, "rb", opener=_regular) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size != segment.bytes or segment.bytes > MOST_BYTES:
                raise SegmentError(segment, "are damaged")
            return file.read()
    except FileNotFoundError:
        raise SegmentError(segment, _GONE) from None
    except OSError as error:
        raise SegmentError(segment, f"cannot be read: {error.strerror}") from None


def read(database: Path, segment: LogSegment) -> list[Log]:
    """Return the log events of a segment, or a line that says why not. It blocks."""
    try:
        return decode(segment, read_bytes(database, segment))
    except SegmentError as error:
        return [line_instead(segment, error.why)]


class SegmentReader:
    """Reads the segments of a database; it blocks for milliseconds."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def has(self, segment: LogSegment) -> bool:
        """Return whether a segment is still stored."""
        return _path(self._database, segment.segment).is_file()

    @staticmethod
    def missing(segment: LogSegment) -> Log:
        """Return the line in place of a segment that is no longer stored."""
        return line_instead(segment, _GONE)

    def __call__(self, segment: LogSegment) -> list[Log]:
        """Return the log events in a segment, or a line that says why not."""
        return read(self._database, segment)


def total_bytes(database: Path) -> int:
    """Return the size of all segments on disk. It blocks."""
    total = 0
    with suppress(OSError), os.scandir(folder_of(database)) as entries:
        for entry in entries:
            with suppress(OSError):  # it has just been removed
                total += entry.stat(follow_symlinks=False).st_size
    return total


# --- the table of segments --------------------------------------------------------------------------------------------


def name(connection: Connection, key: int, segments: Collection[LogSegment]) -> None:
    """Record the segments of a run, in the transaction of their events."""
    connection.executemany(
        "INSERT OR REPLACE INTO log_segments (place, hash, bytes) VALUES (?, ?, ?)",
        [(place(key, each.seq), each.segment, each.bytes) for each in segments],
    )


def make_room(connection: Connection, run_id: str, size: int, limits: LogLimits) -> list[str]:
    """Forget the oldest segments that exceed the limits together with a new one.

    Returns:
        hashes that nothing names any more.
    """
    row = connection.execute("SELECT key FROM executions WHERE id = ?", (run_id,)).fetchone()
    gone: list[str] = []
    if row is not None and limits.run is not None:
        gone += _forget(connection, limits.run - size, place(row[0], 0), place(row[0] + 1, 0))
    if limits.history is not None:
        gone += _forget(connection, limits.history - size, 0, 1 << 63 - 1)
    return gone


def forget_runs(connection: Connection, keys: Collection[int]) -> list[str]:
    """Forget the segments of runs; return the hashes that nothing names any more."""
    gone: list[str] = []
    for key in keys:
        gone += _forget(connection, 0, place(key, 0), place(key + 1, 0))
    return gone


def _forget(connection: Connection, room: int, first: int, last: int) -> list[str]:
    within = "FROM log_segments WHERE place >= ? AND place < ?"
    total = connection.execute(f"SELECT sum(bytes) {within}", (first, last)).fetchone()[0]
    if (total or 0) <= room:
        return []
    rows = connection.execute(f"SELECT place, hash, bytes {within} ORDER BY place DESC", (first, last)).fetchall()
    kept, gone = 0, []
    for number, digest, size in rows:
        kept += size
        if kept > room:
            gone.append((number, digest))
    connection.executemany("DELETE FROM log_segments WHERE place = ?", [(number,) for number, _ in gone])
    named = "SELECT 1 FROM log_segments WHERE hash = ?"
    return [digest for _, digest in gone if not connection.execute(named, (digest,)).fetchone()]


async def store(connection: WritingConnection, segment: LogSegment, data: bytes, limits: LogLimits) -> str | None:
    """Write the file of a segment within the limits; return the reason if that fails."""
    try:
        gone = await connection.run(lambda transaction: make_room(transaction, segment.run_id, len(data), limits))
        await asyncio.to_thread(remove, connection.path, gone)
        await asyncio.to_thread(write, connection.path, data)
    except (OSError, StoreError) as error:
        return getattr(error, "strerror", None) or str(error)
    return None


def remove(database: Path, hashes: Collection[str]) -> None:
    """Remove files. It blocks."""
    for digest in hashes:
        with suppress(OSError):  # `remove_unnamed` tries again
            _path(database, digest).unlink(missing_ok=True)


def remove_unnamed(database: Path, connection: Connection) -> None:
    """Remove files that no event names, left by a kill. It blocks."""
    oldest = time.time() - _YOUNG_SECONDS
    with suppress(OSError), os.scandir(folder_of(database)) as entries:
        for entry in entries:
            if not _NAME.fullmatch(entry.name):
                continue
            digest = f"sha256:{entry.name.removesuffix('.log')}"
            if connection.execute("SELECT 1 FROM log_segments WHERE hash = ?", (digest,)).fetchone():
                continue
            with suppress(OSError):
                if entry.stat(follow_symlinks=False).st_mtime < oldest:
                    Path(entry.path).unlink()


def _entry(log: Log) -> list[Json]:
    entry: list[Json] = [to_milliseconds(log.timestamp), log.level, log.stream, log.message]
    return [*entry, log.styles] if log.styles else entry


def _regular(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _path(database: Path, digest: str) -> Path:
    return folder_of(database) / f"{digest.removeprefix('sha256:')}.log"
