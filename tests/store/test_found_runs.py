"""Runs found by id, and what lists and statistics show of them."""

from datetime import timedelta
from pathlib import Path

import pytest

from store.store_helpers import (
    RUN,
    START,
    answered,
    asking,
    cancelled,
    completed,
    created,
    failed,
    interrupted,
    resumed,
    started,
    step_started,
)
from wftui.model.errors import ConflictError, EmptyRunIdError, NotFoundError, UsageError
from wftui.model.run.summary import ExecutionFilters
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.store_errors import StoreConflict

pytest_plugins = "store.store_fixtures"


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


async def test_an_update_fills_in_what_it_omits(database: Path) -> None:
    store = await ExecutionStore.open(database, clock=lambda: START + timedelta(seconds=3))
    try:
        for number, status in enumerate(("completed", "failed", "cancelled")):
            await store.append([created(run := f"{RUN}-{number}"), started(run)], wait=True)
            ended = await store.update(run, {"status": status})
            assert (ended.status, ended.duration, ended.warnings, ended.outputs) == (status, 3000.0, 0, None)
            assert (ended.error.message if ended.error else None) == ("the run failed" if status == "failed" else None)
    finally:
        await store.close()


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
    with pytest.raises(EmptyRunIdError, match="the run id is empty"):
        await store.find("")


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
