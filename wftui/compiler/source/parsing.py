"""Parse workflow.json.

The C scanner of `json` reads it; a slower reader locates and recovers from the errors that the scanner meets.
"""

import json
import re

from wftui.compiler.source.document import MAX_NESTING, Document
from wftui.compiler.source.recovery import read
from wftui.model.base import Json

_SPACE = re.compile(r"[ \t\n\r]*")
_NOT_A_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[^][{}"]+|"')


class JsonScanner:
    """The C scanner of `json` with the rules of workflow.json.

    Attributes:
        duplicates: an object has had a key twice.
    """

    def __init__(self) -> None:
        self.duplicates = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=_refuse, parse_float=_finite, strict=True
        )

    def whole(self, text: str) -> Json:
        """Return the value of a text.

        Raises:
            ValueError: if it is not JSON.
            RecursionError: if it is nested too deeply.
        """
        return self._decoder.decode(text)

    def value(self, text: str, position: int) -> tuple[Json, int] | None:
        """Return the value at a position and its end; None if it has an error."""
        try:
            found: tuple[Json, int] = self._decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return None
        return None if self.duplicates else found

    @staticmethod
    def space(text: str, position: int) -> int:
        """Return the position of the next character apart from spaces."""
        found = _SPACE.match(text, position)
        return found.end() if found is not None else position

    def _object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        made = dict(pairs)
        self.duplicates = self.duplicates or len(made) != len(pairs)
        return made


def parse(text: str) -> Document:
    """Parse a file. Never raises: `diagnostics` holds the errors."""
    scanner = JsonScanner()
    try:
        value = scanner.whole(text)
    except (ValueError, RecursionError):
        return read(text)
    # Neither a surrogate nor deep nesting is accepted; both are rare, and located by the slow reader.
    if scanner.duplicates or may_hold_surrogate(text) or may_nest(text):
        return read(text)
    return Document(text, value)


def may_hold_surrogate(text: str) -> bool:
    """Return whether a text may have half a character, as itself or escaped."""
    return bool(re.search(r"\\u[dD][89a-fA-F]", text)) or (
        not text.isascii() and bool(re.search("[\ud800-\udfff]", text))
    )


def may_nest(text: str, deepest: int = MAX_NESTING) -> bool:
    """Return whether nesting is too deep; most files have too few brackets for that."""
    return text.count("{") + text.count("[") > deepest and _depth(text) > deepest


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
