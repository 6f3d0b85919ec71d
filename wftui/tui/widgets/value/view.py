"""The value view: reads and formats only what is viewed."""

import asyncio
import time
from array import array
from bisect import bisect_left, bisect_right
from contextlib import suppress

from textual import work
from textual.content import Content
from textual.message import Message

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.json.text_pieces import TextPieces, is_long
from wftui.model.run.search import finder
from wftui.model.run.steps import ValueRef
from wftui.store.events.payloads import as_reference
from wftui.tui.widgets.line_view import FOUND, LineView
from wftui.tui.widgets.value.export import TextSource
from wftui.tui.widgets.value.folds import LineFolds
from wftui.tui.widgets.value.line_parts import Kind, Line
from wftui.tui.widgets.value.lines import MOST_LINES, ValueLines
from wftui.tui.widgets.value.packed_lines import PackedLines
from wftui.tui.widgets.value.paths import count_of
from wftui.tui.widgets.value.search import drawn_ranges, lines_with, logical_line, settled_end
from wftui.tui.widgets.value.sizes import size_text
from wftui.workbench.past_runs.search_service import check_search

PART_STYLES: dict[Kind, str] = {
    "key": "$text-primary",
    "string": "$text-success",
    "number": "$text-accent",
    "word": "$text-warning",
    "mark": "$foreground-muted",
    "note": "italic $foreground-muted",
    "fold": "",
    "more": "",
}
_AHEAD = 300
"""Lines formatted beyond the visible ones."""
_AT_ONCE = 500
"""Lines formatted before yielding to the event loop."""
_IN_THREAD = 5_000
"""Lines formatted or searched in a thread at a time."""
_MOMENT = 0.25
"""Seconds after which it is shown how much has been read; frames are made of objects that have to be collected."""


def line_content(line: Line) -> Content:
    """Return a line of a value in its colors."""
    return Content.assemble(*((text, PART_STYLES[kind]) for text, kind in line))


class ValueView(LineView):
    """One value or a message; stored values are read as they are scrolled to."""

    DEFAULT_CSS = """
    ValueView { background: $surface; }
    """

    class Searched(Message):
        """The search finished or moved to another match."""

        def __init__(self, view: "ValueView") -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> "ValueView":
            """The view that sent the message."""
            return self.view

    def __init__(self, source: TextSource, *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(ascii_only=ascii_only, id=id)
        self.source = source
        self.search = ""
        self._hits: array[int] = array("I")
        self._searching = False
        self._searched = 0
        """Lines in which the search has looked."""
        self._wanted = 0
        self._told = 0.0
        """Time at which progress was last shown."""
        self._idle = asyncio.Event()
        self._idle.set()
        self.value: Json = None
        self.note = ""
        self._reference: ValueRef | None = None
        self._own_text: TextPieces | None = None
        """The text of a long value that is not stored."""
        self._next: int | None = 0
        self._lines = ValueLines(80)
        self._made_for = 0
        self._has_value = False
        self._folds = LineFolds()
        self._pieces: list[tuple[int, int]] = []
        """Starts of the pieces of a stored value: in characters, and as offsets of the source."""
        self._read_characters = 0

    # --- content

    def show(self, value: Json, note: str = "") -> None:
        """Show a value, or the value behind a reference, under a note."""
        if self._has_value and value == self.value and note == self.note:
            return
        self.value, self.note, self._has_value = value, note, True
        self._reference, self._own_text = as_reference(value), None
        self.cursor = 0
        self.scroll_to(y=0, animate=False)
        self._start_over()

    def show_nothing(self, note: str) -> None:
        """Show a message instead of a value."""
        self.value, self.note, self._has_value, self._reference = None, note, False, None
        self.workers.cancel_node(self)
        self._idle.set()
        self.set_rows(0)

    def _start_over(self, rows: int = 0) -> None:
        """Lay out the value for the current width, up to a row."""
        self.workers.cancel_group(self, "value")
        self._folds, self._pieces, self._read_characters = LineFolds(), [], 0
        self._made_for = self.room
        if self.room <= 0:
            return
        if self._reference is None and self._own_text is None and is_long(self.value):
            self._own_text = TextPieces(self.value)
        if self._reference is None and self._own_text is None:
            self._lines = ValueLines.of(self.value, self.room)
        else:
            self._lines, self._next = ValueLines(self.room), 0
            if self._reference is not None and not self.note:
                self.note = size_text(self._reference.bytes)
        self._wanted = 0
        self._idle.set()
        self._make(rows + _AHEAD)
        if self.search:
            self._search()

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
        """Read until there are as many lines as wanted, which may increase."""
        lines = self._lines
        while not lines.complete and len(lines.lines) < self._wanted:
            if await self._format_more(lines):
                if self._wanted <= MOST_LINES or self._is_due():
                    self._show()
            elif lines.is_hungry:
                try:
                    offset = self._next or 0
                    text, self._next = await self._text_from(offset)
                    self._pieces.append((self._read_characters, offset))
                    self._read_characters += len(text)
                except UserError as error:
                    self.note = str(error)
                    break
                lines.add(text, last=self._next is None)
        self._idle.set()
        self._show()

    async def _text_from(self, offset: int) -> tuple[str, int | None]:
        """Return text of the value from an offset, and the next offset."""
        if self._reference is not None:
            return await self.source(self._reference, offset)
        assert self._own_text is not None
        return await asyncio.to_thread(self._own_text.read, offset)

    async def _format_more(self, lines: ValueLines) -> bool:
        """Format some lines, many in a thread; return whether there were any."""
        before = len(lines.lines)
        if self._wanted - before <= 2 * _AHEAD:
            made = lines.ensure(min(self._wanted, before + _AT_ONCE))
            await asyncio.sleep(0)
            return made
        return await asyncio.to_thread(lines.ensure, min(self._wanted, before + _IN_THREAD))

    async def _all(self) -> None:
        """Format all lines without blocking the event loop."""
        lines = None
        while lines is not self._lines:  # restarted when the width changes
            lines = self._lines
            self._want_all()
            while not await self._is_idle_soon():
                self.post_message(self.Searched(self))

    def _want_all(self) -> None:
        self._wanted = MOST_LINES + 1
        if self._idle.is_set():
            self._begin_reading()

    def _is_due(self) -> bool:
        """Return whether to show progress, at most once in a moment."""
        now = time.monotonic()
        is_due = now - self._told >= _MOMENT
        if is_due:
            self._told = now
        return is_due

    async def _is_idle_soon(self) -> bool:
        """Return whether all wanted lines are there after a moment."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOMENT):
                await self._idle.wait()
        return self._idle.is_set()

    def _show(self) -> None:
        self.set_rows(len(self._lines.lines) - self._folds.hidden + bool(self.note))

    # --- rows and lines

    @property
    def cursor_line(self) -> int:
        """Line of the cursor; that of the note is the first."""
        return self._folds.line_of(max(0, self.cursor - bool(self.note)))

    def _row_of(self, line: int) -> int:
        return self._folds.row_of(line) + bool(self.note)

    def _reveal(self, line: int) -> None:
        """Unfold what hides a line."""
        hidden = self._folds.around(line)
        if hidden is not None:
            self._folds.remove(hidden)
            self._show()

    # --- lazy formatting

    def on_resize(self) -> None:
        """Lay out the value for the new width."""
        if self._has_value and self.room != self._made_for:
            self._start_over(self.cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Format the lines about to come into view."""
        super().watch_scroll_y(old_value, new_value)
        if not self._lines.complete and new_value + self.size.height + _AHEAD // 2 > self.rows:
            self._make(self.rows + _AHEAD)

    def action_to_end(self) -> None:
        """Format all lines without blocking, then go to the last."""
        self._go_to_end()

    @work(exclusive=True, group="value-end")
    async def _go_to_end(self) -> None:
        before = self.cursor
        await self._all()
        if self.cursor == before:  # a later key counts
            super().action_to_end()

    # --- searching

    def set_search(self, text: str) -> None:
        """Highlight a text and go to the next match, wrapping around.

        An empty text clears the search; `re:` begins a regular expression.

        Raises:
            UserError: it is an invalid one.
        """
        check_search(text)
        if text != self.search:
            self.search = text
            self._search(go_there=True)
        else:
            self.jump(1)

    def jump(self, by: int) -> None:
        """Move to the next (1) or previous (-1) match, wrapping around."""
        if self._hits:
            line = self.cursor_line
            at = bisect_right(self._hits, line) if by > 0 else bisect_left(self._hits, line) - 1
            self._go_to(self._hits[at % len(self._hits)])

    def _go_to(self, line: int) -> None:
        self._reveal(line)
        if self._row_of(line) >= self.rows:
            self._show()  # it has just been read
        self.show_row(self._row_of(line), centre=True)
        self.post_message(self.Searched(self))

    @work(exclusive=True, group="value-search")
    async def _search(self, *, go_there: bool = False) -> None:
        """Search all lines as they are read, yielding to input; go to the first match."""
        self._hits, self._searching, self._searched = array("I"), True, 0
        self.redraw()
        self.post_message(self.Searched(self))
        begun, start, lines, is_whole = self.cursor_line, 0, self._lines.lines, False
        if self.search:
            self._want_all()
        while self.search and not is_whole:
            is_whole = await self._is_idle_soon()
            self.post_message(self.Searched(self))
            end = len(lines) if is_whole else settled_end(lines, start)
            while start < end:
                stop = logical_line(lines, min(start + _IN_THREAD, end) - 1).stop
                found = await asyncio.to_thread(list, lines_with(lines, start, stop, finder(self.search)))
                if lines is not self._lines.lines:
                    return  # the width has changed, and another search begins
                self._hits.extend(found)
                self._searched = start = stop
                if go_there and self._hits and self._hits[-1] >= begun:
                    go_there = False
                    if self.cursor_line == begun:  # a later key counts
                        self._go_to(self._hits[bisect_left(self._hits, begun)])
                if self._is_due():
                    self.post_message(self.Searched(self))
        self._searching = False
        if go_there and self._hits and self.cursor_line == begun:
            self._go_to(self._hits[0])
        self.post_message(self.Searched(self))

    def found(self) -> str:
        """Return the status and progress of the search; "" without one."""
        read = ""
        if not self._idle.is_set() and self._wanted > MOST_LINES and self._reference is not None:
            read = f"{min(0.99, self._read_characters / max(1, self._reference.bytes)):.0%} read"
        if not self.search:
            return read
        if self._searching:
            read = read or f"{self._searched / max(1, len(self._lines.lines)):.0%} searched"
            return f"searching, {len(self._hits):,} so far, {read}"
        if not self._hits:
            return (
                f"no match for {self.search}"
                if not self._lines.left_out
                else f"no match for {self.search} in the part shown"
            )
        return f"{self.search} {bisect_right(self._hits, self.cursor_line)} of {len(self._hits)}"

    # --- drawing

    def empty(self) -> str:
        """Return the message shown instead of a value."""
        return self.note

    def row(self, index: int, width: int) -> Content:
        """Render a line of the value; the note comes first."""
        if self.note and index == 0:
            return Content.styled(self.note, PART_STYLES["note"]).truncate(width, ellipsis=not self.ascii_only)
        line = self._folds.line_of(index - bool(self.note))
        content = self._marked(line_content(self._lines.lines[line]), line)
        hidden = self._folds.after(line)
        if hidden is None:
            return content
        return Content.assemble(content, *_folded(self._lines.lines, hidden, self.ascii_only))

    def _marked(self, content: Content, line: int) -> Content:
        if self.search:
            for start, end in drawn_ranges(self._lines.lines, line, finder(self.search)):
                content = content.stylize(FOUND, start, end)
        return content


def _folded(lines: PackedLines, hidden: range, ascii_only: bool) -> list[tuple[str, str]]:
    """Return the parts in place of hidden lines, with the number of elements."""
    last = hidden.stop - 1
    end = "".join(text for text, _ in lines[last]).strip()
    return [
        (" ... " if ascii_only else " … ", PART_STYLES["note"]),
        (end, PART_STYLES["mark"]),
        (f"  {count_of(lines.place(last)):,}", PART_STYLES["note"]),
    ]
