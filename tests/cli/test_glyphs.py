"""Glyphs of the command line on real terminals: Unicode, ASCII, and without color."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from wftui.cli.terminal import Terminal
from wftui.model.text.glyphs import GLYPHS


@pytest.fixture
def tty() -> Iterator[TextIO]:
    controller, terminal = os.openpty()
    with os.fdopen(terminal, "w", encoding="utf-8") as out:
        yield out
    os.close(controller)


@pytest.mark.parametrize(
    ("locale", "glyph"), [("C", "x"), ("POSIX", "x"), ("de_DE.ISO-8859-1", "x"), ("C.UTF-8", "✗"), ("de_DE.utf8", "✗")]
)
def test_a_terminal_gets_ascii_where_its_locale_is_not_utf_8(
    locale: str, glyph: str, tty: TextIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.setenv("NO_COLOR", "1")
    assert Terminal(tty, tty).glyph("failed") == glyph


def test_a_pipe_gets_what_its_encoding_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    null = Path(os.devnull)
    with null.open("w", encoding="utf-8") as out, null.open("w", encoding="latin-1") as old:
        assert [Terminal(each, each).glyph("failed") for each in (out, old)] == ["✗", "x"]


def test_statuses_differ_without_color_and_in_ascii() -> None:
    for signs in zip(*GLYPHS.values(), strict=True):
        assert len(set(signs)) == len(signs)
    assert all(twin.isascii() and len(twin) == 1 for _, twin in GLYPHS.values())
