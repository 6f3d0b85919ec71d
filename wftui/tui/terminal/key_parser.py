"""Parser of terminal input: Escape and a key in one packet are two keys.

Textual reads them as one key with Alt, some as a character of a Mac keyboard (Escape and 3 as a pound sign), and turns
an Escape before another into a circumflex. No action has a key with Alt and a character.
"""

from collections.abc import Iterable

from textual import events
from textual._xterm_parser import XTermParser

_ESCAPE = "\x1b"
_INTRODUCERS = frozenset("[O]P_^X")
"""What begins a longer sequence after Escape; a key only if nothing follows it."""


class KeyParser(XTermParser):
    """Textual's parser without keys that are made of Escape and a character."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if len(sequence) == 2 and sequence[0] == _ESCAPE and sequence[1].isprintable():
            if sequence[1] in _INTRODUCERS:
                return
            sequence, alt = sequence[1], True
        if alt:
            yield events.Key("escape", _ESCAPE)
        yield from super()._sequence_to_key_events(sequence)
