"""Events to store, and their makers, for the tests of the store."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st

from wftui.model.base import Json, WireModel
from wftui.model.clock import Clock
from wftui.model.run.events import (
    Cancelled,
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
    StepMoved,
    StepProgress,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepTaken,
    StepWaiting,
)
from wftui.model.run.steps import ExecutionError, StepInfo, Waiting

ModelT = TypeVar("ModelT", bound=WireModel)
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RUN = "01k9x2m4q-7hd3f"


def ticking(step: timedelta = timedelta(milliseconds=1), start: datetime = START) -> Clock:
    """A clock that moves by a step whenever it is looked at."""
    ticks = itertools.count()
    return lambda: start + step * next(ticks)


def created(run: str = RUN, *, workflow: str = "demo", at: datetime = START, **fields: Json) -> Created:
    return Created(run_id=run, timestamp=at, workflow_id=workflow, **fields)


def started(run: str = RUN, *, at: datetime = START) -> Started:
    return Started(run_id=run, timestamp=at)


def step_started(run: str = RUN, *, step: str = "fetch", value: Json = None, at: datetime = START) -> StepStarted:
    return StepStarted(run_id=run, timestamp=at, step_id=step, path=step, step_name=step, input=value)


def step_completed(run: str = RUN, *, step: str = "fetch", value: Json = None, at: datetime = START) -> StepCompleted:
    return StepCompleted(run_id=run, timestamp=at, step_id=step, path=step, output=value, duration=5.0)


def log(run: str = RUN, *, message: str = "hello", at: datetime = START) -> Log:
    return Log(run_id=run, timestamp=at, message=message)


def completed(run: str = RUN, *, value: Json = None, duration: float = 100.0, at: datetime = START) -> Completed:
    return Completed(run_id=run, timestamp=at, outputs=value, duration=duration)


def failed(run: str = RUN, *, type: str = "exit_code", message: str = "it broke", at: datetime = START) -> Failed:
    return Failed(run_id=run, timestamp=at, error=ExecutionError(type=type, message=message), duration=7.0)


def cancelled(run: str = RUN, *, at: datetime = START) -> Cancelled:
    return Cancelled(run_id=run, timestamp=at)


def interrupted(run: str = RUN, *, at: datetime = START) -> Interrupted:
    return Interrupted(run_id=run, timestamp=at)


def resumed(run: str = RUN, *, at: datetime = START) -> Resumed:
    return Resumed(run_id=run, timestamp=at)


def asking(run: str = RUN, *, step: str = "approve", at: datetime = START) -> StepWaiting:
    waiting = Waiting(reason="approval", prompt="Go on?")
    return StepWaiting(run_id=run, timestamp=at, step_id=step, path=step, waiting=waiting)


def answered(run: str = RUN, *, step: str = "approve", at: datetime = START) -> StepAnswered:
    return StepAnswered(run_id=run, timestamp=at, step_id=step, path=step, approved=True, by="ann")


def finished_run(run: str, *, at: datetime = START, workflow: str = "demo", value: Json = None) -> list[ExecutionEvent]:
    """All events of a short run."""
    return [
        created(run, at=at, workflow=workflow),
        started(run, at=at),
        step_started(run, at=at),
        step_completed(run, value=value, at=at),
        completed(run, at=at),
    ]


def seqs(events: Sequence[ExecutionEvent]) -> list[int]:
    return [event.seq for event in events]


# --- generated events ---------------------------------------------------------------------------------------------

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_any_texts = st.text(max_size=12)  # lone surrogates included
_steps = st.sampled_from(["fetch", "build", "approve"])
_moments = st.datetimes(datetime(1975, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_durations = st.floats(0, 1e9)
_attempts = st.integers(1, 4)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**60), 10**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts
    | st.sampled_from([5, 4000]).map("long ".__mul__),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts | st.just("$value"), inner, max_size=4),
    max_leaves=8,
)


def _of(model: type[ModelT], **fields: st.SearchStrategy[Json]) -> st.SearchStrategy[ModelT]:
    """Models of a type (hypothesis's own `builds` stumbles over the aliases)."""
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


_errors = _of(
    ExecutionError, type=_any_texts, message=_any_texts, stack=st.none() | _any_texts, details=st.none() | json_values
)
_infos = _of(StepInfo, path=_steps, step_id=_steps, step_name=_any_texts, step_type=_texts)
_run = {"run_id": st.just(RUN), "timestamp": _moments}
_paths = st.tuples(_steps, st.sampled_from(["", "[0]", "[11].inner"])).map("".join)
_step = {**_run, "step_id": _steps, "path": _paths | st.just("fetch")}
_waitings = _of(
    Waiting,
    reason=st.sampled_from(["approval", "delay", "retry", "child", "worker"]),
    until=st.none() | _moments,
    prompt=st.none() | _any_texts,
    form=st.none() | json_values,
    pool=st.sampled_from(["build", "gpu"]),
)
_ended = {**_step, "duration": _durations, "attempt": _attempts}

created_events = _of(
    Created,
    **_run,
    workflow_id=_texts,
    user_id=_texts,
    plan=st.none() | _texts,
    inputs=json_values,
    steps=st.lists(_infos, max_size=3),
)
middle_events: st.SearchStrategy[ExecutionEvent] = st.one_of(
    _of(Started, **_run),
    _of(StepStarted, **_step, step_name=_any_texts | _steps, step_type=_texts, attempt=_attempts, input=json_values),
    _of(StepProgress, **_step, progress=st.floats(0, 1), message=st.none() | _any_texts),
    _of(StepCompleted, **_ended, output=json_values),
    _of(StepFailed, **_ended, error=_errors, handled=st.booleans(), output=json_values),
    _of(StepRetrying, **_step, attempt=_attempts, error=_errors, next_at=_moments),
    _of(StepSkipped, **_step, reason=_any_texts, because_failed=st.booleans()),
    _of(StepWaiting, **_step, waiting=_waitings),
    _of(StepTaken, **_step, worker=_steps),
    _of(StepMoved, **_step, from_=_steps, to=_steps),
    _of(StepAnswered, **_step, approved=st.none() | st.booleans(), by=st.none() | _any_texts, data=json_values),
    _of(StepCancelled, **_step, duration=_durations, abandoned=st.booleans()),
    _of(IterationsPlanned, **_step, total=st.none() | st.integers(0, 10)),
    _of(IterationStarted, **_step, index=st.integers(0, 10), label=st.none() | _any_texts),
    _of(IterationCompleted, **_step, index=st.integers(0, 10), output=json_values, duration=_durations),
    _of(IterationFailed, **_step, index=st.integers(0, 10), error=_errors, duration=_durations),
    _of(Log, **_run, message=_any_texts, level=st.sampled_from(["debug", "info", "warn", "error"])),
    _of(Interrupted, **_run, message=_any_texts),
    _of(Resumed, **_run),
)
last_events: st.SearchStrategy[ExecutionEvent] = st.one_of(
    _of(Completed, **_run, outputs=json_values, duration=_durations, warnings=st.integers(0, 9)),
    _of(Failed, **_run, error=_errors, outputs=json_values, duration=_durations),
    _of(Cancelled, **_run, duration=_durations),
)
