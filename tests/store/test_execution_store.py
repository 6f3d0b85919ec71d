"""The store through its front door: append, read, list, find, ask, keep."""

import asyncio
import contextlib
import gc
import os
import random
import resource
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import has_open, patience

from store.store_helpers import (
    RUN,
    START,
    completed,
    created,
    finished_run,
    log,
    seqs,
    started,
    step_completed,
    step_started,
)
from wftui.model.errors import NotFoundError
from wftui.model.run.events import Log
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import fold
from wftui.model.run.steps import StepInfo
from wftui.model.run.summary import ExecutionFilters
from wftui.store.events.event_log import RunProgress
from wftui.store.events.followers import Followers, Subscription
from wftui.store.execution_store import ExecutionStore
from wftui.store.ownership.signals import Signal
from wftui.store.sqlite.database import OpenedDatabase
from wftui.store.sqlite.reader import Reader
from wftui.store.sqlite.store_errors import RunExistsError, StoreConflict, StoreError

pytest_plugins = "store.store_fixtures"


async def test_events_are_numbered_without_gaps_in_the_order_of_the_calls(store: ExecutionStore) -> None:
    first = await store.append([created()], wait=True)
    second = await store.append([started(), step_started()], wait=False)
    third = await store.append([step_completed(value={"rows": 3})], wait=True)
    assert seqs([*first, *second, *third]) == [1, 2, 3, 4]
    assert await store.events(RUN) == [*first, *second, *third]


async def test_concurrent_appends_keep_order_past_a_big_value(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    big = asyncio.create_task(store.append([step_completed(step="big", value="x" * 3_000_000)], wait=True))
    await asyncio.sleep(0)
    small = asyncio.create_task(store.append([step_completed(step="small")], wait=True))
    end = asyncio.create_task(store.append([completed()], wait=True))
    events = [*await big, *await small, *await end]
    assert seqs(events) == [2, 3, 4]


async def test_a_hundred_appends_at_once_to_many_runs(store: ExecutionStore) -> None:
    runs = [f"run-{number}" for number in range(5)]
    for run in runs:
        await store.append([created(run)], wait=False)
    calls = [store.append([log(run, message="m" * (300 * number))], wait=True) for number in range(20) for run in runs]
    answers = await asyncio.gather(*calls)
    for index, run in enumerate(runs):
        assert [event.seq for (event,) in answers[index::5]] == list(range(2, 22))
        assert await store.events(run, after=1) == [event for (event,) in answers[index::5]]


async def test_unawaited_events_are_committed(store: ExecutionStore, database: Path) -> None:
    await store.append([created()], wait=True)
    await store.append([log(message="on its own")], wait=False)
    async for batch in store.follow(RUN, after=1):
        assert [event.type for event in batch] == ["log"]
        break
    other = await ExecutionStore.open(database)
    assert len(await other.events(RUN)) == 2
    await other.close()


async def test_close_ends_the_watch_for_other_processes(database: Path) -> None:
    store = await ExecutionStore.open(database)
    await store.append([created()], wait=True)
    before = asyncio.all_tasks()
    following = store.follow(RUN)
    assert [event.type for event in await anext(following)] == ["created"]
    (watch,) = asyncio.all_tasks() - before
    await store.close()
    assert watch.cancelling()


async def test_close_commits_queued_events(database: Path) -> None:
    store = await ExecutionStore.open(database)
    await store.append([created()], wait=False)
    await store.append([log()], wait=False)
    await store.close()
    again = await ExecutionStore.open(database)
    assert len(await again.events(RUN)) == 2
    await again.close()


@contextlib.contextmanager
def no_space() -> Iterator[None]:
    """No file of this process can grow."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_failed_commit_is_retried_without_another_call(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    before = asyncio.all_tasks()
    async with patience():
        with no_space():
            await store.append([log()], wait=False)
            while not (commit := asyncio.all_tasks() - before):
                await asyncio.sleep(0)
            await asyncio.wait(commit)
            assert len(await store.events(RUN)) == 1, "the commit has failed"
        while len(await store.events(RUN)) < 2:
            await asyncio.sleep(0.01)


async def test_closed_store_is_freed_although_a_commit_was_to_be_retried(database: Path) -> None:
    store = await ExecutionStore.open(database)
    freed = weakref.ref(store)
    await store.append([created()], wait=True)
    with no_space():
        with pytest.raises(StoreError):
            await store.append([log()], wait=True)
        with pytest.raises(StoreError):
            await store.close()
    del store
    gc.collect()
    assert freed() is None


async def test_a_follower_reads_all_of_a_long_ended_run(store: ExecutionStore) -> None:
    lines = [log(message=str(number)) for number in range(2100)]
    await store.append([created(), started(), *lines, completed()], wait=True)
    async with patience():
        batches = [batch async for batch in store.follow(RUN)]
    assert [event.seq for batch in batches for event in batch] == list(range(1, len(lines) + 4))
    assert len(batches) > 1, "several pages"


async def test_no_event_follows_the_end(store: ExecutionStore) -> None:
    await store.append(finished_run(RUN), wait=True)
    with pytest.raises(StoreConflict, match="has ended"):
        await store.append([log()], wait=False)
    with pytest.raises(StoreConflict, match="already exists"):
        await store.append([created("other-run"), created("other-run")][:1], wait=True)
        await store.append([created("other-run")], wait=True)
    with pytest.raises(StoreConflict, match="no event can follow"):
        await store.append([created("third"), completed("third"), log("third")], wait=True)
    assert len(await store.events(RUN)) == 5


async def test_unknown_run(store: ExecutionStore) -> None:
    with pytest.raises(NotFoundError):
        await store.append([started("nobody")], wait=True)
    with pytest.raises(NotFoundError):
        await store.events("nobody")
    with pytest.raises(NotFoundError):
        async for _ in store.follow("nobody"):
            pass
    assert await store.get("nobody") is None
    assert await store.inputs_of("nobody") is None


async def test_the_record_is_the_fold_of_the_events(store: ExecutionStore) -> None:
    steps = [StepInfo(path="fetch", step_id="fetch", step_name="Fetch", step_type="http")]
    events = await store.append([created(inputs={"url": None}, steps=steps), *finished_run(RUN)[1:]], wait=True)
    record = await store.get(RUN)
    assert record == fold(RUN, events)
    assert record is not None
    assert (record.status, record.inputs, record.last_seq) == ("completed", {"url": None}, 5)


async def test_a_long_run_is_read_whole(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    await store.append([log(message=f"line {number}") for number in range(2500)], wait=False)
    await store.append([completed()], wait=True)
    record = await store.get(RUN)
    assert record is not None
    assert record.last_seq == 2502
    assert seqs(await store.events(RUN, after=2400, limit=3)) == [2401, 2402, 2403]


async def test_logs_come_in_pages(store: ExecutionStore) -> None:
    messages = [f"line {number}" for number in range(2_500)]
    await store.append([created(), *(log(message=each) for each in messages)], wait=True)
    found: list[str] = []
    following: int | None = 0
    while following is not None:
        before = following
        page, following = await store.logs(RUN, after=before)
        found += [event.message for event in page if isinstance(event, Log)]
        assert following is None or following > before
    assert found == messages


async def test_signals_are_delivered_once_per_run(store: ExecutionStore, database: Path) -> None:
    other = await ExecutionStore.open(database)
    await other.signal("run-a", "cancel", {"by": "ann"})
    await other.signal("run-b", "answer", {"path": "ask", "approved": True})
    await other.signal("run-a", "cancel", {"by": "bob"})
    assert await store.take_signals([]) == []
    assert await store.take_signals(["run-c"]) == []
    first, second = await asyncio.gather(store.take_signals(["run-a"]), other.take_signals(["run-a"]))
    assert [*first, *second] == [Signal("run-a", "cancel", {"by": "ann"}), Signal("run-a", "cancel", {"by": "bob"})]
    assert await store.take_signals(["run-a", "run-b"]) == [
        Signal("run-b", "answer", {"path": "ask", "approved": True})
    ]
    await other.close()


async def test_plans_are_kept_by_content(store: ExecutionStore) -> None:
    name = await store.put_plan("source", "code")
    assert await store.put_plan("source", "code") == name
    assert await store.put_plan("sourcec", "ode") != name
    assert await store.get_plan(name) == ("source", "code")
    with pytest.raises(NotFoundError):
        await store.get_plan("sha256:none")


async def test_closed_store_is_reported(database: Path) -> None:
    store = await ExecutionStore.open(database)
    await store.close()
    with pytest.raises(Exception, match="has been closed"):
        await store.append([created()], wait=True)


async def test_a_run_with_the_id_of_another_process_is_refused(store: ExecutionStore, database: Path) -> None:
    other = await ExecutionStore.open(database)
    await store.create(created(at=START))
    for each in (store, other):
        with pytest.raises(RunExistsError, match="already exists"):
            await each.create(created(at=START))
    assert [event.type for event in await other.events(RUN)] == ["created"]
    await other.close()


async def test_only_runs_under_way_are_claimed(store: ExecutionStore) -> None:
    await store.append([*finished_run(RUN)], wait=True)
    for run_id in (RUN, "01k9x2m4q-other"):
        with pytest.raises(StoreConflict, match="has ended"):
            await store.claim(run_id)


async def test_a_reader_writes_nothing(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    reader = Reader(OpenedDatabase(store.path))
    with pytest.raises(StoreError):
        await reader.rows("DELETE FROM events RETURNING type", {})
    await reader.close()
    assert len(await store.events(RUN)) == 1


@pytest.mark.parametrize("size", [10, 20_000])
async def test_events_are_stored_though_nobody_waits_for_them(store: ExecutionStore, size: int) -> None:
    await store.append([created()], wait=True)
    reader = Reader(OpenedDatabase(store.path))
    noise = random.Random(size)  # big ones are too many compressed bytes for the event loop
    for round_ in (1, 2):
        await store.append([log(message=noise.randbytes(size).hex()) for _ in range(20)], wait=False)
        async with patience():
            while await reader.rows("SELECT count(*) FROM events", {}) != [(1 + 20 * round_,)]:
                await asyncio.sleep(0.005)
    await reader.close()


async def test_log_of_the_database_is_written_back_while_it_is_open(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    size = store.path.stat().st_size
    noise = random.Random(1)
    while store.path.stat().st_size < 4 * size + 1_000_000:
        await store.append([log(message=noise.randbytes(20_000).hex()) for _ in range(20)], wait=True)
        assert store.path.with_name(f"{store.path.name}-wal").stat().st_size < 100_000_000


async def test_closed_follower_gets_nothing(store: ExecutionStore) -> None:
    followers = Followers(RunProgress(Reader(OpenedDatabase(store.path))), lambda _: True)
    first, second = followers.subscribe("run"), followers.subscribe("run")
    followers.leave("run", first)
    followers.publish("run", [started("run")])
    assert (first.take(), second.take()) == ([], [started("run")])
    followers.leave("run", second)
    followers.publish("run", [started("run")])
    assert second.take() == []


async def test_the_record_of_a_live_run_is_that_of_its_stored_events(store: ExecutionStore) -> None:
    assert await store.live_record(RUN) is None
    live: ExecutionRecord | None = None
    await store.append([created(steps=[StepInfo(path="a", step_id="a", step_name="a", step_type="set")])], wait=True)
    for number in range(700):
        # What nobody waits for is in the record, and in the database before anyone sees that.
        await store.append([step_started(step=f"s{number}"), step_completed(step=f"s{number}")], wait=False)
        if number >= 20 and number % 200:
            continue  # a short run is folded only on request, a long one as it grows
        live = await store.live_record(RUN)
        assert live is not None
        assert live == await store.get(RUN)
        assert live.last_seq == 2 * number + 3
    assert live is not None
    before = live.to_wire()
    await store.append([completed()], wait=True)
    assert live.to_wire() == before
    assert await store.live_record(RUN) is None


def test_an_inbox_keeps_thousands_of_events_but_few_long_lines() -> None:
    inbox = Subscription()
    numbered = [log().model_copy(update={"seq": seq}) for seq in range(1, 5_001)]
    inbox.put(numbered)
    assert seqs(inbox.take()) == seqs(numbered)
    long = [log(message="x" * 10_000).model_copy(update={"seq": seq}) for seq in range(1, 2_001)]
    for start in range(0, 2_000, 100):
        inbox.put(long[start : start + 100])
    kept = inbox.take()
    assert sum(len(event.message) for event in kept if isinstance(event, Log)) <= 5_000_000
    assert seqs(kept) == seqs(long[-len(kept) :])  # the newest: the reader sees the gap, and reads the database


async def test_a_closed_store_leaves_no_file_open(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = await ExecutionStore.open(path)
    await store.append([created(), completed()], wait=True)
    assert len((await store.list(ExecutionFilters(), limit=5)).executions) == 1
    assert await store.get(RUN) is not None
    await store.close()
    assert not has_open(os.getpid(), path)
