"""Automatic retention: hourly across processes, in the background, resumable."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from helpers import until

from store.store_helpers import START, completed, created, finished_run, started
from wftui.model.errors import UsageError
from wftui.model.run.summary import CleanupReport
from wftui.store.execution_store import ExecutionStore
from wftui.store.maintenance.retention import Policy, Rule
from wftui.store.retention_task import RetentionTask

pytest_plugins = "store.store_fixtures"
HOUR = 3600.0
DAY = timedelta(days=1)
KEEP_ONE = Policy(Rule(keep=1))


class Hands:
    """A clock that keeps the time it was set to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


async def fill(store: ExecutionStore, runs: int, first: int = 0) -> None:
    for number in range(first, first + runs):
        await store.append(finished_run(f"run-{number:04}", at=START + timedelta(seconds=number)), wait=True)
    if not first:
        await store.append([created("live"), started("live")], wait=True)


async def runs(store: ExecutionStore) -> int:
    return len((await store.list(limit=10_000)).executions)


async def tidy(store: ExecutionStore, policy: Policy = KEEP_ONE) -> int | None:
    report = await store.tidy(policy, every=HOUR, stop=threading.Event())
    return None if report is None else report.runs


async def test_one_of_many_processes_applies_retention_hourly(database: Path) -> None:
    clock = Hands()
    stores = [await ExecutionStore.open(database, clock=clock) for _ in range(3)]
    await fill(stores[0], 5)
    assert sorted(await asyncio.gather(*(tidy(store) for store in stores)), key=str) == [4, None, None]
    await fill(stores[1], 5, first=100)
    clock.forward(59)
    assert await tidy(stores[2]) is None
    clock.forward(2)
    assert await tidy(stores[2]) == 5
    clock.forward(-600)  # a clock that is set back does not put it off for hours
    await fill(stores[1], 2, first=200)
    assert await tidy(stores[0]) == 2
    for store in stores:
        await store.close()


async def test_a_clock_that_is_set_ahead_removes_nothing_for_a_day(database: Path) -> None:
    clock, keep_a_month = Hands(), Policy(workflows={"demo": Rule(older_than=START - 30 * DAY)}, workflow_id="demo")

    async def tidy_at(time: datetime) -> int | None:
        clock.now = time
        return await tidy(store, keep_a_month.earlier(START - time))

    store = await ExecutionStore.open(database, clock=clock)
    for day in range(0, -40, -1):
        await store.append(finished_run(f"run{day}", at=START + day * DAY), wait=True)
    assert await tidy_at(START + timedelta(minutes=1)) == 9
    year = START + 365 * DAY
    assert await tidy_at(year) == 1  # a day after the newest run is believed
    await store.append(finished_run("ahead", at=year), wait=True)  # a run with the same clock proves nothing
    assert await tidy_at(year + timedelta(hours=23)) == 0
    report = await store.apply_settings(keep_a_month.earlier(START - year), dry_run=True)
    assert report.counted_to == START + DAY
    assert await tidy_at(START + timedelta(hours=2)) == 0  # the clock is right again: the later run changes nothing
    assert await tidy_at(START + 2 * DAY) == 0
    assert await runs(store) == 31
    assert await tidy_at(year + DAY) == 30  # it is right: the time has passed
    assert await runs(store) == 1
    await store.close()


async def test_runs_begun_a_day_apart_make_the_clock_credible(database: Path) -> None:
    clock = Hands()
    store = await ExecutionStore.open(database, clock=clock)
    await store.append(finished_run("old", at=START - 100 * DAY), wait=True)
    await store.append(finished_run("before", at=START - DAY), wait=True)
    report = await store.apply_settings(Policy(Rule(older_than=START - 30 * DAY)))
    assert (report.runs, report.counted_to) == (1, None)
    await store.close()


async def test_later_removals_are_reported(database: Path) -> None:
    clock = Hands()
    store = await ExecutionStore.open(database, clock=clock)
    assert await store.last_tidied() is None
    await fill(store, 5)
    await tidy(store)
    clock.forward(90)
    assert await tidy(store) == 0  # nothing to report: the last report stays
    told = await store.last_tidied()
    assert told is not None
    assert (told.runs, told.workflows, told.at) == (4, {"demo": 4}, START)
    await store.close()


async def test_repeatedly_interrupted_cleanups_complete(store: ExecutionStore) -> None:
    await fill(store, 300)
    stopped = threading.Event()
    stopped.set()
    removed = []
    while (report := await store.tidy(KEEP_ONE, every=HOUR, stop=stopped)) is not None and report.runs:
        removed.append(report.runs)
        assert len(removed) < 100
    assert (sum(removed), await runs(store)) == (299, 2)
    assert len(removed) > 2


@pytest.fixture
def told() -> list[CleanupReport]:
    return []


async def test_it_runs_at_the_start_and_again_when_it_is_time(store: ExecutionStore, told: list[CleanupReport]) -> None:
    await fill(store, 5)
    retention_task = RetentionTask(store, lambda: KEEP_ONE, told.append, 0.05)
    retention_task.begin()
    await until(lambda: len(told) == 1)
    await fill(store, 5, first=100)
    await until(lambda: len(told) == 2)
    await retention_task.end()
    assert [report.runs for report in told] == [4, 5]

    await fill(store, 5, first=200)
    retention_task = RetentionTask(store, lambda: KEEP_ONE, told.append, HOUR)
    retention_task.begin()  # it is not time yet
    await retention_task.end()
    assert await runs(store) == 1 + 5 + 1


async def test_immediate_end_completes_one_step(database: Path, told: list[CleanupReport]) -> None:
    clock = Hands()
    store = await ExecutionStore.open(database, clock=clock)
    for attempt in count():  # again where it was through before this thread got its turn
        await fill(store, 300, first=300 * attempt)
        before = await runs(store)
        clock.forward(61)
        retention_task = RetentionTask(store, lambda: KEEP_ONE, told.append)
        retention_task.begin()
        await asyncio.sleep(0)
        await retention_task.end()
        if await runs(store) > 2:
            break
    assert await runs(store) < before
    assert told
    await store.close()


async def test_without_a_policy_nothing_is_removed(store: ExecutionStore, told: list[CleanupReport]) -> None:
    policies = answers()
    await fill(store, 3)
    retention_task = RetentionTask(store, lambda: next(policies), told.append, 0.01)
    retention_task.begin()
    await until(lambda: told)
    await retention_task.end()
    assert [report.runs for report in told] == [2]


def answers() -> Iterator[Policy]:
    yield Policy()
    yield Policy()
    yield KEEP_ONE
    for _ in count():
        yield Policy()


async def test_unreadable_policy_stops_neither_retention_nor_runs(
    store: ExecutionStore, told: list[CleanupReport]
) -> None:
    await fill(store, 3)
    tries = count()

    def policy() -> Policy:
        if next(tries) < 2:
            raise UsageError("the settings are broken")
        return KEEP_ONE

    retention_task = RetentionTask(store, policy, told.append, 0.01)
    retention_task.begin()
    await store.append([completed("live")], wait=True)
    await until(lambda: told)
    await retention_task.end()
    assert [report.runs for report in told] == [3]
    assert await store.find("last") == "run-0002"
