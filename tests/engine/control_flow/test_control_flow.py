"""What other products document about control flow, tried here: as it runs, after a resume, and in a rerun."""

from typing import Any

import pytest

from engine.control_flow.flow import Flow, compiled
from engine.control_flow.table import FLOWS, README, readme
from engine.engine_plans import Steps, Watch, run, statuses
from engine.resuming import resume
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.model.run.reducer import fold

PREFIXES = 7
"""Moments at which the process of a run dies: about so many of each."""

every_flow = pytest.mark.parametrize("flow", FLOWS, ids=str)


@every_flow
async def test_it_does_what_is_documented(flow: Flow) -> None:
    record = await run(compiled(flow.source), flow.inputs)
    seen: Any = (record.status, record.error.type if record.error else None, record.outputs or {})
    assert seen == (flow.status, flow.error, dict(flow.gives)), record.error
    known = statuses(record)
    assert {path: known.get(path) for path in flow.statuses} == dict(flow.statuses)


@every_flow
async def test_a_resume_from_any_moment_comes_to_the_same(flow: Flow) -> None:
    plan, watch = compiled(flow.source), Watch()
    whole = await run(plan, flow.inputs, watch=watch)
    count = len(watch.events)
    for length in sorted({1 + (count - 2) * n // PREFIXES for n in range(PREFIXES + 1)}):
        if watch.events[length].type == watch.events[length - 1].type == "step_skipped":
            continue  # a step and those inside it are skipped in one commit
        record, events = await resume(plan, watch.events[:length], Steps(), flow.inputs)
        assert (record.status, record.outputs, record.warnings) == (whole.status, whole.outputs, whole.warnings), length
        assert statuses(record) == statuses(whole), length
        assert fold(record.id, events) == record


@every_flow
async def test_a_rerun_keeps_what_succeeded(flow: Flow) -> None:
    plan = compiled(flow.source)
    record = await run(plan, flow.inputs)
    planned = plan_restart(plan, record, inputs=record.inputs, environment={}, before=plan)
    if (record.status, record.warnings) == ("completed", 0):
        again = [each for each in planned.decisions if each.action == "run" and each.why != "finally always runs"]
        assert again == []


def test_the_table_is_current() -> None:
    assert README.read_text(encoding="utf-8") == readme(), "cd tests && python -m engine.control_flow.table"
