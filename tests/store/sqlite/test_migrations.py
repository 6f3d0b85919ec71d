"""Databases of earlier versions are migrated without loss."""

import contextlib
import sqlite3
from pathlib import Path

from store.store_helpers import START, completed, created, log, started
from wftui.model.run.events import StepWaiting
from wftui.model.run.steps import Waiting
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.schema import MIGRATIONS, VERSION


def waits_for(run: str, path: str, child: str) -> StepWaiting:
    step = path.rpartition(".")[2].partition("[")[0]
    waiting = Waiting(reason="child", child_id=child)
    return StepWaiting(run_id=run, timestamp=START, step_id=step, path=path, waiting=waiting)


def as_version_1(path: Path) -> None:
    """Take away what came later."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        indexes = [each.strip() for each in MIGRATIONS[0].split(";") if "INDEX executions_by_" in each]
        for index in indexes:
            connection.execute(f"DROP INDEX {index.split()[2]}")
        connection.execute("DROP INDEX executions_by_start_key")
        connection.execute("DROP INDEX executions_by_duration")
        connection.execute("ALTER TABLE executions DROP COLUMN start_key")
        connection.execute("ALTER TABLE executions DROP COLUMN parent_path")
        connection.execute("DROP TABLE chores")
        connection.execute("DROP TABLE snapshots")
        connection.execute("DROP TABLE notifications")
        connection.execute("DROP TABLE log_segments")
        connection.execute("DROP TABLE concurrency")
        for index in indexes:
            connection.execute(index)
        connection.execute("PRAGMA user_version = 1")
        connection.commit()


async def test_children_of_version_1_are_distinguished_from_runs_of_users(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    await store.append([created("parent"), started("parent"), log("parent", message="x" * 9000)], wait=True)
    await store.append([waits_for("parent", "build[0].deploy", "child")], wait=True)
    await store.append([created("child", parent_id="parent"), started("child")], wait=True)
    await store.append([waits_for("child", "sub", "grandchild")], wait=True)
    await store.append([created("grandchild", parent_id="child"), completed("grandchild")], wait=True)
    await store.append([created("again", parent_id="parent"), completed("again")], wait=True)
    await store.close()
    as_version_1(path)

    store = await ExecutionStore.open(path)
    paths = {run.id: run.parent_path for run in (await store.list()).executions}
    assert paths == {"parent": None, "child": "build[0].deploy", "grandchild": "sub", "again": None}
    assert len(await store.events("parent")) == 4
    await store.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == VERSION == len(MIGRATIONS)
