"""Marking of orphaned runs, whose process has died, as interrupted."""

import sqlite3
from collections.abc import Callable

from wftui.model.run.events import Interrupted
from wftui.store.events.event_rows import prepare
from wftui.store.ownership.claims import is_orphan, last_heartbeat
from wftui.store.ownership.owners import Owner
from wftui.store.sqlite.schema import place
from wftui.store.sqlite.times import from_milliseconds


def interrupt(connection: sqlite3.Connection, event: Interrupted, is_alive: Callable[[Owner], bool]) -> bool:
    """Mark an orphaned run as interrupted, within a transaction.

    Check and mark are one transaction, so that a run that another process has resumed in between is left alone and
    nothing is left half done.

    Returns:
        False when the run is not, or no longer, an orphan.
    """
    if not is_orphan(connection, event.run_id, is_alive):
        return False
    key, last_place = connection.execute(
        "SELECT key, (SELECT max(place) FROM events WHERE place < (key + 1) << 32) FROM executions WHERE id = ?",
        (event.run_id,),
    ).fetchone()
    last_seq = last_place & 0xFFFFFFFF
    # The time of day may have been set back since: no event is older than the one before it.
    (last_at,) = connection.execute("SELECT at FROM events WHERE place = ?", (last_place,)).fetchone()
    event.timestamp = max(event.timestamp, from_milliseconds(last_at))
    beat = last_heartbeat(connection, event.run_id)
    event.last_sign = max(beat, from_milliseconds(last_at)) if beat is not None else from_milliseconds(last_at)
    _, row = prepare(event, at_once=True).number(last_seq + 1)
    connection.execute(
        "INSERT INTO events (place, type, at, data) VALUES (?, ?, ?, ?)",
        (place(key, row.seq), row.type, row.at, row.data),
    )
    connection.execute("UPDATE executions SET status = 'interrupted', owner = NULL WHERE key = ?", (key,))
    return True
