"""Events before the store: masked, labelled, held back, dropped after the end."""

from collections.abc import Sequence
from typing import Any

import pytest
from model.run.run_events import RUN, START

from wftui.connections.redaction import Redactor
from wftui.engine.primitives.emitter import Emitter, RunBroken
from wftui.engine.primitives.memory_log import MemorySink
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.run.events import (
    Completed,
    Created,
    ExecutionEvent,
    Log,
    Started,
    StepCompleted,
    StepFailed,
    StepProgress,
    StepStarted,
)
from wftui.model.run.steps import ExecutionError

SECRET = "the-secret-word"
BASE: dict[str, Any] = {"run_id": RUN, "timestamp": START}
STEP: dict[str, Any] = {**BASE, "path": "a", "step_id": "a"}


class Sink(MemorySink):
    """A sink that tells what it was given, and can fail."""

    def __init__(self) -> None:
        self.events: list[ExecutionEvent] = []
        self.waited: list[bool] = []
        self.error: Exception | None = None
        super().__init__(RUN, self.events.append)

    async def append(self, events: Sequence[ExecutionEvent], *, wait: bool) -> list[ExecutionEvent]:
        if self.error is not None:
            raise self.error
        self.waited.append(wait)
        return await super().append(events, wait=wait)


async def emitter(*secrets: str) -> tuple[Emitter, Sink]:
    sink = Sink()
    found = Emitter(RUN, sink, Redactor(list(secrets)), utc_now)
    await found.emit(Created(workflow_id="w", **BASE))
    sink.events.clear()
    sink.waited.clear()
    return found, sink


@pytest.mark.parametrize("padding", [0, 300_000])
async def test_outputs_and_variables_with_a_secret_are_marked(padding: int) -> None:
    emits, sink = await emitter(SECRET)
    output: Json = {"list": [f"my {SECRET}", "x" * padding]}
    await emits.emit(StepCompleted(output=output, duration=1, **STEP), Started(vars={"v": SECRET}, **BASE))
    await emits.emit(StepCompleted(output="x" * padding, duration=1, **STEP), Started(vars={"v": 1}, **BASE))
    done, vars_, clean, other = sink.events
    assert isinstance(done, StepCompleted)
    assert isinstance(clean, StepCompleted)
    assert isinstance(vars_, Started)
    assert isinstance(other, Started)
    assert (done.output, done.masked) == ({"list": ["my ***", "x" * padding]}, True)
    assert (vars_.vars, vars_.masked) == ({"v": "***"}, True)
    assert (clean.masked, other.masked, other.vars) == (None, None, {"v": 1})


async def test_errors_and_their_details_are_masked() -> None:
    emits, sink = await emitter(SECRET)
    error = ExecutionError(type="x", message=f"no {SECRET}", details={"a": [SECRET]}, stack=f"at {SECRET}")
    await emits.emit(StepFailed(error=error, duration=1, **STEP))
    (failed,) = sink.events
    assert isinstance(failed, StepFailed)
    assert failed.error.to_wire() == {
        **error.to_wire(),
        "message": "no ***",
        "details": {"a": ["***"]},
        "stack": "at ***",
    }


async def test_nothing_is_emitted_after_the_end() -> None:
    emits, sink = await emitter()
    await emits.emit_last(Completed(duration=1, **BASE))
    assert not await emits.emit(Log(message="late", **BASE))
    assert await emits.keep_lines([Log(message="late", **STEP)]) is None
    assert [event.type for event in sink.events] == ["completed"]


async def test_lines_of_a_run_in_memory_are_not_kept() -> None:
    emits, _ = await emitter()
    assert not emits.keeps_lines
    assert await emits.keep_lines([Log(message="x", **STEP)]) == "the run is in memory"


async def test_a_held_event_comes_with_the_next_one() -> None:
    emits, sink = await emitter()
    emits.hold(StepStarted(step_name="a", step_type="set", **STEP))
    assert sink.events == []
    await emits.emit(StepProgress(progress=0.5, **STEP))
    await emits.emit(StepProgress(progress=0.6, **STEP))
    assert [event.type for event in sink.events] == ["step_started", "step_progress", "step_progress"]


async def test_ends_are_awaited_unless_they_can_be_repeated() -> None:
    emits, sink = await emitter()
    done = StepCompleted(output=1, duration=1, **STEP)
    await emits.emit(StepProgress(progress=0.5, **STEP))
    await emits.emit(StepProgress(progress=0.5, **STEP), safe=True)
    await emits.emit(done)
    assert (sink.waited, emits.unsaved) == ([False, True, True], False)
    await emits.emit(done, later=True)
    states = [emits.unsaved]
    await emits.emit(StepProgress(progress=0.5, **STEP))
    states.append(emits.unsaved)
    await emits.emit(StepProgress(progress=0.5, **STEP), safe=True)
    states.append(emits.unsaved)
    assert states == [True, True, False]
    assert sink.waited == [False, True, True, False, False, True]


async def test_an_error_of_the_sink_breaks_the_run() -> None:
    emits, sink = await emitter()
    sink.error = ValueError("the disk is full")
    with pytest.raises(RunBroken, match=f"^run {RUN} cannot be recorded: the disk is full$") as broken:
        await emits.emit(Log(message="x", **BASE))
    assert broken.value.__cause__ is sink.error


@pytest.mark.parametrize(
    ("item", "label"),
    [
        (None, None),
        ("a  b\nc", "a b c"),
        (7, "7"),
        (True, "true"),
        ({"id": 1, "name": "x"}, "x"),
        ({"path": "p", "title": "t"}, "t"),
        ({"url": "u", "path": "p"}, "p"),
        ({"name": None, "id": 3}, "3"),
        ({"name": ["x"], "a": 1, "b": [1], "c": "d"}, "a=1 c=d"),
        ({"a": []}, None),
        ({}, None),
        ([1, "b", None], "1 b"),
        ([], None),
        ([[1]], None),
        (f"with {SECRET}", "with ***"),
    ],
)
async def test_items_have_short_labels(item: Json, label: str | None) -> None:
    emits, _ = await emitter(SECRET)
    assert emits.label(item) == label


async def test_long_labels_are_cut() -> None:
    emits, _ = await emitter()
    longest = 60
    assert emits.label("x" * longest) == "x" * longest
    assert emits.label("x" * (longest + 1)) == "x" * (longest - 1) + "…"
    assert emits.label(["x" * longest, "x" * (longest + 1)]) == "x" * longest
