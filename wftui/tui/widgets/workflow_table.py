"""The workflow table: aligned columns adapted to the width."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from wftui.tui.widgets.line_view import GUTTER, LINE_KEYS, LineView

if TYPE_CHECKING:
    from wftui.model.listing import WorkflowRow

_COLUMNS = (("state", 12), ("last", 13), ("rate", 7), ("median", 7))
"""Columns after the name and their widths; the last ones are dropped first."""
_TITLES = {"state": "Compiled", "last": "Last run", "rate": "Success", "median": "Median"}
_RIGHT = frozenset({"rate", "median"})
_GAP = 2


class WorkflowTable(LineView, inherit_bindings=False):
    """One row per workflow: name, compile state, last run, success rate, duration."""

    DEFAULT_CSS = "WorkflowTable { background: $background; overflow-x: hidden; scrollbar-gutter: stable; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        *LINE_KEYS,
        Binding("enter", "choose", "Open", show=False),
    ]

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self._shown: list[WorkflowRow] = []
        self._now: datetime | None = None
        self._known = False

    def show_rows(self, rows: Sequence[WorkflowRow], now: datetime, *, known: bool = True) -> None:
        """Show rows; keep the cursor on its workflow.

        Args:
            rows: rows in order.
            now: reference for relative times.
            known: whether compile states and runs are loaded.
        """
        current = self.selected_id
        self._shown, self._now, self._known = list(rows), now, known
        self.set_rows(len(self._shown))
        place = next((index for index, row in enumerate(self._shown) if row.id == current), self.cursor)
        self.show_row(place)

    @property
    def selected(self) -> WorkflowRow | None:
        """The row under the cursor."""
        return self._shown[self.cursor] if self._shown else None

    @property
    def selected_id(self) -> str | None:
        """The id of the workflow under the cursor."""
        return self.selected.id if self.selected else None

    def select(self, workflow_id: str) -> None:
        """Move the cursor to a workflow, if shown."""
        for index, row in enumerate(self._shown):
            if row.id == workflow_id:
                self.show_row(index)

    def heading(self) -> Content:
        """Return the column headings."""
        name, columns = _columns(self.scrollable_content_region.width - GUTTER)
        cells = [Content(" " * GUTTER + "Workflow").pad_right(max(0, name + GUTTER - 8 - GUTTER))]
        cells += [_cell(_TITLES[column], size, column in _RIGHT) for column, size in columns]
        return (Content(" " * _GAP)).join(cells).stylize("$foreground-muted")

    def row(self, index: int, width: int) -> Content:
        """Render one workflow."""
        # Imported late: cells need pydantic, and the first screen is painted without rows.
        from wftui.tui.widgets.workflow_cells import cells, title

        row = self._shown[index]
        name, columns = _columns(width)
        texts = cells(row, self._now, known=self._known, ascii_only=self.ascii_only)
        return Content(" " * _GAP).join(
            [title(row, name), *(_cell(texts[column], size, column in _RIGHT) for column, size in columns)]
        )


def _columns(width: int) -> tuple[int, list[tuple[str, int]]]:
    """Return the width of the first column and the columns that fit beside it."""
    columns = list(_COLUMNS)
    while columns and width - sum(size + _GAP for _, size in columns) < 20:
        columns.pop()
    return max(8, width - sum(size + _GAP for _, size in columns)), columns


def _cell(content: Content | str, width: int, right: bool) -> Content:
    cell = content if isinstance(content, Content) else Content(content)
    cell = cell.truncate(width, ellipsis=True)
    space = max(0, width - cell.cell_length)
    return cell.pad_left(space) if right else cell.pad_right(space)
