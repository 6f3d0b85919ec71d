"""Recovery of damaged databases: intact runs are complete, others marked."""

import asyncio
import os
import random
import shutil
import sqlite3
import threading
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from store.store_helpers import START, created, finished_run, log, started, step_completed, step_started
from wftui.model.base import Json
from wftui.model.errors import NotFoundError
from wftui.model.run.events import Log
from wftui.model.run.record import ExecutionRecord
from wftui.store.execution_store import ExecutionStore
from wftui.store.recovery import salvage as salvage_module
from wftui.store.recovery.salvage import Salvaged, salvage
from wftui.store.sqlite.database import PAGE_SIZE

RUNS = 60


async def filled(path: Path) -> dict[str, ExecutionRecord]:
    """A history with short and long runs, big values, plans and unfinished runs."""
    store = await ExecutionStore.open(path, clock=lambda: START)
    plan = await store.put_plan("source " * 200, "code " * 200)
    for number in range(RUNS):
        run = f"run-{number}"
        big: Json = {"text": f"{number} " * 20_000} if number % 10 == 0 else f"{number} " * 100
        if number % 7 == 3:
            await store.append([created(run, plan=plan), started(run), step_started(run)], wait=True)
            await store.append([log(run, message=f"line {each}") for each in range(40)], wait=True)
            await store.append([step_completed(run, value=big)], wait=True)
        else:
            await store.append(finished_run(run, value=big), wait=True)
    records = {run: await whole_record(store, run) for run in [f"run-{number}" for number in range(RUNS)]}
    await store.close()
    return records


async def whole_record(store: ExecutionStore, run: str) -> ExecutionRecord:
    record = await store.get(run, window=None)
    assert record is not None
    return await store.resolve_record(record)


def damaged(path: Path, seed: int) -> None:
    """Break pages: zeros, noise, ones, single bytes, or the end of the file."""
    chance = random.Random(seed)
    content = bytearray(path.read_bytes())
    pages = len(content) // PAGE_SIZE
    kind = seed % 5
    if kind == 4:
        del content[chance.randrange(pages // 2, pages) * PAGE_SIZE + 7 :]
    for _ in range(chance.choice([1, 1, 2, 20])):
        at = chance.randrange(len(content) // PAGE_SIZE - 1) * PAGE_SIZE
        if kind == 3:
            for _ in range(8):
                content[at + chance.randrange(PAGE_SIZE)] ^= 1 << chance.randrange(8)
        elif kind < 3:
            content[at : at + PAGE_SIZE] = (bytes(PAGE_SIZE), chance.randbytes(PAGE_SIZE), b"\xff" * PAGE_SIZE)[kind]
    path.write_bytes(content)


@pytest.mark.first_cases(8)
@pytest.mark.parametrize("seed", range(25))
async def test_runs_survive_damaged_pages(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "history.db"
    before = await filled(path)
    damaged(path, seed)
    path.with_name("history.db-damaged").touch()  # found while working: the next start looks at all pages
    bytes_before = path.read_bytes()
    store = await ExecutionStore.open(path, clock=lambda: START)
    if store.notice is None:  # a page that is not in use, or a byte that SQLite does not look at
        await store.close()
        return
    aside = tmp_path / "history.db.damaged-20261122-120000"
    assert aside.read_bytes() == bytes_before
    listed = [run.id for run in (await store.list(limit=200)).executions]
    assert f"{len(listed)} run" in store.notice or not listed
    intact = 0
    for run in listed:
        record = await store.get(run, window=None)
        assert record is not None
        assert record.status == next(each.status for each in (await store.list(limit=200)).executions if each.id == run)
        events = await store.events(run)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        if any("the database was damaged" in getattr(event, "message", "") for event in events):
            assert record.status == before[run].status or record.status == "failed"
        else:
            intact += 1
            try:
                assert (await store.resolve_record(record)).to_wire() == before[run].to_wire()
            except NotFoundError:  # its big value is lost, and says so
                assert int(run.partition("-")[2]) % 10 == 0
            except AssertionError:
                assert seed % 5 == 3  # a changed byte within a text cannot be found
    assert len(listed) >= RUNS - 3 * 20
    await store.append(finished_run("new"), wait=True)
    await store.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert not list(tmp_path.glob("history.db-*"))


async def test_bad_page_loses_only_its_runs(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await filled(path)
    content = bytearray(path.read_bytes())
    at = content.index(b"line 20")
    page = at - at % PAGE_SIZE
    content[page : page + PAGE_SIZE] = b"\xff" * PAGE_SIZE
    path.write_bytes(content)
    path.with_name("history.db-damaged").touch()
    store = await ExecutionStore.open(path, clock=lambda: START)
    assert store.notice is not None
    assert f"; {RUNS} runs of it were recovered, 1 with lost events" in store.notice
    failed = [run for run in (await store.list(limit=200)).executions if run.status == "failed"]
    assert len(failed) == 1
    assert failed[0].error is not None
    assert failed[0].error.type == "store.damaged"
    await store.close()


async def test_a_run_with_several_gaps_has_one_warning(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for message in ("line 10", "line 20"):
            lost = connection.execute("DELETE FROM events WHERE CAST(data AS TEXT) LIKE ?", (f"%{message}%",))
            assert lost.rowcount > 0
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with path.open("r+b") as file:
        file.write(bytes(PAGE_SIZE))
    store = await ExecutionStore.open(path, clock=lambda: START)
    assert store.notice is not None
    lines, _ = await store.logs("run-3", after=0)
    await store.close()
    assert [each.message for each in lines if isinstance(each, Log) and each.level == "warn"] == [
        "the database was damaged: events of this run are lost here"
    ]


FIRST_PAGE = {
    "zeros": (0, bytes(PAGE_SIZE)),
    "zeros of a disk block": (0, bytes(4096)),
    "text": (0, b"another program wrote here " * 30),
    "signature": (5, b"\x00"),
    "page size": (16, b"\x00\x03"),
    "greater page size": (16, b"\x10\x00"),
    "format version": (18, b"\x09\x09"),
    "version of the tables": (60, b"\x7f\xff\xff\xff"),
    "application": (68, b"SQLi"),
    "tree": (100, b"\xff" * (PAGE_SIZE - 100)),
}


@pytest.mark.parametrize("kind", FIRST_PAGE)
async def test_damaged_first_page_loses_no_run(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "history.db"
    before = await filled(path)
    at, damage = FIRST_PAGE[kind]
    content = bytearray(path.read_bytes())
    content[at : at + len(damage)] = damage
    path.write_bytes(content)
    store = await ExecutionStore.open(path, clock=lambda: START)
    assert store.notice is not None
    assert f"; {RUNS} runs of it were recovered" in store.notice
    runs = {run: await whole_record(store, run) for run in before}
    await store.close()
    unlike = [run for run in before if runs[run].to_wire() != before[run].to_wire()]
    assert not unlike or (kind == "zeros of a disk block" and len(unlike) <= 9)  # runs that have not ended
    assert (tmp_path / "history.db.damaged-20261122-120000").read_bytes() == content


@pytest.mark.parametrize("log", [False, True], ids=["file", "log"])
async def test_damaged_page_that_leads_to_others_loses_nothing(tmp_path: Path, log: bool) -> None:
    path = tmp_path / "history.db"
    before = await filled(path)
    with closing(sqlite3.connect(path)) as connection:
        roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'"))
        if log:  # the rows are in the log only when the process ends without a checkpoint
            connection.execute("UPDATE events SET at = at")
            connection.commit()
            shutil.copyfile(path.with_name("history.db-wal"), tmp_path / "kept")
    if log:
        (tmp_path / "kept").replace(path.with_name("history.db-wal"))
    content = bytearray(path.read_bytes())
    for name in ("events", "executions", "payload_parts"):
        at = (roots[name] - 1) * PAGE_SIZE
        content[at : at + PAGE_SIZE] = b"\xff" * PAGE_SIZE
    path.write_bytes(content)
    path.with_name("history.db-damaged").touch()
    store = await ExecutionStore.open(path, clock=lambda: START)
    runs = {run: await whole_record(store, run) for run in before}
    await store.close()
    assert {run: record.to_wire() for run, record in runs.items()} == {
        run: record.to_wire() for run, record in before.items()
    }


async def test_removed_runs_are_not_recovered(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await filled(path)
    store = await ExecutionStore.open(path, clock=lambda: START)
    for run in ("run-0", "run-1", "run-2"):
        await store.delete(run)
    await store.close()
    content = bytearray(path.read_bytes())
    content[:PAGE_SIZE] = bytes(PAGE_SIZE)
    path.write_bytes(content)
    store = await ExecutionStore.open(path, clock=lambda: START)
    listed = {run.id for run in (await store.list(limit=200)).executions}
    await store.close()
    assert listed == {f"run-{number}" for number in range(3, RUNS)}


async def test_stopped_recovery_keeps_the_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.db"
    await filled(path)
    damaged(path, 1)
    path.with_name("history.db-damaged").touch()
    content = path.read_bytes()
    reached, resume = threading.Event(), threading.Event()

    def slow(*arguments: object) -> object:
        reached.set()
        resume.wait()
        return salvage(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("wftui.store.recovery.salvage.salvage", slow)
    opening = asyncio.create_task(ExecutionStore.open(path, clock=lambda: START))
    await asyncio.to_thread(reached.wait)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    resume.set()
    monkeypatch.undo()
    store = await ExecutionStore.open(path, clock=lambda: START)  # waits for the one that ends
    assert store.notice is not None
    assert "recovered" in store.notice
    await store.close()
    aside = tmp_path / "history.db.damaged-20261122-120000"
    assert aside.read_bytes() == content


async def test_files_of_a_killed_recovery_are_replaced(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await filled(path)
    damaged(path, 1)
    for suffix in ("-recovering", "-recovering-wal", "-recovering-shm"):
        path.with_name(path.name + suffix).write_bytes(b"half a page" * 1000)
    store = await ExecutionStore.open(path, clock=lambda: START)
    assert store.notice is not None
    assert "recovered" in store.notice
    await store.close()
    assert [each.name for each in tmp_path.iterdir() if "recovering" in each.name] == []


async def test_unreadable_history(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await filled(path)
    content = path.read_bytes()
    path.write_bytes(content[:100] + os.urandom(len(content) - 100))
    shutil.copyfile(path, tmp_path / "copy")
    store = await ExecutionStore.open(path, clock=lambda: START)
    assert store.notice is not None
    assert store.notice.endswith("; no run of it could be read")
    assert (await store.list()).executions == []
    await store.close()


@pytest.mark.parametrize(
    ("runs", "damaged", "sentence"),
    [
        (0, 0, "no run of it could be read"),
        (1, 0, "1 run of it was recovered"),
        (1, 1, "1 run of it was recovered, 1 with lost events"),
        (1200, 1100, "1,200 runs of it were recovered, 1,100 with lost events"),
    ],
)
def test_what_was_recovered_is_a_sentence(runs: int, damaged: int, sentence: str) -> None:
    assert Salvaged(runs, damaged).sentence() == sentence


async def test_recovery_reports_its_progress_and_keeps_only_whole_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "history.db"
    told: list[str] = []
    before = await filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        names = [row[0] for row in connection.execute("SELECT hash FROM payloads ORDER BY hash")]
        connection.execute("UPDATE payload_parts SET data = x'00' WHERE hash = ?", (names[0],))
        connection.execute("UPDATE payload_parts SET start = 1 WHERE hash = ?", (names[1],))
        connection.execute("UPDATE payload_parts SET data = ? WHERE hash = ?", (zlib.compress(b"x"), names[2]))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    monkeypatch.setattr(salvage_module, "_GROUP", 7)
    monkeypatch.setattr(salvage_module, "_REPORTED_RUNS", 25)
    fresh = tmp_path / "fresh.db"
    await (await ExecutionStore.open(fresh)).close()
    found = salvage(path, fresh, START, told.append, lambda: False)
    assert (found.runs, found.damaged) == (RUNS, 0)
    assert told == [f"recovering the damaged history: {number} runs so far" for number in (25, 50)]
    store = await ExecutionStore.open(fresh)
    lost = 0
    for run, record in before.items():
        try:
            assert (await whole_record(store, run)).to_wire() == record.to_wire()
        except NotFoundError:
            lost += 1
    assert lost == 3
    await store.close()
    with closing(sqlite3.connect(fresh)) as connection:
        assert sorted(row[0] for row in connection.execute("SELECT hash FROM payloads")) == names[3:]
        assert {row[0] for row in connection.execute("SELECT hash FROM payload_refs")} == set(names[3:])


async def test_a_recovery_that_is_stopped_says_so(tmp_path: Path) -> None:
    await filled(tmp_path / "history.db")
    await (await ExecutionStore.open(tmp_path / "fresh.db")).close()
    with pytest.raises(sqlite3.OperationalError) as stopped:
        salvage(tmp_path / "history.db", tmp_path / "fresh.db", START, print, lambda: True)
    assert stopped.value.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
