"""The workflows of a workspace in aligned columns, as wide as there is room."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from wftui.model.durations import format_duration
from wftui.model.listing import WorkflowRow
from wftui.tui.status import look
from wftui.tui.times import ago
from wftui.tui.widgets.line_view import GUTTER, LineView

_STATE, _LAST, _RATE, _MEDIAN, _GAP = 12, 13, 7, 7, 2


class WorkflowTable(LineView, inherit_bindings=False):
    """One line a workflow: id and name, compile state, last run, success rate, median time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "to_start", "First", show=False),
        Binding("end,G", "to_end", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]

    def __init__(self, *, ascii_only: bool) -> None:
        super().__init__(ascii_only=ascii_only)
        self._shown: list[WorkflowRow] = []
        self._now: datetime | None = None
        self._known = False

    def show_rows(self, rows: Sequence[WorkflowRow], now: datetime, *, known: bool = True) -> None:
        """Show these rows and keep the cursor on the workflow it is on.

        Args:
            rows: what to show, in order.
            now: what "ago" counts from.
            known: False while compile states and runs are not known yet.
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
        """Put the cursor on a workflow, when it is shown."""
        for index, row in enumerate(self._shown):
            if row.id == workflow_id:
                self.show_row(index)

    def heading(self, width: int) -> Content:
        """The names of the columns, for a line of `width` cells above the rows."""
        name, columns = _columns(width - GUTTER)
        cells = [Content(" " * GUTTER + "Workflow").pad_right(max(0, name + GUTTER - 8 - GUTTER))]
        titles = {"state": "Compiled", "last": "Last run", "rate": "Success", "median": "Median"}
        cells += [_cell(titles[column], size, column in {"rate", "median"}) for column, size in columns]
        return (Content(" " * _GAP)).join(cells).stylize("$foreground-muted")

    def row(self, index: int, width: int) -> Content:
        """One workflow."""
        row = self._shown[index]
        name, columns = _columns(width)
        cells = {"state": self._state, "last": self._last, "rate": self._rate, "median": self._median}
        return Content(" " * _GAP).join(
            [
                _title(row, name),
                *(_cell(cells[column](row), size, column in {"rate", "median"}) for column, size in columns),
            ]
        )

    def _state(self, row: WorkflowRow) -> Content:
        if not self._known:
            return Content.styled("…", "$foreground-muted")
        if row.state == "errors":
            return Content.styled(
                f"{look('failed', self.ascii_only).glyph} {count(row.errors, 'error')}", "$text-error"
            )
        if row.state == "stale":
            return Content.styled("~ stale", "$text-warning")
        if row.warnings:
            return Content.styled(f"! {count(row.warnings, 'warning')}", "$text-warning")
        return Content.styled(f"{look('completed', self.ascii_only).glyph} ready", "$text-success")

    def _last(self, row: WorkflowRow) -> Content:
        last = row.stats.last
        if last is None or self._now is None:
            return Content.styled("never run" if self._known else "", "$foreground-muted")
        shown = look("waiting" if last.waiting else last.status, self.ascii_only)
        when = "running" if last.status == "running" else ago(last.started_at, self._now)
        return Content.assemble((shown.glyph, shown.color), " ", when)

    @staticmethod
    def _rate(row: WorkflowRow) -> Content:
        rate = row.stats.success_rate
        return Content("" if rate is None else f"{rate:.0%}")

    @staticmethod
    def _median(row: WorkflowRow) -> Content:
        median = row.stats.median_ms
        return Content("" if median is None else format_duration(median / 1000))


def count(number: int, noun: str) -> str:
    """`1 error`, `3 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _columns(width: int) -> tuple[int, list[tuple[str, int]]]:
    """The room of the first column, and the others that fit beside it."""
    columns = [("state", _STATE), ("last", _LAST), ("rate", _RATE), ("median", _MEDIAN)]
    while columns and width - sum(size + _GAP for _, size in columns) < 20:
        columns.pop()
    return max(8, width - sum(size + _GAP for _, size in columns)), columns


def _title(row: WorkflowRow, width: int) -> Content:
    title = Content.styled(row.id, "b")
    if row.name and row.name != row.id and width - len(row.id) > 10:
        title = Content.assemble(title, "  ", (row.name, "$foreground-muted"))
    return title.truncate(width, ellipsis=True, pad=True)


def _cell(content: Content | str, width: int, right: bool) -> Content:
    cell = content if isinstance(content, Content) else Content(content)
    cell = cell.truncate(width, ellipsis=True)
    space = max(0, width - cell.cell_length)
    return cell.pad_left(space) if right else cell.pad_right(space)
