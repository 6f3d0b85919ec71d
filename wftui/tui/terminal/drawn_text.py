"""Cleaning of all that the app draws and prints.

No text of a file or a run moves the terminal, or is taken for markup.
"""

import contextlib
import io
import re
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.segment import Segment
from textual.app import App, ReturnType
from textual.color import Color
from textual.filter import LineFilter
from textual.notifications import SeverityLevel

from wftui.model.text.terminal_text import clean_text, ending_colors, joins
from wftui.output.output_thread import OutputThread

_BARE = frozenset("\x1b\t\n\r")
"""Characters that a clean text may have, and a line of a widget may not."""
_JOINED = r"(.)\ufe0f?(?:\u200d.\ufe0f?)+"
"""Characters that a layout takes for one."""
_REPLACEMENT = "?"


@lru_cache(4096)
def drawable(text: str) -> str:
    """Return a part of a drawn line without control and invisible characters.

    It is as wide as the part.     Escape sequences become visible: removing more than characters without
    width would shift what follows.
    """
    width = cell_len(text)
    text = re.sub(_JOINED, _first, text)
    cleaned = "".join(
        _REPLACEMENT * cell_len(char) if _is_unsafe(char) and not _separates(text, at) else char
        for at, char in enumerate(text)
    )
    return cleaned if cell_len(cleaned) == width else set_cell_size(cleaned, width)


def _first(joined: re.Match[str]) -> str:
    """Return the first of joined emoji, or a replacement for joined letters."""
    return joined[1] if cell_len(joined[1]) > 1 else _REPLACEMENT * cell_len(joined[0])


def _separates(text: str, at: int) -> bool:
    """Return whether a character shapes the letters beside it, as in Persian."""
    return text[at] == "\u200c" and joins(text, at)


def _is_unsafe(char: str) -> bool:
    return not char.isprintable() and (not clean_text(char) or char in _BARE or "\ud800" <= char <= "\udfff")


class DrawnText(LineFilter):
    """Filter for each line of a widget, between its layout and the compositor."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with drawable texts; control segments are the program's own."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [
            segment if segment.control or segment.text.isprintable() else Segment(drawable(segment.text), segment.style)
            for segment in segments
        ]


class CleanApp(App[ReturnType]):
    """An app that shows text in widgets, notices and crash reports, and acts on none.

    Attributes:
        output: writes to the terminal without waiting for it, also after the driver has ended.
    """

    _drawn_text = DrawnText()

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.output = OutputThread()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters, and the one that cleans what widgets draw."""
        return [*super().get_line_filters(), self._drawn_text]

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notification; brackets in its text are never markup."""
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    def _fatal_error(self) -> None:
        """Exit after an unexpected error, without local variables (they may hold secrets)."""
        from wftui.tui.terminal.crash_report import crash_report

        self.panic(crash_report())

    def _print_error_renderables(self) -> None:
        """Print the crash report, cleaned, without waiting for the terminal."""
        console = self.error_console
        file, width, encoding = console.file, console.width, console.encoding
        # Not `Console.capture`, which ends with an empty write: that waits for a terminal, too.
        printed = io.StringIO()
        self.error_console = Console(
            file=printed, width=width, force_terminal=file.isatty(), markup=False, highlight=False
        )
        super()._print_error_renderables()
        report = ending_colors(clean_text(printed.getvalue()))
        if not report:
            return
        if file.isatty():
            self.output.write(file.fileno(), report.encode(encoding, "backslashreplace"))
        else:
            with contextlib.suppress(OSError):  # a terminal that is gone is none, and nobody reads it
                file.write(report)
