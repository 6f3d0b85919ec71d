"""Cleaning up: what goes, what stays, and that the file really shrinks."""

import asyncio
import contextlib
import itertools
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from helpers import patience
from hypothesis import given, settings
from hypothesis import strategies as st

from store.store_helpers import START, completed, created, failed, interrupted, log, started, step_completed, ticking
from wftui.model.base import Json
from wftui.model.errors import NotFoundError
from wftui.model.run.events import Created, ExecutionEvent
from wftui.model.run.steps import ValueRef
from wftui.store.execution_store import ExecutionStore
from wftui.store.maintenance import cleanup as cleaning
from wftui.store.maintenance.retention import Policy, Rule, removable
from wftui.store.sqlite.store_errors import StoreConflict

pytest_plugins = "store.store_fixtures"

DAY = timedelta(days=1)


async def add(store: ExecutionStore, run: str, *, day: int = 0, workflow: str = "demo", value: object = None) -> None:
    at = START + DAY * day
    events: list[ExecutionEvent] = [created(run, workflow=workflow, at=at)]
    events += [step_completed(run, value=value, at=at), completed(run, at=at)]
    await store.append(events, wait=True)


def inner(run: str, parent: str, **rest: Json) -> Created:
    """The beginning of a run that a step of another started."""
    return created(run, parent_id=parent, parent_path="sub", **rest)


async def ids(store: ExecutionStore) -> list[str]:
    return sorted(run.id for run in (await store.list(limit=1000)).executions)


def leftovers(database: Path) -> dict[str, int]:
    tables = ("events", "payloads", "payload_parts", "payload_refs", "removals", "signals", "plans")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    return {table: count for table, count in counts.items() if count}


async def test_by_age_by_count_by_workflow(store: ExecutionStore) -> None:
    for day in range(6):
        await add(store, f"a{day}", day=day, workflow="a")
        await add(store, f"b{day}", day=day, workflow="b")
    assert (await store.cleanup(START + 2 * DAY, workflow_id="b")).runs == 2
    assert (await store.cleanup(START + 5 * DAY, keep=3)).runs == 3 + 1
    assert await ids(store) == ["a3", "a4", "a5", "b3", "b4", "b5"]
    assert (await store.cleanup(None, keep=1, workflow_id="a")).runs == 2
    assert await ids(store) == ["a5", "b3", "b4", "b5"]
    assert (await store.cleanup(None)).runs == 4
    assert await ids(store) == []


async def test_age_counts_from_when_a_run_was_over(store: ExecutionStore) -> None:
    await store.append([created("long"), started("long"), completed("long", at=START + 10 * DAY)], wait=True)
    assert (await store.cleanup(START + 9 * DAY)).runs == 0
    assert (await store.cleanup(START + 11 * DAY)).runs == 1


async def test_dry_run_lists_and_removes_nothing(store: ExecutionStore, database: Path) -> None:
    for number in range(5):
        await add(store, f"run-{number}", value=random.Random(number).randbytes(300_000).hex())
    would = await store.cleanup(None, keep=1, dry_run=True)
    assert (would.runs, would.dry_run, len(await ids(store))) == (4, True, 5)
    await store.close()
    again = await ExecutionStore.open(database)
    did = await again.cleanup(None, keep=1)
    assert did.runs == 4
    saved = would.bytes_before - would.bytes_after
    assert 0.7 * saved < did.bytes_before - did.bytes_after < 1.5 * saved
    await again.close()


async def test_removal_is_complete_and_shrinks_the_file(store: ExecutionStore, database: Path) -> None:
    await store.put_plan("source", "code")
    empty = (await store.cleanup(None)).bytes_after
    for number in range(8):
        await add(store, f"run-{number}", value=random.Random(number).randbytes(400_000).hex())
        await store.signal(f"run-{number}", "cancel", {})
    await store.append([created("logs"), *(log("logs", message="x" * 500) for _ in range(6000))], wait=True)
    await store.append([completed("logs")], wait=True)
    report = await store.cleanup(None)
    assert report.runs == 9
    assert report.bytes_before > 4_000_000
    assert report.bytes_after < empty + 30_000
    await store.close()
    assert database.stat().st_size < empty + 30_000
    assert leftovers(database) == {"plans": 1}  # used within the last hour: a run may be about to start with it


async def test_unused_plans_are_removed_after_an_hour(database: Path) -> None:
    store = await ExecutionStore.open(database, clock=ticking(timedelta(hours=2)))
    needed, unneeded = await store.put_plan("a", "a"), await store.put_plan("b", "b")
    await store.append([created("live", plan=needed), started("live")], wait=True)
    await store.cleanup(None)
    assert await store.get_plan(needed) == ("a", "a")
    with pytest.raises(NotFoundError):
        await store.get_plan(unneeded)
    await store.close()


async def test_referenced_values_are_kept(store: ExecutionStore) -> None:
    value = "shared" * 10_000
    await add(store, "old", day=0, value=value)
    await add(store, "new", day=5, value=value)
    await store.cleanup(START + DAY)
    record = await store.get("new")
    assert record is not None
    assert await store.value(ValueRef.model_validate(record.step_results[0].output)) == value
    await store.cleanup(None)
    with pytest.raises(NotFoundError):
        await store.value(ValueRef.model_validate(record.step_results[0].output))


async def test_live_runs_and_their_children_are_never_touched(store: ExecutionStore) -> None:
    await store.append([created("pending")], wait=True)
    await store.append([created("running"), started("running")], wait=True)
    await store.append([inner("child", "running"), completed("child")], wait=True)
    await store.append([created("stopped"), interrupted("stopped")], wait=True)
    assert (await store.cleanup(START - DAY)).runs == 0
    assert (await store.cleanup(START + DAY)).runs == 1
    assert await ids(store) == ["child", "pending", "running"]
    with pytest.raises(StoreConflict, match="has not ended"):
        await store.delete("running")
    with pytest.raises(StoreConflict, match="has not ended"):
        await store.delete("child")
    await store.append([failed("running")], wait=True)
    assert (await store.delete("child")).runs == 1
    with pytest.raises(NotFoundError):
        await store.delete("child")


async def test_sub_workflows_are_removed_with_their_parent(store: ExecutionStore) -> None:
    for number in range(3):
        at = START + DAY * number
        await store.append([created(f"top-{number}", at=at), started(f"top-{number}")], wait=True)
        for child in ("a", "b"):
            name = f"top-{number}-{child}"
            await store.append(
                [inner(name, f"top-{number}", workflow="part", at=at), completed(name, at=at)], wait=True
            )
            await store.append([inner(f"{name}-in", name, workflow="part", at=at), completed(f"{name}-in")], wait=True)
        await store.append([completed(f"top-{number}", at=at)], wait=True)
    await store.append([created("again", parent_id="top-0"), completed("again", at=START + 9 * DAY)], wait=True)
    # Nine runs of `part`, none of which a person started: no count of theirs matters.
    assert (await store.apply(Policy(workflows={"part": Rule(keep=1)}))).runs == 0
    report = await store.apply(Policy(workflows={"demo": Rule(keep=2)}), dry_run=True)
    assert (report.runs, report.workflows) == (2 + 4, {"demo": 2, "part": 4})
    report = await store.apply(Policy(Rule(older_than=START + DAY)))
    assert (report.runs, report.workflows) == (5, {"demo": 1, "part": 4})
    assert [run for run in await ids(store) if not run.startswith(("top-1", "top-2"))] == ["again"]


async def test_run_with_unfinished_children_is_kept(store: ExecutionStore) -> None:
    await store.append([created("top"), started("top"), failed("top")], wait=True)
    await store.append([inner("middle", "top"), failed("middle")], wait=True)
    await store.append([inner("deep", "middle"), started("deep")], wait=True)
    assert (await store.cleanup(None)).runs == 0
    with pytest.raises(StoreConflict, match="has not ended"):
        await store.delete("top")
    await store.append([failed("deep")], wait=True)
    assert (await store.cleanup(None)).runs == 3


async def test_interrupted_runs_expire_by_age_only(store: ExecutionStore) -> None:
    await store.append([created("stopped"), started("stopped"), interrupted("stopped", at=START + 5 * DAY)], wait=True)
    for number in range(3):
        await add(store, f"run-{number}", day=number + 6)
    assert (await store.apply(Policy(Rule(keep=1)))).runs == 2
    assert (await store.apply(Policy(Rule(older_than=START + 5 * DAY)))).runs == 0
    assert await ids(store) == ["run-2", "stopped"]
    assert (await store.apply(Policy(Rule(older_than=START + 6 * DAY, keep=1)))).runs == 1
    assert await ids(store) == ["run-2"]


async def test_workflow_rules_override_or_disable_retention(store: ExecutionStore) -> None:
    for workflow in ("audit", "build", "chat"):
        for day in range(4):
            await add(store, f"{workflow}-{day}", day=day, workflow=workflow)
    policy = Policy(Rule(older_than=START + 2 * DAY), {"audit": None, "chat": Rule(keep=1)})
    assert (await store.apply(policy)).workflows == {"build": 2, "chat": 3}
    assert len(await ids(store)) == 4 + 2 + 1
    assert (await store.apply(Policy(workflows={"audit": Rule(keep=1)}, workflow_id="build"))).runs == 0
    assert not Policy(workflows={"audit": Rule(keep=1)}).keeps_all
    assert Policy(workflows={"audit": None}).keeps_all


def naive(runs: dict[str, tuple[str, int, str, str | None]], keep: int | None, before: int | None) -> set[str]:
    """The same policy by looking at all runs with everything that is known: what goes."""
    inside = {run: [child for child in runs if runs[child][3] == run] for run in runs}
    gone: set[str] = set()

    def tree(run: str) -> list[str]:
        return [run, *(other for child in inside[run] for other in tree(child))]

    for run, (workflow, day, status, parent) in runs.items():
        others = sorted((runs[other][1], other) for other in runs if runs[other][0] == workflow and not runs[other][3])
        kept = keep is not None and (day, run) in others[max(len(others) - keep, 0) :]
        young = before is not None and day >= before
        by_count_alone = status == "interrupted" and before is None and keep is not None
        over = all(runs[other][2] not in ("pending", "running") for other in tree(run))
        if parent is None and over and not kept and not young and not by_count_alone:
            gone.update(tree(run))
    return gone


numbers = st.integers(0, 11)
some_runs = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.integers(0, 3),
        st.sampled_from(["running", "completed", "interrupted"]),
        numbers,
    ),
    max_size=12,
)


@given(some_runs, st.none() | st.integers(1, 4), st.none() | st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_expired_runs_match_a_full_scan(
    rows: list[tuple[str, int, str, int]], keep: int | None, before: int | None
) -> None:
    runs: dict[str, tuple[str, int, str, str | None]] = {}
    for number, (workflow, day, status, parent) in enumerate(rows):
        # Each third run is inside of an earlier one.
        inside = f"run-{parent:02}" if number % 3 == 2 and parent < number else None
        runs[f"run-{number:02}"] = (workflow, day, status, inside)

    async def scenario(folder: Path) -> None:
        store = await ExecutionStore.open(folder / "history.db")
        for run, (workflow, day, status, parent) in runs.items():
            at = START + DAY * day
            first = inner(run, parent, workflow=workflow, at=at) if parent else created(run, workflow=workflow, at=at)
            ends: dict[str, list[ExecutionEvent]] = {
                "completed": [completed(run, at=at)],
                "interrupted": [interrupted(run, at=at)],
            }
            await store.append([first, *ends.get(status, [])], wait=True)
        rule = Rule(None if before is None else START + DAY * before, keep)
        wanted = naive(runs, keep, before)
        assert (await store.apply(Policy(rule), dry_run=True)).runs == len(wanted)
        assert (await store.apply(Policy(rule))).runs == len(wanted)
        assert set(await ids(store)) == runs.keys() - wanted
        await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))


async def test_interrupted_cleanup_is_completed_by_the_next(
    store: ExecutionStore, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "_RUNS_AT_ONCE", 10)
    left: list[str] = []
    for attempt in itertools.count():  # again where it was through before this thread got its turn
        for number in range(40):
            await add(store, f"run-{attempt}-{number:02}", value="v" * 100_000)
        task = asyncio.create_task(store.cleanup(None))
        while len(left := await ids(store)) == 40:
            await asyncio.sleep(0)
        task.cancel()
        [ended] = await asyncio.gather(task, return_exceptions=True)
        if isinstance(ended, asyncio.CancelledError):
            break
    for run in left:
        record = await store.get(run)
        assert record is None or record.status == "completed"
    await store.cleanup(None)
    await store.close()
    assert leftovers(database) == {}


async def test_concurrent_cleanups_remove_each_run_once(store: ExecutionStore, database: Path) -> None:
    for number in range(120):
        await add(store, f"run-{number:03}")
    other = await ExecutionStore.open(database)
    reports = await asyncio.gather(store.cleanup(None), other.cleanup(None))
    assert sum(report.runs for report in reports) == 120
    await other.close()
    await store.close()
    assert leftovers(database) == {}


async def test_a_killed_cleanup_is_finished_by_the_next(store: ExecutionStore, database: Path) -> None:
    process = Path(__file__).parents[1] / "store_process.py"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    left: list[str] = []
    async with patience():
        while not left:  # again where it was through before this process got its turn
            for number in range(200):
                lines = [log(f"run-{number}") for _ in range(20)]
                await store.append([created(f"run-{number}"), *lines, completed(f"run-{number}")], wait=True)
            cleanup = subprocess.Popen([sys.executable, process, "cleanup", database, "demo", "1"], env=environment)
            while len(left := await ids(store)) == 200:
                await asyncio.sleep(0)
            cleanup.kill()
            cleanup.wait()
    assert all([(await store.get(run)) is not None for run in await ids(store)])
    await store.cleanup(None)
    await store.close()
    assert leftovers(database) == {}


async def test_a_cleanup_without_work_of_its_own_finishes_a_killed_one(store: ExecutionStore, database: Path) -> None:
    await add(store, "half")
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("INSERT INTO removals (execution) SELECT key FROM executions")
        connection.execute("DELETE FROM executions")
    assert (await store.cleanup(None)).runs == 0
    await store.close()
    assert leftovers(database) == {}


async def test_row_key_of_a_removed_run_is_not_reused(store: ExecutionStore) -> None:
    await add(store, "first")
    await store.cleanup(None)
    await add(store, "second")
    record = await store.get("second")
    assert record is not None
    assert record.last_seq == 3


async def test_expired_runs_are_found_in_index_order(store: ExecutionStore, database: Path) -> None:
    await add(store, "old")
    asked: list[str] = []
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.set_trace_callback(asked.append)
        assert [len(page) for page in removable(connection, Policy(Rule(START + DAY, None)))] == [1]
        connection.set_trace_callback(None)
        walks = [query for query in asked if "ORDER BY run.created_at, run.id" in query]
        assert walks
        for query in walks:
            steps = [step[3] for step in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
            assert "AND status=? AND <expr>=? AND (created_at,id)>(?,?)" in steps[0]
            assert not any("TEMP B-TREE" in step for step in steps), steps


async def test_cancelled_cleanup_ends_after_its_current_step(
    store: ExecutionStore, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        await add(store, f"run-{number:02}")
    monkeypatch.setattr(cleaning, "_RUNS_AT_ONCE", 10)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as thread, contextlib.closing(sqlite3.connect(database)) as other:
        loop.set_default_executor(thread)
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(store.cleanup(None))
        await asyncio.sleep(0)  # it waits for the lock in the thread
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        other.rollback()
        await loop.run_in_executor(thread, bool)
    assert 30 <= len(await ids(store)) <= 40
