"""Moving the log into the file, beside everything else."""

import asyncio
import contextlib
import sqlite3
import threading
from pathlib import Path
from typing import Any

from helpers import PATIENCE, wait_until

from store.store_helpers import completed, created, log
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.checkpoints import empty_log
from wftui.store.sqlite.schema import VERSION


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


def test_writers_continue_while_the_log_waits_for_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    attempts: list[str] = []
    with contextlib.ExitStack() as stack:

        def opened() -> sqlite3.Connection:
            connection = sqlite3.connect(path, PATIENCE, isolation_level=None, check_same_thread=False)
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
