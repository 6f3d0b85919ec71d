"""The value that the beginning of a JSON text tells."""

import json
import re
from collections.abc import Callable
from typing import Any

from wftui.model.base import Json
from wftui.model.schema.json_schema import MISSING

_BETWEEN = re.compile(r"[ \t\n\r]*")
_REST_OF_NUMBER = re.compile(r"[-+.eE0-9]*\Z")
_DEEPEST = 20
"""Levels below which what is cut is left out."""


class CutList(list[Json]):
    """The first items of a list."""


class CutObject(dict[str, Json]):
    """The first members of an object."""


def value_of_beginning(text: str) -> Json:
    """Return the value of a JSON text that may be cut anywhere.

    Lists and objects that are cut are `CutList` and `CutObject`; MISSING if nothing of the value is known.
    """
    decoder: Any = json.JSONDecoder()
    return _Beginning(text, decoder.scan_once).value(0, 0)[0]  # unknown to typeshed


class _Beginning:
    """A text, and the parser of the standard library for what is whole in it."""

    def __init__(self, text: str, scan: Callable[[str, int], tuple[Json, int]]) -> None:
        self._text = text
        self._scan = scan

    def value(self, at: int, depth: int) -> tuple[Json, int]:
        """Return the value at a position, and its end; at the end, it may be cut."""
        text = self._text
        at = self._skip(at)
        opening = text[at : at + 1]
        try:
            value, end = self._scan(text, at)
        except (StopIteration, ValueError, RecursionError):
            if opening not in ("[", "{") or depth == _DEEPEST:
                return MISSING, len(text)
            return self._container(at, depth), len(text)
        if depth and isinstance(value, int | float) and _REST_OF_NUMBER.match(text, end):
            return MISSING, len(text)
        return value, end

    def _container(self, at: int, depth: int) -> Json:
        text = self._text
        items, pairs = CutList(), CutObject()
        is_list = text[at] == "["
        while True:  # `at` is at the bracket, or at a comma
            at = self._skip(at + 1)
            name: Json = ""
            if not is_list:
                name, at = self.value(at, depth + 1)
                at = self._skip(at)
                if not isinstance(name, str) or text[at : at + 1] != ":":
                    break
                at += 1
            value, at = self.value(at, depth + 1)
            if value is not MISSING and is_list:
                items.append(value)
            elif value is not MISSING:
                pairs[str(name)] = value
            at = self._skip(at)
            if text[at : at + 1] != ",":
                break
        return items if is_list else pairs

    def _skip(self, at: int) -> int:
        found = _BETWEEN.match(self._text, at)
        return found.end() if found else at
