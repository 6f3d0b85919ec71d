"""The window of finished iterations that a record holds."""

from hypothesis import given
from hypothesis import strategies as st

from model.run.run_events import BOOM, RUN, at, completed, created, numbered, started
from wftui.model.base import Json
from wftui.model.run.events import (
    ExecutionEvent,
    IterationCompleted,
    IterationFailed,
    IterationsPlanned,
    IterationStarted,
    StepCancelled,
)
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.record_index import WINDOW
from wftui.model.run.reducer import apply, fold, new_record
from wftui.model.run.steps import Iterations


def item(
    kind: type[IterationStarted | IterationCompleted | IterationFailed], index: int, owner: str = "a", **more: Json
) -> ExecutionEvent:
    path, step_id = f"{owner}[{index}]", owner.rpartition(".")[2]
    return kind(run_id=RUN, timestamp=at(5), step_id=step_id, path=path, index=index, **more)


def planned(owner: str, total: int | None) -> IterationsPlanned:
    step_id = owner.rpartition(".")[2]
    return IterationsPlanned(run_id=RUN, timestamp=at(2), step_id=step_id, path=owner, total=total)


def items(count: int, *, inner: int = 0) -> list[ExecutionEvent]:
    """The events of finished iterations, each with the same number of steps."""
    events: list[ExecutionEvent] = []
    for index in range(count):
        events.append(item(IterationStarted, index))
        for number in range(inner):
            inside = f"a[{index}].s{number}"
            events.append(started(inside, 5).model_copy(update={"parent": f"a[{index}]", "step_id": f"s{number}"}))
            events.append(completed(inside, 5, 1.0).model_copy(update={"step_id": f"s{number}"}))
        events.append(item(IterationCompleted, index, output=index, duration=1.0))
    return events


def counters_of(record: ExecutionRecord, path: str = "a") -> Iterations:
    step = record.step(path)
    assert step is not None
    assert step.iterations is not None
    return step.iterations


def test_a_record_does_not_grow_with_finished_iterations() -> None:
    record = fold(RUN, numbered(created("a", "b"), planned("a", 9000), *items(9000, inner=2)))
    counters = counters_of(record)
    held = [step for step in record.step_results if step.parent == "a"]
    assert (counters.started, counters.completed, counters.omitted) == (9000, 9000, 9000 - len(held))
    assert WINDOW <= len(record.step_results) - 2 <= WINDOW * 4 // 3 + 3
    assert [step.output for step in held] == list(range(9000 - len(held), 9000))
    assert record.step("a[0]") is None
    assert record.step("a[8999].s1") is not None


def test_running_iterations_and_first_failures_stay_in_the_record() -> None:
    failures = [item(IterationFailed, index, error=BOOM, duration=1.0) for index in range(1, 4)]
    events = [
        item(IterationStarted, 0),
        *(item(IterationStarted, index) for index in range(1, 4)),
        *failures,
        *items(6000)[8:],
    ]
    record = fold(RUN, numbered(created("a"), planned("a", 6000), *events))
    assert [step.path for step in record.step_results][:5] == ["a", "a[0]", "a[1]", "a[2]", "a[3]"]
    states = record.index.logs["a"]
    assert [states.status(index) for index in (0, 1, 4, 5999, 6000)] == [
        "running", "failed", "completed", "completed", "pending",
    ]  # fmt: skip
    assert len(states.omitted(0, 6000)) == counters_of(record).omitted > 3000


def test_a_window_of_none_holds_everything() -> None:
    record = fold(RUN, numbered(created("a"), planned("a", 4000), *items(4000)), window=None)
    assert len(record.step_results) == 4001
    assert counters_of(record).omitted == 0


def test_evicted_iteration_that_reruns_counts_once() -> None:
    events = numbered(created("a"), planned("a", 5000), *items(5000, inner=1))
    again: list[ExecutionEvent] = [
        started("a[7].s0", 9, attempt=2).model_copy(update={"parent": "a[7]", "step_id": "s0"}),
        completed("a[7].s0", 9, 1.0).model_copy(update={"step_id": "s0"}),
    ]
    record = fold(RUN, numbered(*events, *again))
    omitted = counters_of(record).omitted
    outer = record.step("a[7]")
    assert outer is not None
    assert (outer.status, outer.step_id, omitted) == ("running", "a", counters_of(fold(RUN, events)).omitted - 1)
    ended = fold(RUN, numbered(*events, *again, item(IterationCompleted, 7, output=7, duration=1.0)))
    assert (counters_of(ended).completed, counters_of(ended).omitted) == (5000, omitted)


def test_steps_added_to_finished_iterations_fill_the_window() -> None:
    events: list[ExecutionEvent] = [*items(100)]
    for index in range(99):
        for number in range(50):
            inside = f"a[{index}].s{number}"
            events.append(started(inside, 9).model_copy(update={"parent": f"a[{index}]", "step_id": f"s{number}"}))
            events.append(completed(inside, 9, 1.0).model_copy(update={"step_id": f"s{number}"}))
    events += [item(IterationStarted, 100), item(IterationCompleted, 100, output=100, duration=1.0)]
    record = fold(RUN, numbered(created("a"), planned("a", 101), *events))
    assert len(record.step_results) - 1 <= WINDOW
    assert counters_of(record).omitted > 0


def test_with_an_iteration_go_all_iterations_inside_it() -> None:
    events: list[ExecutionEvent] = [planned("a", 40)]
    for outer in range(40):
        events.append(item(IterationStarted, outer))
        owner = f"a[{outer}].b"
        events.append(planned(owner, 100))
        for index in range(100):
            events.append(item(IterationStarted, index, owner))
            if index == 50:
                events.append(item(IterationFailed, index, owner, error=BOOM, duration=1.0))
            else:
                events.append(item(IterationCompleted, index, owner, duration=1.0))
        events.append(item(IterationCompleted, outer, duration=1.0))
    record = fold(RUN, numbered(created("a"), *events))
    held = {step.path for step in record.step_results}
    assert all(step.parent is None or step.parent in held for step in record.step_results)
    assert set(record.index.logs) == {"a"} | {path for path in held if path.endswith(".b")}
    assert set(record.index.ended_held()[1]) == {path for path in held if path.endswith("[50]")}
    assert counters_of(record).omitted == 40 - sum(step.parent == "a" for step in record.step_results)


def test_a_repeated_plan_counts_from_the_start() -> None:
    record = fold(RUN, numbered(created("a"), planned("a", 3000), *items(3000), planned("a", 3000), *items(2700)))
    counters = counters_of(record)
    assert (counters.started, counters.completed) == (2700, 2700)
    held = [step for step in record.step_results if step.parent == "a"]
    assert counters.omitted == 3000 - len(held) - sum(
        record.index.logs["a"].status(index) == "pending" and record.step(f"a[{index}]") is None
        for index in range(3000)
    )


@st.composite
def repeated_runs(draw: st.DrawFn) -> list[ExecutionEvent]:
    """Iterations that begin, end, fail, are cancelled and begin again in any order."""
    events: list[ExecutionEvent] = [created("a"), planned("a", None)]
    for _ in range(draw(st.integers(0, 60))):
        index = draw(st.integers(0, 12))
        kind = draw(st.sampled_from(["start", "step", "done", "done", "fail", "cancel", "plan"]))
        path = f"a[{index}]"
        if kind == "start":
            events.append(item(IterationStarted, index))
        elif kind == "step":
            events.append(started(f"{path}.s", 5).model_copy(update={"parent": path, "step_id": "s"}))
        elif kind == "done":
            events.append(item(IterationCompleted, index, output=index, duration=1.0))
        elif kind == "fail":
            events.append(item(IterationFailed, index, error=BOOM, duration=1.0))
        elif kind == "cancel":
            events.append(StepCancelled(run_id=RUN, timestamp=at(5), step_id="a", path=path))
        else:
            events.append(planned("a", None))
    return numbered(*events)


@given(repeated_runs(), st.integers(1, 6), st.data())
def test_omitted_iterations_depend_only_on_events(
    events: list[ExecutionEvent], window: int, data: st.DataObject
) -> None:
    record = new_record(RUN, window=window)
    end = 0
    while end < len(events):
        begin = data.draw(st.integers(0, end))
        end = data.draw(st.integers(end + 1, len(events)))
        for event in events[begin:end]:
            apply(record, event)
    assert record == fold(RUN, events, window=window)
    whole = fold(RUN, events, window=None)
    for step in record.step_results:
        if step.path.endswith("]") and not record.index.omissions:
            assert step == whole.step(step.path)
    counters, all_counters = counters_of(record), counters_of(whole)
    assert (counters.started, counters.completed, counters.failed) == (
        all_counters.started, all_counters.completed, all_counters.failed,
    )  # fmt: skip
    log = record.index.logs["a"]
    left_out = [index for index in range(13) if log.is_omitted(index)]
    assert list(log.omitted(0, 13)) == left_out
    assert len(left_out) == counters.omitted
    assert all(record.step(f"a[{index}]") is None for index in left_out)
    assert len(record.step_results) == len({step.path for step in record.step_results})
