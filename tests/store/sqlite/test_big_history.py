"""A big history of the first version is updated in bounded memory, in parts.

`WFTUI_HISTORY_RUNS=1000000` makes a bigger one.
"""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.schema import APPLICATION_ID, MIGRATIONS, VERSION

RUNS = int(os.environ.get("WFTUI_HISTORY_RUNS", "25000"))
EVENTS = {1: 1, 2: 2, 3: 8, 4: 4}
"""Type of event by number; 8 is that of the step that waits for a child run, every fifth run."""
MEMORY_BYTES = 128 * 1024 * 1024

FILL = """
INSERT INTO executions
    (key, id, workflow_id, status, user_id, created_at, parent_id, workflow_version, workflow_hash)
WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ?)
SELECT i, 'run-' || i, 'flow-' || i % 20, iif(i % 10, 'completed', 'failed'), 'ann', 1700000000000 + i,
    iif(i % 5, NULL, 'run-' || (i - 1)), '1', hex(randomblob(8))
FROM number
"""
FILL_EVENTS = """
INSERT INTO events (place, type, at, data)
SELECT (key << 32) + seq, type, created_at, iif(type = 8, json_object(
    'path', 'child', 'waiting', json_object('reason', 'child', 'childId', 'run-' || (key + 1))), '{"path":"step"}')
FROM executions CROSS JOIN (SELECT value ->> 0 AS seq, value ->> 1 AS type FROM json_each(?))
WHERE type <> 8 OR key % 5 = 4
"""


@pytest.fixture(scope="module")
def first_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history as the first version of the tables has it."""
    path = tmp_path_factory.mktemp("history") / "first.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA page_size = 512; PRAGMA auto_vacuum = INCREMENTAL;" + MIGRATIONS[0])
        connection.execute(FILL, [RUNS])
        connection.execute(FILL_EVENTS, [str([list(item) for item in EVENTS.items()])])
        connection.commit()
        connection.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1")
    return path


def assert_updated(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        counted = connection.execute("SELECT count(*), count(parent_id), count(parent_path) FROM executions").fetchone()
        assert counted == (RUNS, RUNS // 5, RUNS // 5)
        assert connection.execute("SELECT DISTINCT parent_path FROM executions").fetchall() == [(None,), ("child",)]
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (3 * RUNS + RUNS // 5,)


def test_migration_reports_progress_in_bounded_memory(
    first_version: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    path = tmp_path / "history.db"
    shutil.copyfile(first_version, path)
    before = path.stat().st_size
    # Not `ru_maxrss`: a process inherits that of the one that started it.
    script = (
        "import sys; from pathlib import Path; from wftui.cli.main import main; code = main(sys.argv[1:]);"
        "status = Path('/proc/self/status'); lines = status.read_text().splitlines() if status.exists() else [];"
        "print(*[line.split()[1] for line in lines if line.startswith('VmHWM')] or [0]); sys.exit(code)"
    )
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script, "history", "--limit", "1", "--db", str(path)], capture_output=True, text=True
    )
    seconds = time.monotonic() - started
    assert done.returncode == 0, done.stderr
    for number in range(1, VERSION):
        assert f"step {number} of {VERSION - 1}, about {RUNS:,} runs; stopping it loses nothing" in done.stderr
    used = int(done.stdout.split()[-1]) * 1024
    record_property("figure", f"{RUNS:,} runs in {seconds:,.0f} s with {used / 1e6:,.0f} MB of memory")
    assert used < MEMORY_BYTES
    assert path.stat().st_size < 1.2 * before
    assert_updated(path)
    path.unlink()


@pytest.mark.parametrize("step", range(1, VERSION))
async def test_it_is_stopped_and_continued(first_version: Path, tmp_path: Path, step: int) -> None:
    path = tmp_path / "history.db"
    shutil.copyfile(first_version, path)
    loop = asyncio.get_running_loop()

    def stop(sentence: str) -> None:
        if f"step {step} of" in sentence:
            loop.call_soon_threadsafe(opening.cancel)

    opening = asyncio.ensure_future(ExecutionStore.open(path, tell=stop))
    with pytest.raises(asyncio.CancelledError):
        await opening
    store = await ExecutionStore.open(path)
    await store.close()
    assert_updated(path)
    path.unlink()
