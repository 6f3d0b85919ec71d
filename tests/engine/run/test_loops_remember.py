"""`previous`, early ends of forEach and limits of loops, beyond the flow table."""

import asyncio
from typing import Any

import pytest
from helpers import until

from engine.control_flow.flow import compiled, set_
from engine.engine_plans import FAR, Steps, Watch, run, statuses, step, workflow
from engine.resuming import resume
from wftui.model.base import Json
from wftui.runtime.plan import ForEachPlan, LoopPlan, WorkflowPlan
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


def flow(*steps: dict[str, Any], **fields: Any) -> WorkflowPlan:
    return compiled({"format": 1, "id": "flow", "steps": list(steps), **fields})


async def test_previous_is_that_of_the_innermost_loop() -> None:
    inner = {
        "id": "inner",
        "type": "loop",
        "until": "index == 1",
        "maxIterations": 2,
        "steps": [set_("see", was="{{ previous.n if previous else none }}", n="{{ item * 10 + index }}")],
    }
    outer = {
        "id": "outer",
        "type": "group",
        "forEach": {"in": "[1, 2]"},
        "steps": [set_("before", was="{{ previous.n if previous else none }}"), inner],
    }
    record = await run(flow(outer))
    seen = {path: record.step(path) for path in ("outer[1].before", "outer[1].inner[0].see", "outer[1].inner[1].see")}
    assert [each.output["was"] for each in seen.values() if each] == [11, None, 20]


async def test_previous_skips_items_without_an_output() -> None:
    each = {"in": "[1, 2, 3, 4]", "when": "item != 2", "onItemError": "continue"}
    check = {
        "id": "c",
        "type": "group",
        "forEach": each,
        "steps": [
            {"id": "ok", "type": "assert", "input": {"that": "{{ item != 3 }}"}},
            set_("v", n="{{ item }}", was="{{ previous }}"),
        ],
    }
    record = await run(flow(check, outputs={"c": "{{ steps.c.output }}"}))
    first = {"n": 1, "was": None}
    assert record.outputs == {"c": [first, None, None, {"n": 4, "was": first}]}
    counters = record.step("c")
    assert counters is not None
    assert counters.iterations is not None
    assert (counters.iterations.completed, counters.iterations.failed, counters.iterations.skipped) == (2, 1, 1)


async def test_a_loop_variable_of_that_name_shadows_previous() -> None:
    count = {
        "id": "count",
        "type": "loop",
        "until": "index == 1",
        "maxIterations": 2,
        "steps": [set_("see", v="{{ previous }}")],
    }
    around = {"id": "g", "type": "group", "forEach": {"in": "['mine']", "as": "previous"}, "steps": [count]}
    record = await run(flow(around, outputs={"g": "{{ steps.g.output }}"}))
    assert record.outputs == {"g": [{"v": "mine"}]}


def waits(watch: dict[str, list[int]], fails: int | None) -> Any:
    async def work(given: dict[str, Json], context: StepContext) -> Json:
        item = given["item"]
        if item == 0:
            await until(lambda: len(watch["began"]) == 2)
            if fails == 0:
                raise WorkflowError("host.down", "It does not answer.")
            return item
        watch["began"].append(item)
        try:
            await asyncio.sleep(FAR)
        finally:
            watch["ended"].append(item)
        return item

    return work


@pytest.mark.parametrize("how", ["fail", "stopWhen"])
async def test_running_siblings_are_cancelled(how: str) -> None:
    seen: dict[str, list[int]] = {"began": [], "ended": []}
    each = ForEachPlan(
        items=lambda _scope: [1, 2, 0, 3],
        max_parallel=3,
        stop_when=(lambda scope: scope.locals["output"] == 0) if how == "stopWhen" else None,
    )
    plan = workflow(
        step("c", "work", for_each=each, input=lambda scope: {"function": "work", "item": scope.locals["item"]}),
        outputs={"c": lambda scope: scope.steps["c"].output},
    )
    record = await run(plan, work=waits(seen, 0 if how == "fail" else None))
    assert record.status == ("failed" if how == "fail" else "completed")
    assert {name: sorted(items) for name, items in seen.items()} == {"began": [1, 2], "ended": [1, 2]}
    assert {path: each for path, each in statuses(record).items() if path != "c"} == {
        "c[0]": "cancelled",
        "c[1]": "cancelled",
        "c[2]": "failed" if how == "fail" else "completed",
    }
    if how == "stopWhen":
        assert record.outputs == {"c": [None, None, 0]}


@pytest.mark.parametrize(("rules", "status"), [(2, "completed"), (3, "cancelled")])
async def test_siblings_of_earlier_runs_end_as_they_did(rules: int, status: str) -> None:
    async def work(given: dict[str, Json], context: StepContext) -> Json:
        if given["item"] == 0:
            await asyncio.sleep(FAR if rules == 3 else 0.02)
            return 0
        raise WorkflowError("host.down", "It does not answer.")

    each = ForEachPlan(items=lambda _scope: [0, 1], max_parallel=2)
    plan = workflow(
        step("c", "work", for_each=each, input=lambda scope: {"function": "work", "item": scope.locals["item"]})
    )
    watch = Watch()
    await run(plan, watch=watch, work=work)
    begun = [event.model_copy(update={"rules": rules}) if event.type == "created" else event for event in watch.events]
    record, _ = await resume(plan, begun[:2], Steps(work=work))
    assert statuses(record) == {"c": "failed", "c[0]": status, "c[1]": "failed"}


async def test_a_masked_output_runs_its_iteration_again() -> None:
    ran: list[int] = []

    def work(given: dict[str, Json], context: StepContext) -> Json:
        context.keep_secret("hush-hush-hush")
        ran.append(given["n"])
        return {"n": given["n"], "was": given["was"]["n"] if given["was"] else None, "token": "hush-hush-hush"}

    def bound(scope: Any) -> Json:
        return {"function": "work", "n": scope.locals["index"], "was": scope.locals["previous"]}

    loop = LoopPlan(until=lambda scope: scope.locals["index"] == 3, max_iterations=4, remembers=True)
    plan = workflow(
        step("l", type="loop", input=None, loop=loop, body=(step("w", "work", input=bound),)),
        outputs={"was": lambda scope: scope.steps["l"].output["was"]},
    )
    watch = Watch()
    whole = await run(plan, watch=watch, work=work)
    begun = next(
        n for n, event in enumerate(watch.events) if event.type == "iteration_started" and event.path == "l[2]"
    )
    ran.clear()
    record, _ = await resume(plan, watch.events[: begun + 1], Steps(work=work))
    assert record.outputs == whole.outputs == {"was": 2}
    assert ran == [0, 1, 2, 3]


async def test_the_waits_of_a_loop_grow_up_to_a_limit() -> None:
    plan = LoopPlan(max_iterations=9, delay=1, backoff=3, max_delay=20)
    assert [plan.wait_after(n) for n in (0, 1, 2, 3, 9_999)] == [1, 3, 9, 20, 20]
    assert [LoopPlan(max_iterations=9, delay=each).wait_after(5) for each in (7, 90)] == [7, 90]


@pytest.mark.parametrize(
    ("each", "type"), [({"when": "item"}, "binding.type"), ({"stopWhen": "output.n.nothing"}, "binding.missing")]
)
async def test_a_condition_of_an_item_that_raises_fails_the_item(each: dict[str, Json], type: str) -> None:
    schema = {"type": "object", "properties": {"list": {"type": "array"}}, "required": ["list"]}
    plan = flow(
        set_("c", n="{{ {} if item == 1 else item }}", forEach_={"in": "inputs.list", **each}), inputSchema=schema
    )
    record = await run(plan, {"list": [1]})
    assert record.error is not None
    assert (record.error.type, statuses(record)["c[0]"]) == (type, "failed")
