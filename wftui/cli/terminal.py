"""Terminal output: clean text, colors on terminals only, errors on stderr, JSON.

All output of the command line passes through here: no text of a user's file or run moves the terminal.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from wftui.model.errors import UserError
from wftui.model.text.glyphs import GLYPHS, UNKNOWN_GLYPH, ascii_only
from wftui.model.text.terminal_text import clean_cell, clean_json, clean_text, ending_colors, without_colors
from wftui.output.output_thread import OutputThread

if TYPE_CHECKING:
    from wftui.model.base import Json

_COLORS = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "dim": "2",
    "bold": "1",
}
STATUS_COLORS = {
    "running": "blue",
    "waiting": "yellow",
    "completed": "green",
    "failed": "red",
    "skipped": "dim",
    "cancelled": "magenta",
    "interrupted": "yellow",
    "pending": "dim",
}


_SCREENFULS = 64 * 1024
_LOG = 1024 * 1024
"""Unwritten bytes from which on progress is dropped: on a terminal, and in a pipe or file."""


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_is_cut = False


def take_cut() -> bool:
    """Return whether a part of the output found no room in its file, and forget it."""
    global _is_cut
    was_cut, _is_cut = _is_cut, False
    return was_cut


class Terminal:
    """Output of a command; silent once the reader is gone (pipe or terminal closed).

    Args:
        beside_run: write in a thread of its own, so that a stalled reader does not hold up the run.

    Attributes:
        patience: seconds that `room` and `drained` wait for a reader who reads nothing.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None, *, beside_run: bool = False) -> None:
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.is_live = self.out.isatty() and os.environ.get("TERM") != "dumb"
        self.is_colored = self.is_live and not os.environ.get("NO_COLOR")
        self.is_unicode = "utf" in (self.out.encoding or "").lower()
        if self.is_live and ascii_only(os.environ, self.out.encoding):
            self.is_unicode = False  # in the locale C, Python writes UTF-8 that the terminal does not show
        self.is_broken = False
        self._thread = _thread(self.out, self.err) if beside_run else None
        if self._thread is not None:
            self._thread.on_lost = self._lost
        self._dropped = 0
        self.patience: Callable[[], float] = lambda: math.inf

    @property
    def width(self) -> int:
        """Width of the terminal in columns; 100 without a terminal."""
        try:
            return os.get_terminal_size(self.out.fileno()).columns
        except (OSError, ValueError):
            return 100

    def line(self, text: str = "") -> None:
        """Write a line."""
        text = clean_text(text)
        self._write((ending_colors(text) if self.is_colored else without_colors(text)) + "\n")

    def text(self, text: str) -> None:
        """Write lines as they are, without colors."""
        self._write(without_colors(clean_text(text)))

    def status(self, text: str = "") -> None:
        """Replace the current line of a live terminal by a text, or by nothing."""
        self._write("\r\x1b[K" + ending_colors(clean_cell(text)))

    def error(self, text: str) -> None:
        """Write a line to stderr."""
        self._write(f"{without_colors(clean_text(text))}\n", self.err)

    def crash(self) -> None:
        """Write the traceback of the exception being handled to stderr."""
        self.error(traceback.format_exc().rstrip())

    def _write(self, text: str, stream: TextIO | None = None) -> None:
        """Write text that is already clean to stdout or another stream."""
        stream = stream or self.out
        if self.is_broken and stream is self.out:
            return
        encoding = stream.encoding or "utf-8"
        data = text.encode(encoding, "backslashreplace")
        if self._thread is not None:
            self._thread.write(stream.fileno(), data)
            return
        try:
            stream.write(data.decode(encoding))
            stream.flush()
        except OSError as error:
            self._lost(stream.fileno(), error)

    def ask(self, question: str) -> bool:
        """Ask a question on stderr, no by default; False without a terminal.

        Call it outside an event loop, where Ctrl+C would not interrupt it.
        """
        if sys.stdin is None or not (sys.stdin.isatty() and self.err.isatty()):
            return False
        print(f"{without_colors(clean_cell(question))} [y/N] ", end="", file=self.err, flush=True)
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    def progress(self, line: str) -> None:
        """Write a line, or drop it while the reader is far behind."""
        if self._thread is not None and self._thread.is_behind(_SCREENFULS if self.is_live else _LOG):
            self._dropped += 1
            return
        self.report_dropped()
        self.line(line)

    def report_dropped(self) -> None:
        """Write how many lines of progress were dropped, if any."""
        if self._dropped:
            lines = f"{self._dropped:,} line{'s' * (self._dropped != 1)}"
            self.line(self.paint(f"… {lines} not shown, since nothing read them in time", "dim"))
            self._dropped = 0

    @property
    def is_behind(self) -> bool:
        """True if something written has not been read."""
        return self._thread is not None and self._thread.pending > 0

    async def room(self) -> None:
        """Wait until the reader has read enough for more, so that what waits stays small."""
        await self._read(_LOG)

    async def drained(self) -> None:
        """Wait until the reader has read everything."""
        await self._read(0)

    async def _read(self, limit: int) -> None:
        if self._thread is not None and not await self._thread.drained(limit, patience=lambda: self.patience()):
            self.is_broken = True
            self._thread.discard()

    def _lost(self, descriptor: int, error: OSError) -> None:
        # A closed pipe or terminal must not end the run being reported.
        if descriptor == self.out.fileno():
            self.is_broken = True
            if error.errno in _NO_ROOM:
                global _is_cut
                _is_cut = True
                reason = os.strerror(error.errno).lower()
                full = UserError(f"the output is not complete: {reason}", code="output.full")
                self.error(f"wftui: error[{full.code}] {full}")
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)

    def json(self, value: Json) -> None:
        """Write a JSON document."""
        import json

        self.json_lines([json.dumps(value, indent=2, ensure_ascii=not self.is_unicode)])

    def json_lines(self, documents: Iterable[str]) -> None:
        """Write JSON texts, each followed by a line feed."""
        self._write("".join(f"{clean_json(document)}\n" for document in documents))

    def paint(self, text: str, color: str) -> str:
        """Return text in a color, if colors are enabled."""
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if self.is_colored else text

    def glyph(self, status: str) -> str:
        """Return the colored glyph of a run or step status."""
        glyph = GLYPHS.get(status, UNKNOWN_GLYPH)[0 if self.is_unicode else 1]
        return self.paint(glyph, STATUS_COLORS.get(status, "dim"))

    def table(
        self, header: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()
    ) -> None:
        """Print aligned columns with a dim header; escapes do not count as width.

        Args:
            right: indices of right-aligned columns.
        """
        rows = [[ending_colors(clean_cell(cell)) for cell in row] for row in rows]
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


def _thread(*streams: TextIO) -> OutputThread | None:
    """Return a thread for streams with descriptors; None for those in memory."""
    try:
        for stream in streams:
            stream.fileno()
    except (OSError, ValueError):
        return None
    return OutputThread()


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
