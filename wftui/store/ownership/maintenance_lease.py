"""Work that one of all processes on a database does now and then: who begins it, and what came of it."""

import sqlite3

from wftui.store.sqlite.reader import Reader


def begin(connection: sqlite3.Connection, name: str, now: int, every: int) -> bool:
    """Within a transaction: whether it is due and now this process's to do.

    Args:
        now, every: milliseconds.
    """
    row = connection.execute("SELECT begun_at FROM chores WHERE name = ?", (name,)).fetchone()
    if row is not None and 0 <= now - row[0] < every:  # a clock that was set back must not hold it up
        return False
    connection.execute(
        "INSERT INTO chores (name, begun_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET begun_at = excluded.begun_at",
        (name, now),
    )
    return True


def end(connection: sqlite3.Connection, name: str, report: str | None, *, whole: bool) -> None:
    """Within a transaction: what came of it (None leaves what the last one told); it is due again if not `whole`."""
    connection.execute(
        "UPDATE chores SET begun_at = iif(?, begun_at, 0), report = coalesce(?, report) WHERE name = ?",
        (whole, report, name),
    )


async def report(reader: Reader, name: str) -> str | None:
    """What came of it when it last came to something."""
    rows = await reader.rows("SELECT report FROM chores WHERE name = ?", (name,))
    return rows[0][0] if rows else None
