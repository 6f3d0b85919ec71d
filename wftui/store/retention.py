"""Removing old runs: in small steps that hold up nobody, and so that the file really shrinks.

Never touched: a run that is not over, and a child of one. A run's row goes first, so that no reader ever meets half a
run; its events follow, and what a killed cleanup left is finished by the next. Values go when no run refers to them
and no live process is about to.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from wftui.model.base import Json
from wftui.model.execution import CleanupReport
from wftui.store.database import Opened, connect
from wftui.store.errors import explain
from wftui.store.owners import Owner
from wftui.store.schema import place
from wftui.store.times import from_milliseconds, to_milliseconds

_RUNS_AT_ONCE = 200
_EVENTS_AT_ONCE = 2_000
_PARTS_AT_ONCE = 8
_PAGES_AT_ONCE = 500
_CHECKPOINT_PAGES = 16_000
_PAUSE_SECONDS = 0.002
_TRUNCATE_SECONDS = 1.0
_PLAN_KEPT = timedelta(hours=1)
_OVER = "('completed', 'failed', 'cancelled', 'interrupted')"

Alive = Callable[[Owner], bool]


@dataclass(frozen=True, slots=True)
class Policy:
    """Which runs go.

    Attributes:
        older_than: those that were over before this moment; None: whatever their age.
        keep: of each workflow, the newest so many stay whatever their age.
        workflow_id: of this workflow only.
        execution_id: this run only.
    """

    older_than: datetime | None = None
    keep: int | None = None
    workflow_id: str | None = None
    execution_id: str | None = None


class Cleanup:
    """One cleanup, on a connection of its own; blocks, so it belongs in a thread. `stop` ends it early, in order."""

    def __init__(self, opened: Opened, now: datetime, is_alive: Alive) -> None:
        self._opened = opened
        self._now = now
        self._is_alive = is_alive
        self.stop = threading.Event()

    def run(self, policy: Policy, *, dry_run: bool) -> CleanupReport:
        """Remove what the policy says, or find out what that would be.

        Raises:
            StoreError: the database cannot be written.
        """
        before = _size(self._opened.path)
        try:
            connection = connect(self._opened)
            try:
                connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
                runs = _removable(connection, policy)
                if dry_run:
                    after = before - _estimate(connection, runs)
                    return CleanupReport(runs=len(runs), bytes_before=before, bytes_after=max(after, 0), dry_run=True)
                removed = self._remove_runs(connection, runs)
                self._remove_events(connection)
                self._remove_values(connection)
                self._remove_rest(connection)
                self._give_back(connection)
                self._truncate(connection)
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise explain(error, self._opened.path) from error
        return CleanupReport(runs=removed, bytes_before=before, bytes_after=_size(self._opened.path))

    def _remove_runs(self, connection: sqlite3.Connection, runs: list[int]) -> int:
        removed = 0
        for start in range(0, len(runs), _RUNS_AT_ONCE):

            def step(keys: list[int] = runs[start : start + _RUNS_AT_ONCE]) -> int:
                count = 0
                for key in keys:
                    # It may have been resumed since the list was made.
                    row = connection.execute(
                        f"DELETE FROM executions WHERE key = ? AND status IN {_OVER} RETURNING id", (key,)
                    ).fetchone()
                    if row is None:
                        continue
                    connection.execute("INSERT INTO removals (execution) VALUES (?)", (key,))
                    connection.execute("DELETE FROM payload_refs WHERE execution = ?", (key,))
                    connection.execute("DELETE FROM signals WHERE execution_id = ?", (row[0],))
                    count += 1
                return count

            removed += self._step(connection, step)
            if self.stop.is_set():
                break
        return removed

    def _remove_events(self, connection: sqlite3.Connection) -> None:
        def step() -> int:
            left = _EVENTS_AT_ONCE
            for (key,) in connection.execute("SELECT execution FROM removals LIMIT ?", (_RUNS_AT_ONCE,)).fetchall():
                left -= connection.execute(
                    "DELETE FROM events WHERE place IN"
                    " (SELECT place FROM events WHERE place > ? AND place < ? ORDER BY place LIMIT ?)",
                    (place(key, 0), place(key + 1, 0), left),
                ).rowcount
                if left <= 0:
                    return 1
                connection.execute("DELETE FROM removals WHERE execution = ?", (key,))
            return connection.execute("SELECT count(*) FROM removals").fetchone()[0]  # type: ignore[no-any-return]

        self._repeat(connection, step)

    def _remove_values(self, connection: sqlite3.Connection) -> None:
        unneeded = "NOT EXISTS (SELECT 1 FROM payload_refs ref WHERE ref.hash = payloads.hash)"
        self._step(connection, lambda: self._let_go(connection))
        hashes = [row[0] for row in connection.execute(f"SELECT hash FROM payloads WHERE {unneeded}").fetchall()]
        for payload_hash in hashes:

            def step(name: str = payload_hash) -> int:
                # Incomplete from here on, so that a process that stores the same value again writes it again.
                changed = connection.execute(f"UPDATE payloads SET complete = 0 WHERE hash = ? AND {unneeded}", (name,))
                if not changed.rowcount:
                    return 0
                deleted = connection.execute(
                    "DELETE FROM payload_parts WHERE rowid IN (SELECT rowid FROM payload_parts WHERE hash = ? LIMIT ?)",
                    (name, _PARTS_AT_ONCE),
                ).rowcount
                if deleted < _PARTS_AT_ONCE:
                    connection.execute("DELETE FROM payloads WHERE hash = ?", (name,))
                    return 0
                return 1

            self._repeat(connection, step)

    def _let_go(self, connection: sqlite3.Connection) -> int:
        """Forget processes that are gone: what they held, and their marks where no run needs them."""
        rows = connection.execute("SELECT key, pid, started, boot_id, host, heartbeat_at FROM owners").fetchall()
        for key, pid, started, boot_id, host, heartbeat_at in rows:
            if not self._is_alive(Owner(pid, started, boot_id, host, from_milliseconds(heartbeat_at))):
                connection.execute("DELETE FROM payload_refs WHERE execution = ?", (-key,))
                connection.execute(
                    "DELETE FROM owners WHERE key = ?1 AND NOT EXISTS"
                    " (SELECT 1 FROM executions WHERE status IN ('pending', 'running') AND owner = ?1)",
                    (key,),
                )
        return 0

    def _remove_rest(self, connection: sqlite3.Connection) -> None:
        """Plans that no run was started with; one used lately may belong to a run that is just being created."""
        plans = [
            row[0]
            for row in connection.execute(
                "SELECT hash FROM plans WHERE used_at < ?"
                " AND hash NOT IN (SELECT plan FROM executions WHERE plan IS NOT NULL)",
                (to_milliseconds(self._now - _PLAN_KEPT),),
            ).fetchall()
        ]
        if plans:
            limit = to_milliseconds(self._now - _PLAN_KEPT)
            self._step(
                connection,
                lambda: (
                    connection.executemany(
                        "DELETE FROM plans WHERE hash = ? AND used_at < ?", [(name, limit) for name in plans]
                    ).rowcount
                ),
            )

    def _give_back(self, connection: sqlite3.Connection) -> None:
        """Return the free pages to the file system.

        After every step, while they are few: SQLite looks for each in the list of all.
        """
        while not self.stop.is_set() and connection.execute("PRAGMA freelist_count").fetchone()[0]:
            # Anything short of executescript frees a single page.
            connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")

    def _truncate(self, connection: sqlite3.Connection) -> None:
        """Bring the log into the file, whose size follows only then."""
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        connection.execute(f"PRAGMA busy_timeout = {int(_TRUNCATE_SECONDS * 1000)}")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _repeat(self, connection: sqlite3.Connection, step: Callable[[], int]) -> None:
        while not self.stop.is_set() and self._step(connection, step):
            pass

    def _step(self, connection: sqlite3.Connection, work: Callable[[], int]) -> int:
        """One short transaction, and a pause in which waiting writers get their turn."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._give_back(connection)
        time.sleep(_PAUSE_SECONDS)
        return result


def _removable(connection: sqlite3.Connection, policy: Policy) -> list[int]:
    conditions = [
        f"run.status IN {_OVER}",
        "NOT EXISTS (SELECT 1 FROM executions parent WHERE parent.id = run.parent_id"
        f" AND parent.status NOT IN {_OVER})",
    ]
    values: list[Json] = []
    if policy.older_than is not None:
        conditions.append("coalesce(run.completed_at, run.created_at) < ?")
        values.append(to_milliseconds(policy.older_than))
    for column, value in (("workflow_id", policy.workflow_id), ("id", policy.execution_id)):
        if value is not None:
            conditions.append(f"run.{column} = ?")
            values.append(value)
    if policy.keep is not None:
        conditions.append(
            "run.key NOT IN (SELECT key FROM (SELECT key, row_number() OVER"
            " (PARTITION BY workflow_id ORDER BY created_at DESC, id DESC) AS place FROM executions) WHERE place <= ?)"
        )
        values.append(policy.keep)
    where = " AND ".join(conditions)
    return [row[0] for row in connection.execute(f"SELECT run.key FROM executions run WHERE {where}", values)]


def _estimate(connection: sqlite3.Connection, runs: list[int]) -> int:
    """Bytes that the events and values of some runs take; values they share with other runs do not count."""
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("CREATE TEMP TABLE going (key INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO going VALUES (?)", [(key,) for key in runs])
    events = connection.execute(
        "SELECT sum(length(data) + 24) FROM going JOIN events ON place > key << 32 AND place < (key + 1) << 32"
    ).fetchone()[0]
    values = connection.execute(
        "SELECT sum(length(data)) FROM payload_parts WHERE hash IN (SELECT hash FROM payload_refs GROUP BY hash"
        " HAVING sum(execution NOT IN (SELECT key FROM going)) = 0)"
    ).fetchone()[0]
    return (events or 0) + (values or 0)


def _size(path: Path) -> int:
    """Bytes of the database with its log."""
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
