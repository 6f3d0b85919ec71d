"""Many processes on one database, and processes that die at the worst moment."""

import asyncio
import contextlib
import os
import random
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest
from helpers import patience, until

from store.store_helpers import RUN, completed, created, interrupted, log, resumed, started
from wftui.model.run.reducer import fold
from wftui.store.events import event_log
from wftui.store.events.event_log import RunProgress
from wftui.store.events.followers import Followers
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.database import OpenedDatabase
from wftui.store.sqlite.reader import Reader
from wftui.store.sqlite.store_errors import StoreConflict

pytest_plugins = "store.store_fixtures"

SCRIPT = Path(__file__).with_name("store_process.py")


async def start(mode: str, database: Path, run: str = RUN, count: int = 0) -> Process:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [str(SCRIPT), mode, str(database), run, str(count)]
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
    )


async def numbers(process: Process) -> list[int]:
    out, err = await process.communicate(b"")
    assert (err.decode(), process.returncode) == ("", 0)
    return [int(line) for line in out.split()]


def integrity(database: Path) -> str:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


@pytest.mark.slow
@pytest.mark.parametrize("steps", [30, pytest.param(300, marks=pytest.mark.slow)])
async def test_writers_followers_and_cleanup_lose_no_event(database: Path, steps: int) -> None:
    runs = [f"run-{number}" for number in range(4)]
    store = await ExecutionStore.open(database)
    for number in range(30):
        await store.append(
            [created(f"old-{number}", workflow="old"), started(f"old-{number}"), log(f"old-{number}")], wait=False
        )
        await store.update(f"old-{number}", {"status": "completed"})
    followers = [await start("follow", database, run) for run in runs]
    cleaner = await start("cleanup", database, "old", count=1)
    writers = [await start("write", database, run, steps) for run in runs]
    written = await asyncio.gather(*map(numbers, writers))
    seen = await asyncio.gather(*map(numbers, followers))
    total = 2 + 3 * steps + 1
    assert await numbers(cleaner) == [30]
    assert seen == [list(range(1, total + 1))] * 4
    assert [shown[-1] for shown in written] == [total] * 4
    assert {run.id: run.status for run in (await store.list()).executions} == dict.fromkeys(runs, "completed")
    await store.close()
    assert integrity(database) == "ok"


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 20))])
async def test_kill_loses_no_shown_event(database: Path, seed: int) -> None:
    writer = await start("write", database)
    follower = await start("follow", database)
    assert writer.stdout is not None
    assert follower.stdout is not None
    shown = 0
    for _ in range(random.Random(seed).randrange(1, 120)):
        shown = int(await writer.stdout.readline())
    writer.kill()
    rest, errors = await writer.communicate()
    lines = rest.splitlines(keepends=True)
    shown = max([shown, *(int(line) for line in lines if line.endswith(b"\n"))])
    assert errors == b""

    store = await ExecutionStore.open(database)
    events = await store.events(RUN, limit=100_000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert len(events) >= shown
    assert await store.orphans() == [RUN]
    record = await store.get(RUN)
    assert record == fold(RUN, events)
    assert record is not None
    assert record.status == "running"
    for step in record.step_results:
        if step.status == "completed":
            await store.resolve(step.output)

    await store.update(RUN, {"status": "interrupted"})
    seen, errors = await follower.communicate()
    assert [int(number) for number in seen.split()] == list(range(1, len(events) + 2))
    assert (errors, follower.returncode) == (b"", 0)
    await store.claim(RUN)
    await store.update(RUN, {"status": "completed"})
    await store.close()
    assert integrity(database) == "ok"


@pytest.mark.slow
async def test_one_of_many_claims_wins(store: ExecutionStore, database: Path) -> None:
    async def reported(process: Process) -> int:
        assert process.stdout is not None
        return int(await process.stdout.readline())

    await store.append([created(), started(), interrupted()], wait=True)
    dead = await start("claim", database)
    assert await reported(dead) == 1
    with pytest.raises(StoreConflict, match=f"pid {dead.pid}"):
        await store.claim(RUN)
    dead.kill()  # claimed, and never resumed
    await dead.wait()
    racing = [await start("claim", database) for _ in range(4)]
    claims = [await reported(process) for process in racing]
    assert sorted(claims) == [0, 0, 0, 1]
    with pytest.raises(StoreConflict, match=f"pid {racing[claims.index(1)].pid}"):
        await store.claim(RUN)
    await asyncio.gather(*map(numbers, racing))
    await store.claim(RUN)
    (again,) = await store.append([resumed()], wait=True)
    assert again.seq == 4


async def test_second_process_watches_all_events(store: ExecutionStore, database: Path) -> None:
    await store.append([created(), started()], wait=True)
    follower = await start("follow", database)
    assert follower.stdout is not None
    assert [int(await follower.stdout.readline()) for _ in range(2)] == [1, 2]
    for number in range(3, 8):
        await store.append([log(message=str(number))], wait=False)
        assert int(await follower.stdout.readline()) == number
    await store.update(RUN, {"status": "completed"})
    assert await numbers(follower) == [8]


class Counted(RunProgress):
    """Counts how often it is asked."""

    versions = looks = 0

    async def version(self) -> int:
        self.versions += 1
        return await super().version()

    async def last_places(self, run_ids: Collection[str]) -> Mapping[str, int]:
        self.looks += 1
        return await super().last_places(run_ids)


async def test_followers_of_other_processes_share_one_look_at_the_database(database: Path) -> None:
    writing = await ExecutionStore.open(database)
    await writing.append([created(), started()], wait=True)
    reader = Reader(OpenedDatabase(database))
    progress = Counted(reader)
    followers = Followers(progress, lambda _: False)

    async def numbers_of() -> list[int]:
        return [event.seq async for batch in event_log.follow(reader, followers, RUN, 0) for event in batch]

    async with patience():
        tasks = [asyncio.create_task(numbers_of()) for _ in range(50)]
        await until(lambda: progress.versions > 10)
        assert progress.looks <= 2
        await writing.append([log(), completed()], wait=True)
        assert await asyncio.gather(*tasks) == [[1, 2, 3, 4]] * 50
    asked = progress.versions
    await asyncio.sleep(0.1)
    assert progress.versions == asked
    await reader.close()
    await writing.close()


async def test_followers_of_an_own_run_are_woken_by_its_writer(database: Path) -> None:
    store = await ExecutionStore.open(database)
    await store.append([created(), started()], wait=True)
    seen: list[list[int]] = [[] for _ in range(20)]

    async def follow(numbers: list[int]) -> None:
        async for batch in store.follow(RUN):
            numbers += [event.seq for event in batch]

    async with patience():
        followers = [asyncio.create_task(follow(numbers)) for numbers in seen]
        await until(lambda: seen == [[1, 2]] * 20)
        await store.append([log()], wait=True)
        await until(lambda: seen == [[1, 2, 3]] * 20)
        await store.append([completed()], wait=True)
        await asyncio.gather(*followers)
    assert seen == [[1, 2, 3, 4]] * 20
    await store.close()


async def test_followers_of_a_run_whose_process_dies_see_the_interruption_of_another(database: Path) -> None:
    store = await ExecutionStore.open(database)
    await store.append([created(), started()], wait=True)
    other = await ExecutionStore.open(database)
    everything: list[str] = []
    one_life: list[str] = []

    async def follow_on() -> None:
        async for batch in store.follow(RUN, past_interruption=True):
            everything.extend(event.type for event in batch)

    async def follow() -> None:
        async for batch in store.follow(RUN):
            one_life.extend(event.type for event in batch)

    async with patience():
        tasks = [asyncio.create_task(follow_on()), asyncio.create_task(follow())]
        await until(lambda: len(everything) == 2)
        await store.release(RUN)
        assert await other.recover() == [RUN]
        await tasks[1]
        assert one_life == ["created", "started", "interrupted"]
        await until(lambda: len(everything) == 3)
        await other.claim(RUN)
        await other.append([resumed(), completed()], wait=True)
        await tasks[0]
    assert everything == ["created", "started", "interrupted", "resumed", "completed"]
    await store.close()
    await other.close()
