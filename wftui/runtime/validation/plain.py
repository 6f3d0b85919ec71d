"""Values that fit plain schemas, without jsonschema.

Its import takes longer than a short run.
"""

import math
from collections.abc import Mapping
from typing import Any

from wftui.model.base import Json

_MOST = 1_000
"""Parts of a schema, and of a value, that are read on an event loop."""
_DEEPEST = 20

_TEXTS = frozenset({"title", "description"})
_LIMITS = frozenset({"minimum", "maximum"})
_LENGTHS = frozenset({"minLength", "maxLength"})
_KEYS = {
    "string": {"enum", *_LENGTHS},
    "integer": _LIMITS,
    "number": _LIMITS,
    "boolean": frozenset[str](),
    "array": {"items"},
    "object": {"properties", "required", "additionalProperties"},
}


class _UnsureError(Exception):
    """The value does not fit, or the schema is not plain."""


def fill_plain(schema: Any, value: Json) -> tuple[Json] | None:
    """Return the value with defaults, if it fits a plain schema.

    It is what `validator.validate_inputs` returns. None says nothing: that one has to be asked.
    """
    try:
        _Reading().check(schema, 0)
        return (_Reading().fill(schema, value),)
    except _UnsureError:
        return None


class _Reading:
    """One walk over a schema or a value."""

    def __init__(self) -> None:
        self._left = _MOST

    def check(self, schema: Any, depth: int) -> None:
        """Raise unless all of the schema is valid and plain."""
        self._count()
        _require(type(schema) is dict and depth <= _DEEPEST)
        if not schema:
            return
        kind = schema.get("type")
        _require(type(kind) is str and kind in _KEYS)
        _require(schema.keys() <= _KEYS[kind] | _TEXTS | {"type", "default"})
        for key, value in schema.items():
            if key in _TEXTS:
                _require(type(value) is str)
            elif key == "default":
                _require(type(value) in (str, bool) or _is_number(value))
            elif key in _LENGTHS:
                _require(type(value) is int and value >= 0)
            elif key in _LIMITS:
                _require(_is_number(value))
            elif key in ("enum", "required"):
                _require(type(value) is list and all(type(each) is str for each in value))
                _require(0 < len(value) == len(set(value)))
            elif key == "properties":
                _require(type(value) is dict)
                for inner in value.values():
                    self.check(inner, depth + 1)
            elif key == "items":
                self.check(value, depth + 1)
            elif key == "additionalProperties":
                _require(type(value) is bool)

    def fill(self, schema: Mapping[str, Any], value: Any) -> Json:
        """Return the value with defaults; raise unless it fits a schema that was checked."""
        self._count()
        kind = schema.get("type")
        if kind == "object":
            return self._fill_object(schema, value)
        if kind == "array":
            _require(type(value) is list)
            return [self.fill(schema.get("items", {}), each) for each in value]
        if kind == "string":
            _require(type(value) is str and value in schema.get("enum", (value,)))
            _require(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf))
        elif kind == "boolean":
            _require(type(value) is bool)
        elif kind is not None:
            _require(type(value) is int or (kind == "number" and _is_number(value)))
            _require(schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf))
        return value

    def _fill_object(self, schema: Mapping[str, Any], value: Any) -> dict[str, Json]:
        _require(type(value) is dict)
        filled: dict[str, Json] = dict(value)
        properties = schema.get("properties", {})
        for name, inner in properties.items():
            if name in filled or "default" in inner:
                filled[name] = self.fill(inner, filled.get(name, inner.get("default")))
        _require(filled.keys() >= set(schema.get("required", ())))
        _require(schema.get("additionalProperties", True) or filled.keys() <= properties.keys())
        return filled

    def _count(self) -> None:
        self._left -= 1
        _require(self._left >= 0)


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _require(met: bool) -> None:
    if not met:
        raise _UnsureError
