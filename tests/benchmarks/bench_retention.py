"""Retention: many old runs removed beside a process that appends all the time."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench_store import _FILL, START, _absolute
from measure import Row, timed

from wftui.store.execution_store import ExecutionStore
from wftui.store.maintenance import cleanup
from wftui.store.maintenance.retention import Policy, Rule
from wftui.store.sqlite.database import connect

OLD_RUNS = 100_000
_FILL_EVENTS = """
INSERT INTO events (place, type, at, data)
SELECT (key << 32) + seq, 15, created_at, '{"message":"' || hex(randomblob(60)) || '"}'
FROM executions, (WITH RECURSIVE seqs(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM seqs WHERE seq < 8)
                  SELECT seq FROM seqs)
"""
_APPEND = """
import asyncio, sys, time
from pathlib import Path
from wftui.model.clock import utc_now
from wftui.model.run.events import Created, Log
from wftui.store.execution_store import ExecutionStore

async def main():
    store = await ExecutionStore.open(Path(sys.argv[1]))
    await store.append([Created(run_id="live", timestamp=utc_now(), workflow_id="live")], wait=True)
    times = []
    async def work():
        while True:
            begin = time.perf_counter()
            await store.append([Log(run_id="live", timestamp=utc_now(), message="x" * 100)], wait=True)
            times.append(time.perf_counter() - begin)
            await asyncio.sleep(0.001)
    worker = asyncio.create_task(work())
    while await asyncio.to_thread(sys.stdin.readline):
        times.sort()
        print(times[-1], times[int(len(times) * 0.99)], flush=True)
        times.clear()
    worker.cancel()
    await store.close()

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class _Hold:
    """Milliseconds for which the lock was held, and those of the commit."""

    clock: float
    cpu: float
    commit: float = 0.0


class _WatchedConnection:
    """A connection of a cleanup that notes for how long it holds the lock."""

    def __init__(self, connection: sqlite3.Connection, holds: list[_Hold]) -> None:
        self._connection = connection
        self._holds = holds
        self._begun = (0.0, 0.0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, words: str, *values: Any) -> sqlite3.Cursor:
        commit = time.perf_counter()
        cursor = self._connection.execute(words, *values)
        if words == "BEGIN IMMEDIATE":
            self._begun = time.perf_counter(), time.thread_time()
        elif words == "COMMIT":
            self._note((time.perf_counter() - commit) * 1000)
        return cursor

    def executescript(self, words: str) -> sqlite3.Cursor:
        self._begun = time.perf_counter(), time.thread_time()
        cursor = self._connection.executescript(words)
        self._note(0.0)
        return cursor

    def _note(self, commit: float) -> None:
        clock, cpu = time.perf_counter() - self._begun[0], time.thread_time() - self._begun[1]
        self._holds.append(_Hold(clock * 1000, cpu * 1000, commit))


def _longest_commit(path: Path, durability: str, commits: int = 500) -> float:
    """Milliseconds of the longest of many commits of one row by bare sqlite3."""
    connection = sqlite3.connect(path.with_name(f"{durability}.db"), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {durability}")
    connection.execute("CREATE TABLE rows (data)")
    longest = max(timed(lambda: connection.execute("INSERT INTO rows VALUES ('x')")) for _ in range(commits))
    connection.close()
    return longest * 1000


def _bare_removal(path: Path, runs: int = 10_000) -> float:
    """CPU seconds that bare sqlite3 takes to remove a run, 40 runs a transaction."""
    copy = path.with_name("copy.db")
    shutil.copyfile(path, copy)
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.execute("PRAGMA synchronous = NORMAL")
    keys = [row[0] for row in connection.execute("SELECT key FROM executions ORDER BY created_at, id LIMIT ?", (runs,))]
    begin = time.process_time()
    for start in range(0, runs, 40):
        connection.execute("BEGIN IMMEDIATE")
        for key in keys[start : start + 40]:
            connection.execute("DELETE FROM executions WHERE key = ?", (key,))
            connection.execute("DELETE FROM events WHERE place > ? AND place < ?", (key << 32, (key + 1) << 32))
        connection.execute("COMMIT")
        connection.executescript("PRAGMA incremental_vacuum")
    taken = time.process_time() - begin
    connection.close()
    copy.unlink()
    return taken / runs


def rows() -> Iterable[Row]:
    """A policy applied to many old runs, and the delays of another appending process."""
    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(_measure(Path(name)))


async def _measure(folder: Path) -> list[Row]:
    path = folder / "old.db"
    await (await ExecutionStore.open(path)).close()
    connection = sqlite3.connect(path)
    connection.execute(_FILL, (START, OLD_RUNS, OLD_RUNS))
    connection.execute(_FILL_EVENTS)
    connection.commit()
    connection.close()
    before = path.stat().st_size
    bare = _bare_removal(path)
    store = await ExecutionStore.open(path)
    appender = subprocess.Popen(
        [sys.executable, "-c", _APPEND, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def longest() -> tuple[float, float]:
        """Milliseconds of the longest append since the last call, and of one in a hundred."""
        assert appender.stdin is not None and appender.stdout is not None
        print(file=appender.stdin, flush=True)
        worst, slow = appender.stdout.readline().split()
        return float(worst) * 1000, float(slow) * 1000

    await asyncio.sleep(2)
    await asyncio.to_thread(longest)  # with its start
    await asyncio.sleep(10)
    alone, alone_slow = await asyncio.to_thread(longest)
    holds: list[_Hold] = []
    begin, cpu = time.perf_counter(), time.process_time()
    with patch.object(cleanup, "connect", lambda opened: _WatchedConnection(connect(opened), holds)):
        report = await store.apply(Policy(Rule(keep=10)))
    taken, cpu = time.perf_counter() - begin, time.process_time() - cpu
    beside, beside_slow = await asyncio.to_thread(longest)
    appender.communicate()
    await store.close()
    held = max(holds, key=lambda hold: hold.clock)
    clock = f"clock {held.clock:.1f} ms, of which its commit {held.commit:.1f}"
    each = cpu / report.runs
    most = max(hold.cpu for hold in holds)
    one, waiting = (_longest_commit(path, durability) for durability in ("NORMAL", "FULL"))
    return [
        _absolute(f"{report.runs:,} runs removed", taken, "s"),
        Row("of that, CPU of the cleanup", f"{cpu:.1f} s", f"20 s; {each * 1e6:.0f} µs a run", cpu / 20, 1),
        Row("of that, deletes of bare sqlite3 with the same indexes", f"{bare * report.runs:.1f} s of CPU"),
        _absolute("file afterwards, of what it was", path.stat().st_size / before * 100, "%", 10),
        Row("longest hold of the lock, CPU of the cleanup", f"{most:.1f} ms", f"30 ms; {clock}", most / 30, 1),
        Row(
            "longest of 500 commits of one row by bare sqlite3",
            f"{one:.1f} ms",
            f"waiting for the disk, as after a checkpoint {waiting:.1f} ms",
        ),
        Row(
            "longest append of another process meanwhile",
            f"{beside:.1f} ms",
            f"30 ms; without {alone:.1f} ms",
            beside / 30,
            1,
        ),
        Row("one of its hundred appends meanwhile", f"{beside_slow:.2f} ms", f"without {alone_slow:.2f} ms"),
    ]
