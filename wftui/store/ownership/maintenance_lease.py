"""Maintenance leases: periodic work that one of all processes on a database does."""

import sqlite3

from wftui.store.sqlite.reader import Reader


def begin(connection: sqlite3.Connection, name: str, now: int, every: int) -> bool:
    """Take the lease, within a transaction; return False when the work is not due.

    Args:
        now, every: milliseconds.
    """
    row = connection.execute("SELECT begun_at FROM chores WHERE name = ?", (name,)).fetchone()
    if row is not None and 0 <= now - row[0] < every:  # a clock that was set back must not delay it
        return False
    connection.execute(
        "INSERT INTO chores (name, begun_at) VALUES (?, ?) ON CONFLICT DO UPDATE SET begun_at = excluded.begun_at",
        (name, now),
    )
    return True


def end(connection: sqlite3.Connection, name: str, report: str | None, *, whole: bool) -> None:
    """End the work, within a transaction.

    Args:
        report: the result; None keeps the result of the last time.
        whole: whether the work is complete; if not, it is due again at once.
    """
    connection.execute(
        "UPDATE chores SET begun_at = iif(?, begun_at, 0), report = coalesce(?, report) WHERE name = ?",
        (whole, report, name),
    )


async def report(reader: Reader, name: str) -> str | None:
    """Return the last report of the work, or None."""
    rows = await reader.rows("SELECT report FROM chores WHERE name = ?", (name,))
    return rows[0][0] if rows else None
