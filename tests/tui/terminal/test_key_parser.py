"""Escape and a key that arrive together are two keys."""

import pytest
from textual import events

from wftui.tui.terminal.key_parser import KeyParser


def keys(*packets: str) -> list[str]:
    parser = KeyParser()
    found = [each for packet in packets for each in parser.feed(packet)]
    parser.feed("")
    return [each.key for each in found if isinstance(each, events.Key)]


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        ("\x1b3", ["escape", "3"]),
        ("\x1bq", ["escape", "q"]),
        ("\x1bJ", ["escape", "J"]),
        ("\x1bf", ["escape", "f"]),
        ("\x1b5\x1b1", ["escape", "5", "escape", "1"]),
        ("\x1bx\x1b[A", ["escape", "x", "up"]),
        ("\x1b ab", ["escape", "space", "a", "b"]),
        ("£3", ["pound_sign", "3"]),
        ("\x1b[A", ["up"]),
        ("\x1bOP", ["f1"]),
        ("\x1b[1;3A", ["alt+up"]),
        ("\x1b\x7f", ["ctrl+w"]),
    ],
)
def test_keys_of_a_packet(packet: str, expected: list[str]) -> None:
    assert keys(packet) == expected
