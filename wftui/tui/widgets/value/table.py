"""A list of objects as a table, sorted and filtered."""

import asyncio
import json
import threading
from array import array
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import work
from textual.content import Content

from wftui.model.base import Json
from wftui.model.text.terminal_text import clean_text, without_colors
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.value.table_rows import TableRows, cell_of

_MEASURED = 200
"""Rows whose cells give the widths."""
_WIDEST = 40
_LONGEST = 200
"""Characters of a text that a cell looks at."""


def cell_text(value: Json) -> str:
    """Return a value as it is shown in a cell."""
    if isinstance(value, str):
        return " ".join(without_colors(clean_text(value[:_LONGEST])).split())
    if isinstance(value, dict):
        return f"{{{len(value):,}}}"
    if isinstance(value, list):
        return f"[{len(value):,}]"
    return json.dumps(value)


class ValueTable(LineView):
    """The rows of a list; left and right choose a column."""

    DEFAULT_CSS = """
    ValueTable { background: $surface; }
    """
    fixed_rows: ClassVar[int] = 1

    def __init__(self, rows: TableRows, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.items, self.columns = rows.items, rows.columns
        self._all = rows
        self.column = 0
        self.wanted = ""
        self.sorted_by: tuple[str, bool] | None = None
        """Column and whether it is descending."""
        self.is_busy = False
        """A sort or a filter is not finished."""
        self._order = array("L", range(len(rows.items)))
        self._widths = [self._width(column) for column in self.columns]
        self._first = 0

    def on_mount(self) -> None:
        """Show all rows."""
        self.set_rows(len(self._order))

    def _width(self, column: str) -> int:
        cells = [cell_of(row, column) for row in self.items[:_MEASURED]]
        texts = [cell_text(value) for has, value in cells if has]
        return min(_WIDEST, max(map(cell_len, [cell_text(column) + "  ", *texts])))

    @property
    def selected(self) -> Json:
        """The row at the cursor."""
        return self.items[self._order[self.cursor]] if self.rows else None

    @property
    def position(self) -> int:
        """Position of the row at the cursor in the list."""
        return self._order[self.cursor] if self.rows else 0

    @property
    def key(self) -> str | None:
        """Key of the column; None: there is none."""
        return self.columns[self.column] if self.columns else None

    # --- columns

    def action_scroll_left(self) -> None:
        """Choose the column to the left."""
        self._choose(self.column - 1)

    def action_scroll_right(self) -> None:
        """Choose the column to the right."""
        self._choose(self.column + 1)

    def _choose(self, column: int) -> None:
        self.column = max(0, min(column, len(self.columns) - 1))
        self._first = min(self._first, self.column)
        while self._first < self.column and self._end(self.column) > self.room:
            self._first += 1
        self.redraw()
        self.post_message(self.Moved(self))

    def _end(self, column: int) -> int:
        return self._number_width + sum(width + 2 for width in self._widths[self._first : column + 1])

    @property
    def _number_width(self) -> int:
        return len(f"{max(0, len(self.items) - 1):,}") + 2

    # --- order

    def sort(self) -> None:
        """Sort by the column: ascending, descending, not at all."""
        key = self.key
        if key is None:
            return
        before = self.sorted_by
        if before == (key, True):
            self.sorted_by = None
        else:
            self.sorted_by = key, before == (key, False)
        self._arrange()

    def show_only(self, text: str) -> None:
        """Show only rows with a text; `re:` begins a regular expression."""
        self.wanted = text
        self._arrange()

    @work(exclusive=True, group="table")
    async def _arrange(self) -> None:
        self.is_busy = True
        self.post_message(self.Moved(self))
        stop = threading.Event()
        try:
            order = await asyncio.to_thread(self._all.arranged, self.wanted, self.sorted_by, stop.is_set)
        finally:
            stop.set()  # the thread of an order that another one replaces
        self._order, self.is_busy = order, False
        self.cursor = 0
        self.scroll_to(y=0, animate=False)
        self.set_rows(len(order))
        self.post_message(self.Moved(self))

    # --- drawing

    def empty(self) -> str:
        """Return why there are no rows."""
        return f"No row has {self.wanted}." if self.wanted else "The list is empty."

    def top_line(self, width: int) -> Content:
        """Render the headings."""
        parts: list[str | tuple[str, str]] = [(" " * self._number_width, "")]
        used = self._number_width
        for column, cells in list(zip(self.columns, self._widths, strict=True))[self._first :]:
            cells = min(cells, width - used)
            if cells < 2:
                break
            sign = "" if self.sorted_by is None or self.sorted_by[0] != column else self._sign(self.sorted_by[1])
            style = "bold reverse" if column == self.key else "bold $text-secondary"
            parts += [(_fitted(cell_text(column) + sign, cells, ascii_only=self.ascii_only), style), "  "]
            used += cells + 2
        return Content.assemble(*parts).truncate(width, ellipsis=not self.ascii_only)

    def _sign(self, descending: bool) -> str:
        return ("^v" if self.ascii_only else "▲▼")[descending]

    def row(self, index: int, width: int) -> Content:
        """Render a row."""
        position = self._order[index]
        number = f"{position:>{self._number_width - 2},}  "
        parts: list[str | tuple[str, str]] = [(number, "$foreground-muted")]
        used = self._number_width
        for column, cells in list(zip(self.columns, self._widths, strict=True))[self._first :]:
            cells = min(cells, width - used)
            if cells < 2:
                break
            has, value = cell_of(self.items[position], column)
            text = cell_text(value) if has else ""
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            parts.append((_fitted(text, cells, right=is_number, ascii_only=self.ascii_only) + "  ", _style(value)))
            used += cells + 2
        return Content.assemble(*parts).truncate(width, ellipsis=not self.ascii_only)


def _fitted(text: str, width: int, *, right: bool = False, ascii_only: bool = False) -> str:
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + ("~" if ascii_only else "…")
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def _style(value: Json) -> str:
    if isinstance(value, str):
        return "$foreground"
    return "$text-warning" if value is None or isinstance(value, bool) else "$text-accent"
