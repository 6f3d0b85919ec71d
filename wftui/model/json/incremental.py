"""Big JSON texts, read so that a thread that reads one lets the other threads work in between.

The parser of the standard library holds the interpreter until it is done: a text of 100 MB would freeze a screen for
seconds, from whatever thread. Here it is given stretches of the text, each cut where one member of a list or object
ends and the next begins.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from wftui.model.base import Json
from wftui.model.json.big_values import making_big_value

BIG_TEXT = 1_000_000
"""Characters from which on a text is worth reading in pieces, in a thread."""
_AT_ONCE = 64 * 1024
_DEPTH = 12  # members of lists and objects deeper than this are read in one go
_PAIR = len(r"\ud83d\ude00")
_SPACE = re.compile(r"[ \t\n\r]*")
_WHITE = " \t\n\r"
_IN_TEXT = re.compile(r'(?:[^"\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+', re.DOTALL)
"""What may stand in a text, up to its closing quote and never ending within an escape."""


def read_json(text: str | bytes, at_once: int | None = None) -> Json:
    """Return the value of a JSON text; read a big one in pieces, about as fast.

    Args:
        at_once: characters to read in one call; None reads a small text whole.

    Raises:
        ValueError: with the reason. NaN, infinities and what is nested too deeply for Python are not accepted either.
    """
    try:
        if at_once is None and len(text) <= BIG_TEXT:
            return json.loads(text, parse_constant=_refuse)
        return _read_pieces(text if isinstance(text, str) else text.decode(), at_once or _AT_ONCE)
    except RecursionError:
        raise ValueError("its lists and objects are nested too deeply") from None


def _read_pieces(text: str, at_once: int) -> Json:
    with making_big_value():
        reading = _Reading(text, at_once)
        try:
            value, end = reading.value(reading.skip(0), 0)
            if end == len(text) or reading.skip(end) == len(text):
                return value
        except (StopIteration, IndexError, ValueError):
            pass
        return json.loads(text, parse_constant=_refuse)  # which says what is wrong


def _refuse(word: str) -> Json:
    raise ValueError(f"{word} is not a JSON value")


def _same(value: dict[str, Json]) -> dict[str, Json]:
    return value


class _Reading:
    """One text while it is read. Where it is no JSON, methods raise StopIteration, IndexError or ValueError."""

    def __init__(self, text: str, at_once: int) -> None:
        self._text = text
        self._at_once = at_once
        self._in_vain = 0  # up to here no stretch is tried: one has been, in vain
        # A call back into Python for each object is where the interpreter may turn to another thread.
        decoder: Any = json.JSONDecoder(object_hook=_same, parse_constant=_refuse)
        self._scan: Callable[[str, int], tuple[Json, int]] = decoder.scan_once  # which typeshed does not know
        self._decode = json.JSONDecoder(parse_constant=_refuse).decode

    def skip(self, at: int) -> int:
        """Where the white space at a place ends."""
        text = self._text
        if at < len(text) and text[at] not in _WHITE:
            return at
        found = _SPACE.match(text, at)
        return found.end() if found else at

    def value(self, at: int, depth: int) -> tuple[Json, int]:
        """The value that begins at a place, and where it ends."""
        opening = self._text[at]
        if opening == '"':
            return self._string(at)
        if opening not in "[{" or depth == _DEPTH:
            return self._scan(self._text, at)
        return self._container(at, depth)

    def _container(self, at: int, depth: int) -> tuple[Json, int]:
        text = self._text
        is_list = text[at] == "["
        close = "]" if is_list else "}"
        items: list[Json] = []
        pairs: dict[str, Json] = {}
        at = self.skip(at + 1)
        if text[at] == close:
            return (items if is_list else pairs), at + 1
        while True:
            if is_list:
                item, end = self.value(at, depth + 1)
                items.append(item)
            else:
                key, end = self._key(at)
                pairs[key], end = self.value(end, depth + 1)
            at = self.skip(end)
            if text[at] == close:
                return (items if is_list else pairs), at + 1
            if text[at] != ",":
                raise StopIteration
            at = self.skip(at + 1)
            while at >= self._in_vain and (border := self._border(end, at)) > at:
                members = self._members(at, border, close)
                if members is None:
                    break
                if is_list:
                    items += members
                else:
                    pairs.update(members)
                end, at = border, self.skip(self.skip(border) + 1)

    def _key(self, at: int) -> tuple[str, int]:
        """The key at a place, and where its value begins."""
        if self._text[at] != '"':
            raise StopIteration
        key, at = self._string(at)
        at = self.skip(at)
        if self._text[at] != ":":
            raise StopIteration
        return key, self.skip(at + 1)

    def _border(self, end: int, begin: int) -> int:
        """Where, a stretch further on, a member seems to end: what lies between two looks as after the last one.

        Args:
            end: where the last member ends.
            begin: where the next one begins.

        Returns:
            The end of a member, or a place before `begin` when none is found.
        """
        text = self._text
        closing = text[end - 1] if text[end - 1] in '}]"' else ""
        opening = text[begin : begin + 4] if text[begin] == "{" else text[begin] if text[begin] in '["' else ""
        place = text.rfind(closing + text[end:begin] + opening, begin, begin + self._at_once)
        if place < begin:
            self._in_vain = begin + self._at_once
        return place + len(closing)

    def _members(self, begin: int, end: int, close: str) -> Any:
        """The members of a list or object that stand in a stretch; None when it does not end where one of them does.

        A stretch that is cut at a comma within a text, or within a list or object further in, is never JSON.
        """
        opening = "[" if close == "]" else "{"
        try:
            return self._decode(f"{opening}{self._text[begin:end]}{close}")
        except ValueError:
            self._in_vain = begin + self._at_once
            return None

    def _string(self, at: int) -> tuple[str, int]:
        text = self._text
        quote = text.find('"', at + 1, at + self._at_once)
        if quote > 0 and text[quote - 1] != "\\":
            found: tuple[str, int] = self._scan(text, at)
            return found
        parts: list[str] = []
        at += 1
        while True:
            end = self._stretch_of_string(at)
            ends = text[end] == '"'
            if end == at and not ends:
                raise StopIteration
            part: str = self._decode(f'"{text[at:end]}"')
            if not ends and "\ud800" <= part[-1] <= "\udbff" and end - at > 6:
                # The second half of the pair comes with the next stretch, and both are one character.
                part, end = part[:-1], end - 6
            parts.append(part)
            at = end
            if ends:
                return "".join(parts), end + 1

    def _stretch_of_string(self, at: int) -> int:
        """Where a stretch of a string ends: at the closing quote, or else not within an escape."""
        text = self._text
        end = at + max(self._at_once, _PAIR)
        if text.find("\\", at, end) >= 0:
            stretch = _IN_TEXT.match(text, at, end)
            return stretch.end() if stretch else at
        quote = text.find('"', at, end)
        return end if quote < 0 else quote
