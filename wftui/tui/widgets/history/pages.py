"""Paged runs: a window over a history of any length with a bounded cache."""

from collections import OrderedDict
from typing import NamedTuple

from wftui.model.run.record import TERMINAL
from wftui.model.run.summary import ExecutionPage, ExecutionSummary

PAGE = 100
"""Runs per page."""
_KEPT = 40


class PageStart(NamedTuple):
    """The beginning of a page: a cursor, or minus the number of runs after it."""

    cursor: str | None = None
    offset: int = 0


class RunPages:
    """The known pages of one query, by the cursor at which each begins.

    Evicted pages are fetched again by their cursor, with the same runs. Where the cursor is not known, as after a jump
    to the end, a page is fetched by its distance from the end, which new runs do not change.
    """

    def __init__(self) -> None:
        self._cursors: dict[int, str | None] = {0: None}
        self._pages: OrderedDict[int, list[ExecutionSummary]] = OrderedDict()
        self._total: int | None = None
        self._end: int | None = None

    def __len__(self) -> int:
        """Return the number of rows; without a total, one row represents all unknown ones."""
        if self._end is not None:
            return self._end
        known = max(self._cursors) * PAGE
        return known + 1 if self._total is None else max(known, self._total)

    @property
    def is_whole(self) -> bool:
        """Return whether the number of runs is known."""
        return self._end is not None or self._total is not None

    def set_total(self, runs: int) -> bool:
        """Set the number of runs; return whether it was another."""
        before = len(self)
        self._total = runs
        if self._end is not None and self._end != runs and max(self._cursors) == 0:
            self._end = None
        return len(self) != before

    def start(self, page: int) -> PageStart:
        """Return where a page begins."""
        if page in self._cursors:
            return PageStart(self._cursors[page])
        return PageStart(offset=page * PAGE - len(self))

    def put(self, page: int, fetched: ExecutionPage) -> bool:
        """Store a fetched page; if its end moved, forget all later pages.

        Returns:
            Whether it differs from the page before.
        """
        differs = self._pages.get(page) != fetched.executions
        following = self._cursors.get(page + 1)
        moved = following != fetched.next
        if moved:
            for later in [number for number in self._pages if number > page]:
                del self._pages[later]
            self._cursors = {number: cursor for number, cursor in self._cursors.items() if number <= page}
        if fetched.next is None:
            self._end = page * PAGE + len(fetched.executions)
        else:
            if self._end is not None and (moved or self._end <= (page + 1) * PAGE):
                self._end = None
            self._cursors[page + 1] = fetched.next
        self._pages[page] = fetched.executions
        self._pages.move_to_end(page)
        while len(self._pages) > _KEPT:
            self._pages.popitem(last=False)
        return differs or moved

    def run(self, row: int) -> ExecutionSummary | None:
        """Return the run in a row, or None if its page is not loaded."""
        page = self._pages.get(row // PAGE)
        return page[row % PAGE] if page is not None and row % PAGE < len(page) else None

    def missing(self, first: int, last: int) -> list[int]:
        """Return the pages to fetch for rows `first` to `last`."""
        end = (len(self) - 1) // PAGE if self.is_whole else max(self._cursors)
        pages = range(max(0, first) // PAGE, min(max(0, last) // PAGE, end) + 1)
        return [page for page in pages if page not in self._pages]

    def changing(self, first: int, last: int) -> list[int]:
        """Return the loaded pages of rows `first` to `last` with active runs."""
        return [
            page
            for page in range(max(0, first) // PAGE, max(0, last) // PAGE + 1)
            if any(run.status not in TERMINAL for run in self._pages.get(page, ()))
        ]

    def row_of(self, run_id: str) -> int | None:
        """Return the row of a loaded run."""
        for number, page in self._pages.items():
            for position, run in enumerate(page):
                if run.id == run_id:
                    return number * PAGE + position
        return None
