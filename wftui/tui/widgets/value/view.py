"""A JSON value on the screen; however big, only what is looked at is read and formatted."""

import asyncio
from array import array
from bisect import bisect_left, bisect_right

from textual import work
from textual.content import Content
from textual.message import Message

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.execution import ValueRef
from wftui.store.payloads import as_reference
from wftui.tui.finding import finder
from wftui.tui.widgets.line_view import FOUND, LineView
from wftui.tui.widgets.value.export import TextSource
from wftui.tui.widgets.value.lines import MOST_LINES, Kind, Line, ValueLines
from wftui.tui.widgets.value.search import folded_together, lines_with, stretches
from wftui.tui.widgets.value.sizes import size_text

PART_STYLES: dict[Kind, str] = {
    "key": "$text-primary",
    "string": "$text-success",
    "number": "$text-accent",
    "word": "$text-warning",
    "mark": "$foreground-muted",
    "note": "italic $foreground-muted",
    "fold": "",
}
_AHEAD = 300
"""Lines made beyond what is in view."""
_AT_ONCE = 500
"""Lines made, or looked through, before others get their turn."""


def line_content(line: Line) -> Content:
    """A line of a value in its colours."""
    return Content.assemble(*((text, PART_STYLES[kind]) for text, kind in line))


class ValueView(LineView):
    """One value, or a sentence in its place. What a reference stands for is read as it is scrolled to."""

    DEFAULT_CSS = """
    ValueView { background: $surface; }
    """

    class Searched(Message):
        """What was searched for has been found, or not; or the cursor is on another place of it."""

        def __init__(self, view: "ValueView") -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> "ValueView":
            """The view it happened in."""
            return self.view

    def __init__(self, source: TextSource, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(ascii_only=ascii_only, id=id)
        self.source = source
        self.search = ""
        self._hits: array[int] = array("I")
        self._looking = False
        self._wanted = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.value: Json = None
        self.note = ""
        self._reference: ValueRef | None = None
        self._next: int | None = 0
        self._lines = ValueLines(80)
        self._made_for = 0
        self._has_value = False

    # --- what is shown

    def show(self, value: Json, note: str = "") -> None:
        """Show a value, or what a reference stands for, under a note."""
        if self._has_value and value == self.value and note == self.note:
            return
        self.value, self.note, self._has_value = value, note, True
        self._reference = as_reference(value)
        self.cursor = 0
        self.scroll_to(y=0, animate=False)
        self._start_over()

    def show_nothing(self, note: str) -> None:
        """Show a sentence instead of a value."""
        self.value, self.note, self._has_value, self._reference = None, note, False, None
        self.workers.cancel_node(self)
        self._idle.set()
        self.set_rows(0)

    def _start_over(self, rows: int = 0) -> None:
        """Lay the value out for the width there is, up to a row."""
        self.workers.cancel_group(self, "value")
        self._made_for = self.room
        if self.room <= 0:
            return
        if self._reference is None:
            self._lines = ValueLines.of(self.value, self.room)
        else:
            self._lines, self._next = ValueLines(self.room), 0
            if not self.note:
                self.note = size_text(self._reference.bytes)
        self._wanted = 0
        self._idle.set()
        self._make(rows + _AHEAD)
        if self.search:
            self._look()

    def _make(self, count: int) -> None:
        self._wanted = max(self._wanted, count)
        if self._idle.is_set():
            self._lines.ensure(count)
            self._show()
            if self._lines.is_hungry and len(self._lines.lines) < count:
                self._begin_reading()

    def _begin_reading(self) -> None:
        self._idle.clear()
        self._read()

    @work(exclusive=True, group="value")
    async def _read(self) -> None:
        """Read on until there are as many lines as are wanted, which may become more meanwhile."""
        lines, reference = self._lines, self._reference
        while not lines.complete and len(lines.lines) < self._wanted:
            if lines.ensure(min(self._wanted, len(lines.lines) + _AT_ONCE)):
                self._show()
                await asyncio.sleep(0)
            elif reference is not None and lines.is_hungry:
                try:
                    text, self._next = await self.source(reference, self._next or 0)
                except UserError as error:
                    self.note = str(error)
                    break
                lines.add(text, last=self._next is None)
        self._idle.set()
        self._show()

    async def _all(self) -> None:
        """Make all lines, without keeping anybody waiting."""
        lines = None
        while lines is not self._lines:  # they are laid out anew for another width
            lines, self._wanted = self._lines, MOST_LINES + 1
            if self._idle.is_set():
                self._begin_reading()
            await self._idle.wait()

    def _show(self) -> None:
        self.set_rows(len(self._lines.lines) + bool(self.note))

    # --- more lines as they come into view

    def on_resize(self) -> None:
        """The value is laid out for the new width."""
        super().on_resize()
        if self._has_value and self.room != self._made_for:
            self._start_over(self.cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Make the lines that are about to come into view."""
        super().watch_scroll_y(old_value, new_value)
        if not self._lines.complete and new_value + self.size.height + _AHEAD // 2 > self.rows:
            self._make(self.rows + _AHEAD)

    def action_to_end(self) -> None:
        """Make all lines, without keeping anybody waiting, and go to the last."""
        self._go_to_end()

    @work(exclusive=True, group="value-end")
    async def _go_to_end(self) -> None:
        await self._all()
        super().action_to_end()

    # --- searching

    def set_search(self, text: str) -> None:
        """Mark a text and go to the next line that holds it, round the end. "" marks nothing."""
        if text != self.search:
            self.search = text
            self._look(go_there=True)
        else:
            self.jump(1)

    def jump(self, by: int) -> None:
        """Put the cursor on the next (1) or previous (-1) line that holds the text searched for, round the ends."""
        if self._hits:
            line = self.cursor - bool(self.note)
            at = bisect_right(self._hits, line) if by > 0 else bisect_left(self._hits, line) - 1
            self._go_to(self._hits[at % len(self._hits)])

    def _go_to(self, line: int) -> None:
        self.show_row(line + bool(self.note), centre=True)
        self.post_message(self.Searched(self))

    @work(exclusive=True, group="value-search")
    async def _look(self, *, go_there: bool = False) -> None:
        """Look through all lines; whoever scrolls or types goes first."""
        self._hits, self._looking = array("I"), True
        self.redraw()
        self.post_message(self.Searched(self))
        if self.search:
            await self._all()
            await self._look_through()
        self._looking = False
        if go_there and self._hits:
            at = bisect_left(self._hits, self.cursor - bool(self.note))
            self._go_to(self._hits[at % len(self._hits)])
        self.post_message(self.Searched(self))

    async def _look_through(self) -> None:
        lines, wanted, start = self._lines.lines, finder(self.search), 0
        while start < len(lines):
            end = folded_together(lines, min(start + _AT_ONCE, len(lines)) - 1).stop
            self._hits.extend(lines_with(lines, start, end, wanted))
            start = end
            await asyncio.sleep(0)

    def found(self) -> str:
        """What came of the search, in a few words; "" when nothing is searched for."""
        if not self.search:
            return ""
        if self._looking:
            return "looking…"
        if not self._hits:
            return (
                f"{self.search} is not in it" if not self._lines.left_out else f"{self.search} is not in what is shown"
            )
        return f"{self.search} {bisect_right(self._hits, self.cursor - bool(self.note))} of {len(self._hits)}"

    # --- drawing

    def empty(self) -> str:
        """The sentence that stands for a value."""
        return self.note

    def row(self, index: int, width: int) -> Content:
        """A line of the value; the note stands before the first."""
        if self.note and index == 0:
            return Content.styled(self.note, PART_STYLES["note"]).truncate(width, ellipsis=not self.ascii_only)
        line = index - bool(self.note)
        return self._marked(line_content(self._lines.lines[line]), line)

    def _marked(self, content: Content, line: int) -> Content:
        if self.search:
            lines = self._lines.lines
            for place, (start, end), _ in stretches(lines, folded_together(lines, line), finder(self.search)):
                if place == line:
                    content = content.stylize(FOUND, start, end)
        return content
