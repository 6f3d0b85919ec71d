"""Group commit: queued events of several calls, stored in one transaction."""

import asyncio
import sqlite3
from dataclasses import field

from wftui.model.data_class import dataclass
from wftui.model.run.events import ExecutionEvent, LogSegment
from wftui.store import log_segments
from wftui.store.events import payloads, snapshots
from wftui.store.events.event_rows import EventRow
from wftui.store.events.run_rows import Changes, RunRow
from wftui.store.events.snapshots import RunFold
from wftui.store.ownership.claims import ThisProcess
from wftui.store.sqlite.schema import place
from wftui.store.sqlite.store_errors import RunExistsError, StoreConflict

Snapshot = bytes | None


@dataclass(slots=True, eq=False)
class WrittenRun:
    """A run that this process writes.

    Attributes:
        loaded: its row is known, or is being created.
        lost: another process has written it, or taken its id.
        fold: its record, for snapshots; None if this process has not written all of it.
        turn: held while a call prepares large events; `calls` counts those calls.
    """

    row: RunRow
    loaded: bool = False
    lost: bool = False
    fold: RunFold | None = None
    calls: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True, eq=False)
class Ticket:
    """The queued events of one call, perhaps with a snapshot of the record after them."""

    run: WrittenRun
    events: list[ExecutionEvent]
    rows: list[EventRow]
    changes: Changes
    references: list[str]
    bytes: int
    snapshot: Snapshot = None
    segments: list[LogSegment] = field(default_factory=list)
    committed: bool = False
    error: Exception | None = None
    waiter: asyncio.Future[None] | None = None

    @property
    def is_awaited(self) -> bool:
        """True while a caller waits for the commit."""
        return self.waiter is not None and not self.waiter.done()

    def wake(self) -> None:
        """Tell the caller that waits for the commit that it is done, or has failed."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


def loss_of(row: RunRow) -> StoreConflict:
    """Return the error of a run whose id or events another process has taken."""
    if row.key is None:
        return RunExistsError(f"run {row.id} already exists")
    return StoreConflict(f"run {row.id} was written by another process in the meantime")


def write_group(connection: sqlite3.Connection, tickets: list[Ticket], process: ThisProcess) -> dict[str, int]:
    """Execute the statements of a group commit; return the keys of created runs."""
    keys: dict[str, int] = {}
    rows: list[tuple[int, int, int, str | bytes]] = []
    for ticket in tickets:
        run = ticket.run.row
        key = run.key or keys.get(run.id)
        if key is None:
            changes = {"owner": process.key(connection)} | ticket.changes
            statement = f"INSERT INTO executions ({', '.join(changes)}) VALUES ({', '.join('?' * len(changes))})"
            key = keys[run.id] = connection.execute(statement, list(changes.values())).lastrowid or 0
        elif ticket.changes:
            assignments = ", ".join(f"{column} = ?" for column in ticket.changes)
            connection.execute(f"UPDATE executions SET {assignments} WHERE key = ?", [*ticket.changes.values(), key])
        rows += [(place(key, row.seq), row.type, row.at, row.data) for row in ticket.rows]
        if ticket.snapshot is not None:
            snapshots.put(connection, key, ticket.rows[-1].seq, ticket.snapshot)
        if ticket.segments:
            log_segments.name(connection, key, ticket.segments)
        for reference in ticket.references:
            payloads.refer(connection, reference, key, process.key(connection))
    connection.executemany("INSERT INTO events (place, type, at, data) VALUES (?, ?, ?, ?)", rows)
    return keys
