"""Incremental JSON parsing: other threads run between the parts of a big text.

The parser of the standard library holds the interpreter until it is done: a text of 100 MB would freeze a screen for
seconds, from any thread. Here it parses stretches of the text, each cut between two members of a list or object.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from wftui.model.base import Json
from wftui.model.json.big_values import making_big_value
from wftui.model.json.json_reasons import located_reason

BIG_TEXT = 1_000_000
"""Size in characters from which a text is parsed in pieces, in a thread."""
_AT_ONCE = 64 * 1024
_DEPTH = 12  # members below this depth are parsed at once
_PAIR = len(r"\ud83d\ude00")
_SPACE = re.compile(r"[ \t\n\r]*")
_WHITE = " \t\n\r"
_IN_TEXT = re.compile(r'(?:[^"\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+')
"""The inside of a string, up to its closing quote and never ending within an escape."""


def read_json(text: str | bytes, at_once: int | None = None) -> Json:
    """Return the value of a JSON text; read a big one in pieces, about as fast.

    Args:
        at_once: characters to read in one call; None reads a small text whole.

    Raises:
        ValueError: with the reason; also for NaN, infinities, and nesting that is too deep for Python.
    """
    try:
        if at_once is None and len(text) <= BIG_TEXT:
            return json.loads(text, parse_constant=_refuse)
        return _read_pieces(text if isinstance(text, str) else text.decode(), at_once or _AT_ONCE)
    except ValueError as error:
        raise ValueError(located_reason(error)) from None
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
    """The state of parsing one text; StopIteration, IndexError, ValueError if invalid."""

    def __init__(self, text: str, at_once: int) -> None:
        self._text = text
        self._at_once = at_once
        self._in_vain = 0  # no stretch is tried before this position: one has failed
        # A callback per object lets the interpreter switch to another thread.
        decoder: Any = json.JSONDecoder(object_hook=_same, parse_constant=_refuse)
        self._scan: Callable[[str, int], tuple[Json, int]] = decoder.scan_once  # unknown to typeshed
        self._decode = json.JSONDecoder(parse_constant=_refuse).decode

    def skip(self, at: int) -> int:
        """Return the end of the white space at a position."""
        text = self._text
        if at < len(text) and text[at] not in _WHITE:
            return at
        found = _SPACE.match(text, at)
        return found.end() if found else at

    def value(self, at: int, depth: int) -> tuple[Json, int]:
        """Return the value at a position, and its end."""
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
        """Return the key at a position, and the start of its value."""
        if self._text[at] != '"':
            raise StopIteration
        key, at = self._string(at)
        at = self.skip(at)
        if self._text[at] != ":":
            raise StopIteration
        return key, self.skip(at + 1)

    def _border(self, end: int, begin: int) -> int:
        """Guess the end of a member ahead: text between members repeats.

        Args:
            end: the end of the last member.
            begin: the start of the next one.

        Returns:
            The end of a member; a position before `begin` if none is found.
        """
        text = self._text
        closing = text[end - 1] if text[end - 1] in '}]"' else ""
        opening = text[begin : begin + 4] if text[begin] == "{" else text[begin] if text[begin] in '["' else ""
        place = text.rfind(closing + text[end:begin] + opening, begin, begin + self._at_once)
        if place < begin:
            self._in_vain = begin + self._at_once
        return place + len(closing)

    def _members(self, begin: int, end: int, close: str) -> Any:
        """Return the members in a stretch; None if it does not end at a member's end.

        A stretch cut at a comma inside a text or a nested container is never valid JSON.
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
                # The other half of the pair comes with the next stretch; both are one character.
                part, end = part[:-1], end - 6
            parts.append(part)
            at = end
            if ends:
                return "".join(parts), end + 1

    def _stretch_of_string(self, at: int) -> int:
        """Return the end of a stretch of a string: its quote, or outside an escape."""
        text = self._text
        end = at + max(self._at_once, _PAIR)
        if text.find("\\", at, end) >= 0:
            stretch = _IN_TEXT.match(text, at, end)
            return stretch.end() if stretch else at
        quote = text.find('"', at, end)
        return end if quote < 0 else quote
