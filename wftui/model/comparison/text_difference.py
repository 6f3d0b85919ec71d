"""First difference between two JSON texts that are read piece by piece."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from wftui.model.base import Json
from wftui.model.comparison.value_change import ValueChange, pointer_part

_KEPT = 2_000
"""Characters before and after a difference of which its values are read."""
_SHOWN = 40
_MARK = re.compile(r'["\[\]{},:]')
_IN_STRING = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
_DECODER = json.JSONDecoder()


def first_text_change(before: Iterator[str], after: Iterator[str]) -> ValueChange | None:
    """Return the first place at which two JSON texts differ; None if they are equal.

    Objects whose members are in another order differ.
    """
    scanner, tail = _Scanner(), ""
    left = right = ""
    while True:
        left, right = left or next(before, ""), right or next(after, "")
        size = min(len(left), len(right))
        same = _common(left[:size], right[:size])
        scanner.feed(left[:same])
        tail = (tail + left[:same])[-_KEPT:]
        left, right = left[same:], right[same:]
        if same < size or not size:
            break
    if not left and not right:
        return None
    return _change(scanner, tail, _filled(left, before), _filled(right, after))


def _common(left: str, right: str) -> int:
    """Return the length of the common beginning of two texts of one length."""
    if left == right:
        return len(left)
    low, high = 0, len(left)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if left[low:middle] == right[low:middle] else (low, middle)
    return low


def _filled(text: str, rest: Iterator[str]) -> str:
    while len(text) < _KEPT and (piece := next(rest, "")):
        text += piece
    return text[:_KEPT]


@dataclass(slots=True)
class _Container:
    """An open list or object.

    Attributes:
        key: of the current member; None before it is read.
    """

    is_object: bool
    key: str | None = None
    index: int = 0
    is_empty: bool = True


class _Scanner:
    """Position in a JSON text that is read piece by piece.

    Attributes:
        start: where the current element begins.
    """

    def __init__(self) -> None:
        self.open: list[_Container] = []
        self.start = 0
        self.in_key = False
        self._in_string = False
        self._key: list[str] = []
        self._is_escaped = False
        self.at = 0

    @property
    def in_string(self) -> bool:
        """True inside a string that has not ended."""
        return self._in_string

    def feed(self, text: str) -> None:
        """Follow the next piece of the text."""
        at = 0
        while at < len(text):
            at = self._string(text, at) if self._in_string else self._mark(text, at)
        self.at += len(text)

    def pointer(self, containers: int | None = None) -> str:
        """Return the JSON Pointer of the current element, or of an outer container."""
        return "".join(
            f"/{pointer_part(each.key or '') if each.is_object else each.index}" for each in self.open[:containers]
        )

    def _string(self, text: str, at: int) -> int:
        begin = at
        if self._is_escaped:
            at, self._is_escaped = at + 1, False
        found = _IN_STRING.match(text, at)
        at = found.end() if found is not None else at
        if at < len(text) and text[at] == "\\":  # the piece ends within an escape
            at, self._is_escaped = at + 1, True
        if self.in_key:
            self._key.append(text[begin:at])
        if at == len(text):
            return at
        self._in_string = False
        if self.in_key:
            self.open[-1].key = json.loads(f'"{"".join(self._key)}"', strict=False)
            self.in_key = False
        return at + 1

    def _mark(self, text: str, at: int) -> int:
        found = _MARK.search(text, at)
        if found is None:
            return len(text)
        at, mark = found.end(), found[0]
        inner = self.open[-1] if self.open else None
        if mark == '"':
            self._in_string, self._key = True, []
            self.in_key = inner is not None and inner.is_object and inner.key is None
        elif mark in "[{":
            self.open.append(_Container(mark == "{"))
        elif mark in "]}":
            self.open.pop()
        elif mark == "," and inner is not None:
            inner.key, inner.index, inner.is_empty = None, inner.index + 1, False
        if mark in "[{,:":
            self.start = self.at + at
        return at


def _change(scanner: _Scanner, tail: str, left: str, right: str) -> ValueChange:
    """Return the change at a place whose next characters differ."""
    ends, others = (left, right) if left[:1] in ("]", "}") else (right, left)
    is_end = ends[:1] in ("]", "}") and not scanner.in_string
    inner = scanner.open[-1] if scanner.open else None
    is_first = tail[-1:] in ("[", "{") and not scanner.in_string
    if is_end and inner is not None and (is_first or others[:1] == ","):
        index = inner.index + (not is_first)
        return _member(scanner, index, others if is_first else others[1:], is_new=others is right)
    size = scanner.at - scanner.start
    if scanner.in_key or (inner is not None and inner.is_object and inner.key is None):
        return ValueChange(
            pointer=scanner.pointer(-1), kind="changed", before=_excerpt(tail, left), after=_excerpt(tail, right)
        )
    values = [_value(tail, size, text) for text in (left, right)]
    return ValueChange(pointer=scanner.pointer(), kind="changed", before=values[0], after=values[1])


def _member(scanner: _Scanner, index: int, text: str, *, is_new: bool) -> ValueChange:
    """Return the change for a member that only one text has."""
    part = str(index)
    if scanner.open[-1].is_object:
        try:
            key, end = _DECODER.raw_decode(text)
            part, text = pointer_part(key), text[end + 1 :]
        except (ValueError, RecursionError):
            part = "…"
    value = _value("", 0, text)
    pointer = f"{scanner.pointer(-1)}/{part}"
    if is_new:
        return ValueChange(pointer=pointer, kind="added", after=value)
    return ValueChange(pointer=pointer, kind="removed", before=value)


def _value(tail: str, size: int, text: str) -> Json:
    """Return the element that begins `size` characters before a text, or an excerpt."""
    if size <= len(tail):
        whole = tail[len(tail) - size :] + text
        try:
            value, end = _DECODER.raw_decode(whole)
            if end < len(whole) or len(text) < _KEPT:
                found: Json = value
                return found
        except (ValueError, RecursionError):
            pass
    return _excerpt(tail, text)


def _excerpt(tail: str, text: str) -> str:
    return f"…{tail[-_SHOWN:]}{text[:_SHOWN]}…"
