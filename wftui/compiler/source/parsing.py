"""Parse workflow.json.

The C scanner of `json` reads it; a slower reader locates and recovers from the errors that the scanner meets.
"""

import json
import re

from wftui.compiler.source.document import MAX_NESTING, Document
from wftui.compiler.source.recovery import read
from wftui.model.base import Json

_NOT_A_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[^][{}"]+|"')


def parse(text: str) -> Document:
    """Parse a file. Never raises: `diagnostics` holds the errors."""
    duplicates = False

    def make_object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        nonlocal duplicates
        made = dict(pairs)
        duplicates = duplicates or len(made) != len(pairs)
        return made

    try:
        value = json.loads(text, object_pairs_hook=make_object, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        duplicates = True
    # Neither a surrogate nor deep nesting is accepted; both are rare, and located by the slow reader.
    if duplicates or _may_hold_surrogate(text) or _may_nest(text):
        return read(text)
    return Document(text, value)


def _may_hold_surrogate(text: str) -> bool:
    return bool(re.search(r"\\u[dD][89a-fA-F]", text)) or (
        not text.isascii() and bool(re.search("[\ud800-\udfff]", text))
    )


def _may_nest(text: str) -> bool:
    """Return whether nesting is too deep; most files have too few brackets for that."""
    return text.count("{") + text.count("[") > MAX_NESTING and _depth(text) > MAX_NESTING


def _depth(text: str) -> int:
    """Return the deepest nesting of brackets outside strings."""
    depth = deepest = 0
    for char in _NOT_A_BRACKET.sub("", text):
        if char in "{[":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _refuse(word: str) -> Json:
    raise ValueError(word)


def _finite(word: str) -> float:
    value = float(word)
    if value in (float("inf"), float("-inf")):
        raise ValueError(word)
    return value
