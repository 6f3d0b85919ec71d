"""Joins and skips, against a model written straight from the format page."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from wftui.engine.primitives.outcome import Edge
from wftui.engine.run.steps.scheduler import Schedule, decide_join
from wftui.model.workflow.containers import Join
from wftui.runtime.plan import StepPlan

EDGES: st.SearchStrategy[Edge] = st.sampled_from(["succeeded", "failed", "skipped", "blocked"])
JOINS = st.sampled_from(["all_success", "none_failed", "any_success", "all_done", "any_failed"])


def step(id: str, **fields: object) -> StepPlan:
    return StepPlan(id=id, type="set", name=id, **fields)  # type: ignore[arg-type]  # the fields of each test


def runs(join: Join, demands: Mapping[str, Edge], orders: Mapping[str, Edge]) -> bool:
    """The format page, word by word."""
    seen = [*demands.values(), *(edge for edge in orders.values() if edge != "skipped")]
    edges = ["failed" if edge == "blocked" else edge for edge in seen]
    match join:
        case "all_success":
            return all(edge == "succeeded" for edge in edges)
        case "none_failed":
            return "failed" not in edges and ("succeeded" in edges or not edges)
        case "any_success":
            return "succeeded" in edges or not edges
        case "all_done":
            return True
        case "any_failed":
            return "failed" in edges


@given(JOINS, st.dictionaries(st.sampled_from("abc"), EDGES), st.dictionaries(st.sampled_from("xyz"), EDGES))
def test_a_join_decides_as_the_format_says(join: Join, demands: dict[str, Edge], orders: dict[str, Edge]) -> None:
    skip = decide_join(step("s", needs=tuple(demands), after=tuple(orders), join=join), {**demands, **orders})
    assert (skip is None) == runs(join, demands, orders)
    if skip is not None:
        bad = {name: edge for name, edge in {**demands, **orders}.items() if edge in ("failed", "blocked")}
        assert skip.because_failed == bool(bad)
        if bad:
            first, edge = next(iter(bad.items()))
            assert skip.reason == f"needs {first}, which {'failed' if edge == 'failed' else 'was skipped'}"
        elif join != "any_failed":
            first_skipped = next(name for name, edge in demands.items() if edge == "skipped")
            assert skip.reason == f"needs {first_skipped}, which was skipped"


def test_a_disabled_step_keeps_its_place_in_the_chain() -> None:
    schedule = Schedule([step("a"), step("b", after=("a",), disabled=True), step("c", after=("b",))])
    assert [ready.step.id for ready in schedule.start()] == ["a"]
    (b,) = schedule.end("a", "succeeded")
    assert b.skip is not None
    assert (b.skip.reason, b.skip.because_failed) == ("disabled", False)
    (c,) = schedule.end("b", "skipped")
    assert c.skip is None


def test_a_failure_passes_a_disabled_step() -> None:
    schedule = Schedule([step("a"), step("b", after=("a",), disabled=True), step("c", after=("b",))])
    schedule.start()
    (b,) = schedule.end("a", "failed")
    assert b.skip is not None
    assert b.skip.because_failed


@st.composite
def graphs(draw: st.DrawFn) -> list[StepPlan]:
    steps: list[StepPlan] = []
    for index in range(draw(st.integers(1, 12))):
        before = [each.id for each in steps]
        needs = draw(st.sets(st.sampled_from(before))) if before else set()
        after = draw(st.sets(st.sampled_from(before))) if before else set()
        steps.append(step(f"s{index}", needs=tuple(sorted(needs)), after=tuple(sorted(after)), join=draw(JOINS)))
    return steps


@given(graphs(), st.data())
def test_steps_are_scheduled_once_after_dependencies(steps: list[StepPlan], data: st.DataObject) -> None:
    schedule = Schedule(steps)
    ready = schedule.start()
    ended: list[str] = []
    while ready:
        current = ready.pop(data.draw(st.integers(0, len(ready) - 1)))
        assert {*current.step.needs, *current.step.after} <= set(ended)
        ended.append(current.step.id)
        edge = data.draw(EDGES)
        ready += schedule.end(current.step.id, edge)
    assert sorted(ended) == sorted(each.id for each in steps)
