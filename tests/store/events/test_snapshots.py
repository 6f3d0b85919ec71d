"""Snapshots in the database: written with their events, never trusted or missed."""

import contextlib
import sqlite3
import time
from itertools import pairwise
from pathlib import Path

import pytest

from store.store_helpers import RUN, START, completed, created, failed, log, started
from wftui.model.base import Json
from wftui.model.run.events import ExecutionEvent, IterationCompleted, IterationsPlanned, IterationStarted
from wftui.model.run.reducer import fold
from wftui.store.events.snapshots import EVENTS_BETWEEN
from wftui.store.execution_store import ExecutionStore


def iteration(index: int) -> list[ExecutionEvent]:
    path = f"each[{index}]"
    return [
        IterationStarted(run_id=RUN, timestamp=START, path=path, step_id="each", index=index),
        IterationCompleted(
            run_id=RUN, timestamp=START, path=path, step_id="each", index=index, output=index, duration=1.0
        ),
    ]


async def filled(store: ExecutionStore, count: int) -> None:
    """Store an unfinished run with about this many events."""
    planned = IterationsPlanned(run_id=RUN, timestamp=START, path="each", step_id="each", total=count)
    await store.append([created(), started(), planned], wait=True)
    for index in range(0, count // 2, 250):
        await store.append([event for each in range(index, index + 250) for event in iteration(each)], wait=False)
    await store.append([log()], wait=True)


def query(path: Path, sql: str, *values: Json) -> list[tuple[Json, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql, values).fetchall()


def numbers(path: Path) -> list[Json]:
    return [row[0] for row in query(path, "SELECT place & 0xFFFFFFFF FROM snapshots ORDER BY place")]


async def all_events(store: ExecutionStore) -> list[ExecutionEvent]:
    found: list[ExecutionEvent] = []
    while page := await store.events(RUN, after=len(found)):
        found += page
    return found


async def test_they_are_written_on_the_way_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    await filled(store, 3 * EVENTS_BETWEEN)
    on_the_way = numbers(path)
    assert on_the_way
    assert all(later - before >= EVENTS_BETWEEN for before, later in pairwise([0, *on_the_way]))
    assert await store.get(RUN) == fold(RUN, await all_events(store))
    await store.append([log(), completed()], wait=True)
    events = await all_events(store)
    assert len(events) - numbers(path)[-1] < EVENTS_BETWEEN
    assert await store.get(RUN) == fold(RUN, events)
    for until in (1, on_the_way[0] - 1, on_the_way[0], on_the_way[0] + 1, len(events) - 1):
        assert await store.get(RUN, until=until) == fold(RUN, events[:until])
    await store.close()


async def test_a_small_run_has_none(tmp_path: Path) -> None:
    store = await ExecutionStore.open(tmp_path / "history.db")
    await store.append([created(), started(), failed()], wait=True)
    await store.close()
    assert numbers(tmp_path / "history.db") == []


@pytest.mark.parametrize("damage", ["DELETE FROM snapshots", "UPDATE snapshots SET data = x'00', reducer = reducer"])
async def test_without_a_usable_one_the_events_are_folded_once(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    await filled(store, 2 * EVENTS_BETWEEN)
    await store.append([completed()], wait=True)
    query(path, damage)
    events = await all_events(store)
    reported: list[int] = []
    assert await store.get(RUN, report=reported.append) == fold(RUN, events)
    assert reported[0] == 1000 and reported[-1] == len(events)
    reported.clear()
    assert await store.get(RUN, report=reported.append) == fold(RUN, events)
    assert reported in ([], [len(events)])
    await store.close()


async def test_those_of_another_reducer_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    await filled(store, EVENTS_BETWEEN)
    await store.append([completed()], wait=True)
    query(path, "UPDATE snapshots SET reducer = 999")
    assert await store.get(RUN) == fold(RUN, await all_events(store))
    await store.close()


async def test_they_are_removed_with_their_run(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    await filled(store, 2 * EVENTS_BETWEEN)
    await store.append([completed()], wait=True)
    assert numbers(path)
    await store.delete(RUN)
    assert numbers(path) == []
    await store.close()


@pytest.mark.slow
@pytest.mark.parametrize("count", [1_000, 100_000, 1_000_000])
async def test_a_run_of_any_size_opens_in_the_same_time(tmp_path: Path, count: int, record_property: Json) -> None:
    store = await ExecutionStore.open(tmp_path / "history.db")
    await filled(store, count)
    begun = time.process_time()
    record = await store.get(RUN)
    seconds = time.process_time() - begun
    record_property("figure", f"{count:,} events opened in {seconds * 1000:,.0f} ms of CPU")
    assert record is not None and record.last_seq >= count
    assert seconds < 1.0  # aim: 0.3; the fold of a million events takes half a minute
    await store.close()
