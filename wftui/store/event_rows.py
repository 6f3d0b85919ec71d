"""An event as a row of the database, and back: what is read is equal to what was shown live."""

import json
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_json

from wftui.model.base import Json, format_timestamp
from wftui.model.events import EVENT_ADAPTER, EventBase, ExecutionEvent
from wftui.model.execution import ValueRef
from wftui.store.json_values import NotJsonError, TooBigError, measure, printable
from wftui.store.payloads import PAYLOAD_BYTES, Payload, pack
from wftui.store.times import from_milliseconds, to_milliseconds

_VALUE_FIELDS = frozenset({"inputs", "input", "output", "outputs", "data", "items"})
_NESTED_VALUES = {"error": "details", "waiting": "form"}
_COLUMNS = frozenset({"seq", "execution_id", "type", "timestamp"})
_SECONDS_BELOW = 20_000_000_000  # pydantic reads a smaller number as seconds


class EventRow(NamedTuple):
    """What the table `events` keeps of one event, beside its run."""

    seq: int
    type: str
    at: int
    data: str


@dataclass(slots=True)
class PreparedEvent:
    """An event whose values are checked and encoded, before it has its number.

    Attributes:
        changes: fields of the event that differ from what the producer gave (references to big values).
        references: hashes of all big values the event needs.
    """

    event: ExecutionEvent
    at: int
    data: str
    changes: dict[str, object] = field(default_factory=dict)
    payloads: list[Payload] = field(default_factory=list)
    references: list[str] = field(default_factory=list)

    def number(self, seq: int) -> tuple[ExecutionEvent, EventRow]:
        """The event as everyone sees it, and its row."""
        self.changes["seq"] = seq
        return self.event.model_copy(update=self.changes), EventRow(seq, self.event.type, self.at, self.data)


def prepare(event: ExecutionEvent, *, at_once: bool) -> PreparedEvent:
    """Check and encode an event.

    Args:
        at_once: refuse work that takes long.

    Raises:
        NotJsonError: a value cannot be stored; the message names the place in it.
        TooBigError: `at_once`, and a value is big.
    """
    prepared = PreparedEvent(event, to_milliseconds(event.timestamp), "")
    values, nested, excluded = _layout(type(event))
    for holder_name in nested:
        _externalize_nested(prepared, holder_name, at_once)
    texts = []
    for name in values:
        value = getattr(event, name)
        if value is None and type(event).model_fields[name].default is None:
            continue
        try:
            text = _encode_value(prepared, name, value, at_once)
        except NotJsonError as error:
            raise _named(error, event, name) from None
        texts.append(b'"' + name.encode() + b'":' + text)
    source = event.model_copy(update=prepared.changes) if prepared.changes else event
    try:
        rest = source.__pydantic_serializer__.to_json(source, by_alias=True, exclude_none=True, exclude=excluded)
    except PydanticSerializationError:
        prepared.event = _printable(source, excluded)
        rest = prepared.event.__pydantic_serializer__.to_json(
            prepared.event, by_alias=True, exclude_none=True, exclude=excluded
        )
    if texts:
        rest = rest[:-1] + (b"," if len(rest) > 2 else b"") + b",".join(texts) + b"}"
    prepared.data = rest.decode()
    return prepared


def decode(execution_id: str, rows: list[EventRow]) -> list[ExecutionEvent]:
    """The events of one run from their rows."""
    return [EVENT_ADAPTER.validate_json(text) for text in wire_texts(execution_id, rows)]


def wire_texts(execution_id: str, rows: list[EventRow]) -> list[str]:
    """The JSON text of each event; times are numbers in it where pydantic understands them."""
    quoted = json.dumps(execution_id)
    texts = []
    for seq, kind, at, data in rows:
        moment = str(at) if at > _SECONDS_BELOW else f'"{format_timestamp(from_milliseconds(at))}"'
        rest = "," + data[1:] if data != "{}" else "}"
        texts.append(f'{{"type":"{kind}","seq":{seq},"executionId":{quoted},"timestamp":{moment}{rest}')
    return texts


@cache
def _layout(kind: type[EventBase]) -> tuple[tuple[str, ...], tuple[str, ...], set[str]]:
    """Of an event type: its value fields, its fields that hold a value further in, and what `data` leaves out."""
    values = tuple(name for name in kind.model_fields if name in _VALUE_FIELDS)
    nested = tuple(name for name in kind.model_fields if name in _NESTED_VALUES)
    return values, nested, {*values, *_COLUMNS}


def _encode_value(prepared: PreparedEvent, name: str, value: Json, at_once: bool) -> bytes:
    """The JSON text that stands for a value in `data`; big ones become a reference, noted in `prepared`."""
    if isinstance(value, ValueRef):
        prepared.references.append(value.hash)
        reference = value.to_wire()
    else:
        size, marked = measure(value, PAYLOAD_BYTES if at_once else None)
        if size <= PAYLOAD_BYTES and not marked:
            text: bytes = to_json(value)
            if len(text) <= PAYLOAD_BYTES:
                return text
        if at_once:
            raise TooBigError
        payload = pack(value)
        prepared.payloads.append(payload)
        prepared.references.append(payload.hash)
        reference = payload.reference()
    prepared.changes[name] = reference
    return to_json(reference)


def _externalize_nested(prepared: PreparedEvent, holder_name: str, at_once: bool) -> None:
    holder = getattr(prepared.event, holder_name)
    name = _NESTED_VALUES[holder_name]
    value = getattr(holder, name)
    if value is None:
        return
    inner = PreparedEvent(prepared.event, 0, "")
    try:
        _encode_value(inner, name, value, at_once)
    except NotJsonError as error:
        raise _named(error, prepared.event, f"{holder_name}.{name}") from None
    if inner.changes:
        prepared.changes[holder_name] = holder.model_copy(update=inner.changes)
        prepared.payloads += inner.payloads
        prepared.references += inner.references


def _named(error: NotJsonError, event: ExecutionEvent, field_name: str) -> NotJsonError:
    path = getattr(event, "path", None)
    owner = f"{field_name} of step {path}" if path else f"{field_name} of the run"
    return NotJsonError(f"{owner}: {error.path}", error.reason)


def _printable(event: ExecutionEvent, excluded: set[str]) -> ExecutionEvent:
    """The event with every text that is not part of a value made storable (`printable`)."""
    changes: dict[str, object] = {}
    for name in type(event).model_fields:
        if name not in excluded:
            changes[name] = _clean(getattr(event, name))
    return event.model_copy(update=changes)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, BaseModel):
        names = type(value).model_fields
        return value.model_copy(update={name: _clean(getattr(value, name)) for name in names})
    return value
