"""The table of runs; pages are loaded on demand."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from textual import work
from textual.content import Content
from textual.message import Message

from wftui.model.clock import Clock, Elapsed, SteadyClock
from wftui.model.errors import UserError
from wftui.model.run.summary import ExecutionFilters, ExecutionPage, ExecutionSummary
from wftui.tui.display.status import look
from wftui.tui.widgets.history.pages import RunPages
from wftui.tui.widgets.line_view import GUTTER, LineView
from wftui.tui.widgets.run.labels import elapsed, first_line, local_timestamp

PageSource = Callable[[ExecutionFilters, str | None], Awaitable[ExecutionPage]]
"""Fetches the page of the filtered history that begins at a cursor."""


class Column(NamedTuple):
    """Heading and width of a column; width 0 takes the remaining space."""

    title: str
    width: int


_STATUS = Column("Status", 13)
_WORKFLOW = Column("Workflow", 18)
_STARTED = Column("Started", 14)
_DURATION = Column("Duration", 8)
_USER = Column("User", 10)
_RUN = Column("Run", 16)
_NOTE = Column("", 0)


def columns(width: int) -> list[Column]:
    """Return the columns that fit, in order."""
    shown = [_STATUS, _WORKFLOW, _STARTED, _DURATION, _USER, _RUN]
    for given_up in (_RUN, _USER):
        if sum(column.width + 1 for column in shown) + 16 <= width:
            break
        shown.remove(given_up)
    left = width - sum(column.width + 1 for column in shown)
    return [*shown, Column(_NOTE.title, max(0, left))]


class HistoryTable(LineView):
    """The runs of a query, newest first."""

    DEFAULT_CSS = """
    HistoryTable { background: $background; overflow-x: hidden; }
    """

    class Loaded(Message):
        """A page was loaded, or failed to load: `error` is the error."""

        def __init__(self, error: str = "") -> None:
            super().__init__()
            self.error = error

    def __init__(self, source: PageSource, now: Clock, elapsed_seconds: Elapsed, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.source = source
        self.now = now
        self.pages = RunPages()
        self.query_filters = ExecutionFilters()
        self.known = False
        self._requested: set[int] = set()
        self._failed = False
        """The last page could not be loaded."""
        self._elapsed_seconds = elapsed_seconds
        self._clocks: dict[str, SteadyClock] = {}
        """Clocks of active runs, from when they were first shown: no change of the time of day moves them."""

    # --- content

    @property
    def selected(self) -> ExecutionSummary | None:
        """The run under the cursor."""
        return self.pages.run(self.cursor)

    def show(self, filters: ExecutionFilters) -> None:
        """Show the runs that match, newest first; keep the selected run if it matches."""
        self.query_filters = filters
        self.pages, self._requested, self.known = RunPages(), set(), False
        self.workers.cancel_group(self, "pages")
        self._fetch([0], self.selected.id if self.selected else None)

    def refresh_runs(self) -> None:
        """Reload what may have changed: the newest runs and pages with active runs."""
        first, last = self._in_view()
        pages = set(self.pages.changing(first, last))
        if first == 0:
            pages.add(0)
        self._fetch(sorted(pages), self.selected.id if self.selected and self.cursor else None)

    def _in_view(self) -> tuple[int, int]:
        return self.scroll_offset.y, self.scroll_offset.y + max(1, self.size.height)

    def _fetch_missing(self) -> None:
        first, last = self._in_view()
        pages = [page for page in self.pages.missing(first, last + 20) if page not in self._requested]
        if pages:
            self._requested.update(pages)
            self._fetch(pages, None)

    @work(group="pages")
    async def _fetch(self, numbers: list[int], keep: str | None) -> None:
        pages, error, differs = self.pages, "", not self.known
        try:
            for number in numbers:
                fetched = await self.source(self.query_filters, pages.cursor(number))
                if pages is not self.pages:
                    return
                differs |= pages.put(number, fetched)
        except UserError as failure:
            error = str(failure)
        self._requested.difference_update(numbers)
        self.known = True
        if not differs and not error and not self._failed:
            self.repaint()
            return
        self._failed = bool(error)
        self.set_rows(len(self.pages))
        row = self.pages.row_of(keep) if keep is not None else None
        if row is not None:
            self.show_row(row)
        self.post_message(self.Loaded(error))
        self._fetch_missing()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Load the pages that come into view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._fetch_missing()

    # --- drawing

    def empty(self) -> str:
        """Return the loading message; the screen explains an empty history."""
        return "" if self.known else "Loading history…"

    def heading(self, width: int) -> Content:
        """Return the column headings for a line of `width` cells."""
        cells = [
            f"{column.title:>{column.width}}"
            if column is _DURATION
            else _fit(column.title, column.width, self.ascii_only)
            for column in columns(width - GUTTER)
        ]
        return Content.styled(" " * GUTTER + " ".join(cells), "$foreground-muted")

    def row(self, index: int, width: int) -> Content:
        """Render one run."""
        run = self.pages.run(index)
        if run is None:
            return Content.styled("…" if not self.ascii_only else "...", "$foreground-muted")
        parts: list[tuple[str, str]] = []
        for column in columns(width):
            text, style = self._cell(column, run)
            if column is _DURATION:
                text = f"{text:>{column.width}}"
            parts.append((_fit(text, column.width, self.ascii_only) + " ", style))
        return Content.assemble(*parts).truncate(width)

    def _cell(self, column: Column, run: ExecutionSummary) -> tuple[str, str]:
        now = self.now()
        match column.title:
            case _STATUS.title:
                style = look("waiting" if run.waiting or run.waiting_pools else run.status, ascii_only=self.ascii_only)
                return f"{style.glyph} {style.word}", style.color
            case _WORKFLOW.title:
                return run.workflow_id, "$foreground"
            case _STARTED.title:
                return (local_timestamp(run.started_at, now) if run.started_at else ""), "$foreground"
            case _DURATION.title:
                return self._duration(run), "$foreground"
            case _USER.title:
                return run.user_id, "$foreground-muted"
            case _RUN.title:
                return run.id, "$foreground-muted"
        return run_note(run)

    def _duration(self, run: ExecutionSummary) -> str:
        """Return how long a run took, or has taken so far."""
        if run.duration is not None:
            return elapsed(run.duration / 1000, live=False)
        if run.status != "running" or run.started_at is None:
            return ""
        if run.id not in self._clocks:
            clock = self._clocks[run.id] = SteadyClock(self.now, self._elapsed_seconds, not_before=run.started_at)
            if run.owner is not None and run.owner.seconds is not None:
                clock.not_after(run.started_at + timedelta(seconds=run.owner.seconds))
        return elapsed((self._clocks[run.id]() - run.started_at).total_seconds(), live=True)


def run_note(run: ExecutionSummary) -> tuple[str, str]:
    """Return error, warnings or relation of a run, and its colour."""
    if run.error is not None:
        return first_line(run.error.message), "$text-error"
    if run.waiting:
        return "waiting for you", "$text-warning"
    if run.waiting_pools:
        return f"no worker in pool {', '.join(run.waiting_pools)}", "$text-warning"
    if run.warnings:
        return f"{run.warnings} warning{'s' if run.warnings > 1 else ''}", "$text-warning"
    if run.parent_path:
        return f"step {run.parent_path} of {run.parent_id}", "$foreground-muted"
    if run.parent_id:
        return f"rerun of {run.parent_id}", "$foreground-muted"
    return "", ""


def _fit(text: str, cells: int, ascii_only: bool) -> str:
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    return set_cell_size(text, max(0, cells - 1)) + ("~" if ascii_only else "…") if cells else ""
