"""Signals to the process that runs a run: a cancel, or the answer to an approval."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Literal

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.store.sqlite.reader import Reader

SignalKind = Literal["cancel", "answer"]
_OF_RUNS = "execution_id IN (SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Signal:
    """A request to the process of a run, delivered once."""

    run_id: str
    kind: SignalKind
    payload: dict[str, Json]


def put(connection: sqlite3.Connection, signal: Signal, now: int) -> None:
    """Store a signal."""
    connection.execute(
        "INSERT INTO signals (execution_id, kind, payload, created_at) VALUES (?, ?, ?, ?)",
        (signal.run_id, signal.kind, json.dumps(signal.payload, allow_nan=False), now),
    )


async def waiting(reader: Reader, run_ids: Sequence[str]) -> bool:
    """Return whether a signal waits for one of these runs, without the write lock."""
    return bool(await reader.rows(f"SELECT 1 FROM signals WHERE {_OF_RUNS} LIMIT 1", (_list(run_ids),)))


def take(connection: sqlite3.Connection, run_ids: Sequence[str]) -> list[Signal]:
    """Remove and return the signals of some runs, oldest first."""
    found = connection.execute(
        f"SELECT key, execution_id, kind, payload FROM signals WHERE {_OF_RUNS} ORDER BY key", (_list(run_ids),)
    ).fetchall()
    connection.executemany("DELETE FROM signals WHERE key = ?", [(row[0],) for row in found])
    return [Signal(row[1], row[2], json.loads(row[3])) for row in found]


def _list(run_ids: Sequence[str]) -> str:
    return json.dumps(list(run_ids))
