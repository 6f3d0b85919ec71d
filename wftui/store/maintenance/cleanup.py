"""Removal of runs in small steps that do not block writers.

A run's row is deleted first, so that no reader sees half a run; the rows of its sub-workflows and all events follow.
The next cleanup finishes one that was cut short. Values are deleted when no run refers to them and no live process is
about to.
"""

import sqlite3
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from wftui.model.run.summary import CleanupReport
from wftui.store import log_segments
from wftui.store.maintenance.retention import OVER, Policy, RunTree, believed_time, one_run, removable
from wftui.store.ownership.owners import Owner
from wftui.store.sqlite.checkpoints import empty_log, restart_log
from wftui.store.sqlite.database import OpenedDatabase, connect
from wftui.store.sqlite.schema import place
from wftui.store.sqlite.store_errors import explain
from wftui.store.sqlite.times import from_milliseconds, to_milliseconds
from wftui.store.sqlite.waiting_writers import WaitingWriters

_RUNS_AT_ONCE = 40
_EVENTS_AT_ONCE = 100
"""Events of one statement; the time is looked at between statements."""
_HELD_SECONDS = 0.008
"""Time for which a step holds the lock, with its commit."""
_WORK_SECONDS = (0.0005, 0.004)
"""Least and most time after which a step takes nothing more, by how long the commits before took."""
_PAGES_AT_ONCE = (10, 250)
"""Least and most free pages that are returned at once, by how long those before took."""
_CHECKPOINT_STEPS = 50
"""Steps after which the log, of up to 30 MB then, is moved into the file."""
_PAUSE_SECONDS = 0.0005
_FREE_SHARE = 0.1
"""Time the lock is left free, by the time that it was held, where nobody waits."""
_EMPTY_SECONDS = 1.0
_PLAN_KEPT = timedelta(hours=1)
_AHEAD = timedelta(days=1)
"""Time by which the clock is ahead of what is believed when a report says so."""

Alive = Callable[[Owner], bool]


class Cleanup:
    """One cleanup on its own connection; it blocks, so it belongs in a thread.

    Args:
        stop: when set, the cleanup ends early. It takes at least one step, so that short cleanups make progress, too.

    Attributes:
        is_whole: the cleanup was not cut short.
    """

    def __init__(self, opened: OpenedDatabase, now: datetime, is_alive: Alive, stop: threading.Event) -> None:
        self._opened = opened
        self._now = now
        self._is_alive = is_alive
        self._removed: Counter[str] = Counter()
        self._segments: list[str] = []
        self._stop = stop
        self._waiting = WaitingWriters(opened.path)
        self._marked = False
        self._work_seconds = _WORK_SECONDS[1]
        self._pages = _PAGES_AT_ONCE[1]
        self._until = 0.0
        self._steps = 0
        self.is_whole = True

    def run(self, policy: Policy, *, dry_run: bool = False) -> CleanupReport:
        """Remove the runs that a policy selects, or report what that would remove.

        Raises:
            StoreError: the database cannot be written.
        """
        return self._run(lambda connection: removable(connection, policy), dry_run=dry_run)

    def run_settings(self, policy: Policy, *, dry_run: bool = False) -> CleanupReport:
        """Do so with ages that are counted to the time that the history makes credible.

        Raises:
            StoreError: the database cannot be written.
        """
        believed = self._now

        def choose(connection: sqlite3.Connection) -> Iterable[list[RunTree]]:
            nonlocal believed
            believed = believed_time(connection, self._now)
            return removable(connection, policy.earlier(self._now - believed))

        report = self._run(choose, dry_run=dry_run)
        if policy.has_ages and self._now - believed >= _AHEAD:
            report.counted_to = believed
        return report

    def remove(self, run_id: str) -> CleanupReport:
        """Remove one run with its sub-workflows, if all of them have ended.

        Raises:
            StoreError: the database cannot be written.
        """
        return self._run(lambda connection: [one_run(connection, run_id)], dry_run=False)

    def _run(self, choose: Callable[[sqlite3.Connection], Iterable[list[RunTree]]], *, dry_run: bool) -> CleanupReport:
        before = database_bytes(self._opened.path)
        try:
            connection = connect(self._opened)
            try:
                connection.execute("PRAGMA wal_autocheckpoint = 0")  # would be taken for a slow commit
                if dry_run:
                    return _predict(connection, choose(connection), before)
                with self._waiting:
                    self._work(connection, choose)
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise explain(error, self._opened.path) from error
        return CleanupReport(
            runs=self._removed.total(),
            workflows=dict(sorted(self._removed.items())),
            bytes_before=before,
            bytes_after=database_bytes(self._opened.path),
        )

    def _work(
        self, connection: sqlite3.Connection, choose: Callable[[sqlite3.Connection], Iterable[list[RunTree]]]
    ) -> None:
        self._sweep(connection)
        for page in choose(connection):
            self._remove(connection, page)
            if self._stop.is_set():
                break
        for work in (self._remove_values, self._remove_rest, self._give_back, self._truncate):
            self.is_whole = not self._stop.is_set()
            if self.is_whole:
                work(connection)

    def _remove(self, connection: sqlite3.Connection, trees: list[RunTree]) -> None:
        left = deque(trees)

        def step() -> bool:
            for _ in range(min(len(left), _RUNS_AT_ONCE)):
                tree = left.popleft()
                if self._remove_row(connection, tree.key):
                    is_whole = self._remove_events(connection, tree.key)
                    marks = [(key,) for key in (tree.inner if is_whole else (tree.key, *tree.inner))]
                    connection.executemany("INSERT OR IGNORE INTO removals (execution) VALUES (?)", marks)
                    self._marked = self._marked or bool(marks)
                if self._is_time:
                    break
            return bool(left)

        self._repeat(connection, step)
        if self._marked and not self._stop.is_set():
            self._sweep(connection)

    def _remove_row(self, connection: sqlite3.Connection, key: int) -> bool:
        """Remove the row of a run; return False if it is gone or has been resumed."""
        row = connection.execute(
            f"DELETE FROM executions WHERE key = ? AND status IN {OVER} RETURNING id, workflow_id", (key,)
        ).fetchone()
        if row is None:
            return False
        connection.execute("DELETE FROM payload_refs WHERE execution = ?", (key,))
        connection.execute("DELETE FROM snapshots WHERE place > ? AND place < ?", (place(key, 0), place(key + 1, 0)))
        self._segments += log_segments.forget_runs(connection, [key])
        connection.execute("DELETE FROM signals WHERE execution_id = ?", (row[0],))
        connection.execute("DELETE FROM notifications WHERE execution = ?", (key,))
        self._removed[row[1]] += 1
        return True

    def _remove_events(self, connection: sqlite3.Connection, key: int) -> bool:
        """Remove events of a run until the step ends; return whether none are left."""
        query = (
            "DELETE FROM events WHERE place IN"
            " (SELECT place FROM events WHERE place > ? AND place < ? ORDER BY place LIMIT ?)"
        )
        values = (place(key, 0), place(key + 1, 0), _EVENTS_AT_ONCE)
        while connection.execute(query, values).rowcount == _EVENTS_AT_ONCE:
            if self._is_time:
                return False
        return True

    def _sweep(self, connection: sqlite3.Connection) -> None:
        """Remove the remaining rows and events of runs marked for removal."""

        def step() -> bool:
            marked = connection.execute("SELECT execution FROM removals LIMIT ?", (_RUNS_AT_ONCE,)).fetchall()
            for (key,) in marked:
                exists = "SELECT 1 FROM executions WHERE key = ?"
                is_gone = not connection.execute(exists, (key,)).fetchone() or self._remove_row(connection, key)
                if is_gone and not self._remove_events(connection, key):
                    return True
                connection.execute("DELETE FROM removals WHERE execution = ?", (key,))
                if self._is_time:
                    return True
            return len(marked) == _RUNS_AT_ONCE

        self._repeat(connection, step)
        self._marked = False

    def _remove_values(self, connection: sqlite3.Connection) -> None:
        unneeded = "NOT EXISTS (SELECT 1 FROM payload_refs ref WHERE ref.hash = payloads.hash)"
        self._step(connection, lambda: self._forget_dead_processes(connection))
        hashes = [row[0] for row in connection.execute(f"SELECT hash FROM payloads WHERE {unneeded}").fetchall()]
        for payload_hash in hashes:

            def step(name: str = payload_hash) -> bool:
                # Mark the value incomplete, so that a process that stores it again writes all parts.
                changed = connection.execute(f"UPDATE payloads SET complete = 0 WHERE hash = ? AND {unneeded}", (name,))
                if not changed.rowcount:
                    return False
                part = "SELECT rowid FROM payload_parts WHERE hash = ? LIMIT 1"
                while connection.execute(f"DELETE FROM payload_parts WHERE rowid IN ({part})", (name,)).rowcount:
                    if self._is_time:
                        return True
                connection.execute("DELETE FROM payloads WHERE hash = ?", (name,))
                return False

            self._repeat(connection, step)
            if self._stop.is_set():
                return

    def _forget_dead_processes(self, connection: sqlite3.Connection) -> bool:
        """Remove value references and unneeded marks of dead processes."""
        rows = connection.execute("SELECT key, pid, started, boot_id, host, heartbeat_at FROM owners").fetchall()
        for key, pid, started, boot_id, host, heartbeat_at in rows:
            if not self._is_alive(Owner(pid, started, boot_id, host, from_milliseconds(heartbeat_at))):
                connection.execute("DELETE FROM payload_refs WHERE execution = ?", (-key,))
                connection.execute(
                    "DELETE FROM owners WHERE key = :key AND NOT EXISTS"
                    " (SELECT 1 FROM executions WHERE status IN ('pending', 'running') AND owner = :key)",
                    {"key": key},
                )
        return False

    def _remove_rest(self, connection: sqlite3.Connection) -> None:
        """Remove log segments and plans without runs, except recent ones.

        A recently used plan may belong to a run that is being created.
        """
        log_segments.remove_unnamed(self._opened.path, connection)
        limit = to_milliseconds(self._now - _PLAN_KEPT)
        plans = connection.execute(
            "SELECT hash FROM plans WHERE used_at < ?"
            " AND hash NOT IN (SELECT plan FROM executions WHERE plan IS NOT NULL)",
            (limit,),
        ).fetchall()
        if plans:

            def step() -> bool:
                names = [(name, limit) for (name,) in plans]
                connection.executemany("DELETE FROM plans WHERE hash = ? AND used_at < ?", names)
                return False

            self._step(connection, step)

    def _give_back(self, connection: sqlite3.Connection, begun: float | None = None) -> None:
        """Return free pages to the file system, and leave the lock free.

        This runs after every step, while free pages are few: SQLite searches the list of all for each one.

        Args:
            begun: when the step began; the pause after its first pages is for both.
        """
        at = time.perf_counter() if begun is None else begun
        while connection.execute("PRAGMA freelist_count").fetchone()[0]:
            # Only executescript frees more than a single page.
            begin = time.perf_counter()
            connection.executescript(f"PRAGMA incremental_vacuum({self._pages})")
            self._pages = int(_fitting(self._pages, time.perf_counter() - begin, _PAGES_AT_ONCE))
            self._rest(connection, at)
            if self._stop.is_set():
                return
            at, begun = time.perf_counter(), None
        if begun is not None:
            self._rest(connection, begun)

    def _truncate(self, connection: sqlite3.Connection) -> None:
        """Move the log into the file, which shrinks only then."""
        empty_log(connection, _EMPTY_SECONDS)

    def _repeat(self, connection: sqlite3.Connection, step: Callable[[], bool]) -> None:
        while self._step(connection, step) and not self._stop.is_set():
            pass

    def _step(self, connection: sqlite3.Connection, work: Callable[[], bool]) -> bool:
        """Run one short transaction; return whether more work is left."""
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        held = time.perf_counter()
        self._until = held + self._work_seconds
        try:
            more = work()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._work_seconds = _fitting(self._work_seconds, time.perf_counter() - held, _WORK_SECONDS)
        log_segments.remove(self._opened.path, self._segments)
        self._segments.clear()
        self._give_back(connection, begun)
        return more

    @property
    def _is_time(self) -> bool:
        """True once a step has to end and commit."""
        return time.perf_counter() > self._until

    def _rest(self, connection: sqlite3.Connection, begun: float) -> None:
        """Leave the lock free for a while, and for as long as a writer waits for it."""
        held = time.perf_counter() - begun
        self._steps += 1
        if self._steps % _CHECKPOINT_STEPS == 0:
            restart_log(connection)
        self._stop.wait(max(_PAUSE_SECONDS, held * _FREE_SHARE))
        self._waiting.let_pass()


def _fitting(amount: float, taken: float, limits: tuple[float, float]) -> float:
    """Return the amount of work that would have held the lock as long as it may."""
    least, most = limits
    return max(least, min(most, amount * _HELD_SECONDS / max(taken, 1e-9)))


def _predict(connection: sqlite3.Connection, pages: Iterable[list[RunTree]], before: int) -> CleanupReport:
    keys: list[int] = []
    workflows: Counter[str] = Counter()
    for page in pages:
        for tree in page:
            keys += [tree.key, *tree.inner]
            workflows.update(tree.workflows)
    after = max(before - _estimate(connection, keys), 0)
    return CleanupReport(
        runs=len(keys), workflows=dict(sorted(workflows.items())), bytes_before=before, bytes_after=after, dry_run=True
    )


def _estimate(connection: sqlite3.Connection, runs: list[int]) -> int:
    """Estimate the bytes that only these runs use, for events and values."""
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("CREATE TEMP TABLE going (key INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO going VALUES (?)", [(key,) for key in runs])
    events = connection.execute(
        "SELECT sum(length(data) + 24) FROM going JOIN events ON place > key << 32 AND place < (key + 1) << 32"
    ).fetchone()[0]
    snapshots = connection.execute(
        "SELECT sum(length(data)) FROM going JOIN snapshots ON place > key << 32 AND place < (key + 1) << 32"
    ).fetchone()[0]
    logs = connection.execute(
        "SELECT sum(bytes) FROM going JOIN log_segments ON place > key << 32 AND place < (key + 1) << 32"
    ).fetchone()[0]
    values = connection.execute(
        "SELECT sum(length(data)) FROM payload_parts WHERE hash IN (SELECT hash FROM payload_refs GROUP BY hash"
        " HAVING sum(execution NOT IN (SELECT key FROM going)) = 0)"
    ).fetchone()[0]
    return (events or 0) + (snapshots or 0) + (logs or 0) + (values or 0)


def database_bytes(path: Path) -> int:
    """Return the size of the database with its journal and log segments on disk."""
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists()) + log_segments.total_bytes(path)
