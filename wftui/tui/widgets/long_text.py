"""A text area that stays quick with long texts."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, TypeVar, overload

from rich.cells import cell_len
from textual import events
from textual.document._document import DocumentBase, Location
from textual.document._wrapped_document import WrappedDocument
from textual.expand_tabs import get_tab_widths
from textual.geometry import Offset, Region, Size
from textual.strip import Strip
from textual.widgets import TextArea

ValueT = TypeVar("ValueT")


class _EachLine(Sequence[ValueT]):
    """A value for each line of a document, computed on demand."""

    def __init__(self, document: DocumentBase, known: Callable[[int], ValueT]) -> None:
        self._document = document
        self._known = known

    def __len__(self) -> int:
        return self._document.line_count

    @overload
    def __getitem__(self, index: int) -> ValueT: ...
    @overload
    def __getitem__(self, index: slice) -> list[ValueT]: ...
    def __getitem__(self, index: int | slice) -> ValueT | list[ValueT]:
        found = range(len(self))[index]
        return self._known(found) if isinstance(found, int) else [self._known(each) for each in found]


class CountedLines(WrappedDocument):
    """A wrapped document that looks at its lines only to wrap them.

    For each edit, and for each line that it draws, Textual goes through all of them, and through all of a line for its
    width. Without wrapping, a line has its position in the document.
    """

    def __init__(self, wrapped: WrappedDocument) -> None:
        vars(self).update(vars(wrapped))
        if not self._width:
            self.wrap(0)

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
        of = partial(_EachLine, self.document)
        vars(self).update(
            _wrap_offsets=of(lambda _line: []),
            _offset_to_line_info=of(lambda line: (line, 0)),
            _line_index_to_offsets=of(lambda line: [line]),
            _tab_width_cache=of(lambda line: _tab_widths(self.document.get_line(line), self._tab_width)),
        )

    def wrap_range(self, start: Location, old_end: Location, new_end: Location) -> None:
        """Wrap the lines of an edit."""
        if self._width:
            super().wrap_range(start, old_end, new_end)

    def get_sections(self, line_index: int) -> list[str]:
        """Return the parts of a line as they are wrapped."""
        return super().get_sections(line_index) if self._width else [self.document.get_line(line_index)]

    def location_to_offset(self, location: Location) -> Offset:
        """Return the place of a character on the screen."""
        row, column = location
        if not self._width and row < self.document.line_count and _is_plain(line := self.document.get_line(row)):
            return Offset(min(column, len(line)), row)
        return super().location_to_offset(location)

    def offset_to_location(self, offset: Offset) -> Location:
        """Return the character at a place on the screen."""
        row = max(0, min(offset.y, self.document.line_count - 1))
        if not self._width and _is_plain(line := self.document.get_line(row)):
            return row, max(0, min(offset.x, len(line)))
        return super().offset_to_location(offset)


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

    _drawn: str | None = None
    """The text while lines of it are drawn: for each, Textual puts it together to see whether it is empty."""

    @property
    def text(self) -> str:
        """The text."""
        return self.document.text if self._drawn is None else self._drawn

    @text.setter
    def text(self, text: str) -> None:
        self.load_text(text)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return lines as they are drawn."""
        self._drawn = self.document.text
        try:
            return super().render_lines(crop)
        finally:
            self._drawn = None

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
        if _is_plain("".join(lines)):
            width = max(map(len, lines), default=0)
        else:
            tab_width = self.indent_width
            width = max(_width(line, tab_width) for line in lines)
        self.virtual_size = Size(width + self.gutter_width + 1, len(lines))  # the cursor is after the last character
        self._refresh_scrollbars()


def _tab_widths(line: str, tab_width: int) -> list[int]:
    if "\t" in line:
        return [width for _, width in get_tab_widths(line, tab_width)]
    return [0] if line else []


def _width(line: str, tab_width: int) -> int:
    return len(line) if _is_plain(line) else cell_len(line.expandtabs(tab_width))


def _is_plain(text: str) -> bool:
    """Return whether each character takes one cell."""
    return text.isascii() and "\t" not in text
