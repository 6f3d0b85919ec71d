"""Concurrency groups: the queue of the runs of which one runs at a time."""

import sqlite3
from collections.abc import Callable

from wftui.store.ownership.claims import is_orphan
from wftui.store.ownership.owners import Owner

_AHEAD = """
SELECT other.execution, run.id, run.status IN ('pending', 'running')
FROM concurrency AS this JOIN concurrency AS other ON other.group_name = this.group_name AND other.key < this.key
LEFT JOIN executions AS run ON run.key = other.execution
WHERE this.execution = (SELECT key FROM executions WHERE id = ?) ORDER BY other.key
"""


def ahead(
    connection: sqlite3.Connection, run_id: str, is_alive: Callable[[Owner], bool], enter: str | None = None
) -> list[str]:
    """Return the runs ahead of a run in its group, within a transaction.

    The next to end is the first. Those that have ended, were removed or have no live process give way: they are
    taken out of the queue.

    Args:
        enter: group at whose end the run is put first.
    """
    if enter is not None:
        connection.execute(
            "INSERT OR REPLACE INTO concurrency (group_name, execution) SELECT ?, key FROM executions WHERE id = ?",
            (enter, run_id),
        )
    found: list[str] = []
    for key, other, under_way in connection.execute(_AHEAD, (run_id,)).fetchall():
        if under_way and not is_orphan(connection, other, is_alive):
            found.append(other)
        else:
            connection.execute("DELETE FROM concurrency WHERE execution = ?", (key,))
    return found
