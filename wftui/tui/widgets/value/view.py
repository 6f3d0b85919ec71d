"""A JSON value on the screen; however big, only what is looked at is read and formatted."""

import asyncio
from collections.abc import Awaitable, Callable

from textual import work
from textual.content import Content

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.execution import ValueRef
from wftui.store.payloads import as_reference
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.value.lines import MOST_LINES, Kind, Line, ValueLines
from wftui.tui.widgets.value.sizes import size_text

TextSource = Callable[[ValueRef, int], Awaitable[tuple[str, int | None]]]
"""A stretch of the JSON text of a stored value from an offset on, and the offset of the next (None at the end)."""

PART_STYLES: dict[Kind, str] = {
    "key": "$text-primary",
    "string": "$text-success",
    "number": "$text-accent",
    "word": "$text-warning",
    "mark": "$foreground-muted",
    "note": "italic $foreground-muted",
}
_AHEAD = 300
"""Lines made beyond what is in view."""
_AT_ONCE = 500
"""Lines made before others get their turn."""


def line_content(line: Line) -> Content:
    """A line of a value in its colours."""
    return Content.assemble(*((text, PART_STYLES[kind]) for text, kind in line))


class ValueView(LineView):
    """One value, or a sentence in its place. What a reference stands for is read as it is scrolled to."""

    DEFAULT_CSS = """
    ValueView { background: $surface; }
    """

    def __init__(self, source: TextSource, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(ascii_only=ascii_only, id=id)
        self.source = source
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
        self._make(rows + _AHEAD)

    def _make(self, count: int) -> None:
        self._lines.ensure(count)
        self._show()
        if self._lines.is_hungry and len(self._lines.lines) < count:
            self._read(count)

    @work(exclusive=True, group="value")
    async def _read(self, count: int) -> None:
        """Read on until there are so many lines. Any other reading is given up: it wanted less."""
        lines, reference = self._lines, self._reference
        while not lines.complete and len(lines.lines) < count:
            if lines.ensure(min(count, len(lines.lines) + _AT_ONCE)):
                self._show()
                await asyncio.sleep(0)
            elif reference is not None and lines.is_hungry:
                try:
                    text, self._next = await self.source(reference, self._next or 0)
                except UserError as error:
                    self.note = str(error)
                    break
                lines.add(text, last=self._next is None)
        self._show()

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
        await self._read(MOST_LINES + 1).wait()
        super().action_to_end()

    # --- drawing

    def empty(self) -> str:
        """The sentence that stands for a value."""
        return self.note

    def row(self, index: int, width: int) -> Content:
        """A line of the value; the note stands before the first."""
        if self.note and index == 0:
            return Content.styled(self.note, PART_STYLES["note"]).truncate(width, ellipsis=not self.ascii_only)
        return line_content(self._lines.lines[index - bool(self.note)])
