"""Results that a history carries into a resume, event by event."""

from datetime import timedelta
from typing import Any

import pytest
from model.run.run_events import RUN, START

from wftui.engine.primitives.outcome import CUTS, StepOutcome
from wftui.engine.run.state.carried_results import CarriedResults, Caught, RunHistory, outcome_of
from wftui.model.run.events import (
    CancelRequested,
    Completed,
    Created,
    ExecutionEvent,
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
    StepCaught,
    StepCompleted,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepWaiting,
    StepWon,
)
from wftui.model.run.steps import ExecutionError, Waiting

ERROR = ExecutionError(type="x", message="broke")


def at(seconds: float = 0) -> dict[str, Any]:
    return {"run_id": RUN, "timestamp": START + timedelta(seconds=seconds)}


def of(path: str, seconds: float = 0) -> dict[str, Any]:
    return {**at(seconds), "path": path, "step_id": path}


def began(path: str = "a", seconds: float = 0, kind: str = "set", attempt: int = 1) -> StepStarted:
    return StepStarted(step_name=path, step_type=kind, attempt=attempt, **of(path, seconds))


def carried(*events: ExecutionEvent) -> CarriedResults:
    found = CarriedResults()
    for event in events:
        found.note(event)
    return found


def retrying(path: str = "a", attempt: int = 1) -> StepRetrying:
    return StepRetrying(attempt=attempt, error=ERROR, next_at=START, **of(path))


def waiting(path: str = "a", **fields: Any) -> StepWaiting:
    return StepWaiting(waiting=Waiting(**fields), **of(path))


def test_a_started_step_is_open_until_it_ends() -> None:
    for end in (
        StepCompleted(output=1, duration=1, **of("a")),
        StepFailed(error=ERROR, duration=1, **of("a")),
        StepSkipped(reason="disabled", **of("a")),
        IterationCompleted(index=0, duration=1, **of("a")),
        IterationFailed(index=0, error=ERROR, duration=1, **of("a")),
    ):
        found = carried(began(attempt=2), end)
        assert (found.open, found.attempts) == (set(), {"a": 2})
        assert found.ends == {"a": outcome_of(end)}
        assert found.has_ended("a", 1)
        assert found.has_ended("a", 2)
    found = carried(began(attempt=2))
    assert found.open == {"a"}
    assert found.has_ended("a", 1)
    assert not found.has_ended("a", 2)
    assert not found.has_ended("b", 1)


def test_a_cancelled_step_is_neither_open_nor_ended() -> None:
    found = carried(began(), StepCancelled(duration=1, **of("a")))
    assert (found.open, found.cancelled, found.ends) == (set(), {"a"}, {})


def test_a_step_whose_output_is_not_stored_runs_again() -> None:
    done = StepCompleted(output="***", masked=True, duration=2500, **of("a"))
    found = carried(began(), waiting(reason="approval"), done)
    found.tried["a"] = 1.0
    found.note(done)
    assert (found.open, found.masked, found.ends, found.waits, found.tried) == ({"a"}, {"a"}, {}, {}, {})
    assert found.worked_for("a") == 2.5
    found.note(began(attempt=2))
    assert (found.open, found.masked) == ({"a"}, set())


def test_a_retry_repeats_the_steps_inside() -> None:
    found = carried(
        began("a", kind="group"),
        IterationsPlanned(total=2, **of("a")),
        IterationStarted(index=0, **of("a[0]")),
        began("a.b"),
        StepAnswered(approved=True, **of("a.b")),
        StepCaught(attempt=1, error=ERROR, clause=1, **of("a.b")),
        StepWon(branch="one", **of("a")),
        StepWon(branch="two", **of("a.c")),
        StepCompleted(output=1, duration=1, **of("a.b")),
        StepCompleted(output="***", masked=True, duration=1, **of("a.d")),
        StepCancelled(duration=1, **of("a.e")),
        retrying("a.b"),
        waiting("a.b", reason="delay"),
        StepAnswered(approved=True, **of("a")),
        began("ab"),
    )
    assert found.planned == {"a"}
    assert found.iterations == {"a[0]"}
    assert found.won == {"a": "one", "a.c": "two"}
    assert found.caught == {"a.b": Caught(1, ERROR, 1)}
    found.note(retrying("a"))
    assert found.failed == {"a": 1}
    assert found.open == {"ab"}
    assert found.attempts == {"a": 1, "ab": 1}
    for left in (found.planned, found.iterations, found.masked, found.cancelled):
        assert left == set()
    for kept in (found.won, found.caught, found.ends, found.answers, found.worked):
        assert kept == {}
    assert found.waits == {"a": Waiting(reason="retry", until=START)}
    assert found.retry_at("a") == START
    found.note(retrying("a", 2))
    assert found.failed == {"a": 2}
    found.note(began(attempt=3))
    assert (found.waits, found.retry_at("a")) == ({}, None)


def test_only_the_wait_for_a_retry_ends_with_the_next_attempt() -> None:
    found = carried(waiting(reason="delay", until=START), began())
    assert found.waits == {"a": Waiting(reason="delay", until=START)}
    assert found.retry_at("a") is None


def test_children_are_those_that_open_steps_wait_for() -> None:
    found = carried(
        began("b"),
        waiting("b", reason="child", child_id="of-b"),
        began("a"),
        waiting("a", reason="child", child_id="of-a"),
        began("c"),
        waiting("c", reason="start", child_id="of-c"),
        began("d"),
        waiting("d", reason="child", child_id="of-d"),
        StepCompleted(output=1, duration=1, **of("d")),
        began("e"),
    )
    assert found.children() == ["of-a", "of-b"]
    assert [found.child_of(path) for path in "abcde"] == ["of-a", "of-b", "of-c", None, None]


def test_warnings_are_what_steps_let_pass() -> None:
    found = CarriedResults()
    found.ends = {
        "a": StepOutcome("completed", error=ERROR),
        "b": StepOutcome("completed"),
        "c": StepOutcome("failed", error=ERROR),
        "d": StepOutcome("failed", error=ERROR, handled=True),
        "e[0]": StepOutcome("failed", error=ERROR, handled=True),
    }
    assert found.warnings() == 2


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (
            StepCompleted(output=1, item_errors=ERROR, attempt=2, duration=1, **of("a")),
            StepOutcome("completed", output=1, error=ERROR, attempts=2),
        ),
        (
            StepFailed(output=1, error=ERROR, handled=True, attempt=3, duration=1, **of("a")),
            StepOutcome("failed", output=1, error=ERROR, handled=True, attempts=3),
        ),
        (StepSkipped(reason="x", because_failed=True, **of("a")), StepOutcome("skipped", because_failed=True)),
        (StepSkipped(reason=min(CUTS), **of("a")), StepOutcome("skipped", cut=True)),
        (
            IterationCompleted(index=0, output=1, item_errors=ERROR, duration=1, **of("a[0]")),
            StepOutcome("completed", output=1, error=ERROR),
        ),
        (
            IterationFailed(index=0, output=1, error=ERROR, handled=True, duration=1, **of("a[0]")),
            StepOutcome("failed", output=1, error=ERROR, handled=True),
        ),
    ],
)
def test_an_outcome_has_all_that_its_event_says(event: Any, outcome: StepOutcome) -> None:
    assert outcome_of(event) == outcome


def history(*events: ExecutionEvent) -> RunHistory:
    found = RunHistory(CarriedResults())
    found.note_all(events)
    return found


def test_a_history_counts_the_time_of_all_processes() -> None:
    found = history(
        Created(workflow_id="w", **at()),
        Started(vars={"x": 1}, **at(10)),
        began("g", 11, "group"),
        began("a", 12),
        Log(message="x", **at(15)),
        Interrupted(**at(100)),
        Resumed(**at(200)),
        began("b", 203),
        IterationsPlanned(total=1, **of("l", 204)),
        IterationStarted(index=0, **of("l[0]", 205)),
    )
    assert found.carried.ran == 5
    assert found.since == START + timedelta(seconds=200)
    assert (found.started, found.vars, found.resumptions, found.cancel_requested) == (True, {"x": 1}, 1, False)
    assert found.carried.begun == {"g": 1}
    assert found.carried.tried == {"g": 1, "a": 2, "b": 8, "l": 9, "l[0]": 10}
    found.note(Interrupted(last_sign=START + timedelta(seconds=207), **at(300)))
    assert [found.since] == [None]
    assert found.carried.ran == 12
    assert (found.carried.spent("g"), found.carried.tried_for("a"), found.carried.worked_for("b")) == (11, 10, 4)
    assert (found.carried.spent("a"), found.carried.tried_for("z"), found.carried.worked_for("z")) == (0, 0, 0)


def test_time_never_decreases() -> None:
    found = history(Started(**at(10)), Log(message="x", **at(4)), Interrupted(**at(100)))
    assert found.carried.ran == 0
    assert history(Interrupted(**at(100))).carried.ran == 0


def test_a_history_knows_its_state() -> None:
    found = history()
    assert found.last_seq == 0
    states = [found.ended]
    first = Created(workflow_id="w", **at())
    first.seq = 1
    found.note(first)
    assert found.last_seq == 1
    assert found.created == first
    states.append(found.ended)
    found.note(CancelRequested(**at()))
    assert found.cancel_requested
    found.note(Started(vars={"x": "***"}, masked=True, **at()))
    assert found.vars is None
    last = Completed(duration=1, **at())
    last.seq = 4
    found.note(last)
    assert found.last_seq == 4
    assert [*states, found.ended] == [False, False, True]
