"""Sizes of a history by workflow, read without changing the file."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from wftui.store.sqlite.database import OpenedDatabase, connection_uri
from wftui.store.sqlite.store_errors import explain

_SIZES = """
SELECT workflow_id, count(*),
    sum((SELECT sum(length(data) + 24) FROM events WHERE place > key << 32 AND place < (key + 1) << 32)),
    sum((SELECT sum(length(part.data)) FROM payload_refs ref JOIN payload_parts part USING (hash)
        WHERE ref.execution = key)),
    {logs}
FROM executions GROUP BY workflow_id ORDER BY 3 DESC
"""


_LOGS = "sum((SELECT sum(bytes) FROM log_segments WHERE place > key << 32 AND place < (key + 1) << 32))"


class WorkflowSize(NamedTuple):
    """The runs of a workflow and their bytes; a value of several runs counts for each.

    Attributes:
        log_bytes: of long logs, in files beside the database.
    """

    workflow_id: str
    runs: int
    event_bytes: int
    value_bytes: int
    log_bytes: int


def sizes_by_workflow(path: Path) -> list[WorkflowSize]:
    """Return the size of each workflow's runs, the biggest first; it blocks.

    Raises:
        StoreError: the database cannot be read.
    """
    try:
        with closing(sqlite3.connect(connection_uri(OpenedDatabase(path, read_only=True)), uri=True)) as connection:
            is_older = not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'log_segments'").fetchone()
            rows = connection.execute(_SIZES.format(logs="0" if is_older else _LOGS))
            return [WorkflowSize(row[0], row[1], *(size or 0 for size in row[2:])) for row in rows]
    except sqlite3.Error as error:
        raise explain(error, path) from error
