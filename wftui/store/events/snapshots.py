"""Record snapshots: so that a big run is read from its middle.

The process that writes a run folds its events as it numbers them, and stores the record in the transaction of the
events it covers. A short run needs no snapshot: its events are only folded if its record is wanted before its end. Runs
without a snapshot (of version 0.1, or resumed) get one from the first process that has folded them.
"""

import sqlite3
from collections import deque
from collections.abc import Sequence
from dataclasses import field

from wftui.model.data_class import dataclass
from wftui.model.run.events import TERMINAL_EVENTS, Created, ExecutionEvent
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import apply, new_record
from wftui.model.run.snapshot import REDUCER_REVISION, RecordPacker, unpack_record
from wftui.model.run.steps import StepInfo
from wftui.store.sqlite.reader import Reader
from wftui.store.sqlite.schema import place

EVENTS_BETWEEN = 4_000
"""Fewest events between two snapshots of a run; folding them takes about a tenth of a second."""
_EVENTS_AT_END = 1_000
_FOLDED_LATER = 500
_FOLDED_LATER_BYTES = 256 * 1024
"""Events of a short run and their bytes, which nobody folds; a longer run folds two for each further event."""
_SHARE = 2
"""Bytes of events for each byte of a snapshot."""
_ROW = 24
"""Bytes of an event's row in addition to its data."""

_NEWEST = """
SELECT snapshot.data FROM executions run JOIN snapshots snapshot
ON snapshot.place > run.key << 32 AND snapshot.place <= (run.key << 32) + ?
WHERE run.id = ? AND snapshot.reducer = ? ORDER BY snapshot.place DESC LIMIT 1
"""
_PUT = "INSERT OR REPLACE INTO snapshots (place, reducer, data)"


@dataclass(slots=True)
class RunFold:
    """Fold of the events of a run that this process writes.

    Attributes:
        folded: the record without the events that wait.
        waiting: numbered events that are not folded yet.
        packed_at: number of the last event in the newest snapshot.
        bytes_since: bytes of the events after that.
        packed_bytes: size of the newest snapshot.
        packer: makes the snapshots, from the first one on.
        declared: the steps of its workflow.
    """

    folded: ExecutionRecord
    declared: Sequence[StepInfo] = ()
    waiting: deque[ExecutionEvent] = field(default_factory=deque)
    packed_at: int = 0
    bytes_since: int = 0
    packed_bytes: int = 0
    packer: RecordPacker | None = None

    def follow(self, event: ExecutionEvent, size: int) -> None:
        """Take a numbered event, as it is published."""
        self.waiting.append(event)
        self.bytes_since += size + _ROW
        if event.seq > _FOLDED_LATER or self.bytes_since > _FOLDED_LATER_BYTES:
            for _ in range(min(2, len(self.waiting))):
                apply(self.folded, self.waiting.popleft())

    @property
    def record(self) -> ExecutionRecord:
        """The record after all events."""
        while self.waiting:
            apply(self.folded, self.waiting.popleft())
        return self.folded

    def due(self, last: ExecutionEvent) -> bytes | None:
        """Return a snapshot up to the last event if it is time for one."""
        events = last.seq - self.packed_at
        is_end = last.type in TERMINAL_EVENTS and events >= _EVENTS_AT_END
        if not is_end and (events < EVENTS_BETWEEN or self.bytes_since < _SHARE * self.packed_bytes):
            return None
        record = self.record
        self.packer = self.packer or RecordPacker(record)
        data = self.packer.pack()
        self.packed_at, self.bytes_since, self.packed_bytes = last.seq, 0, len(data)
        return data


def begin_fold(created: Created) -> RunFold:
    """Return the fold of a run before its first event."""
    return RunFold(new_record(created.run_id), created.declared)


async def newest(reader: Reader, run_id: str, until: int) -> ExecutionRecord | None:
    """Return the newest usable snapshot up to an event, or None."""
    rows = await reader.rows(_NEWEST, (until, run_id, REDUCER_REVISION))
    if not rows:
        return None
    try:
        return unpack_record(rows[0][0])
    except ValueError:  # derived data: the events are read instead
        return None


def put(connection: sqlite3.Connection, key: int, seq: int, data: bytes) -> None:
    """Store the snapshot of a run in the transaction of its events."""
    connection.execute(f"{_PUT} VALUES (?, ?, ?)", (place(key, seq), REDUCER_REVISION, data))


def put_later(connection: sqlite3.Connection, run_id: str, seq: int, data: bytes) -> None:
    """Store a snapshot made of stored events, unless the run was removed."""
    connection.execute(
        f"{_PUT} SELECT (key << 32) + ?, ?, ? FROM executions WHERE id = ?", (seq, REDUCER_REVISION, data, run_id)
    )
