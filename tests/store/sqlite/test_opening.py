"""Invalid, foreign, newer, damaged, locked or read-only files: an error, no loss."""

import asyncio
import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from helpers import PATIENCE

from store.store_helpers import RUN, START, completed, created, finished_run, log, started, step_completed, ticking
from wftui.model.errors import ExitCode, UserError
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite import database as opening
from wftui.store.sqlite.schema import VERSION
from wftui.store.sqlite.store_errors import StoreError

pytest_plugins = "store.store_fixtures"


async def refusal(path: Path) -> UserError:
    with pytest.raises(StoreError) as refused:
        await ExecutionStore.open(path)
    assert refused.value.exit_code == ExitCode.FAILED
    assert str(path) in str(refused.value)
    return refused.value


async def filled(path: Path, runs: int = 3) -> None:
    store = await ExecutionStore.open(path)
    for number in range(runs):
        await store.append(finished_run(f"run-{number}", value="v" * 3000), wait=True)
    await store.close()


def can_shrink(path: Path) -> bool:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (mode,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    return bool(mode == 2)


async def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "history?#%.db"
    await filled(path)
    assert can_shrink(path)


async def test_uncreatable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert (await refusal(tmp_path / "file" / "history.db")).code == "store.unusable"


async def test_folder_is_not_a_database(tmp_path: Path) -> None:
    refused = await refusal(tmp_path)
    assert refused.code == "store.not_a_database"
    assert str(refused) == f"{tmp_path} is a folder; name a file for the database"


async def test_pipe_is_not_a_database(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused = await refusal(tmp_path / "pipe")
    assert refused.code == "store.not_a_database"
    assert str(refused) == f"{tmp_path / 'pipe'} is not a file; name one for the database"


@pytest.mark.parametrize("content", [b"just some notes\n", b"{}", b"\x00" * 5000, b"SQLite format 2\x00" + b"x" * 600])
async def test_foreign_file_is_unchanged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    assert (await refusal(path)).code == "store.not_a_database"
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    await filled(path)


async def test_foreign_database_is_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    before = path.read_bytes()
    assert (await refusal(path)).code == "store.foreign"
    assert path.read_bytes() == before


async def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await filled(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    error = await refusal(path)
    assert error.code == "store.newer"
    assert f"version {VERSION + 1}" in str(error)


@pytest.mark.parametrize("damage", ["torn", "middle", "schema"])
async def test_a_damaged_database_is_set_aside_and_its_runs_are_recovered(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "history.db"
    await filled(path, runs=20)
    content = bytearray(path.read_bytes())
    if damage == "torn":
        del content[len(content) // 2 :]
    else:
        start = 100 if damage == "schema" else len(content) // 2
        content[start : start + 3000] = os.urandom(3000)
    path.write_bytes(content)
    store = await ExecutionStore.open(path, clock=ticking(start=START))
    assert store.notice is not None
    aside, _, recovered = store.notice.partition("; ")
    assert aside == f"{path} was damaged and has been set aside as history.db.damaged-20261122-120000"
    runs = len((await store.list()).executions)
    assert recovered.startswith(f"{runs} runs of it were recovered" if runs else "no run of it could be read")
    assert runs
    await store.append([created()], wait=True)
    await store.close()
    assert (tmp_path / "history.db.damaged-20261122-120000").read_bytes() == content


async def test_wal_of_a_damaged_database_is_kept(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "live.db")
    for number in range(20):
        await store.append(finished_run(f"run-{number}", value="v" * 3000), wait=True)
    path = tmp_path / "history.db"  # as a process leaves it that was killed
    for suffix in ("", "-wal"):
        shutil.copyfile(tmp_path / f"live.db{suffix}", tmp_path / f"history.db{suffix}")
    await store.close()
    log = (tmp_path / "history.db-wal").read_bytes()
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : third + 3000] = os.urandom(3000)
    path.write_bytes(content)
    again = await ExecutionStore.open(path, clock=lambda: START)
    assert again.notice is not None
    await again.close()
    assert (tmp_path / "history.db.damaged-20261122-120000-wal").read_bytes() == log
    assert not list(tmp_path.glob("history.db-*"))


async def test_second_damaged_database_gets_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    for _ in range(2):
        await filled(path, runs=20)
        path.write_bytes(path.read_bytes()[:5000])
        await (await ExecutionStore.open(path, clock=lambda: START)).close()
    aside = [
        file.name
        for file in tmp_path.iterdir()
        if ".damaged-" in file.name and not file.name.endswith(("-wal", "-shm"))
    ]
    assert sorted(aside) == ["history.db.damaged-20261122-120000", "history.db.damaged-20261122-120000-2"]


async def test_damage_found_at_work_is_repaired_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_CHECKED_WHOLE_BYTES", 0)  # as with a file too big to be looked through each time
    path = tmp_path / "history.db"
    await filled(path, runs=40)
    content = bytearray(path.read_bytes())
    found = content.index(b"v" * 400, len(content) // 2)
    page = found - found % 512
    content[page : page + 512] = b"\xff" * 512
    path.write_bytes(content)
    store = await ExecutionStore.open(path)
    assert store.notice is None
    with pytest.raises(StoreError, match="is damaged") as met:
        for number in range(40):
            await store.get(f"run-{number}")
    assert met.value.code == "store.damaged"
    await store.close()
    again = await ExecutionStore.open(path)
    assert again.notice is not None
    await again.close()
    assert not path.with_name("history.db-damaged").exists()


async def test_errors_other_than_damage_cause_no_recovery(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await filled(path, runs=2)
    store = await ExecutionStore.open(path)
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("ALTER TABLE events RENAME TO elsewhere")
    with pytest.raises(StoreError, match="no such table") as met:
        await store.events("run-0")
    assert met.value.code == "store.unusable"
    assert not path.with_name("history.db-damaged").exists()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("ALTER TABLE elsewhere RENAME TO events")
    await store.close()
    again = await ExecutionStore.open(path)
    assert (again.notice, len(await again.events("run-0")) > 0) == (None, True)
    await again.close()


async def test_locked_database_is_reported_after_a_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wftui.store.sqlite.connection.BUSY_SECONDS", 0.05)
    path = tmp_path / "history.db"
    await filled(path)
    store = await ExecutionStore.open(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program has locked the database") as busy:
        await store.append([created()], wait=True)
    assert busy.value.code == "store.locked"
    assert len((await store.list()).executions) == 3  # reading continues
    holder.execute("ROLLBACK")
    await store.append([started()], wait=True)
    await store.append([completed()], wait=True)
    assert [event.seq for event in await store.events(RUN)] == [1, 2, 3]
    holder.close()
    await store.close()


async def test_full_disk_loses_no_accepted_event(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    await store.append([created()], wait=True)
    assert store._connection is not None
    pages = store._connection._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection._connection.execute(f"PRAGMA max_page_count = {pages + 4}")  # SQLite's own "disk full"
    with pytest.raises(StoreError, match="the disk is full") as full:
        for number in range(100):
            await store.append([step_completed(step=f"s{number}", value="v" * 500)], wait=True)
    assert full.value.code == "store.full"
    stored = len(await store.events(RUN))
    assert store._writer is not None
    while store._connection._jobs > 0:  # that of the failed write
        await asyncio.sleep(0)
    store._writer.stop()  # a retry, or the timer of an earlier group, would take the late event along
    late = asyncio.create_task(store.append([log()], wait=True))
    while store._writer._queue:  # until the thread has it; another job, such as a heartbeat, may be in front of it
        await asyncio.sleep(0)
    store._connection._thread.submit(lambda: None).result()  # it has failed, and nobody knows of it yet
    store._connection._connection.execute("PRAGMA max_page_count = 1000000")
    await store.append([completed()], wait=True)
    with pytest.raises(StoreError, match="the disk is full"):
        await late
    events = await store.events(RUN)
    assert [event.seq for event in events] == list(range(1, stored + 4))
    await store.close()


def test_file_size_limit_is_a_clear_error(tmp_path: Path) -> None:
    script = """
import asyncio, sys
from pathlib import Path
from store.store_helpers import created, step_completed
from wftui.model.errors import UserError
from wftui.store.execution_store import ExecutionStore

async def main() -> None:
    store = await ExecutionStore.open(Path(sys.argv[1]))
    try:
        await store.append([created()], wait=True)
        for number in range(1000):
            await store.append([step_completed(step=f"s{number}", value="v" * 5000)], wait=True)
    except UserError as error:
        print(error.code)
    try:
        await store.close()
    except UserError as error:
        print(error.code)

asyncio.run(main())
"""
    limit = 200_000
    answer = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "history.db")],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        check=False,
    )
    assert answer.stderr == ""
    assert set(answer.stdout.split()) <= {"store.full", "store.unusable"}
    assert answer.returncode == 0


@pytest.mark.parametrize("folder_writable", [True, False])
async def test_a_read_only_file_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder_writable: bool
) -> None:
    path = tmp_path / "history.db"
    await filled(path)
    path.chmod(0o444)
    tmp_path.chmod(0o755 if folder_writable else 0o555)
    # For root every file is writable; to everyone else these look exactly like this.
    monkeypatch.setattr("os.access", lambda asked, _: folder_writable and asked == tmp_path)
    store = await ExecutionStore.open(path)
    assert store.read_only
    assert len((await store.list()).executions) == 3
    record = await store.get("run-1")
    assert record is not None
    assert await store.take_signals(["run-1"]) == []
    for attempt in (
        store.append([created()], wait=True),
        store.cleanup(START + timedelta(days=1)),
        store.signal("run-1", "cancel", {}),
        store.put_plan("a", "b"),
    ):
        with pytest.raises(StoreError, match="is read-only") as refused:
            await attempt
        assert refused.value.code == "store.read_only"
    await store.close()
    tmp_path.chmod(0o755)
    assert folder_writable or list(tmp_path.iterdir()) == [path]


async def test_reading_a_read_only_file_while_another_process_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "history.db"
    writer = await ExecutionStore.open(path)
    await writer.append(finished_run("first"), wait=True)
    monkeypatch.setattr("os.access", lambda *_: False)
    reader = await ExecutionStore.open(path)
    assert reader.read_only
    await writer.append(finished_run("second"), wait=True)
    assert [run.id for run in (await reader.list()).executions] == ["second", "first"]
    await reader.close()
    await writer.close()


async def test_many_open_a_new_database_at_once(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    stores = await asyncio.gather(*(ExecutionStore.open(path) for _ in range(8)))
    for number, store in enumerate(stores):
        await store.append([created(f"run-{number}")], wait=True)
    assert len((await stores[0].list()).executions) == 8
    for store in stores:
        await store.close()
    assert can_shrink(path)
    assert list(tmp_path.iterdir()) == [path]
