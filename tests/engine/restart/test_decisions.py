"""Reasons of decisions: what a resume continues with, and what a rerun compares."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from model.run.run_events import RUN, created, numbered

from engine.engine_plans import constant, run, step, workflow
from engine.restart.test_rerun import decided
from engine.restart.test_seed_results import begun, reused, where
from wftui.engine.restart.restart_plan import RestartPlan, StepDecision
from wftui.engine.restart.resume_decisions import plan_resume
from wftui.engine.restart.reuse_checks import is_within, same
from wftui.model.base import Json
from wftui.model.run.events import (
    ExecutionEvent,
    IterationCompleted,
    IterationFailed,
    IterationsPlanned,
    IterationStarted,
    StepCompleted,
    StepFailed,
    StepSkipped,
)
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import fold
from wftui.model.run.steps import ExecutionError, Iterations, StepResult, Waiting
from wftui.runtime.plan import ForEachPlan, LoopPlan
from wftui.runtime.workflow_errors import WorkflowError


def result(status: str, **fields: Any) -> StepResult:
    names: dict[str, Any] = {"path": "a", "step_id": "a", "step_name": "a", "step_type": "set", "status": status}
    return StepResult(**{**names, **fields})


@pytest.mark.parametrize(
    ("status", "fields", "decision"),
    [
        ("completed", {}, "keep: completed before"),
        ("failed", {}, "keep: failed before"),
        ("skipped", {}, "keep: skipped before"),
        ("cancelled", {}, "keep: cancelled before"),
        ("failed", {"masked": True}, "keep: failed before"),
        ("pending", {}, "run: had not begun"),
        ("running", {}, "run: was running when the process ended; runs again"),
        (
            "running",
            {"iterations": Iterations(total=5, completed=2, failed=1)},
            "run: continues; 3 finished iterations are reused",
        ),
        ("waiting", {"waiting": Waiting(reason="delay")}, "run: keeps waiting until the time that was set"),
        ("waiting", {"waiting": Waiting(reason="approval")}, "run: asks again; its timeout keeps running"),
        ("waiting", {"waiting": Waiting(reason="child")}, "run: continues with the run it started"),
        ("waiting", {"waiting": Waiting(reason="start")}, "run: keeps the run it started"),
        ("waiting", {"waiting": Waiting(reason="retry")}, "run: retries"),
        ("waiting", {"waiting": Waiting(reason="worker", pool="gpu")}, "run: waits: worker"),
    ],
)
def test_a_plan_of_a_resume_says_how_each_step_goes_on(status: str, fields: dict[str, Any], decision: str) -> None:
    record = fold(RUN, numbered(created()))
    record.step_results += [result(status, pool="gpu", **fields), result("running", path="a[0]")]
    (found,) = plan_resume(record, workflow()).decisions
    assert f"{found.action}: {found.why}" == decision
    assert found.pool == ("gpu" if found.action == "run" else None)


def changed(record: ExecutionRecord, path: str, **fields: Any) -> ExecutionRecord:
    copy = deepcopy(record)
    found = copy.step(path)
    assert found is not None
    for name, value in fields.items():
        setattr(found, name, value)
    return copy


async def test_a_disabled_step_does_not_reuse_its_result() -> None:
    plan = workflow(step("a"))
    record = await run(plan)
    now = workflow(step("a", disabled=True))
    assert decided(now, record) == {"a": "run: is disabled now"}
    skipped = await run(now)
    assert decided(now, skipped) == {"a": "keep: skipped: disabled"}
    assert decided(plan, skipped) == {"a": "run: is no longer disabled"}


async def test_a_step_of_another_type_or_without_a_result_runs() -> None:
    record = await run(workflow(step("a"), step("b")))
    now = workflow(step("a", "fail"), step("b"), step("c"))
    assert decided(now, record) == {"a": "run: its type was set", "b": "keep: same input", "c": "run: is new"}


@pytest.mark.parametrize(
    ("status", "why"), [("running", "had not ended"), ("waiting", "had not ended"), ("cancelled", "was cancelled")]
)
async def test_a_step_that_had_not_completed_runs(status: str, why: str) -> None:
    plan = workflow(step("a"))
    record = changed(await run(plan), "a", status=status)
    assert decided(plan, record) == {"a": f"run: {why}"}
    loop = workflow(
        step("l", type="loop", input=None, body=(step("p"),), loop=LoopPlan(max_iterations=2, on_limit="continue"))
    )
    record = changed(await run(loop), "l[1]", status=status)
    assert decided(loop, record)["l"] == f"run: l[1] {why}"


async def test_a_failed_iteration_makes_its_loop_run() -> None:
    loop = workflow(
        step("l", type="loop", input=None, body=(step("p"),), loop=LoopPlan(max_iterations=2, on_limit="continue"))
    )
    record = changed(await run(loop), "l[0]", status="failed")
    assert decided(loop, record)["l"] == "run: l[0] failed"


async def test_a_loop_at_its_limit_is_compared_with_what_that_means() -> None:
    loop = LoopPlan(until=constant(False), max_iterations=2, on_limit="continue")
    plan = step("l", type="loop", input=None, body=(step("p"),), loop=loop)
    record = await run(workflow(plan))
    assert record.status == "completed"
    assert decided(workflow(plan), record) == {"l": "keep: same input"}
    fails = replace(plan, loop=replace(loop, on_limit="fail"))
    assert decided(workflow(fails), record)["l"] == "run: its onLimit has changed"
    assert decided(workflow(fails), await run(workflow(fails)))["l"] == "run: failed"


async def test_a_loop_of_an_item_is_compared_by_its_iterations() -> None:
    bind: Callable[[Any], Json] = lambda scope: {"x": scope.inputs["x"] * scope.locals["item"]}  # noqa: E731
    plan = workflow(
        step(
            "l",
            type="loop",
            input=None,
            body=(step("p", input=bind),),
            loop=LoopPlan(max_iterations=2, on_limit="continue"),
            for_each=ForEachPlan(items=constant([0, 1])),
        )
    )
    record = await run(plan, {"x": 1})
    assert record.status == "completed"
    assert decided(plan, record) == {"l": "keep: same input"}
    found = decided(plan, record, inputs={"x": 2})
    assert found["l"] == "run: 1 of 2 items run"
    assert found["l[0]"] == "keep: same input"
    assert found["l[1][0].p"] == "run: its input has changed"


async def test_a_sub_workflow_may_use_another_connection() -> None:
    plan = workflow(step("a", type="workflow"))
    record = changed(await run(workflow(step("a"))), "a", step_type="workflow")
    assert decided(plan, record) == {"a": "keep: same input"}
    assert decided(plan, record, reconnected={"api"}) == {"a": "run: its sub-workflow may use another connection"}


async def test_a_skipped_step_is_compared_by_its_reason() -> None:
    def fails(_scope: Any) -> Json:
        raise WorkflowError("binding.type", "`x` is no number")

    record = await run(workflow(step("a", when=constant(False))))
    why = "run: its condition cannot be determined in advance: `x` is no number"
    assert decided(workflow(step("a", when=fails)), record) == {"a": why}
    assert decided(workflow(step("a")), record) == {"a": "run: its condition has changed"}
    plan = workflow(step("a"))
    other = changed(record, "a", skip_reason="the run was stopped")
    assert decided(plan, other) == {"a": "run: was skipped: the run was stopped"}
    inherited = changed(record, "a", skip_reason="needs b, which was skipped")
    assert decided(plan, inherited) == {"a": "keep: skipped: needs b, which was skipped"}


async def test_a_handled_failure_whose_catch_is_gone_runs_again() -> None:
    plan = workflow(step("a", "fail", on_error="continue"))
    record = await run(plan)
    assert decided(plan, record) == {"a": "keep: failed, and the failure was handled"}
    caught = changed(record, "a", caught=0)
    assert decided(plan, caught) == {"a": "run: its catch has changed"}


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [(1, 1.0, False), (1, True, False), ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True), ([1, 2], [2, 1], False)],
)
def test_values_are_the_same_as_json(left: Json, right: Json, equal: bool) -> None:
    assert same(left, right) == equal


def test_a_path_is_within_its_containers() -> None:
    assert is_within("g.a[1].b", {"g.a"})
    assert is_within("g", {"g"})
    assert not is_within("g", {"g.a"})
    assert not is_within("ga", {"g"})


def test_a_decision_in_json_leaves_out_what_there_is_not() -> None:
    bare = StepDecision("a", "keep", "same input")
    assert bare.to_wire() == {"path": "a", "action": "keep", "why": "same input"}
    assert [*RestartPlan([bare]).reused] == ["a"]


BOOM = ExecutionError(type="disk.full", message="volume 1 is full")


def iterated() -> list[ExecutionEvent]:
    return [
        begun("s", "shell"),
        IterationsPlanned(total=3, **where("s")),
        IterationStarted(index=0, label="first", **where("s[0]")),
        IterationCompleted(index=0, output=1, item_errors=BOOM, duration=3.0, **where("s[0]")),
        IterationStarted(index=1, label="second", **where("s[1]")),
        IterationFailed(index=1, error=BOOM, handled=True, output=2, duration=4.0, **where("s[1]")),
        StepCompleted(output=[1, 2], item_errors=BOOM, duration=5.0, **where("s")),
    ]


def test_items_and_failures_are_the_same_in_the_rerun() -> None:
    skipped = StepSkipped(step_name="off", step_type="set", reason="disabled", **where("off"))
    failed: list[ExecutionEvent] = [
        begun("f", "shell"),
        StepFailed(error=BOOM, handled=True, output=7, duration=6.0, **where("f")),
    ]
    before, after = reused(*iterated(), skipped, *failed)
    shown = ("path", "status", "output", "error", "handled", "message", "skip_reason", "duration", "iterations")
    for old, new in zip(before.step_results, after.step_results, strict=True):
        for name in shown:
            assert getattr(old, name) == getattr(new, name), (old.path, name)
    assert all(each.kept_from == before.id for each in after.step_results if each.status != "skipped")
