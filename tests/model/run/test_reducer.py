"""The fold: a record depends only on its events, however they are paged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.run.run_events import BOOM, RUN, at, completed, created, numbered, started
from wftui.model.run.event_json import parse_event
from wftui.model.run.events import (
    Cancelled,
    CancelRequested,
    Completed,
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
    StepFailed,
    StepProgress,
    StepRetrying,
    StepSkipped,
    StepWaiting,
)
from wftui.model.run.paths import is_at_or_in, parent_path
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import GapError, apply, fold, new_record, progress
from wftui.model.run.steps import Waiting


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
    assert (a.status, a.handled, a.output, a.duration, a.message) == ("completed", False, {"x": 1}, 3.0, "half")
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
    assert (step.status, step.handled, step.started_at, step.duration) == ("failed", False, at(2), 11)


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


@pytest.mark.parametrize(
    ("path", "is_inside"),
    [("a", True), ("a.b", True), ("a[3]", True), ("a[3].b", True), ("ab", False), ("b.a", False), ("", False)],
)
def test_address_at_or_in_a_place(path: str, is_inside: bool) -> None:
    assert is_at_or_in(path, "a") is is_inside
