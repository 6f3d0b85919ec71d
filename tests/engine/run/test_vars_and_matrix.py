"""Variables of a workflow and items of a matrix, beyond the flow table."""

import json
from typing import Any

import pytest

from engine.control_flow.flow import compiled, set_
from engine.engine_plans import Steps, Watch, run
from engine.resuming import resume
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.model.base import Json
from wftui.model.run.events import Started
from wftui.runtime.matrix import matrix_items
from wftui.runtime.plan import WorkflowPlan
from wftui.runtime.workflow_errors import BindingError

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "default": 2}}}


def flow(*steps: dict[str, Any], **fields: Any) -> WorkflowPlan:
    source = {"format": 1, "id": "flow", "steps": list(steps), **fields}
    return compiled({**source, "inputSchema": SCHEMA} if "inputs.n" in json.dumps(source) else source)


def doubled(factor: int = 2) -> WorkflowPlan:
    return flow(
        set_("a", v="{{ vars.twice }}"),
        vars={"factor": factor, "twice": "{{ inputs.n * vars.factor }}"},
        outputs={"v": "{{ steps.a.output.v }}", "factor": "{{ vars.factor }}"},
    )


async def test_variables_are_computed_once_and_recorded() -> None:
    watch = Watch()
    record = await run(doubled(), watch=watch)
    assert record.outputs == {"v": 4, "factor": 2}
    assert record.vars == {"factor": 2, "twice": 4}
    assert [event.vars for event in watch.events if isinstance(event, Started)] == [record.vars]


async def test_a_resume_takes_the_recorded_values() -> None:
    watch = Watch()
    await run(doubled(), watch=watch)
    started = next(n for n, event in enumerate(watch.events) if event.type == "started")
    changed = watch.events[started].model_copy(update={"vars": {"factor": 9, "twice": 99}})
    record, _ = await resume(doubled(), [*watch.events[:started], changed], Steps())
    assert record.outputs == {"v": 99, "factor": 9}
    masked = changed.model_copy(update={"masked": True})
    record, _ = await resume(doubled(), [*watch.events[:started], masked], Steps())
    assert record.outputs == {"v": 4, "factor": 2}


async def test_a_rerun_recomputes_them() -> None:
    record = await run(doubled())
    same, other = (
        plan_restart(plan, record, inputs={"n": 2}, environment={}, before=doubled()).decisions[0]
        for plan in (doubled(), doubled(3))
    )
    assert (same.action, other.action, other.why) == ("keep", "run", "its input has changed")


async def test_a_variable_that_cannot_be_computed_fails_the_run_before_a_step() -> None:
    plan = flow(
        set_("a", v="{{ vars.list }}"),
        vars={"list": "{{ [1, 2][inputs.n] }}"},
        **{"finally": [set_("tell", type="{{ run.error.type }}")]},
    )
    record = await run(plan)
    assert record.error is not None
    assert (record.status, record.error.type, record.error.pointer) == ("failed", "binding.missing", "/vars/list")
    assert [step.status for step in record.step_results] == ["pending", "pending"]


async def test_a_loop_variable_hides_the_variables() -> None:
    plan = flow(set_("a", forEach_={"in": "[7]", "as": "vars"}, v="{{ vars }}"), vars={"x": 1})
    record = await run(plan)
    assert record.step("a").output == [{"v": 7}]  # type: ignore[union-attr]  # the step is in the record


@pytest.mark.parametrize(
    ("spec", "limit", "items"),
    [
        ({"matrix": {"a": [1, 2], "b": [3]}}, 2, [{"a": 1, "b": 3}, {"a": 2, "b": 3}]),
        ({"matrix": {"a": [], "b": [3]}}, 2, []),
        ({"matrix": {}, "include": [{"x": 1}]}, 2, [{"x": 1}]),
        ({"matrix": {"a": [1, 2]}, "exclude": [{"a": 1}, {"b": 2}]}, 2, [{"a": 2}]),
        ({"matrix": {"a": [1]}, "exclude": [{}]}, 2, []),
        ({"matrix": {"a": [{"k": 1}]}, "exclude": [{"a": {"k": 2}}]}, 2, [{"a": {"k": 1}}]),
    ],
)
def test_items_of_a_matrix(spec: dict[str, Json], limit: int, items: list[Json]) -> None:
    assert matrix_items(spec, limit) == items


@pytest.mark.parametrize(
    ("spec", "type", "message"),
    [
        ({"matrix": {"a": [1] * 9, "b": [1] * 9}}, "binding.limit", "`forEach.in` gave 81 items; `forEach.maxItems`"),
        ({"matrix": {"a": [1] * 10_000, "b": [1] * 10_000, "c": [1] * 10_000}}, "binding.limit", "1,000,000,000,000"),
        ({"matrix": {"a": "x"}}, "binding.type", "`forEach.in.matrix.a` must give a list"),
        ({"matrix": {"a": [1]}, "include": [1]}, "binding.type", r"`forEach.in.include\[0\]` must give an object"),
    ],
)
def test_a_matrix_that_gives_no_items(spec: dict[str, Json], type: str, message: str) -> None:
    with pytest.raises(BindingError, match=message) as caught:
        matrix_items(spec, 10)
    assert caught.value.type == type


@pytest.mark.parametrize("key", ["maxParallel", "maxItems"])
@pytest.mark.parametrize("value", [0, True, "2", None, 1.0])
async def test_a_limit_must_be_a_whole_number(key: str, value: Json) -> None:
    plan = flow(set_("a", forEach_={"in": "[1]", key: "{{ vars.limit }}"}, v=1), vars={"limit": value})
    record = await run(plan)
    assert record.error is not None
    assert (record.error.type, key in record.error.message) == ("binding.type", True)
    assert record.error.pointer == f"/steps/0/forEach/{key}"


async def test_more_items_than_an_expression_allows() -> None:
    plan = flow(set_("a", forEach_={"in": "[1, 2, 3]", "maxItems": "{{ inputs.n }}"}, v=1))
    record = await run(plan)
    assert record.error is not None
    assert record.error.message.startswith("`forEach.in` gave 3 items; `forEach.maxItems` allows 2")
