"""Values of `-i KEY=VALUE` by the type in the schema, as a person writes them."""

import json
import math
import re
import shlex
from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.errors import UsageError
from wftui.model.json.incremental import read_json

_WORDS = {"true": True, "yes": True, "on": True, "y": True, "false": False, "no": False, "off": False, "n": False}
_WHOLE = re.compile(r"[+-]?[0-9]{1,300}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^,]*))\s*(,|$)""")
_WANTED = {
    "null": "null",
    "boolean": "yes or no",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "an object",
}
"""Name of each type, in the order in which a text is tried."""


_KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def parse_value(key: str, text: str, schema: Json, shown: str | None = None) -> Json:
    """Parse one `-i` value: text where the schema allows it, else by its types.

    Args:
        shown: replaces the text in messages.

    Raises:
        UsageError: the text does not match the type; the message says how to write it.
    """
    given = schema if isinstance(schema, Mapping) else {}
    choices = given.get("enum", [given["const"]] if "const" in given else [])
    if isinstance(choices, list) and text in choices:
        return text
    allowed = _types(given)
    if text == "null" and "null" in allowed:
        return None
    if not allowed or ("string" in allowed and "type" not in given):  # bare words are text
        if choices and "boolean" in allowed and (word := _read("boolean", text, given)) is not None:
            return word[0]
        value = _once(key, text, _json_or(text))
        return value if not allowed or _is_one_of(value, allowed) else text
    if "string" in allowed:
        return text
    for name in _WANTED:
        if name in allowed and (found := _read(name, text, given)) is not None:
            return _once(key, text, found[0])
    raise UsageError(_refusal(key, shown or text, allowed, given), code="usage.input")


def _types(schema: Json) -> list[str]:
    """Return the types of a schema, of its listed values, or of all its forms."""
    if not isinstance(schema, Mapping):
        return []
    types = schema.get("type")
    if types is not None:
        return [types] if isinstance(types, str) else types if isinstance(types, list) else []
    if isinstance(choices := schema.get("enum"), list):
        return sorted({_KINDS.get(type(each), "string") for each in choices})
    found = [_types(form) for form in _forms(schema)]
    return [name for each in found for name in each] if all(found) else []


def _is_one_of(value: Json, types: list[str]) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, int | float):
        return "number" in types or ("integer" in types and value == int(value))
    return _KINDS[type(value)] in types


def _forms(schema: Mapping[str, Json]) -> list[Json]:
    forms = schema.get("anyOf", schema.get("oneOf"))
    return forms if isinstance(forms, list) else []


def _items(schema: Mapping[str, Json]) -> Json:
    """Return the schema of the items of a list, which may be one of several forms."""
    lists = [schema, *(form for form in _forms(schema) if isinstance(form, Mapping))]
    return next((each["items"] for each in lists if "items" in each), {})


def refuse_repeated_keys(text: str, what: str) -> None:
    """Refuse a JSON text in which an object has a key twice.

    Raises:
        UsageError: it does; the message begins with `what`.
    """

    def no_repeats(pairs: list[tuple[str, Json]]) -> None:
        names = [name for name, _ in pairs]
        if repeated := next((name for name in names if names.count(name) > 1), None):
            raise UsageError(f"{what} has the key {repeated!r} more than once", code="usage.input")

    json.loads(text, object_pairs_hook=no_repeats)


def _once(key: str, text: str, value: Json) -> Json:
    if isinstance(value, dict | list) and text.lstrip().startswith(("{", "[")):
        refuse_repeated_keys(text, f"-i {key}")
    return value


def _json_or(text: str) -> Json:
    try:
        return read_json(text)
    except ValueError:
        return text


def _read(name: str, text: str, schema: Mapping[str, Json]) -> tuple[Json] | None:
    """Return the value of a type in a tuple, or None."""
    plain = text.strip()
    if name == "boolean" and plain.lower() in _WORDS:
        return (_WORDS[plain.lower()],)
    if name == "integer" and _WHOLE.fullmatch(plain):
        return (int(plain),)
    if name in ("integer", "number") and _DECIMAL.fullmatch(plain):
        number = int(plain) if _WHOLE.fullmatch(plain) else float(plain)
        if not math.isfinite(number):
            return None
        if name == "number":
            return (number,)
        return (int(number),) if number == int(number) else None
    value = _json_or(plain)
    if name == "array":
        return (value,) if isinstance(value, list) else _listed(text, schema)
    return (value,) if name == "object" and isinstance(value, dict) else None


def _listed(text: str, schema: Mapping[str, Json]) -> tuple[Json] | None:
    """Return the items of `a,b` as a list in a tuple; None if one does not fit."""
    if text.lstrip().startswith(("[", "{")):
        return None  # JSON with a mistake
    if '"' in text and isinstance(quoted := _json_or(f"[{text}]"), list):
        return (quoted,)
    items = _items(schema)
    parts = _parts(text) if text.strip() else []
    if any(part.startswith('"') for part in parts):
        return None  # a quote that does not end
    try:
        return ([parse_value("", part, items) for part in parts],)
    except UsageError:
        return None


def _parts(text: str) -> list[str]:
    """Split a text at its commas; what is in quotes is one part."""
    parts: list[str] = []
    position = 0
    while (match := _PART.match(text, position)) is not None:
        double, single, plain, comma = match.groups()
        parts.append(next(part for part in (double, single, plain) if part is not None).strip())
        position = match.end()
        if not comma:
            break
    return parts


def _refusal(key: str, text: str, allowed: list[str], schema: Mapping[str, Json]) -> str:
    known = [_WANTED[name] for name in _WANTED if name in allowed]
    wanted = " or ".join(known) or " or ".join(allowed)
    kinds = _types(_items(schema)) if "array" in allowed else []
    if kinds and kinds[0] in _PLURALS:
        wanted = wanted.replace("a list", f"a list of {_PLURALS[kinds[0]]}")
    return f"-i {key}={text}: expected {wanted}; write it like -i {key}={_spelled(_sample(schema))}"


def _sample(schema: Json, place: int = 0) -> Json:
    """Return a value for a schema; `place` counts from 1 in a list."""
    given = schema if isinstance(schema, Mapping) else {}
    choices = given.get("enum", [given["const"]] if "const" in given else [])
    if isinstance(choices, list) and choices:
        return choices[min(max(place - 1, 0), len(choices) - 1)]
    allowed = _types(given)
    name = next((each for each in _SAMPLES if each in allowed), "null" if "null" in allowed else "string")
    if name == "array":
        items = _items(given)
        return [_sample(items, each) for each in ((1,) if _types(items) in (["object"], ["array"]) else (1, 2))]
    if name == "object":
        properties, names = given.get("properties"), given.get("required")
        known = properties if isinstance(properties, Mapping) else {}
        needed = [each for each in names if isinstance(each, str)] if isinstance(names, list) else []
        return {each: _sample(known.get(each)) for each in needed} or {"name": "value"}
    return _SAMPLES[name][place] if name in _SAMPLES else None


def _spelled(value: Json) -> str:
    """Return a value as written after `-i KEY=` in a shell."""
    words = [_word(each) for each in value] if isinstance(value, list) else [_word(value)]
    if words and all(each is not None and _PLAIN.fullmatch(each) for each in words):
        return ",".join(filter(None, words))
    return shlex.quote(json.dumps(value, ensure_ascii=False))


def _word(value: Json) -> str | None:
    """Return a simple value as a person writes it, or None."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str | int | float):
        return value if isinstance(value, str) else json.dumps(value)
    return None


_PLURALS = {"integer": "whole numbers", "number": "numbers", "boolean": "yes or no", "object": "objects"}
_SAMPLES: dict[str, tuple[Json, Json, Json]] = {
    "boolean": (True, True, False),
    "integer": (5, 1, 2),
    "number": (1.5, 1.5, 2),
    "array": ([], [], []),
    "object": ({}, {}, {}),
    "string": ("a", "a", "b"),
}
"""A value of each type and two of a list, in the order in which a text is tried."""
_PLAIN = re.compile(r"[\w.+-]+")
