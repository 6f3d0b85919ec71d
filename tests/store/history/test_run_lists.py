"""Filters, pages and searches agree with looking at every run."""

import asyncio
import base64
import json
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.store_helpers import START, cancelled, completed, created, failed, log, started, step_started
from wftui.model.errors import UsageError
from wftui.model.run.events import Created, ExecutionEvent, Failed
from wftui.model.run.steps import ExecutionError
from wftui.model.run.summary import ExecutionFilters, ExecutionSummary, GroupBy, RunSort
from wftui.store.execution_store import ExecutionStore
from wftui.store.history import run_lists, value_filter

pytest_plugins = "store.store_fixtures"

WORKFLOWS = ("backup", "site_check")
USERS = ("ann", "bob%")
MINUTE = timedelta(minutes=1)
ENDS = ("pending", "running", "completed", "failed", "cancelled")


def run_events(
    number: int, workflow: str, user: str, end: str, minutes: int, parent: str | None
) -> list[ExecutionEvent]:
    run = f"run-{number:03}"
    at = START + timedelta(minutes=minutes)
    ends: dict[str, list[ExecutionEvent]] = {
        "pending": [],
        "running": [started(run, at=at)],
        "completed": [started(run, at=at), completed(run, at=at)],
        "failed": [started(run, at=at), failed(run, at=at, type="exit.code")],
        "cancelled": [cancelled(run, at=at)],
    }
    path = None if parent is None else "call"
    return [created(run, workflow=workflow, user_id=user, at=at, parent_id=parent, parent_path=path), *ends[end]]


runs = st.lists(
    st.tuples(
        st.sampled_from(WORKFLOWS),
        st.sampled_from(USERS),
        st.sampled_from(ENDS),
        st.integers(0, 3),
        st.none() | st.just("run-000"),
    ),
    max_size=12,
)
moments = st.none() | st.integers(-1, 4).map(lambda minutes: START + timedelta(minutes=minutes))
filters = st.builds(
    lambda **fields: ExecutionFilters(**fields),
    workflow_id=st.none() | st.sampled_from(WORKFLOWS),
    status=st.none() | st.lists(st.sampled_from(ENDS), min_size=1, max_size=3),
    user_id=st.none() | st.sampled_from(USERS),
    since=moments,
    until=moments,
    text=st.none() | st.sampled_from(["BACK", "check", "run-00", "b%", "%", "_", "broke", "\\", "nothing"]),
    parent_id=st.none() | st.just("run-000"),
    children=st.booleans(),
    longer_than=st.none() | st.sampled_from([0.0, 7.0, 7.5, 100.0, 101.0]),
    error_type=st.none() | st.sampled_from(["exit", "exit.code", "exit.cod_", "other"]),
)


def fits(run: ExecutionSummary, wanted: ExecutionFilters, at: datetime) -> bool:
    texts = [run.workflow_id, run.id, run.user_id, run.error.message if run.error else ""]
    error_type = run.error.type if run.error else ""
    return all(
        (
            wanted.workflow_id in (None, run.workflow_id),
            wanted.status is None or run.status in wanted.status,
            wanted.user_id in (None, run.user_id),
            wanted.parent_id in (None, run.parent_id),
            wanted.since is None or at >= wanted.since,
            wanted.until is None or at <= wanted.until,
            not wanted.text or any(wanted.text.lower() in text.lower() for text in texts),
            wanted.children or run.parent_path is None,
            wanted.longer_than is None or (run.duration is not None and run.duration >= wanted.longer_than),
            wanted.error_type is None or f"{error_type}.".startswith(f"{wanted.error_type}."),
        )
    )


@given(runs=runs, questions=st.lists(st.tuples(filters, st.integers(1, 5)), min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_pages_hold_the_matching_runs(
    runs: list[tuple[str, str, str, int, str | None]], questions: list[tuple[ExecutionFilters, int]]
) -> None:
    async def scenario(folder: Path) -> None:
        store = await ExecutionStore.open(folder / "history.db")
        minutes = {}
        for number, run in enumerate(runs):
            await store.append(run_events(number, *run), wait=False)
            minutes[f"run-{number:03}"] = START + timedelta(minutes=run[3])
        await store.close()
        store = await ExecutionStore.open(folder / "history.db")
        everything = (await store.list(limit=100)).executions
        assert len(everything) == len(runs)
        newest_first = sorted(everything, key=lambda run: (minutes[run.id], run.id), reverse=True)
        assert everything == newest_first
        for wanted, size in questions:
            found: list[ExecutionSummary] = []
            page = await store.list(wanted, limit=size)
            while True:
                found += page.executions
                assert len(page.executions) == size or page.next is None
                if page.next is None:
                    break
                page = await store.list(wanted, limit=size, cursor=page.next)
            assert found == [run for run in newest_first if fits(run, wanted, minutes[run.id])]
        await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))


SORTS: tuple[RunSort, ...] = get_args(RunSort)


def sorted_runs(runs: list[ExecutionSummary], sort: RunSort, minutes: dict[str, datetime]) -> list[ExecutionSummary]:
    by, down = sort.removeprefix("-"), sort.startswith("-")
    newest_first = sorted(runs, key=lambda run: (minutes[run.id], run.id), reverse=by != "started" or down)
    if by == "started":
        return newest_first
    if by == "duration":

        def length(run: ExecutionSummary) -> tuple[float, str]:
            return (-1.0 if run.duration is None else run.duration, run.id)

        return sorted(runs, key=length, reverse=down)
    names = {"workflow": "workflow_id", "status": "status", "user": "user_id"}
    return sorted(newest_first, key=lambda run: str(getattr(run, names[by])), reverse=down)


AMONG: tuple[tuple[str, ...] | None, ...] = (None, (), WORKFLOWS[:1], WORKFLOWS)


@given(
    runs=runs,
    questions=st.lists(
        st.tuples(filters, st.sampled_from(AMONG), st.sampled_from(SORTS), st.integers(1, 5), st.integers(-14, 14)),
        min_size=1,
        max_size=8,
    ),
)
@settings(max_examples=40, deadline=None)
def test_orders_offsets_and_numbers_agree_with_all_runs(
    runs: list[tuple[str, str, str, int, str | None]],
    questions: list[tuple[ExecutionFilters, tuple[str, ...] | None, RunSort, int, int]],
) -> None:
    async def scenario(folder: Path) -> None:
        store = await ExecutionStore.open(folder / "history.db")
        minutes = {}
        for number, run in enumerate(runs):
            await store.append(run_events(number, *run), wait=True)
            minutes[f"run-{number:03}"] = START + timedelta(minutes=run[3])
        everything = (await store.list(limit=100)).executions
        for wanted, among, sort, size, offset in questions:
            matching = [
                run
                for run in everything
                if fits(run, wanted, minutes[run.id]) and (among is None or run.workflow_id in among)
            ]
            expected = sorted_runs(matching, sort, minutes)
            found: list[ExecutionSummary] = []
            page = await store.list(wanted, among=among, limit=size, sort=sort)
            while True:
                found += page.executions
                if page.next is None:
                    break
                page = await store.list(wanted, among=among, limit=size, sort=sort, cursor=page.next)
            assert found == expected
            first = max(0, len(expected) + offset) if offset < 0 else offset
            page = await store.list(wanted, among=among, limit=size, sort=sort, offset=offset)
            if first or offset >= 0 or len(expected) >= -offset:
                assert page.executions == expected[first : first + size]
                if page.next is not None:
                    after = await store.list(wanted, among=among, limit=size, sort=sort, cursor=page.next)
                    assert after.executions == expected[first + size : first + 2 * size]
                else:
                    assert first + size >= len(expected)
            assert await store.count(wanted, among) == len(expected)
            columns: dict[GroupBy, str] = {"workflow": "workflow_id", "status": "status", "user": "user_id"}
            for by, name in columns.items():
                groups = await store.groups(wanted, by, among)
                counted = Counter(str(getattr(run, name)) for run in matching)
                assert {group.value: group.runs for group in groups} == counted
                newest = {str(getattr(run, name)): run.id for run in reversed(matching)}
                assert all(minutes[group.last_run] == minutes[newest[group.value]] for group in groups)
            failed = [run for run in matching if run.error is not None]
            assert sum(group.runs for group in await store.groups(wanted, "error", among)) == len(failed)
        await store.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))


async def test_errors_that_differ_in_numbers_are_one_group(store: ExecutionStore) -> None:
    for number, message in enumerate(("disk 1 is full", "disk 22 is full", "no route")):
        run = f"run-{number}"
        error = ExecutionError(type="disk.full" if number < 2 else "net", message=message)
        events: list[ExecutionEvent] = [created(run, at=START + number * MINUTE), started(run)]
        await store.append([*events, Failed(run_id=run, timestamp=START, error=error)], wait=True)
    groups = await store.groups(ExecutionFilters(), "error")
    assert [(group.value, group.message, group.runs, group.last_run) for group in groups] == [
        ("disk.full", "disk 22 is full", 2, "run-1"),
        ("net", "no route", 1, "run-2"),
    ]


async def test_runs_are_found_by_what_their_values_contain(store: ExecutionStore) -> None:
    big = {"rows": ["x" * 20_000, "needle in a big value"]}
    long = {"text": "y" * 9_000 + " needle in a long one"}
    cases: dict[str, list[ExecutionEvent]] = {
        "in-inputs": [created("in-inputs", inputs={"who": "Needle"})],
        "in-input": [created("in-input"), started("in-input"), step_started("in-input", value={"needle": 1})],
        "in-big": [created("in-big"), started("in-big"), completed("in-big", value=big)],
        "in-long": [created("in-long"), started("in-long"), step_started("in-long", value=long)],
        "in-error": [
            created("in-error"),
            Failed(run_id="in-error", timestamp=START, error=ExecutionError(type="x", message="no needle")),
        ],
        "in-log": [created("in-log"), started("in-log"), log("in-log", message="a needle only in the log")],
        "needle-in-id": [created("needle-in-id"), started("needle-in-id")],
        "elsewhere": [created("elsewhere", inputs={"who": "haystack"})],
    }
    for events in cases.values():
        await store.append(events, wait=True)

    async def having(text: str, **more: Any) -> set[str]:
        found: set[str] = set()
        page = await store.list(ExecutionFilters(contains=text, **more), limit=2)
        found |= {run.id for run in page.executions}
        while page.next is not None:
            page = await store.list(ExecutionFilters(contains=text, **more), limit=2, cursor=page.next)
            found |= {run.id for run in page.executions}
        return found

    assert await having("needle") == {"in-inputs", "in-input", "in-big", "in-long", "in-error"}
    assert await having("Needle") == {"in-inputs"}
    assert await having("re:need.{2} in a (big|long)") == {"in-big", "in-long"}
    assert await having("needle", status=["failed"]) == {"in-error"}
    assert await having("nichts dergleichen: \u00e4") == set()


@given(
    runs=st.lists(st.tuples(st.sampled_from(ENDS), st.sampled_from(WORKFLOWS), st.booleans()), max_size=9),
    sort=st.sampled_from(get_args(RunSort)),
    by=st.sampled_from(get_args(GroupBy)),
    status=st.none() | st.lists(st.sampled_from(ENDS), min_size=1, max_size=3),
    size=st.integers(1, 4),
    searched=st.integers(1, 4),
)
@settings(max_examples=20, deadline=None)
def test_runs_with_a_text_are_counted_grouped_and_read_from_any_place(
    runs: list[tuple[str, str, bool]], sort: RunSort, by: GroupBy, status: Any, size: int, searched: int
) -> None:
    """All agree with the list of all runs, with and without cached verdicts."""

    async def check(store: ExecutionStore, having: set[str]) -> None:
        wanted = ExecutionFilters(contains="needle", status=status)
        everything = (await store.list(ExecutionFilters(status=status), limit=100, sort=sort)).executions
        expected = [run for run in everything if run.id in having]
        assert await store.count(wanted) == len(expected)
        found: list[ExecutionSummary] = []
        cursor: str | None = None
        while cursor is not None or not found:
            page = await store.list(wanted, limit=size, cursor=cursor, sort=sort)
            found += page.executions
            cursor = page.next
            if cursor is None:
                break
        assert found == expected
        for offset in range(-len(expected), len(expected) + 1):
            page = await store.list(wanted, limit=size, sort=sort, offset=offset)
            begin = offset if offset > 0 else len(expected) + offset if offset else 0
            if offset:
                assert page.executions == expected[begin : begin + size], offset
        names = {"workflow": "workflow_id", "status": "status", "user": "user_id"}
        if by != "error":
            groups = {group.value: group.runs for group in await store.groups(wanted, by)}
            assert groups == Counter(getattr(run, names[by]) for run in expected)
        else:
            failures = [run for run in expected if run.status == "failed"]
            assert sum(group.runs for group in await store.groups(wanted, by)) == len(failures)

    async def scenario(folder: Path) -> None:
        store = await ExecutionStore.open(folder / "history.db")
        having: set[str] = set()
        for number, (end, workflow, has) in enumerate(runs):
            events = run_events(number, workflow, "ann", end, number // 2, None)
            first = events[0]
            assert isinstance(first, Created)
            first.inputs = {"text": "a needle" if has else "hay"}
            await store.append(events, wait=True)
            having |= {first.run_id} if has else set()
        for _ in range(2):
            await check(store, having)
        running = [f"run-{number:03}" for number, (end, _, _) in enumerate(runs) if end == "running"]
        for run in running:
            await store.append([completed(run, value={"text": "the needle"})], wait=True)
        await check(store, having | set(running))
        await store.close()

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for module in (value_filter, run_lists):
            patch.setattr(module, "SEARCHED", searched)
        asyncio.run(scenario(Path(folder)))


async def test_runs_are_found_by_the_labels_their_workflow_had(store: ExecutionStore) -> None:
    plans = {
        name: await store.put_plan(json.dumps({"labels": labels} if labels is not None else 3), "")
        for name, labels in (("prod", {"env": "prod", "team": "a"}), ("test", {"env": "test"}), ("none", None))
    }
    for name, plan in plans.items():
        await store.append([created(name, plan=plan)], wait=True)
    await store.append([created("no-plan")], wait=True)
    for label, expected in (("env", {"prod", "test"}), ("env=prod", {"prod"}), ("team=b", set()), ("nothing", set())):
        assert {run.id for run in (await store.list(ExecutionFilters(label=label))).executions} == expected
        assert await store.count(ExecutionFilters(label=label)) == len(expected)


async def test_pages_are_stable_while_runs_are_added(store: ExecutionStore) -> None:
    for number in range(4):
        await store.append(run_events(number, "backup", "ann", "completed", number, None), wait=True)
    first = await store.list(limit=2)
    await store.append(run_events(9, "backup", "ann", "completed", 9, None), wait=True)
    second = await store.list(limit=2, cursor=first.next)
    assert [run.id for run in second.executions] == ["run-001", "run-000"]
    assert second.to_wire()["next"] is None


@pytest.mark.parametrize("cursor", ["", "nonsense", "12", "~", "x~y"])
async def test_a_cursor_of_ones_own_making_is_refused(store: ExecutionStore, cursor: str) -> None:
    with pytest.raises(UsageError, match="not a cursor"):
        await store.list(cursor=cursor)


@pytest.mark.parametrize("sort", ["-duration", "workflow"])
@pytest.mark.parametrize(
    "text",
    [
        "1~x",
        "[]",
        "[" * 100_000,
        "{}",
        '["workflow", 5, 1, "x"]',
        '["duration", "a", 1, "x"]',
        '["duration", 1e999, 1, "x"]',
        '["duration", NaN, 1, "x"]',
        '["duration", 1, 1000000000000000000000000, "x"]',
        '["workflow", "a", 1, null]',
        '["workflow", "a", [], "x"]',
        '["workflow", "\\ud800", 1, "x"]',
        '["duration", 1, 1, "\\ud800"]',
    ],
)
async def test_a_made_up_cursor_of_an_order_is_refused(store: ExecutionStore, sort: RunSort, text: str) -> None:
    await store.append([created("a")], wait=True)
    for cursor in (text, base64.urlsafe_b64encode(text.encode()).decode()):
        with pytest.raises(UsageError, match="not a cursor"):
            await store.list(cursor=cursor, sort=sort)


async def test_last_is_the_newest_run_started_by_a_user(store: ExecutionStore) -> None:
    await store.append([created("first")], wait=True)
    await store.append([created("again", at=START + MINUTE, parent_id="first")], wait=True)
    child = created("child", at=START + 2 * MINUTE, parent_id="again", parent_path="build[3].deploy")
    await store.append([child], wait=True)
    assert await store.find("last") == "again"
    assert await store.find("child") == "child"
    (newest, *others) = (await store.list()).executions
    assert (newest.id, newest.parent_path, [run.parent_path for run in others]) == (
        "child",
        "build[3].deploy",
        [None] * 2,
    )
    shown = await store.list(ExecutionFilters(children=False))
    assert [run.id for run in shown.executions] == ["again", "first"]
