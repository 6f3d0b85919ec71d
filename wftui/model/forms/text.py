"""Conversion between the text of a field and its value."""

import json
import math
import re
from itertools import islice

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.json.json_reasons import json_reason, located_reason
from wftui.model.schema.facets import literal
from wftui.model.schema.json_schema import MISSING

BIG = 100_000
"""Size in characters beyond which a value is kept but cannot be edited."""
LINE = 60
"""Longest JSON of an object or a list that is written in one line."""
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LOOKS_LIKE_JSON = ("{", "[", '"')


class TextError(ValueError):
    """A text that is not a value of its field; `str(problem)` is a sentence."""


class JsonError(TextError):
    """A text that is not JSON; the location of the error counts from 1."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(f"Not JSON: {reason}, at line {line}, column {column}.")
        self.line = line
        self.column = column


def parse_text(field: FormField, text: str) -> Json:
    """Return the value of typed text; MISSING for an empty one.

    Raises:
        TextError: if it is not a value of the field.
    """
    if not text:
        return MISSING
    if field.bindable and _is_bound(field, text):
        return text
    if field.kind == "integer":
        return _parse_integer(text.strip())
    if field.kind == "number":
        return _parse_number(text.strip())
    if field.kind == "json":
        return _parse_loosely(text, bare=field.takes_text)
    return text


def format_value(field: FormField, value: Json) -> str:
    """Return the text of a value, from which parsing gives the value again."""
    if value is MISSING or (value is None and field.kind != "json"):
        return ""
    if field.kind != "json":
        return literal(value)
    if field.bindable and isinstance(value, str) and _is_bound(field, value):
        return value
    if isinstance(value, str) and field.takes_text and is_bare(value):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return (
        text
        if len(text) <= LINE or not isinstance(value, dict | list)
        else json.dumps(value, ensure_ascii=False, indent=2)
    )


def _is_bound(field: FormField, text: str) -> bool:
    """Return whether a text is an expression in a field for numbers or JSON."""
    if field.kind == "json":
        return text.lstrip().startswith("{{")
    return field.kind in ("integer", "number") and "{{" in text


def is_big(value: Json) -> bool:
    """Return whether a value has more than about BIG characters; stops early."""
    waiting, seen = [value], 0
    while waiting and seen <= BIG:
        part = waiting.pop()
        if isinstance(part, str):
            seen += len(part)
        elif isinstance(part, list):
            seen += len(part)
            waiting.extend(part[:BIG])
        elif isinstance(part, dict):
            seen += sum(len(name) for name in islice(part, BIG))
            waiting.extend(islice(part.values(), BIG))
        else:
            seen += 1
    return seen > BIG


def parse_json(text: str) -> Json:
    """Parse strict JSON: no NaN, no infinity.

    Raises:
        JsonError: with line and column.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_read_float)
    except json.JSONDecodeError as error:
        raise JsonError(json_reason(error), error.lineno, error.colno) from None
    except _NoJsonNumberError as error:
        at = text.find(str(error))
        line = text.count("\n", 0, at) + 1
        raise JsonError(f"{error} {error.reason}", line, at - text.rfind("\n", 0, at)) from None
    except RecursionError:
        raise JsonError("it is nested too deeply", 1, 1) from None
    except ValueError as error:
        raise JsonError(located_reason(error), 1, 1) from None


class _NoJsonNumberError(ValueError):
    """NaN or Infinity, which Python would read, or a number too big for it."""

    def __init__(self, number: str, reason: str) -> None:
        super().__init__(number)
        self.reason = reason


def _refuse_constant(name: str) -> Json:
    raise _NoJsonNumberError(name, "is not a JSON number")


def _read_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _NoJsonNumberError(text, "is too big for a number")
    return value


def _parse_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise TextError("Enter a whole number.")
    try:
        return int(text)
    except ValueError:
        raise TextError("This number has too many digits.") from None


def _parse_number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise TextError("Enter a number, with a point before decimals.")
    if _INTEGER.fullmatch(text):
        return _parse_integer(text)
    value = float(text)
    if not math.isfinite(value):
        raise TextError("This number is too big.")
    return value


def _parse_loosely(text: str, *, bare: bool) -> Json:
    try:
        return parse_json(text)
    except JsonError:
        if bare and not text.lstrip().startswith(_LOOKS_LIKE_JSON):
            return text
        raise


def is_bare(text: str) -> bool:
    """Return whether a text is unambiguous without quotes in a JSON field."""
    if not text or "\n" in text or text.lstrip().startswith(_LOOKS_LIKE_JSON):
        return False
    try:
        parse_json(text)
    except JsonError:
        return True
    return False
