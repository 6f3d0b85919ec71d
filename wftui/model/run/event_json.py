"""Events read from JSON, perhaps of a later version."""

import json

from wftui.model.base import Json
from wftui.model.reading import UnreadableError, read
from wftui.model.run.events import EVENTS, ExecutionEvent, UnknownEvent


def read_event(fields: dict[str, Json]) -> ExecutionEvent:
    """Return an event from its wire form, perhaps of a later version.

    Unknown fields are left out; any other event that this version cannot read becomes an `UnknownEvent`.
    """
    name = fields.get("type")
    kind = EVENTS.get(name, UnknownEvent) if isinstance(name, str) else UnknownEvent
    if kind is not UnknownEvent:
        try:
            return read(kind, fields)
        except UnreadableError:
            pass  # shown by its name
    own = {key: fields[key] for key in ("seq", "executionId", "timestamp")}
    return read(UnknownEvent, {**own, "fields": fields})


def parse_event(data: dict[str, Json] | str | bytes) -> ExecutionEvent:
    """Return an event from its wire form (a dict, or JSON text)."""
    return read_event(data if isinstance(data, dict) else json.loads(data))
