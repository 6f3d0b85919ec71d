"""The store through its front door: append, read, list, find, ask, keep."""

import asyncio
import contextlib
import gc
import random
import re
import resource
import weakref
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from helpers import patience

from store.store_helpers import (
    RUN,
    START,
    answered,
    asking,
    cancelled,
    completed,
    created,
    failed,
    finished_run,
    interrupted,
    log,
    resumed,
    seqs,
    started,
    step_completed,
    step_started,
    ticking,
)
from wftui.model.errors import ConflictError, NotFoundError, UsageError
from wftui.model.run.events import Failed, IterationCompleted, Log, StepFailed, StepWaiting
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import fold
from wftui.model.run.steps import ExecutionError, StepInfo, ValueRef, Waiting
from wftui.model.run.summary import ExecutionFilters
from wftui.runtime.json_values import JsonValueError
from wftui.store.events.event_log import RunProgress
from wftui.store.events.followers import Followers, Subscription
from wftui.store.execution_store import ExecutionStore
from wftui.store.ownership.signals import Signal
from wftui.store.run_ids import new_id
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


async def test_non_json_values_are_refused(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    with pytest.raises(JsonValueError, match=re.escape("output of step fetch at /rows/1 is a set")) as refused:
        await store.append([log(), step_completed(value={"rows": [1, {2, 3}]})], wait=True)
    assert refused.value.type == "value.not_json"
    assert seqs(await store.append([log()], wait=True)) == [2]


async def test_surrogate_from_a_process_is_logged_escaped(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    live = await store.append([log(message="caf\udce9 ok")], wait=True)
    assert await store.events(RUN, after=1) == live
    assert live[0].to_wire()["message"] == r"caf\udce9 ok"


async def test_big_values_are_stored_once_outside_events(store: ExecutionStore, database: Path) -> None:
    value = {"rows": [f"row {number} {'é' * 20}" for number in range(50_000)]}
    await store.append([created()], wait=True)
    live = await store.append([step_completed(step=name, value=value) for name in ("a", "b")], wait=True)
    assert await store.events(RUN, after=1) == live
    record = await store.get(RUN)
    assert record is not None
    reference = ValueRef.model_validate(record.step_results[0].output)
    assert reference == ValueRef.model_validate(record.step_results[1].output)
    assert reference.preview.startswith('{"rows":["row 0 é')
    assert await store.value(reference) == value
    assert (await store.resolve_record(record)).step_results[1].output == value
    assert database.with_name("history.db-wal").stat().st_size < reference.bytes
    text = ""
    following: int | None = 0
    while following is not None:
        piece, following = await store.value_text(reference, following)
        assert len(piece.encode()) < 600_000
        text += piece
    assert len(text.encode()) == reference.bytes
    with pytest.raises(NotFoundError):
        await store.value("sha256:" + "0" * 64)


async def test_big_details_and_forms_are_stored_outside_events(store: ExecutionStore) -> None:
    big = {"stdout": "long " * 40_000}
    error = ExecutionError(type="exit_code", message="it broke", details=big)
    asks = Waiting(reason="approval", prompt="Go on?", form={"type": "object", "title": "t" * 200_000})
    await store.append([created()], wait=True)
    live = await store.append(
        [asking().model_copy(update={"waiting": asks}), failed().model_copy(update={"error": error})], wait=True
    )
    stored = await store.events(RUN, after=1)
    assert stored == live
    assert len(stored[0].to_json()) + len(stored[1].to_json()) < 4_000
    waiting, ended = stored
    assert isinstance(waiting, StepWaiting)
    assert isinstance(ended, Failed)
    assert await store.resolve(waiting.waiting.form) == asks.form
    assert ended.error is not None
    assert await store.resolve(ended.error.details) == big
    record = await store.get(RUN)
    assert record is not None
    whole = await store.resolve_record(record)
    assert whole.error is not None
    assert whole.error.details == big


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


async def test_reference_can_replace_its_value(store: ExecutionStore) -> None:
    await store.append([created()], wait=True)
    live = await store.append([step_completed(value="v" * 20_000)], wait=True)
    reference = ValueRef.model_validate(live[0].to_wire()["output"])
    passed_on = await store.append([step_started(step="next", value=reference)], wait=True)
    assert await store.events(RUN, after=2) == passed_on
    assert await store.resolve({"input": passed_on[0].to_wire()["input"]}) == {"input": "v" * 20_000}


async def test_user_object_like_a_reference_round_trips(store: ExecutionStore) -> None:
    lookalike = {"deep": [{"$value": "sha256:0", "bytes": 1, "preview": ""}]}
    await store.append([created(inputs=lookalike)], wait=True)
    record = await store.get(RUN)
    assert record is not None
    assert (await store.resolve_record(record)).inputs == lookalike


async def test_create_and_update_are_events(store: ExecutionStore) -> None:
    record = await store.create(created(inputs={"a": 1}))
    assert (record.status, record.last_seq) == ("pending", 1)
    assert (await store.update(RUN, {"status": "running"})).status == "running"
    with pytest.raises(UsageError):
        await store.update(RUN, {"workflowId": "other"})
    with pytest.raises(UsageError):
        await store.update(RUN, {"status": "pending"})
    ended = await store.update(RUN, {"status": "failed", "error": {"message": "no"}, "duration": 5})
    assert (ended.status, ended.duration, ended.error and ended.error.message) == ("failed", 5.0, "no")
    with pytest.raises(StoreConflict):
        await store.update(RUN, {"status": "completed"})


async def test_lists_show_the_current_run(store: ExecutionStore) -> None:
    async def shown() -> tuple[str, bool]:
        (summary,) = (await store.list()).executions
        return summary.status, summary.waiting

    await store.append([created()], wait=True)
    assert await shown() == ("pending", False)
    await store.append([started(), step_started(step="approve"), asking()], wait=True)
    assert await shown() == ("running", True)
    await store.append([interrupted()], wait=True)
    assert await shown() == ("interrupted", True)
    await store.append([resumed(), answered()], wait=True)
    assert await shown() == ("running", False)
    await store.append([failed(message="no luck", at=START + timedelta(seconds=3))], wait=True)
    (summary,) = (await store.list()).executions
    assert (summary.status, summary.duration, summary.error and summary.error.message) == ("failed", 7.0, "no luck")
    assert summary.completed_at == START + timedelta(seconds=3)


async def test_inputs_of_a_run(store: ExecutionStore) -> None:
    await store.append([created("small", inputs={"a": 1})], wait=True)
    await store.append([created("big", inputs={"a": "x" * 20_000})], wait=True)
    assert await store.inputs_of("small") == {"a": 1}
    assert await store.inputs_of("big") is None


async def test_find_accepts_prefix_suffix_or_last(store: ExecutionStore) -> None:
    with pytest.raises(NotFoundError, match="no runs yet"):
        await store.find("last")
    for number, run in enumerate(("01aa-zz1", "01ab-zz2", "01ab-yy3")):
        await store.append([created(run, at=START + timedelta(minutes=number))], wait=True)
    assert await store.find("01ab-zz2") == "01ab-zz2"
    assert await store.find("01aa") == "01aa-zz1"
    assert await store.find("YY3") == "01ab-yy3"
    assert await store.find("last") == "01ab-yy3"
    with pytest.raises(UsageError, match="more than one run: 01ab-zz2, 01ab-yy3"):
        await store.find("01ab")
    with pytest.raises(NotFoundError):
        await store.find("nothing")
    with pytest.raises(NotFoundError):
        await store.find("")


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


async def test_statistics_by_workflow(store: ExecutionStore) -> None:
    assert await store.stats() == {}
    for number, duration in enumerate((10.0, 30.0, 20.0)):
        run = f"run-{number}"
        await store.append([created(run, workflow="good"), completed(run, duration=duration)], wait=True)
    await store.append([created("bad-1", workflow="bad"), failed("bad-1")], wait=True)
    await store.append([created("bad-2", workflow="bad"), cancelled("bad-2")], wait=True)
    await store.append([created("new", workflow="new")], wait=True)
    stats = await store.stats()
    assert {name: (one.runs, one.success_rate, one.median_ms) for name, one in stats.items()} == {
        "good": (3, 1.0, 20.0),
        "bad": (2, 0.0, None),
        "new": (1, None, None),
    }
    assert stats["good"].last is not None
    assert stats["good"].last.id == "run-2"


async def test_get_by_workflow_and_create_of_an_existing_run(store: ExecutionStore) -> None:
    for run in ("a", "b", "c"):
        await store.create(created(run, workflow="w" if run != "b" else "other"))
    assert [run.id for run in (await store.get_by_workflow("w")).executions] == ["c", "a"]
    assert len((await store.get_by_workflow("w", limit=1)).executions) == 1
    with pytest.raises(ConflictError):
        await store.create(created("a"))
    assert len((await store.list(ExecutionFilters())).executions) == 3


async def test_closed_store_is_reported(database: Path) -> None:
    store = await ExecutionStore.open(database)
    await store.close()
    with pytest.raises(Exception, match="has been closed"):
        await store.append([created()], wait=True)


def test_run_ids_sort_by_time_and_differ() -> None:
    clock = ticking()
    ids = [new_id(clock) for _ in range(100)]
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{9}-[0-9a-hjkmnp-tv-z]{5}", run) for run in ids)


def test_run_ids_of_one_millisecond_differ_and_ascend() -> None:
    ids = [new_id(lambda: START) for _ in range(100_000)]
    assert ids == sorted(set(ids))


def test_run_ids_ascend_when_the_random_part_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbits", lambda bits: (1 << bits) - 1)
    moment = START + timedelta(days=1)
    ids = [new_id(lambda: moment) for _ in range(3)]
    assert ids == sorted(set(ids))
    assert ids[0].endswith("-zzzzz")


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


async def test_times_of_steps_of_small_compressed_and_deep_events(store: ExecutionStore) -> None:
    deep: object = 1
    for _ in range(150):
        deep = [deep]
    outputs = {"small": 1, "big": [str(number) for number in range(2_000)], "deep": deep, "loop[3].inner": None}
    await store.append([created(), started()], wait=True)
    for number, (step, value) in enumerate(outputs.items(), 1):
        end = step_completed(step=step, value=value).model_copy(update={"duration": number + 0.5})
        await store.append([step_started(step=step), end], wait=True)
    wrong = ExecutionError(message="no")
    broken = StepFailed(run_id=RUN, timestamp=START, path="f", step_id="f", error=wrong, duration=9)
    item = IterationCompleted(run_id=RUN, timestamp=START, path="loop[3]", step_id="loop", index=3, duration=4.0)
    await store.append([step_started(step="f"), broken, item, completed()], wait=True)
    [run] = await store.run_times("demo", ["completed"], START - timedelta(days=1), 5)
    assert [tuple(time) for time in await store.step_times(run)] == [
        ("small", False, 1.5),
        ("big", False, 2.5),
        ("deep", False, 3.5),
        ("loop.inner", False, 4.5),
        ("f", True, 9.0),
    ]


async def test_the_record_of_a_live_run_is_that_of_its_stored_events(store: ExecutionStore) -> None:
    assert await store.live_record(RUN) is None
    live: ExecutionRecord | None = None
    await store.append([created(steps=[StepInfo(path="a", step_id="a", step_name="a", step_type="set")])], wait=True)
    for number in range(700):
        # What nobody waits for is in the record, and in the database before anyone sees that.
        await store.append([step_started(step=f"s{number}"), step_completed(step=f"s{number}")], wait=False)
        if number >= 20 and number % 200:
            continue  # a short run is folded only when somebody asks, a long one as it grows
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
