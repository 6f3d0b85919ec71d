"""Control flow documented by other products: run, resumed, and rerun."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from engine.control_flow.flow import Flow, compiled
from engine.control_flow.pets import pet_server
from engine.control_flow.table import FLOWS, README, readme
from engine.engine_plans import Steps, Watch, run, statuses
from engine.resuming import resume
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.model.base import Json
from wftui.model.run.events import ExecutionEvent, StepStarted, StepWon
from wftui.model.run.paths import is_at_or_in
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import fold

PREFIXES = 7
"""Moments at which the process of a run dies: about this many of each."""


@pytest.fixture(scope="module")
def pets() -> Iterator[str]:
    with pet_server() as address:
        yield address


@pytest.fixture
def inputs(flow: Flow, pets: str) -> dict[str, Json]:
    properties = flow.source.get("inputSchema", {}).get("properties", {})
    return flow.inputs | ({"base": pets} if "base" in properties else {})


every_flow = pytest.mark.parametrize("flow", FLOWS, ids=str)


def losers(source: Mapping[str, Any], events: list[ExecutionEvent]) -> dict[str, int]:
    """The steps of losing branches by path, and the number of the event that decided."""
    races = {step["id"]: step for step in source["steps"] if step["type"] == "race"}
    found: dict[str, int] = {}
    for number, event in enumerate(events):
        if isinstance(event, StepWon):
            lost = [each for each in races[event.path]["branches"] if each["name"] != event.branch]
            found |= {f"{event.path}.{step['id']}": number for branch in lost for step in branch["steps"]}
    return found


def settled(record: ExecutionRecord, lost: Iterable[str]) -> dict[str, str]:
    """The statuses that do not depend on time: a loser of a race may stop anywhere."""
    known = statuses(record)
    assert {known[each] for each in lost if each in known} <= {"completed", "skipped", "cancelled", "failed"}
    return {path: status for path, status in known.items() if not any(is_at_or_in(path, each) for each in lost)}


def begun_after_the_end(flow: Flow, events: list[ExecutionEvent]) -> list[str]:
    """The steps of losers that began after another branch had won."""
    lost = losers(flow.source, events)
    return [
        event.path
        for number, event in enumerate(events)
        if isinstance(event, StepStarted)
        and any(is_at_or_in(event.path, each) and number > decided for each, decided in lost.items())
    ]


@every_flow
async def test_it_does_what_is_documented(flow: Flow, inputs: dict[str, Json]) -> None:
    record = await run(compiled(flow.source), inputs)
    seen: Any = (record.status, record.error.type if record.error else None, record.outputs or {})
    assert seen == (flow.status, flow.error, dict(flow.gives)), record.error
    known = statuses(record)
    assert {path: known.get(path) for path in flow.statuses} == dict(flow.statuses)


@every_flow
async def test_a_resume_from_any_moment_comes_to_the_same(flow: Flow, inputs: dict[str, Json]) -> None:
    plan, watch = compiled(flow.source), Watch()
    whole = await run(plan, inputs, watch=watch)
    count = len(watch.events)
    for length in sorted({1 + (count - 2) * n // PREFIXES for n in range(PREFIXES + 1)}):
        if watch.events[length].type == watch.events[length - 1].type == "step_skipped":
            continue  # a step and those inside it are skipped in one commit
        record, events = await resume(plan, watch.events[:length], Steps(), inputs)
        assert (record.status, record.outputs, record.warnings) == (whole.status, whole.outputs, whole.warnings), length
        lost = losers(flow.source, watch.events) | losers(flow.source, events)  # others may win this time
        assert settled(record, lost) == settled(whole, lost), length
        assert begun_after_the_end(flow, events) == [], length
        assert fold(record.id, events) == record


@every_flow
async def test_a_rerun_keeps_what_succeeded(flow: Flow, inputs: dict[str, Json]) -> None:
    plan = compiled(flow.source)
    record = await run(plan, inputs)
    planned = plan_restart(plan, record, inputs=record.inputs, environment={}, before=plan)
    if (record.status, record.warnings) == ("completed", 0):
        again = [each for each in planned.decisions if each.action == "run" and each.why != "finally always runs"]
        assert again == []


def test_the_table_is_current() -> None:
    assert README.read_text(encoding="utf-8") == readme(), "cd tests && python -m engine.control_flow.table"
