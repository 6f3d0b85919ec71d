"""Parser of terminal input: Escape and a key in one packet are two keys.

Textual reads them as one key with Alt, some as a character of a Mac keyboard (Escape and 3 as a pound sign), and turns
an Escape before another into a circumflex. No action has a key with Alt and a character.

Patterns are compiled when they are first used: every start loads them.
"""

import re
import time
from collections.abc import Iterable

from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

_ESCAPE = "\x1b"
_INTRODUCERS = frozenset("[O]P_^X")
"""Beginnings of longer sequences after Escape; keys only if nothing follows."""


_SHIFTED = r"f(1[3-9]|2[0-4])"
_COLOR = r"\x1b\](\d+);(?:rgba?:([0-9a-fA-F/]+))?[^\x07\x1b]*(?:\x07|\x1b\\)"
"""The answer of a terminal to a question about its colors."""
_BEGUN = r"\x1b\](?:\d{0,2}|\d+;[^\x07\x1b]{0,60}\x1b?)$"
"""The beginning of an answer; without a semicolon, Escape and keys may begin so."""
_PATIENCE = 0.3
"""Seconds for which such a beginning is kept back: an answer comes in one or a few packets."""
BACKGROUND_QUESTION = "\x1b]11;?\x1b\\"
_BACKGROUND = "11"


class BackgroundTold(Message):
    """The terminal has reported its background: red, green and blue from 0 to 1."""

    def __init__(self, color: tuple[float, float, float]) -> None:
        super().__init__()
        self.color = color


class KeyParser(XTermParser):
    """Textual's parser without keys that are made of Escape and a character.

    Answers about colors are taken out of the keys, whenever they come.
    """

    _held = ""
    """The beginning of an answer."""
    _held_since = 0.0
    _given = ""
    """Characters last taken for keys, perhaps the beginning of an answer."""

    def feed(self, data: str) -> Iterable[Message]:
        """Parse input; an empty text is its end."""
        if not data:
            yield from super().feed(data)
            return
        data, self._held, position = self._held + data, "", 0
        given, self._given = self._given, ""
        if given:
            found = re.match(_COLOR, given + data)
            if found is None and re.fullmatch(_BEGUN, given + data):
                self._hold(data, given)
                return
            if found is not None:
                yield from _told(found)
                data = (given + data)[found.end() :]
        for found in re.finditer(_COLOR, data):
            if found.start() > position:
                yield from super().feed(data[position : found.start()])
            position = found.end()
            yield from _told(found)
        rest = data[position:]
        begun = re.search(_BEGUN, rest)
        if begun is not None:
            self._hold(begun[0])
            rest = rest[: begun.start()]
        if rest:
            self._given = _ESCAPE if rest.endswith(_ESCAPE) else ""
            yield from super().feed(rest)

    def _hold(self, begun: str, given: str = "") -> None:
        """Hold back the beginning of an answer; a part of it may have been delivered."""
        self._held, self._held_since, self._given = begun, time.monotonic(), given

    def tick(self) -> Iterable[Message]:
        """Take for keys what has not become an answer, and what Textual waits for."""
        if self._held and ";" not in self._held and time.monotonic() - self._held_since >= _PATIENCE:
            held, self._held = self._held, ""
            self._given += held
            yield from super().feed(held)
        yield from super().tick()

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if len(sequence) == 2 and sequence[0] == _ESCAPE and sequence[1].isprintable():
            if sequence[1] in _INTRODUCERS:
                return
            sequence, alt = sequence[1], True
        if alt:
            yield events.Key("escape", _ESCAPE)
        for event in super()._sequence_to_key_events(sequence):
            yield events.Key(plain_key(event.key), event.character)


def _told(found: re.Match[str]) -> Iterable[BackgroundTold]:
    """Yield the background, if an answer is about it."""
    if found[1] == _BACKGROUND and (color := _color_of(found[2] or "")) is not None:
        yield BackgroundTold(color)


def plain_key(key: str) -> str:
    """Return F13 to F24 as terminals mean them: F1 to F12 with Shift."""
    found = re.fullmatch(_SHIFTED, key)
    return key if found is None else f"shift+f{int(found[1]) - 12}"


def _color_of(text: str) -> tuple[float, float, float] | None:
    """Return the color of `1212/1616/1d1d`, with one to four digits each."""
    parts = text.split("/")[:3]
    if len(parts) != 3 or not all(1 <= len(part) <= 4 for part in parts):
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in parts)
    return red, green, blue
