"""Reading of stored runs: records, steps, events, values, and the history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from wftui.model.errors import NotFoundError, RunNotFoundError

if TYPE_CHECKING:
    from wftui.model.base import Json
    from wftui.model.listing import AttentionItem, RecentInputs
    from wftui.model.run.events import ExecutionEvent
    from wftui.model.run.record import ExecutionRecord
    from wftui.model.run.steps import StepResult, ValueRef
    from wftui.model.run.summary import ExecutionFilters, ExecutionPage, GroupBy, RunGroup, RunSort
    from wftui.store.execution_store import ExecutionStore


class RunReader:
    """The part of `workbench.runs` that only reads the database.

    Args:
        store: opens the store on first use.
    """

    def __init__(self, store: Callable[[], Awaitable[ExecutionStore]]) -> None:
        self._store = store

    async def record(self, run_id: str, *, whole: bool = False) -> ExecutionRecord:
        """Return the current record of a run.

        It holds the newest of many finished iterations; `steps` reads the others.

        Args:
            whole: resolve references to big values.

        Raises:
            NotFoundError: there is no such run.
        """
        store = await self._store()
        return await self._existing(run_id, await store.get(await store.find(run_id)), whole=whole)

    async def head(self, run_id: str, *, whole: bool = False) -> ExecutionRecord:
        """Return the record of a run without its steps, which is always fast."""
        store = await self._store()
        return await self._existing(run_id, await store.head(await store.find(run_id)), whole=whole)

    async def steps(
        self, run_id: str, paths: Sequence[str], *, whole: bool = False, after: int = 0, until: int | None = None
    ) -> list[StepResult]:
        """Read the steps at some paths, each with the steps inside it.

        Args:
            whole: resolve references to big values.
            after, until: numbers of events that enclose theirs, if known.

        Raises:
            NotFoundError: there is no such run, or no step at any of the paths.
        """
        store = await self._store()
        run_id = await store.find(run_id)
        found = await store.steps(run_id, paths, after=after, until=until)
        if not found:
            raise NotFoundError(f"run {run_id} has no step {', '.join(paths)}", code="step.not_found")
        return [await store.resolve_step(step) for step in found] if whole else found

    async def find(self, text: str) -> str:
        """Return the run id for a unique prefix or suffix of it, or `last`.

        Raises:
            UsageError: more than one run matches.
        """
        return await (await self._store()).find(text)

    async def child_of(self, run_id: str, path: str) -> str | None:
        """Return the newest child run that a step started; None if there is none."""
        return await (await self._store()).child_of(run_id, path)

    async def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> list[ExecutionEvent]:
        """Return a page of a run's stored events, in order."""
        return await (await self._store()).events(run_id, after=after, limit=limit)

    async def value(self, run_id: str, ref: ValueRef) -> Json:
        """Return a big value of a run."""
        return await (await self._store()).value(ref)

    async def holds_value(self, run_id: str, value_hash: str) -> bool:
        """Return whether a run refers to a big value."""
        return await (await self._store()).holds_value(run_id, value_hash)

    async def value_text(self, run_id: str, ref: ValueRef | str, offset: int = 0) -> tuple[str, int | None]:
        """Return a chunk of a big value's JSON and the next offset (None at the end)."""
        return await (await self._store()).value_text(ref, offset)

    async def history(
        self,
        filters: ExecutionFilters | None = None,
        *,
        limit: int = 50,
        cursor: str | None = None,
        among: Sequence[str] | None = None,
        sort: RunSort = "-started",
        offset: int = 0,
        fill: bool = True,
    ) -> ExecutionPage:
        """Return a page of runs, newest first unless sorted in another order.

        Args:
            cursor: `next` of the previous page.
            among: only runs of these workflows.
            offset: without a cursor, the number of runs before the page; negative: that of runs from there to the end.
            fill: search values until the page is full; else a part of the history, and the page may have fewer runs.

        Raises:
            UsageError: the cursor or the regular expression is invalid.
        """
        _check(filters)
        store = await self._store()
        page = await store.list(filters, limit=limit, cursor=cursor, among=among, sort=sort, offset=offset)
        while fill and page.next is not None and (missing := limit - len(page.executions)):
            more = await store.list(filters, limit=missing, cursor=page.next, among=among, sort=sort)
            page.executions += more.executions
            page.next = more.next
        return page

    async def count(self, filters: ExecutionFilters | None = None, *, among: Sequence[str] | None = None) -> int:
        """Return the number of runs that match; `contains` searches all values.

        Args:
            among: only runs of these workflows.

        Raises:
            UsageError: the regular expression is invalid.
        """
        from wftui.model.run.summary import ExecutionFilters

        _check(filters)
        return await (await self._store()).count(filters or ExecutionFilters(), among)

    async def groups(
        self, filters: ExecutionFilters | None, by: GroupBy, *, among: Sequence[str] | None = None
    ) -> list[RunGroup]:
        """Return the runs that match in groups, the biggest first.

        Args:
            among: only runs of these workflows.

        Raises:
            UsageError: the regular expression is invalid.
        """
        from wftui.model.run.summary import ExecutionFilters

        _check(filters)
        return await (await self._store()).groups(filters or ExecutionFilters(), by, among)

    async def recent_inputs(self, workflow_id: str, limit: int = 5) -> list[RecentInputs]:
        """Return the distinct inputs of recent runs, newest first."""
        store = await self._store()
        from wftui.workbench.past_runs.run_selections import recent_inputs

        return await recent_inputs(store, workflow_id, limit)

    async def attention(self, limit: int = 50) -> list[AttentionItem]:
        """Return runs that need attention: those that wait, interrupted and failed runs."""
        store = await self._store()
        from wftui.workbench.past_runs.run_selections import attention

        return await attention(store.list, limit)

    async def _existing(self, run_id: str, record: ExecutionRecord | None, *, whole: bool) -> ExecutionRecord:
        if record is None:  # removed by a cleanup in the meantime
            raise RunNotFoundError(run_id)
        return await (await self._store()).resolve_record(record) if whole else record


def _check(filters: ExecutionFilters | None) -> None:
    """Check the regular expression of filters.

    Raises:
        UsageError: it is invalid.
    """
    if filters is not None and filters.contains is not None:
        from wftui.workbench.past_runs.search_service import check_search

        check_search(filters.contains)
