"""Emitter: redacts every event of a run and appends it to the event sink."""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol, TypeVar

from wftui.connections.redaction import Redactor
from wftui.model.base import Json, WireModel
from wftui.model.clock import Clock
from wftui.model.run.events import (
    FLUSH_EVENTS,
    ExecutionEvent,
    IterationCompleted,
    Log,
    LogSegment,
    Started,
    StepCompleted,
)
from wftui.model.text.text_styles import styles_after
from wftui.store.events.payloads import is_big

_LABEL = 60
_PARTS = 10
"""Values of an item that are looked at for its label."""
_SMALL = 2_000  # values, or hundreds of characters
_FIXED: frozenset[str] = frozenset(
    {"seq", "run_id", "timestamp", "type", "step_id", "path", "parent", "step_type", "level", "stream", "reason"}
    | {
        "workflow_id",
        "workflow_version",
        "workflow_hash",
        "plan",
        "user_id",
        "parent_id",
        "parent_path",
        "child_id",
        "start_key",
        "steps",
    }
    | {"connections", "kept_from", "pointer", "line", "column", "until", "next_at", "pool", "worker", "from_", "to"}
    | {"segment", "bytes", "lines", "longest", "styles"}
    | {"attempt", "clause", "duration", "index", "place", "progress", "rules", "total", "warnings"}
)
"""Fields with names and numbers of the engine. All others may hold text of a step or user, and are redacted."""


M = TypeVar("M", bound=WireModel)


_WithOutput = StepCompleted | IterationCompleted


class EventSink(Protocol):
    """Destination of events: the store, or memory."""

    @property
    def keeps_lines(self) -> bool:
        """True if `keep_lines` stores log lines."""

    async def append(self, events: Sequence[ExecutionEvent], *, wait: bool) -> list[ExecutionEvent]:
        """Number and store events of one run; with `wait`, wait for the commit."""

    async def keep_lines(self, lines: Sequence[Log]) -> LogSegment | str:
        """Store log lines of a step outside of the events; else return the reason."""


class RunBroken(BaseException):
    """An event could not be stored, so the run cannot continue.

    The cause is chained: a full disk, a lost database. It is not an `Exception`, so that it is not handled as a failure
    of the current step.
    """


class Emitter:
    """Emitter of the events of one run."""

    def __init__(self, run_id: str, sink: EventSink, redactor: Redactor, clock: Clock) -> None:
        self.run_id = run_id
        self.redactor = redactor
        self._sink = sink
        self._clock = clock
        self._held: list[ExecutionEvent] = []
        self._closed = False
        self._unsaved = False

    def now(self) -> datetime:
        """Return the time of the run's clock."""
        return self._clock()

    @property
    def keeps_lines(self) -> bool:
        """True if log lines can be stored outside of the events."""
        return self._sink.keeps_lines

    @property
    def unsaved(self) -> bool:
        """True if the end of a step was emitted with `later`, and no commit awaited since."""
        return self._unsaved

    async def emit(self, *events: ExecutionEvent, safe: bool = False, later: bool = False) -> bool:
        """Redact and append events, in order.

        It returns after they are committed if their type or `safe` requires that. After `emit_last`, events are
        dropped: only an abandoned step still emits any.

        Args:
            later: the commit is not awaited: what the step did can be repeated without a trace.

        Returns:
            Whether the output of the last event is a big value.

        Raises:
            RunBroken: the events cannot be stored.
        """
        if self._closed:
            return False
        if self._held:
            events = (*self._held, *events)
            self._held.clear()
        if self.redactor:
            events = tuple([await self._redacted(event) for event in events])
        wait = safe or (not later and any(event.type in FLUSH_EVENTS for event in events))
        self._unsaved = not wait and (later or self._unsaved)
        try:
            stored = await self._sink.append(events, wait=wait)
        except Exception as error:
            raise RunBroken(f"run {self.run_id} cannot be recorded: {error}") from error
        last = stored[-1] if stored else None
        return isinstance(last, _WithOutput) and is_big(last.output)

    async def keep_lines(self, lines: Sequence[Log]) -> str | None:
        """Redact log lines of a step and store them outside of the events.

        Returns:
            Why they cannot be stored; None if they are.

        Raises:
            RunBroken: the event that names them cannot be stored.
        """
        if self._closed:
            return None
        clean = [await self._redacted(each) for each in lines] if self.redactor else lines
        segment = await self._sink.keep_lines([each for each in clean if isinstance(each, Log)])
        if isinstance(segment, str):
            return segment
        await self.emit(segment)
        return None

    def hold(self, event: ExecutionEvent) -> None:
        """Hold an event back and emit it together with the next one."""
        self._held.append(event)

    async def emit_last(self, event: ExecutionEvent) -> None:
        """Emit the event that ends the run."""
        await self.emit(event)
        self._closed = True

    def label(self, item: Json) -> str | None:
        """Return a short label for an item of a list, without secrets."""
        label = _label(item)
        if label is None:
            return None
        # Redact before truncating: truncation could leave half a secret, which is no longer found.
        text = " ".join(self.redactor.redact_beginning(label, _LABEL * 100).split())
        return text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"

    async def _redacted(self, event: ExecutionEvent) -> ExecutionEvent:
        if _is_small(event):
            clean = _redact_model(event, self.redactor.redact)
        else:
            clean = await asyncio.to_thread(_redact_model, event, self.redactor.redact)
        if isinstance(event, _WithOutput) and isinstance(clean, _WithOutput) and clean.output is not event.output:
            clean.masked = True
        if isinstance(event, Log) and isinstance(clean, Log) and event.styles and clean.message is not event.message:
            clean.styles = styles_after(event.message, clean.message, event.styles) or None
        if isinstance(event, Started) and isinstance(clean, Started) and clean.vars is not event.vars:
            clean.masked = True
        return clean


def _label(item: Json) -> str | None:
    """Return a text for an item: of an object its name, else its simple values."""
    if isinstance(item, dict):
        named = next((item[key] for key in ("name", "id", "title", "path", "url") if _is_simple(item.get(key))), None)
        if named is not None:
            return _text(named)
        return (
            " ".join(f"{key}={_text(value)}" for key, value in islice(item.items(), _PARTS) if _is_short(value)) or None
        )
    if isinstance(item, list):
        return " ".join(_text(value) for value in item[:_PARTS] if _is_short(value)) or None
    return None if item is None else _text(item)


def _is_simple(value: Json) -> bool:
    return isinstance(value, str | int | float)


def _is_short(value: Json) -> bool:
    return _is_simple(value) and (not isinstance(value, str) or len(value) <= _LABEL)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _is_small(event: ExecutionEvent) -> bool:
    """Return whether redacting an event is faster than using a thread for it."""
    left = _SMALL
    todo: list[Json] = [getattr(event, name) for name in _free_fields(event)]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            left -= len(value) // 100
        elif isinstance(value, WireModel):
            todo.extend(getattr(value, name) for name in _free_fields(value))
        elif isinstance(value, dict | list):
            left -= len(value)
            if left > 0:
                todo.extend(value.values() if isinstance(value, dict) else value)
        if left <= 0:
            return False
    return True


def _redact_model(model: M, redact: Callable[[Json], Json]) -> M:
    changes: dict[str, Json] = {}
    for name in _free_fields(model):
        value = getattr(model, name)
        if isinstance(value, WireModel):
            clean: Json = _redact_model(value, redact)
        elif value is None or isinstance(value, bool | datetime):
            continue
        else:
            clean = redact(value)
        if clean is not value:
            changes[name] = clean
    return model.model_copy(update=changes) if changes else model


def _free_fields(model: WireModel) -> Iterable[str]:
    return (name for name in type(model).model_fields if name not in _FIXED)
