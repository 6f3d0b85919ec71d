"""Reruns from inside a loop or a forEach: earlier work is kept, or it is refused."""

import asyncio

import pytest

from engine.engine_plans import Open, Steps, chain, constant, output_of, run, step, workflow
from engine.resuming import rerun
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.engine.restart.restart_plan import repetition, with_usual_times
from wftui.model.base import Json
from wftui.model.errors import ConflictError, NotFoundError
from wftui.model.run.paths import is_at_or_in
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.runtime.plan import ForEachPlan, LoopPlan, WorkflowPlan
from wftui.runtime.scope import Scope
from wftui.steps.api.step_type import StepContext


class Calls:
    """Records the steps that ran; fails where requested."""

    def __init__(self, *fails: str) -> None:
        self.fails = set(fails)
        self.made: list[str] = []

    async def __call__(self, _input: dict[str, Json], context: StepContext) -> Json:
        self.made.append(context.path)
        if context.path in self.fails:
            raise RuntimeError("broken")
        return context.path


def _ends_after(turns: int) -> LoopPlan:
    return LoopPlan(until=lambda scope: scope.locals["index"] == turns - 1, max_iterations=9)


def _looped(turns: int = 4) -> WorkflowPlan:
    body = chain(step("a", "call"), step("b", "call"))
    loop = step("lp", type="loop", input=None, body=body, loop=_ends_after(turns))
    return workflow(*chain(step("first", "call"), loop, step("last", "call")), outputs={"o": output_of("lp")})


def _itemized() -> WorkflowPlan:
    each = ForEachPlan(items=constant([1, 2, 3, 4]))
    group = step("s", type="group", input=None, body=chain(step("a", "call"), step("b", "call")), for_each=each)
    return workflow(*chain(group, step("last", "call")))


def planned(plan: WorkflowPlan, record: ExecutionRecord, from_step: str | None = None) -> list[str]:
    decisions = plan_restart(plan, record, inputs=record.inputs, environment={}, before=plan, from_step=from_step)
    return [f"{each.action} {each.path}" for each in decisions.decisions]


async def again(
    plan: WorkflowPlan, record: ExecutionRecord, from_step: str | None
) -> tuple[list[str], ExecutionRecord]:
    """The calls of a rerun, and its record."""
    calls = Calls()
    decisions = plan_restart(plan, record, inputs=record.inputs, environment={}, before=plan, from_step=from_step)
    new, _ = await rerun(plan, record, decisions, Steps(call=calls))
    return calls.made, new


async def test_a_rerun_from_an_iteration_keeps_the_iterations_before() -> None:
    plan = _looped()
    record = await run(plan, call=Calls())
    assert planned(plan, record, "lp[2].b") == [
        "keep first",
        "run lp",
        "keep lp[0]",
        "keep lp[1]",
        "keep lp[2].a",
        "run lp[2].b",
        "run last",
    ]
    made, new = await again(plan, record, "lp[2].b")
    assert made == ["lp[2].b", "lp[3].a", "lp[3].b", "last"]
    assert (new.status, new.outputs) == ("completed", record.outputs)
    kept = {each.path for each in new.step_results if each.kept_from == record.id}
    assert kept == {"first", "lp[0]", "lp[0].a", "lp[0].b", "lp[1]", "lp[1].a", "lp[1].b", "lp[2].a"}
    made, _ = await again(plan, record, "lp[2]")
    assert made == ["lp[2].a", "lp[2].b", "lp[3].a", "lp[3].b", "last"]
    made, _ = await again(plan, record, "lp[0].a")
    assert len(made) == 9


async def test_a_rerun_from_an_item_keeps_the_other_items() -> None:
    plan = _itemized()
    record = await run(plan, call=Calls())
    made, new = await again(plan, record, "s[1].b")
    assert (made, new.status) == (["s[1].b", "last"], "completed")
    made, _ = await again(plan, record, "s[1]")
    assert made == ["s[1].a", "s[1].b", "last"]


async def test_a_failed_loop_continues_where_it_failed() -> None:
    plan = _looped()
    record = await run(plan, call=Calls("lp[2].b"))
    assert record.status == "failed"
    made, new = await again(plan, record, None)
    assert made == ["lp[2].b", "lp[3].a", "lp[3].b", "last"]
    assert new.status == "completed"


async def test_a_loop_that_remembers_continues_with_the_output_before() -> None:
    def counts(scope: Scope) -> Json:
        before = scope.locals["previous"]
        return {"n": (before["n"] if isinstance(before, dict) else 0) + 1}

    loop = LoopPlan(until=lambda scope: scope.steps["n"].output["n"] == 5, max_iterations=9, remembers=True)
    plan = workflow(step("lp", type="loop", input=None, body=(step("n", input=counts),), loop=loop))
    record = await run(plan)
    new, _ = await rerun(
        plan,
        record,
        plan_restart(plan, record, inputs={}, environment={}, before=plan, from_step="lp[3].n"),
        Steps(),
    )
    assert [step.output for step in new.step_results] == [step.output for step in record.step_results]
    assert {each.path for each in new.step_results if each.kept_from} >= {"lp[0]", "lp[1]", "lp[2]"}


def _nested() -> WorkflowPlan:
    """A forEach in a loop in a forEach, three of each, with steps around each."""
    items = ForEachPlan(items=constant([1, 2, 3]))
    inner = step("in", type="group", input=None, body=chain(step("a", "call"), step("b", "call")), for_each=items)
    body = chain(step("before", "call"), inner, step("after", "call"))
    loop = step("lp", type="loop", input=None, body=body, loop=_ends_after(3))
    outer = step(
        "out", type="group", input=None, body=chain(step("c", "call"), loop, step("d", "call")), for_each=items
    )
    return workflow(*chain(step("first", "call"), outer, step("last", "call")))


async def test_a_rerun_from_any_place_in_nested_loops_keeps_what_was_before() -> None:
    plan = _nested()
    record = await run(plan, call=Calls())
    ran = [each.path for each in record.step_results if each.step_type == "call"]
    assert len(ran) == 2 + 3 * (2 + 3 * (2 + 3 * 2))
    places = [each.path for each in record.step_results if "[" in each.path]
    for place in places:
        made, new = await again(plan, record, place)
        assert new.status == "completed"
        outer = place.partition("]")[0]
        wanted = {each for each in ran if _runs_after(place, each, outer)} | {"last"}
        assert set(made) == wanted, place
        assert len(made) == len(wanted)
        assert {each.path for each in new.step_results if each.step_type == "call"} == set(ran)
        assert new.outputs == record.outputs


def _runs_after(place: str, step_path: str, outer: str) -> bool:
    """Return whether a step runs in a rerun from a place of `_nested`."""
    if not step_path.startswith(f"{outer}]"):
        return False
    if is_at_or_in(step_path, place):
        return True
    order = {"c": 0, "lp": 1, "d": 2, "before": 0, "in": 1, "after": 2, "a": 0, "b": 1}
    ours, theirs = ([part.partition("[") for part in path.split(".")] for path in (place, step_path))
    for depth, (mine, other) in enumerate(zip(ours[1:], theirs[1:], strict=False)):
        if mine[0] != other[0]:
            return order[other[0]] > order[mine[0]]
        if mine[2] != other[2]:
            return depth == 0 and other[2] > mine[2]  # of a loop; items of a forEach do not depend on each other
    return False


async def test_what_would_run_more_is_refused() -> None:
    plan = _looped()
    failed = await run(plan, call=Calls("lp[1].a"))
    with pytest.raises(NotFoundError, match=r"the run has no lp\[2\], so it cannot run again from there"):
        planned(plan, failed, "lp[2].a")
    record = await run(_looped(), call=Calls())
    changed = workflow(*chain(step("first", "call", connection="other"), *plan.steps[1:]))
    with pytest.raises(
        ConflictError,
        match=r"from lp\[2\].a: lp runs again \(comes after first, which runs again\); --from lp runs all of it again",
    ) as refused:
        plan_restart(changed, record, inputs={}, environment={}, before=plan, from_step="lp[2].a")
    assert refused.value.code == "rerun.inside"
    with pytest.raises(NotFoundError, match=r"a was repeated: name the iteration to run from, such as lp\[0\].a"):
        planned(plan, record, "a")
    for name in ("lp[x].a", "lp[", "lp[99999]", "lp[-1].a", "lp[2].nothing", "[2]", "s[0]"):
        with pytest.raises(NotFoundError):
            planned(plan, record, name)


async def test_an_earlier_iteration_that_has_to_run_again_refuses_a_later_one() -> None:
    plan = _looped()
    record = await run(plan, call=Calls())
    first = record.step("lp[0].b")
    assert first is not None
    first.masked = True
    with pytest.raises(ConflictError, match=r"from lp\[2\].a: lp runs again \(lp\[0\].b runs again\)"):
        planned(plan, record, "lp[2].a")
    assert "keep lp[0].a" in planned(plan, record, "lp[0].b")


async def test_a_plan_counts_what_it_repeats() -> None:
    each = ForEachPlan(items=constant(list(range(8))), on_item_error="continue")
    none = step("none", "call", for_each=ForEachPlan(items=constant([])))
    pay = step("pay", "call", idempotent=False)
    plan = workflow(*chain(step("s", "call", for_each=each, idempotent=False), none, pay))
    record = await run(plan, call=Calls("s[2]", "s[5]"))
    decisions = plan_restart(plan, record, inputs={}, environment={}, before=plan).decisions
    usual = with_usual_times(decisions, {"s": 8000.0, "pay": 500.0})
    assert [
        (each.path, each.items, each.had_ended, each.effects, each.usual) for each in usual if each.action == "run"
    ] == [
        ("s", 2, 2, ("s[2]", "s[5]"), 2000.0),
        ("none", 0, 0, (), None),
        ("pay", None, None, ("pay",), 500.0),
    ]
    assert repetition(usual) == [
        "2 items run again, 2 of them had ended.",
        "Not idempotent, and repeated: s[2], s[5], pay.",
        "About 2.5s of work by the usual durations.",
    ]
    assert usual[0].note == "2 of 8 items run; 2 items run again, 2 of them had ended; repeats s[2], s[5]"


async def test_many_reused_items_leave_the_event_loop_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wftui.engine.primitives.tasks._YIELD_AFTER", -1.0)  # whenever it is thought of
    each = ForEachPlan(items=constant(list(range(600))))
    plan = workflow(*chain(step("s", "call", for_each=each), step("last", "call")))
    record = await run(plan, call=Calls())
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    made, new = await again(plan, record, "last")
    task.cancel()
    assert made == ["last"]
    assert len(new.step_results) == 602
    assert turns > 600 * 3 / 100, "one between each hundred of their events"


async def test_a_rerun_inside_a_loop_over_the_executor(open_executor: Open) -> None:
    calls = Calls()
    executor = await open_executor({"test": _looped()}, call=calls)
    old = await executor.execute(ExecutionRequest(workflow_id="test"))
    calls.made = []
    new = await executor.wait(await executor.rerun(old.id, from_step="lp[3].b"))
    assert calls.made == ["lp[3].b", "last"]
    assert new.outputs == old.outputs
