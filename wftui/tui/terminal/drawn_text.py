"""Cleaning of all that widgets draw.

No text of a file or a run moves the terminal, or is taken for markup.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.app import App, ReturnType
from textual.color import Color
from textual.filter import LineFilter
from textual.notifications import SeverityLevel

from wftui.model.terminal_text import clean_text

_BARE = re.compile(r"[\x1b\t\n\r\ud800-\udfff]")
"""Characters that a clean text may have, and a line of a widget may not."""
_JOINED = re.compile(r"(.)\ufe0f?(?:\u200d.\ufe0f?)+")
"""Characters that a layout takes for one."""
_REPLACEMENT = "?"


@lru_cache(4096)
def drawable(text: str) -> str:
    """Return a part of a drawn line without control and invisible characters.

    It is as wide as the part.     Escape sequences become visible: removing more than characters without
    width would shift what follows.
    """
    width = cell_len(text)
    text = _JOINED.sub(_first, text)
    cleaned = "".join(_REPLACEMENT * cell_len(char) if _is_unsafe(char) else char for char in text)
    return cleaned if cell_len(cleaned) == width else set_cell_size(cleaned, width)


def _first(joined: re.Match[str]) -> str:
    """Return the first of joined emoji, or a replacement for joined letters."""
    return joined[1] if cell_len(joined[1]) > 1 else _REPLACEMENT * cell_len(joined[0])


def _is_unsafe(char: str) -> bool:
    return not char.isprintable() and (not clean_text(char) or _BARE.match(char) is not None)


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
    """An app with widgets and notifications that show text and act on none of it."""

    _drawn_text = DrawnText()

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
