"""Writing for people and for scripts: colour only on a terminal, errors on stderr, JSON in one form."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from wftui.model.glyphs import GLYPHS

if TYPE_CHECKING:
    from wftui.model.base import Json

_COLOURS = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "dim": "2",
    "bold": "1",
}
STATUS_COLOURS = {
    "running": "blue",
    "waiting": "yellow",
    "completed": "green",
    "failed": "red",
    "skipped": "dim",
    "cancelled": "magenta",
    "interrupted": "yellow",
    "pending": "dim",
}


class Terminal:
    """Where a command writes. Once nobody reads any more (closed pipe, dead terminal) it writes nothing further."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.is_live = self.out.isatty() and os.environ.get("TERM") != "dumb"
        self.is_coloured = self.is_live and not os.environ.get("NO_COLOR")
        self.is_unicode = "utf" in (self.out.encoding or "").lower()
        self.is_broken = False

    @property
    def width(self) -> int:
        """Columns of the terminal; 100 where there is none."""
        try:
            return os.get_terminal_size(self.out.fileno()).columns
        except (OSError, ValueError):
            return 100

    def write(self, text: str) -> None:
        """Write text as it is."""
        if self.is_broken:
            return
        try:
            encoding = self.out.encoding or "utf-8"
            self.out.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self.out.flush()
        except OSError:
            # A reader that left (closed pipe, dead terminal) must not end the run that is being reported.
            self.is_broken = True
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self.out.fileno())

    def line(self, text: str = "") -> None:
        """Write a line."""
        self.write(text + "\n")

    def error(self, text: str) -> None:
        """Write a line to stderr."""
        with contextlib.suppress(OSError):
            print(text, file=self.err, flush=True)

    def json(self, value: Json) -> None:
        """One JSON document."""
        self.line(json.dumps(value, indent=2, ensure_ascii=not self.is_unicode))

    def paint(self, text: str, colour: str) -> str:
        """Text in a colour, where there is colour."""
        return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if self.is_coloured else text

    def glyph(self, status: str) -> str:
        """The painted glyph of a run's or step's status."""
        return self.paint(GLYPHS[status][0 if self.is_unicode else 1], STATUS_COLOURS[status])

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()
    ) -> None:
        """Aligned columns; the header is dim. Painted cells are measured without their escapes.

        Args:
            right: indices of columns that are aligned to the right.
        """
        widths = [max([len(header[i]), *(_cells(row[i]) for row in rows)]) for i in range(len(header))]

        def format_row(cells: Sequence[str]) -> str:
            padded = [
                " " * (width - _cells(cell)) + cell if i in right else cell + " " * (width - _cells(cell))
                for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ]
            return "  ".join(padded).rstrip()

        self.line(self.paint(format_row(header), "dim"))
        for row in rows:
            self.line(format_row(row))


def _cells(text: str) -> int:
    plain, inside = 0, False
    for char in text:
        if char == "\x1b":
            inside = True
        elif inside:
            inside = char != "m"
        else:
            plain += 1
    return plain
