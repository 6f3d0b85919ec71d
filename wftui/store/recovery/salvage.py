"""Salvage: copy what is readable of a damaged database into a new one.

Rows are read in order of their rowid, around damaged pages and from pages that only a damaged one leads to. What they
hold is checked: values by their hash, events by decoding them. A run of which events are missing is marked (see
`damaged_run`).
"""

import hashlib
import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from wftui.model.base import Json
from wftui.model.run.record import TERMINAL
from wftui.store.events.event_rows import SEGMENT_NUMBER, EventRow
from wftui.store.recovery.damaged_run import is_whole, mended, readable_events
from wftui.store.recovery.found_rows import FoundRows
from wftui.store.recovery.pages import Pages
from wftui.store.recovery.readable_rows import ReadableRows, is_stopped
from wftui.store.sqlite.schema import place

_STATUSES = TERMINAL | {"pending", "running", "interrupted"}
_REFERENCE = re.compile(r"sha256:[0-9a-f]{64}")
_TABLES = ("executions", "plans", "owners", "events", "payload_parts")
_GROUP = 2_000
_REPORTED_RUNS = 20_000
_INSTRUCTIONS = 10_000


@dataclass(slots=True)
class Salvaged:
    """Number of runs that were read, and of those among them with lost events."""

    runs: int = 0
    damaged: int = 0

    def sentence(self) -> str:
        """Return it as the end of a sentence about the damaged file."""
        if not self.runs:
            return "no run of it could be read"
        text = f"{_runs(self.runs)} of it {'was' if self.runs == 1 else 'were'} recovered"
        return f"{text}, {self.damaged:,} with lost events" if self.damaged else text


def _runs(count: int) -> str:
    return f"{count:,} run{'s' * (count != 1)}"


def salvage(
    damaged: Path, fresh: Path, now: datetime, tell: Callable[[str], None], stop: Callable[[], bool]
) -> Salvaged:
    """Copy all readable runs of a damaged database into a new, empty one. Blocks.

    Args:
        tell: reports progress.
        stop: when true, the copy ends with SQLite's `SQLITE_INTERRUPT`.
    """
    result = Salvaged()
    uri = f"{damaged.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as source,
        closing(sqlite3.connect(fresh, isolation_level=None)) as target,
        closing(Pages.open(damaged)) as pages,
    ):
        for connection in (source, target):
            connection.set_progress_handler(stop, _INSTRUCTIONS)
        target.execute("PRAGMA synchronous = OFF")
        with suppress(sqlite3.DatabaseError):  # SQLite cannot read the first page
            source.execute("PRAGMA writable_schema = ON")  # else a file that is too short cannot be read at all
            source.execute("PRAGMA cell_size_check = ON")
        target.execute("BEGIN")
        found = FoundRows(pages, target)
        found.find()
        database = _Damaged(source, found, {table: _columns(target, table) for table in _TABLES})
        for table, check in (("executions", _is_run), ("plans", _is_plan), ("owners", _is_owner)):
            _copy(database, target, table, check)
        ids = _ids_of_lost_rows(source, target)
        _copy_events(database, target, ids, now, result, tell)
        _copy_values(database, target)
        target.execute("COMMIT")
    return result


@dataclass(frozen=True, slots=True)
class _Damaged:
    """The rows of a damaged database, read by SQLite or found in its pages.

    Attributes:
        columns: of each table, as a new database has them.
    """

    source: sqlite3.Connection
    found: FoundRows
    columns: Mapping[str, Sequence[str]]

    def rows(self, table: str, columns: Sequence[str]) -> tuple[Iterator[tuple[Json, ...]], list[tuple[int, int]]]:
        """Return (rowid, *columns) by rowid, and the ranges that SQLite cannot read."""
        try:
            known = _columns(self.source, table)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if is_stopped(error):
                raise
            known = []
        query = [name if name in known else f"NULL AS {name}" for name in columns]
        readable = ReadableRows(self.source, table, query)
        found = self.found.rows(table, self.columns[table], columns)
        merged = merge(readable, found, key=itemgetter(0))
        return (next(rows) for _, rows in groupby(merged, key=itemgetter(0))), readable.gaps


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})").fetchall()]


def _copy(
    database: _Damaged, target: sqlite3.Connection, table: str, check: Callable[[Mapping[str, Json]], bool]
) -> None:
    columns = database.columns[table]
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    for _, *values in database.rows(table, columns)[0]:
        if check(dict(zip(columns, values, strict=True))):
            try:
                target.execute(insert, values)
            except sqlite3.IntegrityError:  # NULL where there can be none
                continue


def _is_run(row: Mapping[str, Json]) -> bool:
    texts = ("id", "workflow_id", "user_id", "workflow_version", "workflow_hash")
    return (
        all(isinstance(row[name], str) for name in texts)
        and row["status"] in _STATUSES
        and isinstance(row["created_at"], int)
        and all(isinstance(row[name], int | None) for name in ("started_at", "completed_at", "owner", "warnings"))
        and all(isinstance(row[name], str | None) for name in ("parent_id", "waiting", "plan", "error"))
        and isinstance(row["duration"], int | float | None)
    )


def _is_plan(row: Mapping[str, Json]) -> bool:
    try:
        return all(zlib.decompress(row[name]) is not None for name in ("source", "code")) and row["hash"] is not None
    except (TypeError, zlib.error):
        return False


def _is_owner(row: Mapping[str, Json]) -> bool:
    return all(isinstance(row[name], str) for name in ("boot_id", "host")) and all(
        isinstance(row[name], int | float) for name in ("pid", "started", "heartbeat_at")
    )


def _ids_of_lost_rows(source: sqlite3.Connection, target: sqlite3.Connection) -> dict[int, str]:
    """Return the ids of runs whose row is lost and whose entry in an index is not."""
    found: dict[int, str] = {}
    present = {row[0] for row in target.execute("SELECT key FROM executions")}
    try:
        for key, run_id in source.execute("SELECT rowid, id FROM executions ORDER BY id"):
            if isinstance(run_id, str) and isinstance(key, int) and key not in present:
                found[key] = run_id
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if is_stopped(error):
            raise
    return found


def _copy_events(
    database: _Damaged,
    target: sqlite3.Connection,
    ids: Mapping[int, str],
    now: datetime,
    result: Salvaged,
    tell: Callable[[str], None],
) -> None:
    events, gaps = database.rows("events", ("type", "at", "data"))
    known = [row[0] for row in target.execute("SELECT key FROM executions ORDER BY key")]
    lack_rows = database.found.pages.lack_rows()
    for key, rows in _by_run(events, [*known, *ids]):
        row = _row(target, key) or ({"id": ids[key]} if key in ids else None)
        if row is None:
            continue  # a run that was removed, or of which nothing tells the id
        held = readable_events(str(row["id"]), rows)
        at_gap = lack_rows and any(first < place(key + 1, 0) and last >= place(key, 0) for first, last in gaps)
        if not held and "workflow_id" not in row:
            continue
        new = [each for each, _ in held]
        whole = is_whole(row, held, at_gap=at_gap)
        if not whole or "workflow_id" not in row:
            new, changes = mended(row, held, now)
            if "workflow_id" in row:
                names = ", ".join(f"{name} = ?" for name in changes)
                target.execute(f"UPDATE executions SET {names} WHERE key = ?", [*changes.values(), key])
            else:
                changes = {"key": key, **changes}
                target.execute(
                    f"INSERT OR IGNORE INTO executions ({', '.join(changes)}) VALUES ({', '.join('?' * len(changes))})",
                    list(changes.values()),
                )
        result.damaged += not whole
        target.executemany(
            "INSERT INTO events (place, type, at, data) VALUES (?, ?, ?, ?)",
            [(place(key, each.seq), each.type, each.at, each.data) for each in new],
        )
        _copy_references(target, key, new)
        result.runs += 1
        if result.runs % _GROUP == 0:
            target.execute("COMMIT")
            target.execute("BEGIN")
        if result.runs % _REPORTED_RUNS == 0:
            tell(f"recovering the damaged history: {_runs(result.runs)} so far")


def _by_run(events: Iterable[tuple[Json, ...]], keys: Iterable[int]) -> Iterator[tuple[int, list[EventRow]]]:
    """Yield every run with its rows of events, also runs of which none is readable."""
    waiting = sorted(set(keys), reverse=True)
    for key, rows in groupby(events, _key_of_event):
        while waiting and waiting[-1] < key:
            yield waiting.pop(), []
        if waiting and waiting[-1] == key:
            waiting.pop()
        held = [
            EventRow(number & 0xFFFFFFFF, kind, at, data)
            for number, kind, at, data in rows
            if isinstance(kind, int) and kind >= 0 and isinstance(at, int) and isinstance(data, str | bytes)
        ]
        yield key, held
    while waiting:
        yield waiting.pop(), []


def _key_of_event(row: tuple[Json, ...]) -> int:
    rowid = row[0]
    assert isinstance(rowid, int)
    return rowid >> 32


def _row(target: sqlite3.Connection, key: int) -> dict[str, Json] | None:
    cursor = target.execute("SELECT * FROM executions WHERE key = ?", (key,))
    row = cursor.fetchone()
    return None if row is None else dict(zip([each[0] for each in cursor.description], row, strict=True))


def _copy_references(target: sqlite3.Connection, key: int, rows: Iterable[EventRow]) -> None:
    for row in rows:
        text = zlib.decompress(row.data).decode(errors="replace") if isinstance(row.data, bytes) else row.data
        if row.type == SEGMENT_NUMBER:
            fields = json.loads(text)
            entry = (place(key, row.seq), fields["segment"], fields["bytes"])
            target.execute("INSERT INTO log_segments (place, hash, bytes) VALUES (?, ?, ?)", entry)
            continue
        if "sha256:" in text:
            target.executemany(
                "INSERT OR IGNORE INTO payload_refs (hash, execution) VALUES (?, ?)",
                [(name, key) for name in _REFERENCE.findall(text)],
            )


def _copy_values(database: _Damaged, target: sqlite3.Connection) -> None:
    """Copy the big values that runs refer to; only whole ones, by their hash."""
    for _, name, start, data in database.rows("payload_parts", ("hash", "start", "data"))[0]:
        if isinstance(name, str) and isinstance(start, int) and isinstance(data, bytes):
            target.execute(
                "INSERT OR IGNORE INTO payload_parts (hash, start, data) VALUES (?, ?, ?)", (name, start, data)
            )
    names = [row[0] for row in target.execute("SELECT DISTINCT hash FROM payload_parts")]
    for name in names:
        size = _size_of_whole(target, name)
        if size is None:
            target.execute("DELETE FROM payload_parts WHERE hash = ?", (name,))
        else:
            target.execute("INSERT INTO payloads (hash, bytes, complete) VALUES (?, ?, 1)", (name, size))
    target.execute("DELETE FROM payload_refs WHERE hash NOT IN (SELECT hash FROM payloads)")


def _size_of_whole(target: sqlite3.Connection, name: str) -> int | None:
    digest, size = hashlib.sha256(), 0
    for start, data in target.execute("SELECT start, data FROM payload_parts WHERE hash = ? ORDER BY start", (name,)):
        try:
            text = zlib.decompress(data)
        except zlib.error:
            return None
        if start != size:
            return None
        digest.update(text)
        size += len(text)
    return size if name == f"sha256:{digest.hexdigest()}" else None
