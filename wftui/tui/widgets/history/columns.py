"""Columns of the table of runs: which fit, their headings, and what they show."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, get_args

from rich.cells import cell_len, set_cell_size

from wftui.model.run.summary import ExecutionSummary, RunSort
from wftui.model.run_notes import shown_status, waiting_note
from wftui.model.user.user_settings import HistoryColumn
from wftui.tui.display.status import look
from wftui.tui.widgets.run.labels import first_line, is_here, local_timestamp

_SIGNS = {True: ("▼", "v"), False: ("▲", "^")}
"""Signs of a column in descending and in ascending order."""


class Column(NamedTuple):
    """Name, heading and width of a column; width 0 takes the remaining space."""

    name: HistoryColumn
    title: str
    width: int

    @property
    def is_sortable(self) -> bool:
        """Return whether the history can be sorted by it."""
        return self.name in {sort.removeprefix("-") for sort in get_args(RunSort)}


COLUMNS: dict[HistoryColumn, Column] = {
    column.name: column
    for column in (
        Column("status", "Status", 13),
        Column("workflow", "Workflow", 18),
        Column("started", "Started", 16),
        Column("ended", "Ended", 16),
        Column("duration", "Duration", 8),
        Column("user", "User", 10),
        Column("run", "Run", 16),
        Column("version", "Version", 9),
        Column("error", "", 0),
    )
}
_USUAL: tuple[HistoryColumn, ...] = ("status", "workflow", "started", "duration", "user", "run")
_NOTE_ROOM = 16


def columns(width: int, chosen: Sequence[HistoryColumn] = ()) -> list[Column]:
    """Return the columns that fit, in order.

    Args:
        chosen: by the user; none: the usual ones.
    """
    if chosen:
        shown = [COLUMNS[name] for name in chosen if name != "error"]
        while shown and _cells(shown) > width:
            shown.pop()
        rest = width - _cells(shown)
        return [*shown, COLUMNS["error"]._replace(width=max(0, rest if "error" in chosen else 0))]
    shown = [COLUMNS[name] for name in _USUAL]
    for given_up in ("run", "user"):
        if _cells(shown) + _NOTE_ROOM <= width:
            break
        shown = [column for column in shown if column.name != given_up]
    return [*shown, COLUMNS["error"]._replace(width=max(0, width - _cells(shown)))]


def _cells(shown: Sequence[Column]) -> int:
    return sum(column.width + 1 for column in shown)


def heading(shown: Sequence[Column], sort: RunSort, *, ascii_only: bool) -> str:
    """Return the headings in a line; a sign follows that of the sorted column."""
    cells = []
    for column in shown:
        is_sorted = column.name == sort.removeprefix("-")
        sign = _SIGNS[sort.startswith("-")][ascii_only] if is_sorted else ""
        title = f"{column.title:>{column.width}}" if column.name == "duration" else column.title
        cells.append(set_cell_size(f"{title}{sign}", column.width + 1))
    return "".join(cells)


def column_at(shown: Sequence[Column], x: int) -> Column | None:
    """Return the column at a cell of the line."""
    end = 0
    for column in shown:
        end += column.width + 1
        if x < end:
            return column
    return None


def cell(
    column: Column, run: ExecutionSummary, now: datetime, took: str, silence: str, *, ascii_only: bool
) -> tuple[str, str]:
    """Return the text and the style of a cell.

    Args:
        took: the duration, or how long the run has taken so far.
        silence: why its process may not react.
    """
    match column.name:
        case "status":
            style = look(shown_status(run), ascii_only=ascii_only)
            return f"{style.glyph} {style.word}", style.color
        case "workflow":
            return run.workflow_id, "$foreground"
        case "started":
            return _time(run.started_at, now), "$foreground"
        case "ended":
            return _time(run.completed_at, now), "$foreground"
        case "duration":
            return f"{took:>{column.width}}", "$foreground"
        case "user":
            return run.user_id, "$foreground-muted"
        case "run":
            return run.id, "$foreground-muted"
        case "version":
            return run.workflow_version, "$foreground-muted"
    return run_note(run, silence)


def _time(time: datetime | None, now: datetime) -> str:
    return local_timestamp(time, now) if time is not None else ""


def run_note(run: ExecutionSummary, silence: str) -> tuple[str, str]:
    """Return error, wait, process, warnings or relation of a run, and its color."""
    if run.error is not None:
        return first_line(run.error.message), "$text-error"
    note = waiting_note(run, silence, is_here=is_here(run.owner))
    if note:
        needs_someone = run.waiting or run.waiting_pools or silence
        return note, "$text-warning" if needs_someone else "$foreground"
    if run.warnings:
        return f"{run.warnings} warning{'s' if run.warnings > 1 else ''}", "$text-warning"
    if run.parent_path:
        return f"step {run.parent_path} of {run.parent_id}", "$foreground-muted"
    if run.parent_id:
        return f"rerun of {run.parent_id}", "$foreground-muted"
    return "", ""


def fit(text: str, cells: int, ascii_only: bool) -> str:
    """Return a text in `cells` cells; a sign stands for what is cut off."""
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    return set_cell_size(text, max(0, cells - 1)) + ("~" if ascii_only else "…") if cells else ""
