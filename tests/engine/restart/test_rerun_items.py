"""Rerun of a forEach: which items are reused, and whether that is all of them."""

import asyncio
from typing import Any

import pytest

from engine.engine_plans import Watch, constant, run, step, workflow
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.model.base import Json
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import ForEachPlan, WorkflowPlan
from wftui.steps.api.step_type import StepContext


def each_of(**fields: Any) -> WorkflowPlan:
    """A plan with one step over a list, whose input is the item."""
    return workflow(step("s", input=lambda scope: {"value": scope.locals["item"]}, for_each=ForEachPlan(**fields)))


def decided(plan: WorkflowPlan, record: ExecutionRecord, **inputs: Json) -> str:
    found = plan_restart(plan, record, environment={}, inputs=inputs or record.inputs).decisions
    (decision,) = [each for each in found if each.path == "s"]
    return f"{decision.action}: {decision.why}"


async def test_a_step_over_a_shorter_list_runs_again() -> None:
    plan = each_of(items=lambda scope: scope.inputs["list"])
    record = await run(plan, {"list": [1, 2, 3]})
    assert decided(plan, record) == "keep: same input"
    assert decided(plan, record, list=[1, 2]) == "run: its list has another length"
    assert decided(plan, record, list=[1, 2, 3, 4]) == "run: 1 of 4 items run"


@pytest.mark.parametrize(
    ("most", "why"), [(1, "keep: same input"), (2, "run: 1 of 2 items run"), (0, "run: 1 of 2 items run")]
)
async def test_an_item_is_reused_while_its_condition_gives_the_same(most: int, why: str) -> None:
    plan = each_of(items=constant([1, 2]), when=lambda scope: scope.locals["item"] <= scope.inputs["most"])
    record = await run(plan, {"most": 1})
    assert decided(plan, record, most=most) == why


async def test_a_skipped_item_is_not_the_previous_one() -> None:
    each = ForEachPlan(items=constant([1, 2, 3]), when=lambda scope: scope.locals["item"] != 2, remembers=True)
    plan = workflow(step("s", input=lambda scope: {"value": scope.locals["previous"]}, for_each=each))
    assert decided(plan, await run(plan)) == "keep: same input"


async def test_items_cancelled_by_stop_when_do_not_run_again() -> None:
    begun = asyncio.Event()

    async def work(input: dict[str, Json], _context: StepContext) -> Json:
        if input["item"] == 0:
            begun.set()
            await asyncio.Event().wait()
        await begun.wait()
        return {"stop": True}

    plan = _side_by_side(2)
    record = await run(plan, work=work)
    assert [each.status for each in record.step_results] == ["completed", "cancelled", "completed"]
    assert decided(plan, record) == "keep: same input"


async def test_items_completed_before_the_one_that_stops_are_kept() -> None:
    watch = Watch()

    async def work(input: dict[str, Json], _context: StepContext) -> Json:
        if input["item"] == 1:
            for other in (0, 2):
                await watch.until("iteration_completed", f"s[{other}]")
        return {"stop": input["item"] == 1}

    plan = _side_by_side(3)
    record = await run(plan, watch=watch, work=work)
    assert [each.status for each in record.step_results] == ["completed"] * 4
    assert decided(plan, record) == "keep: same input"


def _side_by_side(count: int) -> WorkflowPlan:
    each = ForEachPlan(
        items=constant(list(range(count))),
        max_parallel=count,
        stop_when=lambda scope: scope.locals["output"]["stop"],
    )
    bind = lambda scope: {"function": "work", "item": scope.locals["item"]}  # noqa: E731
    return workflow(step("s", "work", input=bind, for_each=each))
