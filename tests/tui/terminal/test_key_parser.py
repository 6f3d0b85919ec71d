"""Escape and a key that arrive together are two keys."""

import time

import pytest
from helpers import PATIENCE
from textual import events

from wftui.tui.display.theme import theme_for
from wftui.tui.terminal import key_parser
from wftui.tui.terminal.key_parser import BackgroundTold, KeyParser


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
        ("\x1b[17;2~\x1b[19;2~\x1b[20;2~", ["shift+f6", "shift+f8", "shift+f9"]),
        ("\x1b[24~", ["f12"]),
    ],
)
def test_keys_of_a_packet(packet: str, expected: list[str]) -> None:
    assert keys(packet) == expected


@pytest.mark.parametrize(
    ("packets", "theme", "typed"),
    [
        (["\x1b]11;rgb:ffff/ffff/ffff\x07"], "wftui-light", []),
        (["\x1b]11;rgb:ff/f8/e7\x1b\\"], "wftui-light", []),
        (["\x1b]11;rgba:1212/1616/1d1d/ffff\x07"], "wftui-dark", []),
        (["ab\x1b]11;rgb:0000/0000/0000\x07c"], "wftui-dark", ["a", "b", "c"]),
        (["a\x1b]11;rgb:ff", "ff/ffff/ffff\x1b", "\\b"], "wftui-light", ["a", "b"]),
        (["\x1b]11;", "rgb:0/0/0\x07q"], "wftui-dark", ["q"]),
    ],
)
def test_background_is_taken_out_of_the_keys(packets: list[str], theme: str, typed: list[str]) -> None:
    parser = KeyParser()
    found = [each for packet in packets for each in parser.feed(packet)]
    assert [theme_for(each.color) for each in found if isinstance(each, BackgroundTold)] == [theme]
    assert [each.key for each in found if isinstance(each, events.Key)] == typed


@pytest.mark.parametrize(
    "answer", ["\x1b]10;rgb:0/0/0\x07", "\x1b]11;rgb:1/2\x07", "\x1b]11;rgb:/0/0\x07", "\x1b]11;?\x07"]
)
def test_other_answers_are_ignored(answer: str) -> None:
    assert [*KeyParser().feed(answer)] == []


ANSWER = "\x1b]11;rgb:1212/1616/1d1d\x1b\\"


@pytest.mark.parametrize(
    "packets", [*([ANSWER[:cut], ANSWER[cut:]] for cut in range(1, len(ANSWER))), [*ANSWER]], ids=len
)
def test_answer_in_pieces_is_not_a_key(packets: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_parser, "_PATIENCE", PATIENCE)
    parser = KeyParser()
    found = [each for packet in (*packets, "q") for each in (*parser.feed(packet), *parser.tick())]
    assert sum(isinstance(each, BackgroundTold) for each in found) == 1
    assert [each.key for each in found if isinstance(each, events.Key) and each.key != "escape"] == ["q"]


def test_beginning_that_no_answer_follows_is_keys() -> None:
    parser, deadline = KeyParser(), time.monotonic() + PATIENCE
    found = [*parser.feed("\x1b]1")]
    assert found == []
    while len(found) < 3 and time.monotonic() < deadline:
        found += parser.tick()
    assert [each.key for each in found if isinstance(each, events.Key)] == ["escape", "right_square_bracket", "1"]
