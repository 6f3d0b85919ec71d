"""Events that a store refuses, and odd values that it accepts."""

import json
import math
import os
from datetime import timedelta

import pytest

from store.store_helpers import RUN, START, completed, created, failed, finished_run, log, started
from wftui.model.errors import NotFoundError, UsageError
from wftui.model.run.events import Created, ExecutionEvent, Failed, StepFailed, StepStarted
from wftui.model.run.steps import ExecutionError, StepInfo
from wftui.runtime.json_values import JsonValueError
from wftui.store.events.event_rows import EventRow, decode
from wftui.store.execution_store import ExecutionStore
from wftui.store.maintenance.retention import Policy, Rule

pytest_plugins = "store.store_fixtures"


async def test_events_of_two_runs_are_not_appended_together(store: ExecutionStore) -> None:
    with pytest.raises(ValueError, match=r"^the events of one append belong to one run$"):
        await store.append([created("a"), started("b")], wait=True)
    assert await store.append([], wait=True) == []
    assert (await store.list()).executions == []


async def test_an_offset_and_a_cursor_exclude_each_other(store: ExecutionStore) -> None:
    for run in ("a", "b"):
        await store.append(finished_run(run), wait=True)
    page = await store.list(limit=1)
    assert page.next is not None
    with pytest.raises(UsageError, match=r"^an offset and a cursor are mutually exclusive$") as refused:
        await store.list(limit=1, offset=1, cursor=page.next)
    assert refused.value.code == "usage.cursor"
    assert [run.id for run in (await store.list(limit=1, offset=0, cursor=page.next)).executions] == ["a"]


@pytest.mark.parametrize("step", [None, "fetch"])
async def test_details_other_than_json_are_named(store: ExecutionStore, step: str | None) -> None:
    error = ExecutionError(type="x", message="x", details={"a": [math.inf]})
    event: ExecutionEvent = Failed(run_id=RUN, timestamp=START, error=error)
    if step is not None:
        event = StepFailed(run_id=RUN, timestamp=START, step_id=step, path=step, error=error)
    await store.append([created(), started()], wait=True)
    with pytest.raises(JsonValueError) as refused:
        await store.append([event], wait=True)
    owner = "error.details of the run" if step is None else "error.details of step fetch"
    assert owner in str(refused.value)
    assert len(await store.events(RUN)) == 2


async def test_half_characters_are_escaped_wherever_they_are(store: ExecutionStore) -> None:
    info = StepInfo(path="a", step_id="a", step_name="half \ud800", step_type="set")
    await store.append([created(steps=[info])], wait=True)
    await store.append([failed(message="half \udc80")], wait=True)
    first, last = await store.events(RUN)
    assert isinstance(first, Created)
    assert isinstance(last, Failed)
    assert [each.step_name for each in first.steps] == ["half \\ud800"]
    assert last.error.message == "half \\udc80"


def test_values_that_are_nested_too_deeply_cannot_be_read() -> None:
    with pytest.raises(ValueError, match=r"^its values are nested too deeply$"):
        decode(RUN, [EventRow(1, 0, 0, '{"inputs": ' + "[" * 200_000 + "]" * 200_000 + "}")])


async def test_begun_steps_are_found_in_compressed_events(store: ExecutionStore) -> None:
    noise = os.urandom(4000).hex()
    events: list[ExecutionEvent] = [created(), started()]
    for path in ("pay", "loop[1].pay", "other"):
        step_id = path.rpartition(".")[2]
        events.append(
            StepStarted(run_id=RUN, timestamp=START, step_id=step_id, path=path, step_name=noise, step_type="set")
        )
    events.append(StepStarted(run_id=RUN, timestamp=START, step_id="pay", path="pay", step_name="p", attempt=2))
    await store.append(events, wait=True)
    assert await store.begun_steps({RUN: ["pay"]}) == {RUN: [("pay", "pay"), ("loop[1].pay", "pay")]}
    assert await store.begun_steps({RUN: ["none"], "unknown": ["pay"]}) == {}


async def test_values_that_are_gone_are_reported(store: ExecutionStore) -> None:
    big = {"text": "x" * 20_000}
    await store.append([created(inputs={"list": [1, "2"]}), started(), completed(value=big)], wait=True)
    record = await store.get(RUN)
    assert record is not None
    assert await store.resolve([record.outputs, {"a": [record.outputs]}, 1]) == [big, {"a": [big]}, 1]
    with pytest.raises(NotFoundError) as refused:
        await store.value_text("sha256:none")
    assert refused.value.code == "value.not_found"
    assert str(refused.value) == "the value sha256:none is not in the database"
    (name,) = await store.values_of(RUN)
    text, following = await store.value_text(name)
    assert (json.loads(text), following) == (big, None)
    assert await store.holds_value(RUN, name)
    assert not await store.holds_value("other", name)


async def test_sources_that_are_not_stored_are_empty(store: ExecutionStore) -> None:
    plan = await store.put_plan("source", "code")
    await store.append([created("a", plan=plan)], wait=True)
    await store.append([created("b", plan="sha256:none")], wait=True)
    await store.append([created("c")], wait=True)
    assert [await store.source_of(run) for run in "abc"] == ["source", "", ""]


async def test_inputs_of_a_run_are_those_of_its_first_event(store: ExecutionStore) -> None:
    await store.append([created("a", inputs={"x": 1})], wait=True)
    await store.append([created("b", inputs={"x": "y" * 20_000})], wait=True)
    await store.append([created("c"), log("c")], wait=True)
    assert await store.inputs_of("a") == {"x": 1}
    assert await store.inputs_of("b") is None
    assert await store.inputs_of("unknown") is None


def test_a_policy_keeps_all_runs_without_a_rule() -> None:
    some, none = Rule(keep=3), None
    assert Policy().keeps_all
    assert not Policy(some).keeps_all
    assert not Policy(none, {"w": some}).keeps_all
    assert Policy(none, {"w": none}).keeps_all
    assert Policy(some, {"w": none}, "w").keeps_all
    assert not Policy(some, {"w": none}, "v").keeps_all
    assert not Policy(none, {"w": some}, "w").keeps_all
    assert Policy(none, {"w": some}, "v").keeps_all


def test_a_policy_as_it_was_has_earlier_ages() -> None:
    policy = Policy(Rule(older_than=START, keep=2), {"v": Rule(keep=3), "w": None, "x": Rule(START)}, "v")
    day = timedelta(days=1)
    assert policy.earlier(day) == Policy(
        Rule(older_than=START - day, keep=2), {"v": Rule(keep=3), "w": None, "x": Rule(START - day)}, "v"
    )
    assert policy.has_ages
    assert not Policy(Rule(keep=3), {"v": None}).has_ages
    assert Policy(None, {"x": Rule(START)}).has_ages
