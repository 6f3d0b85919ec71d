"""Moving the log into the file, beside everything else."""

import asyncio
import contextlib
import itertools
import os
import sqlite3
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import PATIENCE, wait_until

from store.store_helpers import completed, created, log
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite import checkpoints
from wftui.store.sqlite.checkpoints import Checkpoints, empty_log, restart_log
from wftui.store.sqlite.schema import VERSION
from wftui.store.sqlite.waiting_writers import WaitingWriters


async def test_running_older_program_keeps_the_schema_version(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    # Enough for a checkpoint, which writes the version.
    await store.append([created("run"), *(log("run", message="x" * 3000) for _ in range(2500))], wait=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    await store.close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == VERSION + 1


async def test_closing_with_a_long_wal_in_use_is_quiet(tmp_path: Path) -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context))
    path = tmp_path / "history.db"
    other = await ExecutionStore.open(path)
    store = await ExecutionStore.open(path)
    await store.append([created("run"), *(log("run", message="x" * 3000) for _ in range(2500))], wait=True)
    await store.append([completed("run")], wait=True)
    await store.close()
    await asyncio.sleep(0)
    await other.close()
    assert reported == []


async def test_the_log_is_left_alone_while_a_reader_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, attempts = [0.0], [0.0]
    monkeypatch.setattr(checkpoints, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def is_read(_connection: sqlite3.Connection, _seconds: float) -> bool:
        attempts.append(clock[0])
        return False

    monkeypatch.setattr(checkpoints, "empty_log", is_read)
    monkeypatch.setattr(checkpoints, "_RESTART_BYTES", 0)
    monkeypatch.setattr(checkpoints, "_PASSIVE_BYTES", 0)
    store = await ExecutionStore.open(tmp_path / "history.db")
    await store.append([created("run")], wait=True)
    for _ in range(300):
        clock[0] += 0.1
        await store.append([log("run")], wait=True)
        checkpoint = store._writing()[0]._checkpoints._running
        if checkpoint is not None:
            await asyncio.wrap_future(checkpoint)
    await store.close()
    between = [round(after - before) for before, after in itertools.pairwise(attempts)]
    assert 5 <= len(between) <= 8, "in 30 seconds"
    assert max(between) < 9
    assert between[1:] == sorted(between[1:])


def test_writers_continue_while_the_log_waits_for_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    attempts: list[str] = []
    with contextlib.ExitStack() as stack:

        def opened() -> sqlite3.Connection:
            connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            return stack.enter_context(contextlib.closing(connection))

        writer, reader, emptying = opened(), opened(), opened()
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE rows (data)")
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM rows").fetchone() == (0,)
        writer.execute("INSERT INTO rows VALUES (0)")
        emptying.set_trace_callback(attempts.append)
        thread = threading.Thread(target=empty_log, args=(emptying, 2 * PATIENCE))
        thread.start()
        wait_until(lambda: "PRAGMA wal_checkpoint(TRUNCATE)" in attempts)
        for number in range(10):
            writer.execute("INSERT INTO rows VALUES (?)", (number,))
        assert thread.is_alive()
        reader.execute("ROLLBACK")
        thread.join()
        assert path.with_name("history.db-wal").stat().st_size == 0


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the log at its checkpoints, each made before its commit returns."""
    sizes: list[int] = []
    make = Checkpoints._checkpoint

    def counted(self: Checkpoints, size: int) -> None:
        sizes.append(size)
        make(self, size)

    monkeypatch.setattr(Checkpoints, "_checkpoint", counted)
    when_due = Checkpoints.when_due

    def waited(self: Checkpoints) -> None:
        when_due(self)
        if self._running is not None:
            self._running.result()

    monkeypatch.setattr(Checkpoints, "when_due", waited)
    return sizes


async def test_a_long_log_is_not_moved_again_before_it_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: list[int]
) -> None:
    monkeypatch.setattr(checkpoints, "_PASSIVE_BYTES", 500_000)
    store = await ExecutionStore.open(tmp_path / "history.db")
    await store.append([created("run"), *(log("run", message="x" * 3000) for _ in range(300))], wait=True)
    assert len(made) == 1
    for _ in range(50):
        await store.append([log("run")], wait=True)
    assert len(made) == 1
    await store.append([log("run", message="x" * 3000) for _ in range(600)], wait=True)
    assert len(made) == 2
    assert made[1] > made[0] + 500_000
    await store.close()


async def test_checkpoints_are_left_to_a_cleanup_that_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: list[int]
) -> None:
    monkeypatch.setattr(checkpoints, "_PASSIVE_BYTES", 500_000)
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    with WaitingWriters(path) as cleanup:
        cleanup.let_pass()
        await store.append([created("run"), *(log("run", message="x" * 3000) for _ in range(300))], wait=True)
        assert made == []
        os.utime(path.with_name("history.db-turn"), (0, 0))  # as of one that was killed
        await store.append([log("run")], wait=True)
        assert len(made) == 1
    await store.close()


def test_the_log_restarts_beside_a_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write in the middle of each move keeps SQLite from syncing before the lock."""
    path = tmp_path / "history.db"
    synced: list[int] = []
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE rows (data)")

        def sync(descriptor: int) -> None:
            synced.append(os.fstat(descriptor).st_ino)
            writer.execute("INSERT INTO rows VALUES (zeroblob(10000))")

        monkeypatch.setattr(os, "fsync", sync)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as moving:
            for _ in range(20):
                writer.execute("INSERT INTO rows VALUES (zeroblob(100000))")
                restart_log(moving)
        assert synced == [path.stat().st_ino] * 20
        assert path.with_name("history.db-wal").stat().st_size < 300_000
        assert writer.execute("SELECT count(*) FROM rows").fetchone() == (40,)
