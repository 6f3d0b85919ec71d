"""Which process runs which run, in the database."""

import sqlite3
from collections.abc import Callable

from wftui.store.errors import StoreConflict
from wftui.store.owners import Owner
from wftui.store.reader import Reader
from wftui.store.times import from_milliseconds, to_milliseconds


def register(connection: sqlite3.Connection, owner: Owner) -> int:
    """The key of a process; a first call makes it known, a later one is its heartbeat."""
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
    """This process in the table `owners`: made known by its first write, so that who only reads never writes."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._key: int | None = None

    def key(self, connection: sqlite3.Connection) -> int:
        """Its key, within a transaction."""
        if self._key is not None:
            row = connection.execute("SELECT 1 FROM owners WHERE key = ?", (self._key,)).fetchone()
            if row is not None:
                return self._key
        self._key = register(connection, self._owner)
        return self._key


def claim(connection: sqlite3.Connection, execution_id: str, owner: Owner) -> None:
    """Make a run that nobody owns this process's.

    Raises:
        StoreConflict: it has ended, or another process owns it (one that died gives it up by `interrupted`).
    """
    key = register(connection, owner)
    changed = connection.execute(
        "UPDATE executions SET owner = ? WHERE id = ? AND (owner IS NULL OR owner = ?)"
        " AND status IN ('pending', 'running', 'interrupted')",
        (key, execution_id, key),
    ).rowcount
    if not changed:
        raise StoreConflict(f"run {execution_id} has ended or belongs to another process")


def release(connection: sqlite3.Connection, execution_id: str, owner: Owner) -> None:
    """Give up a run, if it is this process's."""
    connection.execute(
        "UPDATE executions SET owner = NULL WHERE id = ? AND owner = ?", (execution_id, register(connection, owner))
    )


async def orphans(reader: Reader, is_alive: Callable[[Owner], bool]) -> list[str]:
    """Runs that are not over and that no live process runs, oldest first."""
    rows = await reader.rows(
        "SELECT e.id, o.pid, o.started, o.boot_id, o.host, o.heartbeat_at"
        " FROM executions e LEFT JOIN owners o ON o.key = e.owner"
        " WHERE e.status IN ('pending', 'running') ORDER BY e.created_at, e.id"
    )
    alive: dict[Owner, bool] = {}
    found: list[str] = []
    for row in rows:
        if row[1] is not None:
            owner = Owner(row[1], row[2], row[3], row[4], from_milliseconds(row[5]))
            if owner not in alive:
                alive[owner] = is_alive(owner)
            if alive[owner]:
                continue
        found.append(row[0])
    return found
