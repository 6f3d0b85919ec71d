"""JSON values in words, for error messages: their kind, and their keys."""

import json
from collections.abc import Iterable, Mapping

from wftui.model.base import Json
from wftui.model.text.cuts import beginning

SHOWN_KEYS = 12
TYPE_WORDS: Mapping[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
"""The types of JSON Schema in words."""
_SHOWN = 60


def kind_of(value: Json) -> str:
    """Return the kind of a JSON value, with an article: `a text`, `null`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "an object"
    return f"a {type(value).__name__}, which is not a JSON value"


def shown(value: Json) -> str:
    """Return a value for a message, its beginning if it is long."""
    try:
        return beginning(json.dumps(value, ensure_ascii=False), _SHOWN)
    except (TypeError, ValueError, RecursionError):
        return kind_of(value)


def kind_and_value(value: Json) -> str:
    """Return the kind of a value, and the value itself if it is a text or a number."""
    kind = kind_of(value)
    return f"{kind} ({shown(value)})" if isinstance(value, str) or is_number(value) else kind


def is_number(value: Json) -> bool:
    """Return whether a value is a JSON number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def key_list(keys: Iterable[object]) -> str:
    """Return the existing keys, for a message: `it has a, b and 3 more`."""
    shown = [str(key) for key in keys]
    if not shown:
        return "it is empty"
    rest = len(shown) - SHOWN_KEYS
    return "it has " + ", ".join(shown[:SHOWN_KEYS]) + (f" and {rest} more" if rest > 0 else "")


def join_path(base: str, key: str | int) -> str:
    """Return a path one key longer, as in expressions: `steps.a.output["x-y"][0]`."""
    if isinstance(key, int):
        return f"{base}[{key}]"
    if not base:
        return key
    return f"{base}.{key}" if key.isidentifier() else f"{base}[{key!r}]"
