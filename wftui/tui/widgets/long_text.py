"""A text area that stays quick with long texts."""

from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.document._document import Location
from textual.document._wrapped_document import WrappedDocument
from textual.expand_tabs import get_tab_widths
from textual.geometry import Offset, Size
from textual.widgets import TextArea

_MANY = 50
"""Lines of an edit from which it is quicker to go through all lines once."""


class CountedLines(WrappedDocument):
    """A wrapped document that looks at its lines only to wrap them.

    For each edit, and for each line that it draws, Textual goes through all of them.
    """

    def __init__(self, wrapped: WrappedDocument) -> None:
        vars(self).update(vars(wrapped))

    @property
    def height(self) -> int:
        """The height of the wrapped document."""
        return len(self._offset_to_line_info)

    def wrap(self, width: int, tab_width: int | None = None) -> None:
        """Wrap all lines at a width; 0 for none."""
        if width:
            super().wrap(width, tab_width)
            return
        self._width = width
        self._tab_width = tab_width or self._tab_width
        lines = self.document.lines
        self._wrap_offsets = [[] for _ in lines]
        self._offset_to_line_info = [(index, 0) for index in range(len(lines))]
        self._line_index_to_offsets = [[index] for index in range(len(lines))]
        self._tab_width_cache = [_tab_widths(line, self._tab_width) for line in lines]

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Wrap the lines of an edit; all at once if they are many and not wrapped."""
        if not self._width and max(old_end[0], new_end[0]) - start[0] > _MANY:
            self.wrap(0)
        else:
            super().wrap_range(start, old_end, new_end)


class LongTextArea(TextArea):
    """A text area that wraps its lines as long as the text is short enough for that."""

    WRAPPED_UP_TO: ClassVar[int] = 20_000
    """Characters of a text whose lines are wrapped; wrapping more holds up keys."""
    LONGEST_PASTE: ClassVar[int] = 100_000
    """Characters that are pasted at once."""
    INSTEAD: ClassVar[str] = ""
    """Advice for longer texts, as a sentence; without one, the widget takes any length."""

    @property
    def wrapped_document(self) -> WrappedDocument:
        """The lines as they are shown."""
        return self._counted

    @wrapped_document.setter
    def wrapped_document(self, wrapped: WrappedDocument) -> None:
        self._counted = CountedLines(wrapped)

    def load_text(self, text: str) -> None:
        """Replace the text."""
        self.soft_wrap = len(text) <= self.WRAPPED_UP_TO
        super().load_text(text)

    def on_paste(self, event: events.Paste) -> None:
        """Insert text without wrapping, or say what to do with too much of it."""
        if self.INSTEAD and len(event.text) > self.LONGEST_PASTE:
            event.stop()
            event.prevent_default()
            message = f"Not pasted: {len(event.text):,} characters are too many for this field. {self.INSTEAD}"
            self.notify(message, severity="warning", timeout=10, markup=False)
        elif self.soft_wrap and len(self.text) + len(event.text) > self.WRAPPED_UP_TO:
            self.soft_wrap = False

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """Scroll to the cursor, unless its line is gone, as in the middle of an undo."""
        if self.cursor_location[0] >= self.document.line_count:
            return Offset()
        return super().scroll_cursor_visible(center=center, animate=animate)

    def _refresh_size(self) -> None:
        if self.soft_wrap:
            super()._refresh_size()
            return
        lines = self.document.lines
        width = max((_width(line, self.indent_width) for line in lines), default=0)
        self.virtual_size = Size(
            width + self.gutter_width + 1, len(lines)
        )  # the cursor stands after the last character
        self._refresh_scrollbars()


def _tab_widths(line: str, tab_width: int) -> list[int]:
    if "\t" in line:
        return [width for _, width in get_tab_widths(line, tab_width)]
    return [0] if line else []


def _width(line: str, tab_width: int) -> int:
    return len(line) if line.isascii() and "\t" not in line else cell_len(line.expandtabs(tab_width))
