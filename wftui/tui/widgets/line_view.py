"""A virtualized list of one-line rows: base of timeline, log, values, history.

Rows are rendered only while in view, so a million cost no more than forty. The cursor row has a marker in the first
column and does not rely on color.
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
"""Cells before each row, for the cursor marker."""
_SEARCHED = 20_000
"""Rows that a search looks at; longer lists have searches of their own."""
_UNCUT = 500
"""Cells of a row that is searched, so that what the view cuts off is found too."""
FOUND = "$foreground on $warning-muted underline"
"""Style of a search match."""

LINE_KEYS: tuple[Binding, ...] = (
    Binding("up,k", "move(-1)", "Up", show=False),
    Binding("down,j", "move(1)", "Down", show=False),
    Binding("pageup", "page(-1)", "Page up", show=False),
    Binding("pagedown", "page(1)", "Page down", show=False),
    Binding("home,g", "to_start", "First", show=False),
    Binding("end,G", "to_end", "Last", show=False),
)
"""Navigation keys of every list."""


def cursor_mark(*, focused: bool, ascii_only: bool) -> str:
    """Return the sign before the row of the cursor; it is bold with the focus."""
    if ascii_only:
        return "|" if focused else ":"
    return "▌" if focused else "▏"


class LineView(ScrollView, can_focus=True):
    """Rows under a cursor; subclasses implement `row` and call `set_rows`."""

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

    fixed_rows: ClassVar[int] = 0
    """Lines above the rows that do not scroll; `top_line` renders them."""

    class OnRow(Message):
        """An action on the row of the cursor; never sent itself."""

        def __init__(self, view: "LineView") -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> "LineView":
            """The view that sent the message."""
            return self.view

    class Moved(OnRow):
        """The user moved the cursor."""

    class Chosen(OnRow):
        """A row was opened with Enter or a double click."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.ascii_only = ascii_only
        self.cursor = 0
        self.rows = 0
        self._strips: LRUCache[int, Strip] = LRUCache(512)

    # --- for subclasses

    def row(self, index: int, width: int) -> Content:
        """Render row `index`; `width` is the available width in cells."""
        raise NotImplementedError

    def top_line(self, width: int) -> Content:
        """Render the line above the rows."""
        raise NotImplementedError

    def empty(self) -> str:
        """Return the message shown when there are no rows."""
        return ""

    def set_rows(self, count: int, width: int = 0) -> None:
        """Set the number of rows, and the width of the widest for scrolling."""
        self.rows = count
        self.cursor = max(0, min(self.cursor, count - 1))
        self.virtual_size = Size(width + GUTTER if width else 0, count + self.fixed_rows)
        self.redraw()

    def redraw(self) -> None:
        """Repaint all visible rows."""
        self._strips.clear()
        self.refresh()

    def repaint(self) -> None:
        """Repaint the visible rows that differ from what is shown."""
        top = self.scroll_offset.y
        shown, fresh = self._strips, LRUCache[int, Strip](512)
        for index in range(top, min(self.rows, top + self.visible_rows)):
            strip = fresh[index] = self._row_strip(index)
            if shown.get(index) != strip:
                self.refresh_line(index + self.fixed_rows)
        self._strips = fresh

    # --- the cursor

    def show_row(self, index: int, *, centre: bool = False) -> None:
        """Move the cursor to a row and into view without posting `Moved`."""
        if not self.rows:
            return
        before, self.cursor = self.cursor, max(0, min(index, self.rows - 1))
        for changed in {before, self.cursor}:
            self._strips.discard(changed)
            self.refresh_line(changed + self.fixed_rows)
        height = max(1, self.visible_rows)
        top = self.scroll_offset.y
        if centre and not top <= self.cursor < top + height:
            self.scroll_to(y=self.cursor - height // 2, animate=False, force=True)
        elif self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)

    def find(self, text: str) -> bool:
        """Go to the next row that contains a text, wrapping around.

        Returns:
            Whether there is one.
        """
        words = text.casefold()
        for index in [*range(self.cursor + 1, self.rows), *range(min(self.cursor + 1, self.rows))][:_SEARCHED]:
            if words in self.row(index, max(self.room, _UNCUT)).plain.casefold():
                self._move_to(index)
                return True
        return False

    def _move_to(self, index: int) -> None:
        self.show_row(index)
        self.post_message(self.Moved(self))

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self._move_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by pages."""
        self._move_to(self.cursor + by * max(1, self.visible_rows - 1))

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
        """Move the cursor to the clicked row; a double click opens it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = offset.y + self.scroll_offset.y - self.fixed_rows
        if index >= self.rows or offset.y < self.fixed_rows:
            return
        self._move_to(index)
        if event.chain > 1:
            self.action_choose()
        else:
            self.clicked(index, offset.x - GUTTER)

    def clicked(self, index: int, x: int) -> None:
        """Handle a single click on row `index`, `x` cells from its start."""

    # --- drawing

    @property
    def visible_rows(self) -> int:
        """Number of rows that fit below the fixed ones."""
        return self.scrollable_content_region.height - self.fixed_rows

    @property
    def room(self) -> int:
        """Cells of a row between gutter and scrollbar."""
        return max(0, self.scrollable_content_region.width - GUTTER)

    def notify_style_update(self) -> None:
        """Drop cached rows when theme or pseudo classes change."""
        super().notify_style_update()
        self._strips.clear()

    def on_resize(self) -> None:
        """Repaint: rows depend on the width, and some may have the old one."""
        self.redraw()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Repaint the cursor row: a screen shown again gives the focus without an event."""
        super().watch_has_focus(has_focus)
        self.redraw()

    def render_line(self, y: int) -> Strip:
        """Render line `y` of the view."""
        scroll_x, scroll_y = self.scroll_offset
        width, index = self.room + GUTTER, scroll_y + y - self.fixed_rows
        if y < self.fixed_rows:
            line = Content.assemble(" " * GUTTER, self.top_line(self.room)).truncate(width, pad=True)
            return Strip(line.render_segments(self.visual_style), line.cell_length)
        if index < self.rows:
            strip = self._strips.get(index) or self._row_strip(index)
            self._strips[index] = strip
            return strip.crop_extend(scroll_x, scroll_x + width, self._row_style(index).rich_style)
        if y == self.fixed_rows and not self.rows:
            sentence = Content.assemble(" " * GUTTER, (self.empty(), "$foreground-muted"))
            return Strip(sentence.truncate(width, ellipsis=True, pad=True).render_segments(self.visual_style))
        return Strip.blank(width, self.visual_style.rich_style)

    def _row_strip(self, index: int) -> Strip:
        mark = cursor_mark(focused=self.has_focus, ascii_only=self.ascii_only) if index == self.cursor else " "
        content = Content.assemble((mark, "$primary"), self.row(index, self.room))
        return Strip(content.render_segments(self._row_style(index)), content.cell_length)

    def _row_style(self, index: int) -> Style:
        return self.get_visual_style("line-view--cursor") if index == self.cursor else self.visual_style
