"""The fold: a record depends only on its events, however they are paged."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.base import Json
from wftui.model.run.event_json import parse_event
from wftui.model.run.events import (
    Cancelled,
    CancelRequested,
    Completed,
    Created,
    ExecutionEvent,
    Failed,
    Interrupted,
    IterationCompleted,
    IterationFailed,
    IterationsPlanned,
    IterationStarted,
    Log,
    Resumed,
    Started,
    StepAnswered,
    StepCancelled,
    StepCompleted,
    StepFailed,
    StepProgress,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepWaiting,
)
from wftui.model.run.paths import is_at_or_in, parent_path
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.record_index import WINDOW
from wftui.model.run.reducer import GapError, apply, fold, new_record, progress
from wftui.model.run.steps import ExecutionError, Iterations, StepInfo, Waiting

RUN = "r1"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BOOM = ExecutionError(type="exit_code", message="boom")


def at(ms: int) -> datetime:
    return START + timedelta(milliseconds=ms)


def numbered(*events: ExecutionEvent) -> list[ExecutionEvent]:
    for seq, event in enumerate(events, 1):
        event.seq = seq
    return list(events)


def created(*ids: str) -> Created:
    steps = [StepInfo(path=i, step_id=i, step_name=i.title(), step_type="set") for i in ids]
    return Created(run_id=RUN, timestamp=at(0), workflow_id="w", inputs={"a": 1}, steps=steps)


def started(path: str, ms: int, attempt: int = 1) -> StepStarted:
    return StepStarted(
        run_id=RUN, timestamp=at(ms), step_id=path, path=path, step_name=path, step_type="set", attempt=attempt
    )


def completed(path: str, ms: int, duration: float, output: object = None) -> StepCompleted:
    return StepCompleted(run_id=RUN, timestamp=at(ms), step_id=path, path=path, duration=duration, output=output)


def test_a_run_from_created_to_completed() -> None:
    record = fold(
        RUN,
        numbered(
            created("a", "b"),
            Started(run_id=RUN, timestamp=at(1)),
            started("a", 2),
            StepProgress(run_id=RUN, timestamp=at(3), step_id="a", path="a", progress=0.5, message="half"),
            Log(run_id=RUN, timestamp=at(3), message="hello", path="a"),
            completed("a", 5, 3.0, {"x": 1}),
            StepSkipped(run_id=RUN, timestamp=at(5), step_id="b", path="b", reason="when is false"),
            Completed(run_id=RUN, timestamp=at(6), outputs={"x": 1}, duration=5.0, warnings=1),
        ),
    )
    assert (record.status, record.outputs, record.duration, record.warnings) == ("completed", {"x": 1}, 5.0, 1)
    assert record.inputs == {"a": 1}
    a, b = record.step_results
    assert (a.status, a.output, a.duration, a.message) == ("completed", {"x": 1}, 3.0, "half")
    assert a.attempts[0].duration == 3.0
    assert (b.status, b.skip_reason) == ("skipped", "when is false")
    assert progress(record) == (2, 2)
    assert record.last_seq == 8


def test_attempts_are_recorded_with_their_errors() -> None:
    retrying = StepRetrying(run_id=RUN, timestamp=at(4), step_id="a", path="a", attempt=1, error=BOOM, next_at=at(10))
    failed = StepFailed(run_id=RUN, timestamp=at(13), step_id="a", path="a", attempt=2, error=BOOM, duration=11)
    events: list[ExecutionEvent] = numbered(
        created("a"), Started(run_id=RUN, timestamp=at(1)), started("a", 2), retrying
    )
    waiting = fold(RUN, events).step("a")
    assert waiting is not None
    assert waiting.status == "waiting"
    assert waiting.waiting == Waiting(reason="retry", until=at(10))
    record = fold(RUN, numbered(*events, started("a", 10, attempt=2), failed))
    step = record.step("a")
    assert step is not None
    assert [(a.attempt, a.error, a.duration) for a in step.attempts] == [(1, BOOM, 2.0), (2, BOOM, 3.0)]
    assert (step.status, step.started_at, step.duration) == ("failed", at(2), 11)


def test_approval_waits_until_answered() -> None:
    waiting = StepWaiting(
        run_id=RUN, timestamp=at(3), step_id="a", path="a", waiting=Waiting(reason="approval", prompt="Sure?")
    )
    answered = StepAnswered(run_id=RUN, timestamp=at(9), step_id="a", path="a", approved=True, by="me")
    events: list[ExecutionEvent] = [
        created("a"),
        Started(run_id=RUN, timestamp=at(1)),
        started("a", 2),
        waiting,
    ]
    step = fold(RUN, numbered(*events)).step("a")
    assert step is not None
    assert (step.status, step.waiting and step.waiting.prompt) == ("waiting", "Sure?")
    step = fold(RUN, numbered(*events, answered)).step("a")
    assert step is not None
    assert (step.status, step.waiting) == ("running", None)


def test_iterations_are_counted_and_addressable() -> None:
    def iteration(kind: type, index: int, **more: object) -> ExecutionEvent:
        return parse_event(
            kind(run_id=RUN, timestamp=at(5), step_id="a", path=f"a[{index}]", index=index, **more).to_wire()
        )

    record = fold(
        RUN,
        numbered(
            created("a"),
            IterationsPlanned(run_id=RUN, timestamp=at(2), step_id="a", path="a", total=2),
            iteration(IterationStarted, 0, label="zero"),
            iteration(IterationStarted, 1),
            iteration(IterationCompleted, 0, output=7, duration=1.0),
            iteration(IterationFailed, 1, error=BOOM, duration=2.0),
        ),
    )
    owner, first, second = record.step_results
    assert owner.iterations is not None
    assert owner.iterations.to_wire() == {
        "total": 2,
        "started": 2,
        "completed": 1,
        "failed": 1,
        "omitted": 0,
    }
    assert (first.path, first.parent, first.status, first.output) == ("a[0]", "a", "completed", 7)
    assert (second.status, second.error) == ("failed", BOOM)


@pytest.mark.parametrize(
    ("path", "parent"), [("a", None), ("a[3]", "a"), ("a[3].b", "a[3]"), ("g.a", "g"), ("g.a[0][1]", "g.a[0]")]
)
def test_the_parent_of_an_address(path: str, parent: str | None) -> None:
    assert parent_path(path) == parent


def test_resumed_run_is_running() -> None:
    events: list[ExecutionEvent] = [
        created("a"),
        Started(run_id=RUN, timestamp=at(1)),
        Interrupted(run_id=RUN, timestamp=at(2)),
    ]
    assert fold(RUN, numbered(*events)).status == "interrupted"
    assert fold(RUN, numbered(*events, Resumed(run_id=RUN, timestamp=at(3)))).status == "running"


def test_cancelled_run_is_recorded() -> None:
    record = fold(
        RUN,
        numbered(
            created("a"),
            Started(run_id=RUN, timestamp=at(1)),
            started("a", 2),
            CancelRequested(run_id=RUN, timestamp=at(3), by="me"),
            StepCancelled(run_id=RUN, timestamp=at(4), step_id="a", path="a", duration=2.0),
            Cancelled(run_id=RUN, timestamp=at(5), duration=5.0),
        ),
    )
    assert (record.status, record.cancel_requested) == ("cancelled", True)
    step = record.step("a")
    assert step is not None
    assert (step.status, step.attempts[0].duration) == ("cancelled", 2.0)


def test_a_missing_event_is_noticed() -> None:
    record = new_record(RUN)
    with pytest.raises(GapError):
        apply(record, Started(run_id=RUN, timestamp=at(0), seq=2))


@st.composite
def runs(draw: st.DrawFn) -> list[ExecutionEvent]:
    """Plausible event streams, in order, ended or not."""
    ids = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True))
    events: list[ExecutionEvent] = [created(*ids), Started(run_id=RUN, timestamp=at(1))]
    ms = 1
    for path in ids:
        ms += draw(st.integers(1, 1000))
        kind = draw(st.sampled_from(["ok", "fail", "skip", "retry", "open"]))
        if kind == "skip":
            reason = draw(st.sampled_from(["when is false", "disabled"]))
            events.append(StepSkipped(run_id=RUN, timestamp=at(ms), step_id=path, path=path, reason=reason))
            continue
        events.append(started(path, ms))
        if kind == "retry":
            events.append(
                StepRetrying(
                    run_id=RUN,
                    timestamp=at(ms),
                    step_id=path,
                    path=path,
                    attempt=1,
                    error=BOOM,
                    next_at=at(ms + 5),
                )
            )
            events.append(started(path, ms + 5, attempt=2))
        if kind in {"ok", "retry"}:
            events.append(completed(path, ms + 9, 9.0, draw(st.none() | st.integers() | st.text(max_size=5))))
        if kind == "fail":
            events.append(StepFailed(run_id=RUN, timestamp=at(ms), step_id=path, path=path, error=BOOM, duration=1.0))
    if draw(st.booleans()):
        events.append(Failed(run_id=RUN, timestamp=at(ms + 10), error=BOOM, duration=1.0))
    return numbered(*events)


@given(runs())
def test_events_and_records_survive_the_wire(events: list[ExecutionEvent]) -> None:
    again = [parse_event(event.to_json()) for event in events]
    assert again == events
    record = fold(RUN, again)
    assert ExecutionRecord.model_validate(record.to_wire()).to_wire() == record.to_wire()


@given(runs(), st.data())
def test_overlapping_pages_give_the_same_record(events: list[ExecutionEvent], data: st.DataObject) -> None:
    record = new_record(RUN)
    end = 0
    while end < len(events):
        begin = data.draw(st.integers(0, end))
        end = data.draw(st.integers(end + 1, len(events)))
        for event in events[begin:end]:
            apply(record, event)
    assert record.to_wire() == fold(RUN, events).to_wire()


# --- what a record leaves out


def item(
    kind: type[IterationStarted | IterationCompleted | IterationFailed], index: int, owner: str = "a", **more: Json
) -> ExecutionEvent:
    path, step_id = f"{owner}[{index}]", owner.rpartition(".")[2]
    return kind(run_id=RUN, timestamp=at(5), step_id=step_id, path=path, index=index, **more)


def planned(owner: str, total: int | None) -> IterationsPlanned:
    step_id = owner.rpartition(".")[2]
    return IterationsPlanned(run_id=RUN, timestamp=at(2), step_id=step_id, path=owner, total=total)


def items(count: int, *, inner: int = 0) -> list[ExecutionEvent]:
    """The events of so many finished iterations, each with so many steps in it."""
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


@pytest.mark.parametrize(
    ("path", "is_inside"),
    [("a", True), ("a.b", True), ("a[3]", True), ("a[3].b", True), ("ab", False), ("b.a", False), ("", False)],
)
def test_address_at_or_in_a_place(path: str, is_inside: bool) -> None:
    assert is_at_or_in(path, "a") is is_inside
