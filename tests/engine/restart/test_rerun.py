"""Running again from somewhere: what is kept, what runs, and why."""

from dataclasses import replace
from typing import Any

import pytest

from engine.engine_plans import Open, chain, constant, output_of, run, step, workflow
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.model.base import Json
from wftui.model.errors import NotFoundError
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.runtime.plan import Bind, CasePlan, ForEachPlan, LoopPlan, StepPlan, WorkflowPlan
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext


def reads(*steps: str, **fields: Any) -> Bind:
    """A binding over inputs and outputs."""

    def bind(scope: Any) -> Json:
        return {
            **{name: scope.steps[name].output for name in steps},
            **{name: value(scope) if callable(value) else value for name, value in fields.items()},
        }

    return bind


def plan_of(word: str = "b") -> WorkflowPlan:
    return workflow(
        step("a", input=lambda scope: {"x": scope.inputs["x"]}),
        step("b", needs=("a",), input=reads("a", word=word)),
        step("c", needs=("b",), input=reads("b")),
        step("other", input=lambda scope: {"y": scope.inputs["y"]}),
        finally_=(step("tidy"),),
    )


def decided(plan: WorkflowPlan, record: ExecutionRecord, **fields: Any) -> dict[str, str]:
    fields.setdefault("inputs", record.inputs)
    return {
        each.path: f"{each.action}: {each.why}"
        for each in plan_restart(plan, record, environment={}, **fields).decisions
    }


INPUTS = {"x": 1, "y": 2}


async def test_rerun_from_a_step_runs_it_and_its_dependants() -> None:
    record = await run(plan_of(), INPUTS)
    assert decided(plan_of(), record, from_step="b") == {
        "a": "keep: same input",
        "b": "run: requested",
        "c": "run: comes after b, which runs again",
        "other": "keep: same input",
        "tidy": "run: finally always runs",
    }
    with pytest.raises(NotFoundError, match="the steps are a, b, c, other, tidy"):
        decided(plan_of(), record, from_step="d")


async def test_items_after_one_that_does_not_stop_the_loop_are_compared() -> None:
    each = ForEachPlan(items=constant([1, 2]), stop_when=lambda scope: scope.locals["output"]["value"] == 9)
    plan = workflow(step("a", input=lambda scope: {"value": scope.locals["item"] * scope.inputs["x"]}, for_each=each))
    record = await run(plan, {"x": 2})
    assert decided(plan, record) == {"a": "keep: same input"}
    assert decided(plan, record, inputs={"x": 3}) == {"a": "run: all its items run"}
    half = workflow(
        step("a", input=lambda scope: {"value": max(scope.locals["item"] * scope.inputs["x"], 2)}, for_each=each)
    )
    record = await run(half, {"x": 1})
    found = decided(half, record, inputs={"x": 2})
    assert found["a"] == "run: 1 of 2 items run"


async def test_a_step_whose_condition_has_changed_is_decided_again() -> None:
    record = await run(workflow(step("a", input=constant({"x": 1}), when=constant(True))))
    now = workflow(step("a", input=constant({"x": 1}), when=constant(False)))
    assert decided(now, record) == {"a": "run: its condition has changed"}


async def test_a_step_whose_input_cannot_be_computed_runs_again() -> None:
    def fails(_scope: Any) -> Json:
        raise WorkflowError("binding.type", "`x` is no number")

    plan = workflow(step("a", input=constant({"x": 1})))
    record = await run(plan)
    why = "run: its input cannot be determined in advance: `x` is no number"
    assert decided(workflow(step("a", input=fails)), record) == {"a": why}


@pytest.mark.parametrize(
    ("on_reject", "why"), [(None, "run: was rejected, which fails the step now"), ("continue", "keep: same input")]
)
async def test_rejection_under_earlier_rules_asks_again(on_reject: str | None, why: str) -> None:
    given = {"prompt": "?", "timeout": 0.01} | ({"onReject": on_reject} if on_reject else {})
    answers = {**given, "onReject": "continue"}
    plan = workflow(step("a", type="approval", input=lambda _: given))
    record = await run(workflow(step("a", type="approval", input=lambda _: answers)))
    result = record.step("a")
    assert result is not None
    assert result.output["approved"] is False
    result.input = given  # as a run of before `onReject` has it
    assert decided(plan, record)["a"] == why


async def test_only_rejected_approvals_ask_again() -> None:
    # Another step with such an output, and a rejection whose failure was handled.
    plan = workflow(
        step("no", input=constant({"approved": False})),
        step(
            "a",
            type="approval",
            input=constant({"prompt": "?", "timeout": 0.01, "onTimeout": "reject"}),
            on_error="continue",
        ),
    )
    record = await run(plan)
    assert record.status == "completed"
    assert decided(plan, record) == {"no": "keep: same input", "a": "keep: failed, and the failure was handled"}


async def test_edited_inputs_rerun_affected_steps() -> None:
    record = await run(plan_of(), INPUTS)
    found = decided(plan_of(), record, inputs={"x": 1, "y": 3})
    assert found["other"] == "run: its input has changed"
    assert found["c"] == "keep: same input"
    found = decided(plan_of(), record, inputs={"x": True, "y": 2})
    assert found["a"] == "run: its input has changed"
    assert found["c"] == "run: comes after b, which runs again"


async def test_changed_workflow_reruns_changed_steps() -> None:
    record = await run(plan_of(), INPUTS)
    assert decided(plan_of("changed"), record)["b"] == "run: its input has changed"
    found = decided(workflow(step("a", "fail"), step("new")), record)
    assert found == {"a": "run: its type was set", "new": "run: is new"}


async def test_rerun_after_failure_runs_failed_steps_and_dependants() -> None:
    plan = workflow(
        *chain(step("a"), step("bad", "fail"), step("c")), step("off", when=constant(False)), step("d", disabled=True)
    )
    record = await run(plan)
    assert decided(plan, record) == {
        "a": "keep: same input",
        "bad": "run: failed",
        "c": "run: comes after bad, which runs again",
        "off": "keep: skipped: when is false",
        "d": "keep: skipped: disabled",
    }


async def test_changed_condition_reruns_its_step() -> None:
    plan = workflow(step("a", when=lambda scope: scope.inputs["go"]))
    record = await run(plan, {"go": False})
    assert decided(plan, record, inputs={"go": True}) == {"a": "run: its condition has changed"}


def odd_fails(input: dict[str, Json], _context: StepContext) -> Json:
    if input["n"] % 2:
        raise WorkflowError("odd", "odd")
    return input["n"]


def each_of(**fields: Any) -> StepPlan:
    bind: Bind = lambda scope: {"function": "work", "n": scope.locals["item"]}  # noqa: E731
    items = ForEachPlan(items=lambda scope: scope.inputs["items"], max_parallel=9)
    return step("s", "work", input=bind, for_each=items, **fields)


async def test_finished_items_are_kept() -> None:
    plan = workflow(each_of())
    record = await run(plan, {"items": [0, 1, 2]}, work=odd_fails)
    assert decided(plan, record) == {
        "s": "run: 1 of 3 items run",
        "s[0]": "keep: same input",
        "s[2]": "keep: same input",
    }
    assert decided(plan, record, inputs={"items": [0, 4]}) == {"s": "run: 1 of 2 items run", "s[0]": "keep: same input"}
    whole = await run(plan, {"items": [0, 2]}, work=odd_fails)
    assert decided(plan, whole) == {"s": "keep: same input"}


async def test_results_inside_containers_are_reused() -> None:
    group = step("g", type="group", input=None, body=chain(step("x"), step("y", "fail")))
    cases = (CasePlan(when=constant(False), steps=(step("n"),)), CasePlan(when=None, steps=(step("m"),)))
    plan = workflow(group, step("w", type="switch", input=None, cases=cases))
    assert decided(plan, await run(plan)) == {
        "g": "run: g.y runs again",
        "g.x": "keep: same input",
        "g.y": "run: failed",
        "w": "keep: same input",
    }


class Repair:
    """Fails until it is repaired; counts what it was asked to do."""

    def __init__(self) -> None:
        self.broken = True
        self.calls: list[str] = []

    def __call__(self, _input: dict[str, Json], context: StepContext) -> Json:
        self.calls.append(context.path)
        if self.broken and context.path in ("bad", "s[1]"):
            raise WorkflowError("broken", "not yet")
        return context.path


async def test_rerun_is_a_new_run_with_reused_results(open_executor: Open) -> None:
    repair = Repair()
    items = ForEachPlan(items=constant(["a", "b", "c"]), max_parallel=3)
    group = step("g", type="group", input=None, body=(step("x", "repair"),))
    plan = workflow(
        *chain(step("first", "repair"), group, step("s", "repair", for_each=items), step("last", "repair")),
        outputs={"s": output_of("s"), "g": output_of("g")},
    )
    executor = await open_executor({"test": plan}, repair=repair)
    old = await executor.execute(ExecutionRequest(workflow_id="test"))
    assert old.status == "failed"
    assert sorted(repair.calls) == ["first", "g.x", "s[0]", "s[1]", "s[2]"]
    repair.broken, repair.calls = False, []

    planned = await executor.plan_restart(old.id)
    assert planned.reused == ["first", "g", "s[0]", "s[2]"]
    new = await executor.wait(await executor.rerun(old.id, user_id="me"))
    assert (new.status, new.parent_id, new.user_id) == ("completed", old.id, "me")
    assert new.outputs == {"s": ["s[0]", "s[1]", "s[2]"], "g": "g.x"}
    assert sorted(repair.calls) == ["last", "s[1]"]
    kept = {each.path for each in new.step_results if each.kept_from == old.id}
    assert kept == {"first", "g", "g.x", "s[0]", "s[2]"}
    assert {each.status for each in new.step_results} == {"completed"}
    first = new.step("first")
    assert first is not None
    assert first.input == {"function": "repair"}
    took = {each.path: each.duration for each in old.step_results}
    assert {each.path: each.duration for each in new.step_results if each.path in kept} == {
        path: took[path] for path in kept
    }
    assert took["first"]
    assert (await executor.wait(old.id)) == old

    repair.calls = []
    again = await executor.wait(await executor.rerun(new.id, from_step="last"))
    assert again.outputs == new.outputs
    assert repair.calls == ["last"]


async def test_results_inside_a_failed_item_are_reused() -> None:
    group = step(
        "g",
        type="group",
        input=None,
        body=chain(step("x"), step("y", "fail")),
        for_each=ForEachPlan(items=constant([1])),
    )
    assert decided(workflow(group), await run(workflow(group))) == {
        "g": "run: all its items run",
        "g[0].x": "keep: same input",
        "g[0].y": "run: failed",
    }


async def test_a_loop_keeps_the_iterations_before_the_first_that_runs_again() -> None:
    check = step("check", input=lambda scope: {"x": scope.inputs["x"], "n": scope.locals["index"]})
    until: Bind = lambda scope: scope.steps["check"].output["n"] == 1  # noqa: E731
    loop = step("l", type="loop", input=None, body=(step("p"), check), loop=LoopPlan(until=until, max_iterations=3))
    record = await run(workflow(loop), {"x": 1})
    assert decided(workflow(loop), record) == {"l": "keep: same input"}
    assert decided(workflow(loop), record, inputs={"x": 2}) == {
        "l": "run: l[0].check runs again",
        "l[0].p": "keep: same input",
        "l[0].check": "run: its input has changed",
    }
    late: Bind = lambda scope: {"x": scope.inputs["list"][scope.locals["index"]]}  # noqa: E731
    over: Bind = lambda scope: scope.locals["index"] == 1  # noqa: E731
    turns = step(
        "l", type="loop", input=None, body=(step("p", input=late),), loop=LoopPlan(until=over, max_iterations=3)
    )
    record = await run(workflow(turns), {"list": [1, 2, 3]})
    assert decided(workflow(turns), record, inputs={"list": [1, 2, 9]}) == {"l": "keep: same input"}
    assert decided(workflow(turns), record, inputs={"list": [1, 9, 3]}) == {
        "l": "run: l[1].p runs again",
        "l[0]": "keep: same input",
        "l[1].p": "run: its input has changed",
    }
    same, ends = "keep: same input", "run: it would end after another iteration"
    for changed, kept in (
        (LoopPlan(until=lambda scope: scope.locals["index"] == 2, max_iterations=3), ["l[0]", "l[1]"]),
        (LoopPlan(until=lambda scope: scope.locals["index"] == 0, max_iterations=3), ["l[0].p"]),
        (LoopPlan(until=over, max_iterations=1), ["l[0]"]),
    ):
        expected = {"l": ends, **dict.fromkeys(kept, same)}
        assert decided(workflow(replace(turns, loop=changed)), record) == expected


async def test_settings_that_affect_a_result_prevent_reuse() -> None:
    plan = workflow(
        step("a"), step("b", "fail", on_error="fallback", fallback=7), step("c", "fail", on_error="continue")
    )
    record = await run(plan)
    assert set(decided(plan, record, before=plan).values()) == {
        "keep: same input",
        "keep: failed, and the failure was handled",
    }
    a, b, c = plan.steps
    now = workflow(replace(a, connection="other"), replace(b, fallback=8), replace(c, on_error="fail"))
    assert decided(now, record, before=plan) == {
        "a": "run: its connection has changed",
        "b": "run: its onError has changed",
        "c": "run: its onError has changed",
    }
    stricter = workflow(replace(a, output_schema={"type": "integer"}), b, c)
    assert decided(stricter, record, before=plan)["a"] == "run: its outputSchema has changed"


async def test_steps_with_another_connection_are_repeated() -> None:
    record = await run(workflow(step("a"), step("b"), step("c")))
    plan = workflow(step("a", connection="api"), step("b", uses=("api",)), step("c", connection="db"))
    assert decided(plan, record, reconnected={"api"}) == {
        "a": "run: it uses another connection for api",
        "b": "run: it uses another connection for api",
        "c": "keep: same input",
    }


async def test_failed_container_is_repeated_and_reuses_its_steps() -> None:
    plan = workflow(step("g", type="group", input=None, body=(step("x"),), output_schema={"type": "integer"}))
    assert decided(plan, await run(plan)) == {"g": "run: failed", "g.x": "keep: same input"}
