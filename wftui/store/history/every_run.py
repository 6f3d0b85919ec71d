"""All runs of a filter, however many pages they fill."""

from collections.abc import AsyncIterator, Collection

from wftui.model.run.summary import ExecutionFilters, ExecutionSummary
from wftui.store.history.stored_runs import StoredRuns

_PAGE = 500


async def every_run(
    store: StoredRuns, filters: ExecutionFilters, *, among: Collection[str] | None = None
) -> AsyncIterator[ExecutionSummary]:
    """Yield the runs of all pages, the newest first.

    Args:
        among: only runs of these workflows.
    """
    cursor: str | None = None
    while True:
        page = await store.list(filters, limit=_PAGE, cursor=cursor, among=among)
        for run in page.executions:
            yield run
        cursor = page.next
        if cursor is None:
            return
