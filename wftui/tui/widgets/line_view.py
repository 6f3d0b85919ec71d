"""A list of one-line rows, drawn only where it is looked at: the base of the timeline, the log, values and history.

A row costs nothing until it comes into view, so that a million of them are as cheap as forty. The row under the cursor
is marked by a sign in the first column, not by its colour alone.
"""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

GUTTER = 1
"""Cells before each row, where the cursor is marked."""
FOUND = "$foreground on $warning-muted underline"
"""The look of a text that was searched for."""

LINE_KEYS: tuple[Binding, ...] = (
    Binding("up,k", "move(-1)", "Up", show=False),
    Binding("down,j", "move(1)", "Down", show=False),
    Binding("pageup", "page(-1)", "Page up", show=False),
    Binding("pagedown", "page(1)", "Page down", show=False),
    Binding("home,g", "to_start", "First", show=False),
    Binding("end,G", "to_end", "Last", show=False),
)
"""The keys that go from line to line, in every list."""


class LineView(ScrollView, can_focus=True):
    """Rows under a cursor. A subclass says what a row shows (`row`) and how many there are (`set_rows`)."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-view--cursor"}
    DEFAULT_CSS = """
    LineView {
        background: $surface;
        color: $foreground;
        overflow-x: auto;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        scrollbar-gutter: stable;
        & > .line-view--cursor { background: $boost; }
        &:focus > .line-view--cursor { background: $primary-muted; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *LINE_KEYS,
        Binding("left", "scroll_left", "Left", show=False),
        Binding("right", "scroll_right", "Right", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    class Moved(Message):
        """The cursor was moved by the user."""

        def __init__(self, view: "LineView") -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> "LineView":
            """The view it happened in."""
            return self.view

    class Chosen(Message):
        """Enter or a double click on a row."""

        def __init__(self, view: "LineView") -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> "LineView":
            """The view it happened in."""
            return self.view

    def __init__(self, *, ascii_only: bool = False, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.ascii_only = ascii_only
        self.cursor = 0
        self.rows = 0
        self._strips: LRUCache[int, Strip] = LRUCache(512)

    # --- for subclasses

    def row(self, index: int, width: int) -> Content:
        """What row `index` shows; `width` is the room in cells, for rows that fit themselves to it."""
        raise NotImplementedError

    def empty(self) -> str:
        """The sentence shown when there is no row."""
        return ""

    def set_rows(self, count: int, width: int = 0) -> None:
        """Say how many rows there are, and how wide the widest is where rows may be wider than the view."""
        self.rows = count
        self.cursor = max(0, min(self.cursor, count - 1))
        self.virtual_size = Size(width + GUTTER if width else 0, count)
        self.redraw()

    def redraw(self) -> None:
        """Draw again all that is in view, because rows look different now."""
        self._strips.clear()
        self.refresh()

    # --- the cursor

    def show_row(self, index: int, *, centre: bool = False) -> None:
        """Put the cursor on a row and bring it into view, without telling it was the user who did."""
        if not self.rows:
            return
        before, self.cursor = self.cursor, max(0, min(index, self.rows - 1))
        for changed in {before, self.cursor}:
            self._strips.discard(changed)
            self.refresh_line(changed)
        height = max(1, self.scrollable_content_region.height)
        top = self.scroll_offset.y
        if centre and not top <= self.cursor < top + height:
            self.scroll_to(y=self.cursor - height // 2, animate=False, force=True)
        elif self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)

    def _move_to(self, index: int) -> None:
        self.show_row(index)
        self.post_message(self.Moved(self))

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self._move_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by screenfuls."""
        self._move_to(self.cursor + by * max(1, self.scrollable_content_region.height - 1))

    def action_to_start(self) -> None:
        """Move the cursor to the first row."""
        self._move_to(0)

    def action_to_end(self) -> None:
        """Move the cursor to the last row."""
        self._move_to(self.rows - 1)

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.rows:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the row clicked on; a second click opens it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = offset.y + self.scroll_offset.y
        if index >= self.rows:
            return
        self._move_to(index)
        if event.chain > 1:
            self.action_choose()
        else:
            self.clicked(index, offset.x - GUTTER)

    def clicked(self, index: int, x: int) -> None:
        """A single click on row `index`, `x` cells into it, for subclasses."""

    # --- drawing

    @property
    def room(self) -> int:
        """Cells a row has between the gutter and the scrollbar."""
        return max(0, self.scrollable_content_region.width - GUTTER)

    def notify_style_update(self) -> None:
        """The theme or the pseudo classes changed."""
        super().notify_style_update()
        self._strips.clear()

    def on_resize(self) -> None:
        """Rows fit themselves to the width."""
        self._strips.clear()

    def on_focus(self) -> None:
        """The row under the cursor looks different with the focus."""
        self.redraw()

    def on_blur(self) -> None:
        """The row under the cursor looks different without the focus."""
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """Line `y` of the view."""
        scroll_x, scroll_y = self.scroll_offset
        width, index = self.room + GUTTER, scroll_y + y
        if index < self.rows:
            strip = self._strips.get(index) or self._row_strip(index)
            self._strips[index] = strip
            return strip.crop_extend(scroll_x, scroll_x + width, self._row_style(index).rich_style)
        if y == 0 and not self.rows:
            sentence = Content.assemble(" " * GUTTER, (self.empty(), "$foreground-muted"))
            return Strip(sentence.truncate(width, ellipsis=True, pad=True).render_segments(self.visual_style))
        return Strip.blank(width, self.visual_style.rich_style)

    def _row_strip(self, index: int) -> Strip:
        mark = ("|" if self.ascii_only else "▌") if index == self.cursor else " "
        content = Content.assemble((mark, "$primary"), self.row(index, self.room))
        return Strip(content.render_segments(self._row_style(index)), content.cell_length)

    def _row_style(self, index: int) -> Style:
        return self.get_visual_style("line-view--cursor") if index == self.cursor else self.visual_style
