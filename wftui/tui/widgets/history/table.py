"""The table of runs; pages are loaded on demand."""

import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from textual import work
from textual.content import Content
from textual.message import Message

from wftui.model.clock import Clock, Elapsed, SteadyClock
from wftui.model.errors import UserError
from wftui.model.run.summary import ExecutionFilters, ExecutionPage, ExecutionSummary, RunSort
from wftui.model.run_notes import OwnerWatch
from wftui.model.user.user_settings import HistoryColumn
from wftui.tui.widgets.history.columns import Column, cell, column_at, columns, fit, heading
from wftui.tui.widgets.history.pages import PageStart, RunPages
from wftui.tui.widgets.line_view import GUTTER, LineView
from wftui.tui.widgets.run.labels import elapsed

PageSource = Callable[[ExecutionFilters, RunSort, PageStart], Awaitable[ExecutionPage]]
"""Fetches a page of the filtered and sorted history."""
CountSource = Callable[[ExecutionFilters], Awaitable[int]]
"""Counts the runs of the filtered history."""
_COUNT_PAUSE = 20
"""A count that searches values is repeated after this many times its duration."""


class HistoryTable(LineView):
    """The runs of a query, in the chosen order.

    Attributes:
        sort: the order.
        chosen: the columns that the user chose; none: the usual ones.
        marked: runs marked for an action on all of them, by id.

    Args:
        time_of: returns the time by the clock of a run of this process, or None.
    """

    DEFAULT_CSS = """
    HistoryTable { background: $background; overflow-x: hidden; }
    """

    class Loaded(Message):
        """A page was loaded, or failed to load: `error` is the error."""

        def __init__(self, error: str = "") -> None:
            super().__init__()
            self.error = error

    def __init__(
        self,
        source: PageSource,
        count: CountSource,
        now: Clock,
        elapsed_seconds: Elapsed,
        time_of: Callable[[str], datetime | None] = lambda _run_id: None,
        *,
        ascii_only: bool = False,
    ) -> None:
        super().__init__(ascii_only=ascii_only)
        self.source = source
        self.count = count
        self.sort: RunSort = "-started"
        self.chosen: tuple[HistoryColumn, ...] = ()
        self.marked: dict[str, ExecutionSummary] = {}
        self.now = now
        self.pages = RunPages()
        self.query_filters = ExecutionFilters()
        self.known = False
        self._requested: set[int] = set()
        self._failed = False
        """The last page could not be loaded."""
        self._counted: RunPages | None = None
        """The pages whose runs were counted last, or are being counted."""
        self._next_count = 0.0
        self._elapsed_seconds = elapsed_seconds
        self._time_of = time_of
        self._owners = OwnerWatch()
        self._silences: dict[str, str] = {}
        """Reasons why processes of runs may not react, by run id, as of when the runs were last read."""
        self._clocks: dict[str, SteadyClock] = {}
        """Clocks of active runs, from when they were first shown: no change of the time of day moves them."""

    # --- content

    @property
    def selected(self) -> ExecutionSummary | None:
        """The run under the cursor."""
        return self.pages.run(self.cursor)

    def show(self, filters: ExecutionFilters) -> None:
        """Show the runs that match; keep the selected run if it is among the first."""
        keep = self.selected.id if self.selected else None
        self.query_filters = filters
        self.pages, self._requested, self.known = RunPages(), set(), False
        self.workers.cancel_group(self, "pages")
        self._fetch([0], keep)

    def sort_by(self, sort: RunSort) -> None:
        """Show the runs in another order, from the first."""
        self.sort = sort
        self.pages, self._requested, self.known = RunPages(), set(), False
        self.workers.cancel_group(self, "pages")
        self.show_row(0)
        self._fetch([0], None)

    def toggle_mark(self) -> None:
        """Mark the run under the cursor for an action, or unmark it; go to the next."""
        run = self.selected
        if run is not None:
            if self.marked.pop(run.id, None) is None:
                self.marked[run.id] = run
            self.redraw()
            self.action_move(1)

    def refresh_runs(self) -> None:
        """Reload what may have changed: the newest runs and pages with active runs."""
        first, last = self._in_view()
        pages = set(self.pages.changing(first, last))
        if first == 0:
            pages.add(0)
        self._fetch(sorted(pages), self.selected.id if self.selected and self.cursor else None)

    @property
    def shows_active(self) -> bool:
        """True if a run in view has not ended."""
        return bool(self.pages.changing(*self._in_view()))

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
        pages, error, differs, cursor = self.pages, "", not self.known, self.cursor
        try:
            for number in numbers:
                fetched = await self.source(self.query_filters, self.sort, pages.start(number))
                if pages is not self.pages:
                    return
                differs |= pages.put(number, fetched)
                self._hear(fetched.executions)
                if number == 0 and fetched.next is not None and self._may_count():
                    self._count()
        except UserError as failure:
            error = str(failure)
        self._requested.difference_update(numbers)
        self.known = True
        if not differs and not error and not self._failed:
            self.repaint()
            return
        self._failed = bool(error)
        has_moved = self.cursor != cursor  # a key while the page was read
        self.set_rows(len(self.pages))
        row = self.pages.row_of(keep) if keep is not None and not has_moved else None
        if row is not None:
            self.show_row(row)
        self.post_message(self.Loaded(error))
        self._fetch_missing()

    def _hear(self, runs: Sequence[ExecutionSummary]) -> None:
        """Note which processes do not react; what was read before does not tell."""
        for run in runs:
            self._silences.pop(run.id, None)
            if run.owner is not None and (silence := self._owners.silence(run.owner)):
                self._silences[run.id] = silence

    def _may_count(self) -> bool:
        """Return whether to count now; values are not searched for each new run."""
        if self.query_filters.contains is None or self.pages is not self._counted:
            return True
        return self._elapsed_seconds() >= self._next_count

    @work(group="count", exclusive=True)
    async def _count(self) -> None:
        """Count the runs, so that the end can be gone to; no page waits for it."""
        pages, begin = self.pages, self._elapsed_seconds()
        self._counted, self._next_count = pages, math.inf
        try:
            runs = await self.count(self.query_filters)
        except UserError:
            return  # the next page says what is wrong
        now = self._elapsed_seconds()
        self._next_count = now + _COUNT_PAUSE * (now - begin)
        if pages is self.pages and pages.set_total(runs):
            self.set_rows(len(pages))
            self.post_message(self.Loaded())
            self._fetch_missing()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Load the pages that come into view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._fetch_missing()

    # --- drawing

    def empty(self) -> str:
        """Return the loading message; the screen explains an empty history."""
        if self.known:
            return ""
        return "Loading history…" if self.query_filters.contains is None else "Searching values…"

    def _columns(self, width: int) -> list[Column]:
        return columns(width - 2 * bool(self.marked), self.chosen)

    def heading(self, width: int) -> Content:
        """Return the column headings for a line of `width` cells."""
        line = heading(self._columns(width - GUTTER), self.sort, ascii_only=self.ascii_only)
        return Content.styled(" " * (GUTTER + 2 * bool(self.marked)) + line, "$foreground-muted")

    def heading_at(self, x: int, width: int) -> Column | None:
        """Return the column whose heading is at a cell."""
        return column_at(self._columns(width - GUTTER), x - GUTTER - 2 * bool(self.marked))

    def row(self, index: int, width: int) -> Content:
        """Render one run."""
        run = self.pages.run(index)
        if run is None:
            return Content.styled("…" if not self.ascii_only else "...", "$foreground-muted")
        parts: list[tuple[str, str]] = []
        if self.marked:
            parts.append(("+ " if run.id in self.marked else "  ", "bold $primary"))
        silence = self._silences.get(run.id, "")
        for column in self._columns(width):
            text, style = cell(column, run, self.now(), self._duration(run), silence, ascii_only=self.ascii_only)
            parts.append((fit(text, column.width, self.ascii_only) + " ", style))
        return Content.assemble(*parts).truncate(width)

    def _duration(self, run: ExecutionSummary) -> str:
        """Return how long a run took, or has taken so far."""
        if run.duration is not None:
            return elapsed(run.duration / 1000, live=False)
        if run.status != "running" or run.started_at is None:
            return ""
        if run.id not in self._clocks:
            clock = self._clocks[run.id] = SteadyClock(
                self.now, self._elapsed_seconds, not_before=run.started_at, started=self._time_of(run.id)
            )
            if run.owner is not None and run.owner.seconds is not None:
                clock.not_after(run.started_at + timedelta(seconds=run.owner.seconds))
        return elapsed((self._clocks[run.id]() - run.started_at).total_seconds(), live=True)
