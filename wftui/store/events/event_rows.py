"""Convert events to rows of the database and back, without loss.

`data` is the event's JSON without the columns, without fields that have their default (so the defaults in
`model.run.events` are part of the format), and without a step's id and name where its path ends in them. Long texts are
compressed. The rows are this small because a commit writes whole pages.
"""

import json
import zlib
from collections.abc import Callable
from dataclasses import field
from functools import cache
from typing import NamedTuple

from wftui.model.base import Json, WireModel, dumper
from wftui.model.data_class import dataclass
from wftui.model.json.writing import encode
from wftui.model.run.event_json import read_event
from wftui.model.run.events import EventBase, ExecutionEvent, StepEventBase, StepStarted
from wftui.model.run.paths import declared_id
from wftui.model.run.steps import ValueRef
from wftui.runtime.json_values import JsonValueError, TooBigError, check_big, measure
from wftui.store.events.payloads import PAYLOAD_BYTES, Payload, pack
from wftui.store.sqlite.storable_text import storable
from wftui.store.sqlite.times import from_milliseconds, to_milliseconds

_VALUE_FIELDS = frozenset({"inputs", "input", "output", "outputs", "data", "items", "vars"})
_NESTED_VALUES = {"error": "details", "waiting": "form"}
_NOTHING: frozenset[str] = frozenset()
_ID = frozenset({"step_id"})
_ID_AND_NAME = frozenset({"step_id", "step_name"})
_COLUMNS = frozenset({"seq", "run_id", "type", "timestamp"})
_COMPRESSED_FROM = 4 * 1024
_AT_ONCE_BYTES = 256 * 1024
_TYPES = (
    "created",
    "started",
    "step_started",
    "step_progress",
    "step_completed",
    "step_failed",
    "step_retrying",
    "step_skipped",
    "step_waiting",
    "step_answered",
    "step_cancelled",
    "iterations_planned",
    "iteration_started",
    "iteration_completed",
    "iteration_failed",
    "log",
    "cancel_requested",
    "interrupted",
    "resumed",
    "completed",
    "failed",
    "cancelled",
    "step_caught",
    "step_won",
    "step_taken",
    "step_moved",
    "log_segment",
    "queued",
)
"""The number of a type in the database is its index here: only ever append.

An event of a type that was added after release 0.1 also names it in its data, for readers that do not know the number.
"""
_TYPES_OF_0_1 = 22
_NUMBERS = {name: number for number, name in enumerate(_TYPES)}
_STEP_TYPES = frozenset(name for name in _TYPES if name.startswith(("step_", "iteration")))
STEP_NUMBERS = tuple(number for name, number in _NUMBERS.items() if name in _STEP_TYPES)
"""Numbers of the event types of steps."""
RUN_NUMBERS = tuple(number for name, number in _NUMBERS.items() if name not in _STEP_TYPES | {"log", "log_segment"})
"""Numbers of the event types of the run itself."""
STEP_END_NUMBERS = (_NUMBERS["step_completed"], _NUMBERS["step_failed"])
"""Numbers of the event types that end a step."""
LOG_NUMBERS = (_NUMBERS["log"], _NUMBERS["log_segment"])
"""Numbers of the event types of log lines."""
START_NUMBER = _NUMBERS["step_started"]
"""Number of the event type that begins an attempt of a step."""
ITERATION_NUMBER = _NUMBERS["iteration_started"]
"""Number of the event type that begins an iteration."""
SEGMENT_NUMBER = _NUMBERS["log_segment"]
"""Number of the event type of log lines in a file."""


class EventRow(NamedTuple):
    """A row of the table `events`, without its run."""

    seq: int
    type: int
    at: int
    data: str | bytes


@dataclass(slots=True)
class PreparedEvent:
    """An event with checked and encoded values that has no number yet.

    Attributes:
        changes: fields of the event that differ from the original (references to big values).
        references: hashes of all big values of the event.
    """

    event: ExecutionEvent
    at: int
    data: str | bytes
    changes: dict[str, object] = field(default_factory=dict)
    payloads: list[Payload] = field(default_factory=list)
    references: list[str] = field(default_factory=list)

    def number(self, seq: int) -> tuple[ExecutionEvent, EventRow]:
        """Return the event with its number, as it is published, and its row."""
        event = self.event.model_copy(update=self.changes) if self.changes else self.event
        event.seq = seq
        return event, EventRow(seq, _NUMBERS[event.type], self.at, self.data)


def prepare(event: ExecutionEvent, *, at_once: bool) -> PreparedEvent:
    """Check and encode an event.

    Args:
        at_once: refuse work that takes long (`TooBigError`).

    Raises:
        JsonValueError: a value cannot be stored; the message names the position in it.
        TooBigError: `at_once`, and a value is big.
    """
    prepared = PreparedEvent(event, to_milliseconds(event.timestamp), "")
    values, nested, _ = _layout(type(event))
    for holder_name in nested:
        _externalize_nested(prepared, holder_name, at_once)
    texts = []
    for name, key, is_optional in values:
        value = getattr(event, name)
        if value is None and is_optional:
            continue
        try:
            text = _encode_value(prepared, name, value, at_once)
        except JsonValueError as error:
            raise _named(error, event, name) from None
        texts.append(key + text)
    if prepared.changes:
        prepared.event = event.model_copy(update=prepared.changes)
        prepared.changes = {}
    try:
        rest = _dump(prepared.event)
    except ValueError:  # not Unicode
        prepared.event = _storable(prepared.event)
        rest = _dump(prepared.event)
    if _NUMBERS[event.type] >= _TYPES_OF_0_1:
        texts.insert(0, b'"type":' + encode(event.type))
    if texts:
        rest = rest[:-1] + (b"," if len(rest) > 2 else b"") + b",".join(texts) + b"}"
    if at_once and len(rest) > _AT_ONCE_BYTES:
        raise TooBigError
    prepared.data = rest.decode() if len(rest) < _COMPRESSED_FROM else zlib.compress(rest, 1)
    return prepared


def _dump(event: ExecutionEvent) -> bytes:
    derived = _NOTHING
    if isinstance(event, StepEventBase) and event.step_id == declared_id(event.path):
        derived = _ID_AND_NAME if isinstance(event, StepStarted) and event.step_name == event.step_id else _ID
    return encode(_rest_of(type(event), derived)(event))


@cache
def _rest_of(kind: type[EventBase], derived: frozenset[str]) -> Callable[[WireModel], dict[str, Json]]:
    """Return the dump of an event without columns, values and derived fields."""
    return dumper(kind, _layout(kind)[2] | derived)


def decode(run_id: str, rows: list[EventRow]) -> list[ExecutionEvent]:
    """Return the events of one run from their rows."""
    events = []
    for seq, number, at, data in rows:
        fields = _fields(data)
        kind = _TYPES[number] if number < len(_TYPES) else fields.get("type", f"type {number}")
        if "stepId" not in fields and kind in _STEP_TYPES and isinstance(fields.get("path"), str):
            fields["stepId"] = declared_id(fields["path"])
            if kind == "step_started":
                fields.setdefault("stepName", fields["stepId"])
        fields.update(seq=seq, type=kind, executionId=run_id, timestamp=from_milliseconds(at))
        events.append(read_event(fields))
    return events


def _fields(data: str | bytes) -> dict[str, Json]:
    try:
        fields: dict[str, Json] = json.loads(zlib.decompress(data) if isinstance(data, bytes) else data)
    except RecursionError:
        raise ValueError("its values are nested too deeply") from None
    return fields


@cache
def _layout(kind: type[EventBase]) -> tuple[tuple[tuple[str, bytes, bool], ...], tuple[str, ...], frozenset[str]]:
    """Return fields of values, fields with a nested value, and omitted fields.

    A value has its name, its key in JSON, and whether null is omitted.
    """
    fields = kind.model_fields
    values = tuple(
        (name, b'"' + name.encode() + b'":', field.default is None and not field.is_required)
        for name, field in fields.items()
        if name in _VALUE_FIELDS
    )
    nested = tuple(name for name in fields if name in _NESTED_VALUES)
    return values, nested, _COLUMNS.union(name for name, _, _ in values)


def _encode_value(prepared: PreparedEvent, name: str, value: Json, at_once: bool) -> bytes:
    """Return the JSON text of a value in `data`; big values become references.

    References are recorded in `prepared`.
    """
    if isinstance(value, ValueRef):
        prepared.references.append(value.hash)
        reference = value.to_wire()
    else:
        if (text := _inline(value, at_once)) is not None:
            return text
        payload = pack(value)
        prepared.payloads.append(payload)
        prepared.references.append(payload.hash)
        reference = payload.reference()
    prepared.changes[name] = reference
    return encode(reference)


def _inline(value: Json, at_once: bool) -> bytes | None:
    """Return the JSON text of a value small enough for its event; check a big one.

    The result for a big value is None.
    """
    try:
        marked = measure(value, PAYLOAD_BYTES).marked
    except TooBigError:
        if at_once:
            raise
        check_big(value)
        return None
    text: bytes = b"" if marked else encode(value)
    if text and len(text) <= PAYLOAD_BYTES:
        return text
    if at_once:
        raise TooBigError
    return None


def _externalize_nested(prepared: PreparedEvent, holder_name: str, at_once: bool) -> None:
    holder = getattr(prepared.event, holder_name)
    name = _NESTED_VALUES[holder_name]
    value = None if holder is None else getattr(holder, name)
    if value is None:
        return
    inner = PreparedEvent(prepared.event, 0, "")
    try:
        _encode_value(inner, name, value, at_once)
    except JsonValueError as error:
        raise _named(error, prepared.event, f"{holder_name}.{name}") from None
    if inner.changes:
        prepared.changes[holder_name] = holder.model_copy(update=inner.changes)
        prepared.payloads += inner.payloads
        prepared.references += inner.references


def _named(error: JsonValueError, event: ExecutionEvent, field_name: str) -> JsonValueError:
    path = getattr(event, "path", None)
    owner = f"{field_name} of step {path}" if path else f"{field_name} of the run"
    return JsonValueError(error.at, error.reason, owner)


def _storable(event: ExecutionEvent) -> ExecutionEvent:
    """Return the event with every text outside of its values made storable."""
    changes: dict[str, object] = {}
    excluded = _layout(type(event))[2]
    for name in type(event).model_fields:
        if name not in excluded:
            changes[name] = _clean(getattr(event, name))
    return event.model_copy(update=changes)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, WireModel):
        names = type(value).model_fields
        return value.model_copy(update={name: _clean(getattr(value, name)) for name in names})
    return value
