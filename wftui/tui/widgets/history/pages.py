"""Paged runs: a window over a history of any length with a bounded cache."""

from collections import OrderedDict

from wftui.model.run.record import TERMINAL
from wftui.model.run.summary import ExecutionPage, ExecutionSummary

PAGE = 100
"""Runs per page."""
_KEPT = 40


class RunPages:
    """The known pages of one query, by the cursor at which each begins.

    The cursor of the first page is None. Evicted pages are fetched again by their cursor, with the same runs.
    """

    def __init__(self) -> None:
        self._cursors: list[str | None] = [None]
        self._pages: OrderedDict[int, list[ExecutionSummary]] = OrderedDict()
        self._end: int | None = None

    def __len__(self) -> int:
        """Return the known number of rows; one row represents all unknown ones."""
        return self._end if self._end is not None else (len(self._cursors) - 1) * PAGE + 1

    @property
    def is_whole(self) -> bool:
        """Return whether the last page is known."""
        return self._end is not None

    def cursor(self, page: int) -> str | None:
        """Return the cursor at which a known page begins."""
        return self._cursors[page]

    def put(self, page: int, fetched: ExecutionPage) -> bool:
        """Store a fetched page; if its end moved, forget all later pages.

        Returns:
            Whether it differs from the page before.
        """
        differs = self._pages.get(page) != fetched.executions
        following = self._cursors[page + 1 : page + 2]
        if following != [fetched.next]:
            del self._cursors[page + 1 :]
            for later in [number for number in self._pages if number > page]:
                del self._pages[later]
            self._end = None
        if fetched.next is None:
            self._end = page * PAGE + len(fetched.executions)
        elif following != [fetched.next]:
            self._cursors.append(fetched.next)
        self._pages[page] = fetched.executions
        self._pages.move_to_end(page)
        while len(self._pages) > _KEPT:
            self._pages.popitem(last=False)
        return differs or following != ([] if fetched.next is None else [fetched.next])

    def run(self, row: int) -> ExecutionSummary | None:
        """Return the run in a row, or None if its page is not loaded."""
        page = self._pages.get(row // PAGE)
        return page[row % PAGE] if page is not None and row % PAGE < len(page) else None

    def missing(self, first: int, last: int) -> list[int]:
        """Return the pages to fetch for rows `first` to `last`."""
        pages = range(max(0, first) // PAGE, min(max(0, last) // PAGE, len(self._cursors) - 1) + 1)
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
