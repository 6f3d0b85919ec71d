"""Requests that the host of runs refuses, by code and sentence."""

from collections.abc import Iterable
from typing import Any

import pytest

from engine.engine_plans import Open, constant, step, workflow
from wftui.engine.host.child_runs import check_depth, check_identity
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.run.early_values import UNKNOWN, every_leaf, known, may_run
from wftui.engine.run.state.run_resources import RunResources
from wftui.model.errors import ConflictError, NotFoundError
from wftui.model.run.record import ExecutionRequest
from wftui.runtime.plan import BranchPlan, CasePlan, CatchPlan, ForEachPlan, LoopPlan, StepPlan
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.child_call import ChildCall


def test_settings_are_those_of_the_documentation() -> None:
    settings = EngineSettings()
    assert (settings.grace, settings.force, settings.finally_limit) == (5.0, 1.5, 60.0)
    assert (settings.log_head, settings.log_tail, settings.log_tail_size) == (8_000_000, 1_000, 1_000_000)
    assert (settings.log_line, settings.log_interval, settings.max_depth) == (64_000, 0.05, 10)
    assert "secret-password" not in repr(EngineSettings(workers="postgresql://me:secret-password@host"))


async def test_runs_that_are_not_there_are_not_found(open_executor: Open) -> None:
    executor = await open_executor({"w": workflow(step("a"))})
    for act in (executor.cancel("none"), executor.answer("none", "a", approved=True), executor.wait("none")):
        with pytest.raises(NotFoundError) as missing:
            await act
        assert missing.value.code == "run.not_found"


async def test_an_ended_run_is_neither_cancelled_nor_answered(open_executor: Open) -> None:
    executor, other = await open_executor({"w": workflow(step("a"))}), await open_executor()
    record = await executor.execute(ExecutionRequest(workflow_id="w"))
    assert executor.time_of(record.id) is None
    for each in (executor, other):
        with pytest.raises(ConflictError) as ended:
            await each.cancel(record.id)
        assert ended.value.code == "run.ended"
        assert str(ended.value) == f"run {record.id} has already ended: it is completed"
        for path in ("a", "b"):
            with pytest.raises(NotFoundError) as nothing:
                await each.answer(record.id, path, approved=True)
            assert nothing.value.code == "approval.none"
            assert str(nothing.value) == f"step {path} of run {record.id} is not waiting for approval"


@pytest.mark.parametrize(
    ("depth", "own", "most", "deepest"),
    [(2, None, 3, None), (3, None, 3, 3), (2, 2, 9, 2), (1, 2, 9, None), (4, 5, 3, None)],
)
def test_sub_workflows_have_a_depth(depth: int, own: int | None, most: int, deepest: int | None) -> None:
    call = ChildCall(max_depth=own)
    if deepest is None:
        check_depth(depth, call, most)
        return
    with pytest.raises(WorkflowError) as refused:
        check_depth(depth, call, most)
    assert refused.value.type == "workflow.depth"
    assert refused.value.message == f"sub-workflows are nested more than {deepest} deep"


def test_a_call_can_expect_a_version_and_a_hash() -> None:
    plan = workflow(step("a"))
    check_identity(plan, ChildCall())
    check_identity(plan, ChildCall(version=plan.version, hash=plan.source_hash))
    for name, call, found in (
        ("version", ChildCall(version="9"), plan.version),
        ("hash", ChildCall(hash="9"), plan.source_hash),
    ):
        with pytest.raises(WorkflowError) as refused:
            check_identity(plan, call)
        assert refused.value.type == "workflow.version"
        assert refused.value.message == f"workflow test has {name} {found}, not 9"
        assert refused.value.details == {"expected": "9", "found": found}


def ids(steps: Iterable[StepPlan]) -> list[str]:
    return [each.id for each in steps]


def container(id: str, **fields: Any) -> StepPlan:
    return step(id, input=None, **{"type": "group", **fields})


def test_steps_that_may_run_are_known_before_the_first() -> None:
    scope = Scope(inputs={"yes": True})
    steps = (
        step("a", catch=(CatchPlan(steps=(step("a1"),)),)),
        step("off", disabled=True),
        step("no", when=constant(False)),
        step("open", when=lambda scope: scope.steps["a"].output),
        container("g", body=(step("b"), step("c")), catch=(CatchPlan(steps=(step("h"),)),)),
        container("r", type="race", branches=(BranchPlan(name="x", steps=(step("d"),)),)),
        container(
            "s",
            type="switch",
            cases=(
                CasePlan(when=constant(False), steps=(step("e"),)),
                CasePlan(when=lambda scope: scope.steps["a"].output, steps=(step("f"),)),
                CasePlan(when=lambda scope: scope.inputs["yes"], steps=(step("k"),)),
                CasePlan(when=None, steps=(step("l"),)),
            ),
        ),
        container("o", type="loop", body=(step("m"),), loop=LoopPlan(max_iterations=2)),
        container("i", body=(step("n"),), for_each=ForEachPlan(items=constant([1]))),
    )
    assert ids(may_run(steps, scope, "", set())) == [*("a", "a1", "open", "b", "c", "h", "d", "f", "k", "m", "n")]
    ended = {"a", "g.b", "r", "s.f", "o.m", "i.n"}
    assert ids(may_run(steps, scope, "", ended)) == ["open", "c", "h", "k", "m", "n"]
    assert ids(may_run(steps, scope, "", {"a.a1", "g.h"})) == [*("a", "open", "b", "c", "d", "f", "k", "m", "n")]
    assert ids(may_run(steps[:1], scope, None, {"a", "a.a1"})) == ["a", "a1"]
    assert sorted(ids(every_leaf(steps))) == sorted(
        ["a", "a1", "off", "no", "open", "b", "c", "h", "d", "e", "f", "k", "l", "m", "n"]
    )


def test_values_that_are_not_known_stay_unknown_whatever_reads_them() -> None:
    scope = Scope(inputs={"x": 1}, secrets=UNKNOWN)
    assert known(lambda scope: scope.inputs["x"], scope) == 1
    assert known(None, scope) is UNKNOWN
    for reads in (
        lambda scope: scope.secrets["x"],
        lambda scope: scope.secrets.get("x", 2),
        lambda scope: list(scope.secrets),
        lambda scope: len(scope.secrets),
        lambda scope: "x" in scope.secrets,
        lambda scope: scope.inputs["y"],
    ):
        assert known(reads, scope) is UNKNOWN


class Resource:
    def __init__(self, closed: list[str], name: str, error: Exception | None = None) -> None:
        self._closed, self._name, self._error = closed, name, error

    async def aclose(self) -> None:
        self._closed.append(self._name)
        if self._error is not None:
            raise self._error


async def test_resources_of_a_run_are_closed_newest_first_and_failures_told() -> None:
    closed: list[str] = []
    told: list[str] = []

    async def tell(sentence: str) -> None:
        told.append(sentence)

    resources = RunResources()
    first = resources.keep("one", lambda: Resource(closed, "one"))
    assert resources.keep("one", lambda: Resource(closed, "other")) is first
    resources.keep("two", lambda: Resource(closed, "two", ValueError("it broke")))
    resources.keep("three", lambda: Resource(closed, "three", TimeoutError()))
    await resources.close(1.5, tell)
    assert closed == ["three", "two", "one"]
    assert told == ["three did not close within 1.5 s", "two could not be closed: it broke"]
    await resources.close(1.5, tell)
    assert len(closed) == 3
