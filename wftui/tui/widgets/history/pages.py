"""Runs by page: a window over a history of any length that keeps only what was looked at last."""

from collections import OrderedDict

from wftui.model.execution import TERMINAL, ExecutionPage, ExecutionSummary

PAGE = 100
"""Runs of one page."""
_KEPT = 40


class RunPages:
    """The pages of one query that are known, by the cursor each begins at (None for the first).

    A page is fetched by its cursor, so that one that was let go can be had again, with the same runs in it.
    """

    def __init__(self) -> None:
        self._cursors: list[str | None] = [None]
        self._pages: OrderedDict[int, list[ExecutionSummary]] = OrderedDict()
        self._end: int | None = None

    def __len__(self) -> int:
        """How many rows there are as far as is known; one stands for all that is not."""
        return self._end if self._end is not None else (len(self._cursors) - 1) * PAGE + 1

    @property
    def is_whole(self) -> bool:
        """Whether the last page is known."""
        return self._end is not None

    def cursor(self, page: int) -> str | None:
        """Where a known page begins."""
        return self._cursors[page]

    def put(self, page: int, fetched: ExecutionPage) -> None:
        """Keep a page that was fetched. When it ends elsewhere than before, what came after it is forgotten."""
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

    def run(self, row: int) -> ExecutionSummary | None:
        """The run in a row, or None when its page is not at hand."""
        page = self._pages.get(row // PAGE)
        return page[row % PAGE] if page is not None and row % PAGE < len(page) else None

    def missing(self, first: int, last: int) -> list[int]:
        """Pages, among those that can be fetched, that rows `first` … `last` need and that are not at hand."""
        pages = range(max(0, first) // PAGE, min(max(0, last) // PAGE, len(self._cursors) - 1) + 1)
        return [page for page in pages if page not in self._pages]

    def changing(self, first: int, last: int) -> list[int]:
        """Pages at hand, of rows `first` … `last`, with a run that has not ended."""
        return [
            page
            for page in range(max(0, first) // PAGE, max(0, last) // PAGE + 1)
            if any(run.status not in TERMINAL for run in self._pages.get(page, ()))
        ]

    def row_of(self, run_id: str) -> int | None:
        """The row of a run that is at hand."""
        for number, page in self._pages.items():
            for position, run in enumerate(page):
                if run.id == run_id:
                    return number * PAGE + position
        return None
