"""Claims: the process that owns a run, in the database."""

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from wftui.model.run.record import TERMINAL
from wftui.store.ownership.owners import Owner
from wftui.store.sqlite.reader import Reader
from wftui.store.sqlite.store_errors import StoreConflict
from wftui.store.sqlite.times import from_milliseconds, to_milliseconds

_UNDER_WAY = ("pending", "running")


def register(connection: sqlite3.Connection, owner: Owner) -> int:
    """Return the key of a process, registering it or recording its heartbeat."""
    connection.execute(
        "INSERT INTO owners (pid, started, boot_id, host, heartbeat_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET heartbeat_at = excluded.heartbeat_at",
        (owner.pid, owner.started, owner.boot_id, owner.host, to_milliseconds(owner.heartbeat_at)),
    )
    key: int = connection.execute(
        "SELECT key FROM owners WHERE pid = ? AND started = ? AND boot_id = ? AND host = ?",
        (owner.pid, owner.started, owner.boot_id, owner.host),
    ).fetchone()[0]
    return key


class ThisProcess:
    """This process in the table `owners`.

    It is registered by its first write, so that a process that only reads never writes.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._key: int | None = None

    def key(self, connection: sqlite3.Connection) -> int:
        """Return the key of this process, within a transaction."""
        if self._key is not None:
            row = connection.execute("SELECT 1 FROM owners WHERE key = ?", (self._key,)).fetchone()
            if row is not None:
                return self._key
        self._key = register(connection, self._owner)
        return self._key


def claim(connection: sqlite3.Connection, run_id: str, owner: Owner, is_alive: Callable[[Owner], bool]) -> None:
    """Take ownership of an orphaned run, within a transaction.

    Of several processes that try at once, one wins.

    Raises:
        StoreConflict: it does not exist, has ended, or belongs to a live process.
    """
    key = register(connection, owner)
    status, holder, before = _held(connection, run_id)
    if status is None or status in TERMINAL:
        raise StoreConflict(f"run {run_id} has ended")
    if before is not None and holder != key and is_alive(before):
        raise StoreConflict(f"run {run_id} belongs to another process (pid {before.pid} on {before.host})")
    connection.execute("UPDATE executions SET owner = ? WHERE id = ?", (key, run_id))


def claim_notification(connection: sqlite3.Connection, run_id: str, subject: str) -> bool:
    """Claim the notification of a subject, within a transaction.

    Of all processes, one is the first; the others, and those that ask again, get False.
    """
    return bool(
        connection.execute(
            "INSERT OR IGNORE INTO notifications (execution, subject) SELECT key, ? FROM executions WHERE id = ?",
            (subject, run_id),
        ).rowcount
    )


def is_orphan(connection: sqlite3.Connection, run_id: str, is_alive: Callable[[Owner], bool]) -> bool:
    """Return whether a run has not ended and no live process owns it."""
    status, _, holder = _held(connection, run_id)
    return status in _UNDER_WAY and (holder is None or not is_alive(holder))


def last_heartbeat(connection: sqlite3.Connection, run_id: str) -> datetime | None:
    """Return the last heartbeat of the process that owns a run, or None without one."""
    _, _, holder = _held(connection, run_id)
    return None if holder is None else holder.heartbeat_at


def _held(connection: sqlite3.Connection, run_id: str) -> tuple[str | None, int | None, Owner | None]:
    """Return status, owner key and owner of a run; all None without such a run."""
    row = connection.execute(
        "SELECT e.status, e.owner, o.pid, o.started, o.boot_id, o.host, o.heartbeat_at"
        " FROM executions e LEFT JOIN owners o ON o.key = e.owner WHERE e.id = ?",
        (run_id,),
    ).fetchone()
    return (None, None, None) if row is None else (row[0], row[1], _owner(row[2:]))


def release(connection: sqlite3.Connection, run_id: str, owner: Owner) -> None:
    """Release a run that this process owns."""
    connection.execute(
        "UPDATE executions SET owner = NULL WHERE id = ? AND owner = ?", (run_id, register(connection, owner))
    )


async def owners_of(reader: Reader, run_ids: Collection[str]) -> dict[str, Owner]:
    """Return the processes that own runs, as recorded."""
    rows = await reader.rows(
        "SELECT e.id, o.pid, o.started, o.boot_id, o.host, o.heartbeat_at"
        " FROM executions e JOIN owners o ON o.key = e.owner WHERE e.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(run_ids)),),
    )
    return {row[0]: owner for row in rows if (owner := _owner(row[1:])) is not None}


async def orphans(reader: Reader, is_alive: Callable[[Owner], bool]) -> list[str]:
    """Return the runs that have not ended and have no live owner, oldest first."""
    rows = await reader.rows(
        "SELECT e.id, o.pid, o.started, o.boot_id, o.host, o.heartbeat_at"
        " FROM executions e LEFT JOIN owners o ON o.key = e.owner"
        " WHERE e.status IN (?, ?) ORDER BY e.created_at, e.id",
        _UNDER_WAY,
    )
    alive: dict[Owner, bool] = {}
    found: list[str] = []
    for row in rows:
        owner = _owner(row[1:])
        if owner is not None:
            if owner not in alive:
                alive[owner] = is_alive(owner)
            if alive[owner]:
                continue
        found.append(row[0])
    return found


def _owner(columns: Sequence[Any]) -> Owner | None:
    """Return the process of a row of `owners`; None when the run has none."""
    pid, started, boot_id, host, heartbeat_at = columns
    return None if pid is None else Owner(pid, started, boot_id, host, from_milliseconds(heartbeat_at))
