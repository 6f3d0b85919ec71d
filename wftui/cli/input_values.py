"""Values of `-i KEY=VALUE` by the type in the schema, as a person writes them."""

import json
import math
import re
from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.errors import UsageError
from wftui.model.json.incremental import read_json

_WORDS = {"true": True, "yes": True, "on": True, "y": True, "false": False, "no": False, "off": False, "n": False}
_WHOLE = re.compile(r"[+-]?[0-9]{1,300}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_WANTED = {
    "null": ("null", "null"),
    "boolean": ("yes or no", "yes"),
    "integer": ("a whole number", "5"),
    "number": ("a number", "1.5"),
    "array": ("a list", "a,b"),
    "object": ("an object", """'{"name": "value"}'"""),
}
"""Name and example of each type, in the order in which a text is tried."""


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
    if "string" in allowed:
        return text
    if not allowed:  # without a type in the schema, bare words are text
        return _once(key, text, _json_or(text))
    for name in _WANTED:
        if name in allowed and (found := _read(name, text, given)) is not None:
            return _once(key, text, found[0])
    raise UsageError(_refusal(key, shown or text, allowed, given), code="usage.input")


def _types(schema: Mapping[str, Json]) -> list[str]:
    """Return the types that a schema names, itself or in all of its forms."""
    types = schema.get("type")
    if types is not None:
        return [types] if isinstance(types, str) else types if isinstance(types, list) else []
    forms = schema.get("anyOf", schema.get("oneOf"))
    found = [form.get("type") for form in forms if isinstance(form, Mapping)] if isinstance(forms, list) else []
    named = [each for each in found if isinstance(each, str) and each != "string"]
    return named if isinstance(forms, list) and len(named) == len(forms) else []


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
    items = schema.get("items", {})
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    try:
        return ([parse_value("", part, items) for part in parts],)
    except UsageError:
        return None


def _refusal(key: str, text: str, allowed: list[str], schema: Mapping[str, Json]) -> str:
    known = [_WANTED[name] for name in _WANTED if name in allowed]
    wanted = " or ".join(name for name, _ in known) or " or ".join(allowed)
    example = known[0][1] if known else "VALUE"
    if "array" in allowed:
        items = schema.get("items")
        kind = items.get("type") if isinstance(items, Mapping) else None
        wanted = wanted.replace("a list", f"a list of {_PLURALS[kind]}") if kind in _PLURALS else wanted
        example = {"integer": "1,2", "number": "1.5,2", "boolean": "yes,no", "object": """'[{"name": "value"}]'"""}.get(
            str(kind), example
        )
    return f"-i {key}={text}: expected {wanted}; write it like -i {key}={example}"


_PLURALS = {"integer": "whole numbers", "number": "numbers", "boolean": "yes or no", "object": "objects"}
