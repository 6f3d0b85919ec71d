"""Big JSON texts, read so that a thread that reads one lets the other threads work in between.

The parser of the standard library holds the interpreter until it is done: a text of 100 MB would freeze a screen for
seconds, from whatever thread. Here no single call of it reads more than one of the values that stand in the outermost
lists and objects.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from wftui.model.base import Json

BIG_TEXT = 1_000_000
"""Characters from which on a text is worth reading in pieces, in a thread."""
_DEPTH = 4  # lists and objects deeper than this are read in one go
_SPACE = re.compile(r"[ \t\n\r]*")
_WHITE = " \t\n\r"


def read_json(text: str, parse_constant: Callable[[str], Json] | None = None) -> Json:
    """The value of a JSON text; what `json.loads` gives, and a few times as slow for many small values.

    Args:
        parse_constant: is given `NaN`, `Infinity` and `-Infinity`.

    Raises:
        ValueError: the text is no JSON.
    """
    # A call back into Python for each object is where the interpreter may turn to another thread.
    decoder: Any = json.JSONDecoder(object_hook=_same, parse_constant=parse_constant)
    scan = decoder.scan_once  # which typeshed does not know
    try:
        value, end = _read(text, _skip(text, 0), scan, 0)
    except (StopIteration, IndexError):
        end, value = -1, None
    if end < 0 or text[end:].strip(_WHITE):
        return json.loads(text, parse_constant=parse_constant)  # which says what is wrong
    return value


def _same(value: dict[str, Json]) -> dict[str, Json]:
    return value


def _read(text: str, start: int, scan: Callable[[str, int], tuple[Json, int]], depth: int) -> tuple[Json, int]:
    opening = text[start]
    if depth == _DEPTH or opening not in "[{":
        return scan(text, start)
    close = "]" if opening == "[" else "}"
    items: list[Json] = []
    pairs: dict[str, Json] = {}
    at = _skip(text, start + 1)
    if text[at] == close:
        return (items if opening == "[" else pairs), at + 1
    while True:
        if opening == "{":
            if text[at] != '"':
                raise StopIteration
            key, at = scan(text, at)
            at = _skip(text, at)
            if text[at] != ":":
                raise StopIteration
            pairs[key], at = _read(text, _skip(text, at + 1), scan, depth + 1)
        else:
            item, at = _read(text, at, scan, depth + 1)
            items.append(item)
        at = _skip(text, at)
        if text[at] == close:
            return (items if opening == "[" else pairs), at + 1
        if text[at] != ",":
            raise StopIteration
        at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    """Where the white space at a place ends."""
    if text[at] not in _WHITE:
        return at
    found = _SPACE.match(text, at)
    return found.end() if found else at
