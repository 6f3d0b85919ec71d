"""A database deleted, moved, replaced or updated by a newer program during use."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
from helpers import PATIENCE

from store.store_helpers import RUN, completed, created, finished_run, log, started
from wftui.model.run.events import ExecutionEvent
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.schema import VERSION
from wftui.store.sqlite.store_errors import StoreError


def delete(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def delete_file_only(path: Path) -> None:
    path.unlink()


def move(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def replace(path: Path) -> None:
    path.with_name("other").write_bytes(path.read_bytes())
    path.with_name("other").replace(path)


def delete_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("change", [delete, delete_file_only, move, replace, delete_folder])
async def test_shown_events_are_kept(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "data" / "history.db"
    store = await ExecutionStore.open(path)
    await store.append(finished_run("before"), wait=True)
    shown = await store.append([created(), started()], wait=True)
    change(path)
    for _ in range(2):
        with pytest.raises(StoreError, match="was deleted, moved or replaced while it was in use") as refused:
            await store.append([log()], wait=True)
        assert refused.value.code == "store.replaced"
    with suppress(StoreError):
        await store.close()
    kept = Path(str(refused.value).rpartition(" is kept in ")[2])
    assert kept.stat().st_mode & 0o077 == 0
    again = await ExecutionStore.open(kept)
    assert again.notice is None
    events: list[ExecutionEvent] = await again.events(RUN)
    assert [event.to_wire() for event in events[:2]] == [event.to_wire() for event in shown]
    assert len(await again.events("before")) == 5
    await again.close()


@pytest.mark.parametrize("change", [delete, delete_file_only, move, replace, delete_folder])
async def test_it_is_noticed_without_a_write(tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = tmp_path / "data" / "history.db"
    store = await ExecutionStore.open(path)
    await store.append([created(), started()], wait=True)
    await store.check_file()
    reading = store.follow(RUN)
    await anext(reading)
    change(path)
    with pytest.raises(StoreError, match="was deleted, moved or replaced while it was in use") as read:
        await anext(reading)
    assert read.value.code == "store.replaced"
    with pytest.raises(StoreError, match=" is kept in ") as noticed:
        await store.check_file()
    with suppress(StoreError):
        await store.close()
    again = await ExecutionStore.open(Path(str(noticed.value).rpartition(" is kept in ")[2]))
    assert len(await again.events(RUN)) == 2
    await again.close()


async def test_database_update_by_a_newer_program_stops_writes(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    await store.append([created(), started()], wait=True)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="a newer wftui has updated the database") as refused:
        await store.append([completed()], wait=True)
    assert refused.value.code == "store.newer"
    assert len(await store.events(RUN)) == 2
    with closing(sqlite3.connect(path)) as newer:
        assert newer.execute("SELECT status FROM executions").fetchall() == [("running",)]
    with pytest.raises(StoreError, match="a newer wftui"):
        await store.close()


async def test_update_is_noticed_without_a_write(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    await store.append([created(), started()], wait=True)
    await store.check_file()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="a newer wftui has updated the database"):
        await store.check_file()
    assert store.unusable is not None
    assert store.unusable.code == "store.newer"
    with suppress(StoreError):
        await store.close()


def test_update_stops_a_run_that_waits(tmp_path: Path) -> None:
    """The step writes nothing for ten minutes."""
    source = tmp_path / "tables" / "workflows" / "w" / "workflow.json"
    source.parent.mkdir(parents=True)
    update = (
        f"import sqlite3; c = sqlite3.connect({str(tmp_path / 'history.db')!r}); c.execute('PRAGMA user_version = 99')"
    )
    steps = [{"id": "bad", "type": "shell", "input": {"script": f'{sys.executable} -c "{update}"; sleep 600'}}]
    source.write_text(json.dumps({"format": 1, "id": "w", "steps": steps}))
    done = subprocess.run(
        [sys.executable, "-m", "wftui", "run", "w", "--db", tmp_path / "history.db", "--tables", tmp_path / "tables"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert "error[run.unrecorded] " in done.stderr
    assert "a newer wftui has updated the database" in done.stderr
    place = re.escape(f"--tables {tmp_path}/tables --db {tmp_path}/history.db")
    assert re.search(rf"can be resumed later: wftui resume \S+ {place}$", done.stderr, re.MULTILINE)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("then", ["", "; sleep 600"])
def test_deleted_database_error_names_the_saved_events(tmp_path: Path, then: str) -> None:
    source = tmp_path / "tables" / "workflows" / "w" / "workflow.json"
    source.parent.mkdir(parents=True)
    steps = [
        {"id": "first", "type": "set", "input": {"n": 1}},
        {"id": "bad", "type": "shell", "input": {"script": f"rm {tmp_path}/history.db*{then}"}},
        {"id": "last", "type": "set", "input": {"n": 2}},
    ]
    source.write_text(json.dumps({"format": 1, "id": "w", "steps": steps}))

    def wftui(*words: str, database: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "wftui", *words, "--db", str(database), "--tables", str(tmp_path / "tables")],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={**os.environ, "XDG_DATA_HOME": str(tmp_path / "user")},
            check=False,
        )

    ran = wftui("run", "w", database=tmp_path / "history.db")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    found = re.search(r"error\[run.unrecorded\].* was deleted, .* is kept in (\S+);", ran.stderr)
    assert found is not None, ran.stderr
    shown = wftui("show", "last", "--events", database=Path(found[1]))
    assert '"stepId":"first"' in shown.stdout


async def test_closing_a_replaced_database_keeps_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    old = await ExecutionStore.open(path)
    await old.append([created("old")], wait=True)
    delete(path)
    new = await ExecutionStore.open(path)
    await new.append(finished_run("new"), wait=True)
    await old.close()  # SQLite knows the log of a database by its name only
    assert path.with_name("history.db-wal").stat().st_size > 0
    await new.append(finished_run("newer"), wait=True)
    await new.close()
    again = await ExecutionStore.open(path)
    assert [run.id for run in (await again.list()).executions] == ["newer", "new"]
    await again.close()
