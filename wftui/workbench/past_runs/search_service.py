"""Search for text over the logs and values of many runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import TYPE_CHECKING

from wftui.model.errors import UsageError

if TYPE_CHECKING:
    from wftui.model.run.search import TextMatch
    from wftui.model.run.summary import ExecutionFilters
    from wftui.store.execution_store import ExecutionStore


def check_search(text: str) -> None:
    """Check a text that is searched for.

    Raises:
        UsageError: `usage.pattern`, for an invalid regular expression, or one that could take too long.
    """
    from wftui.model.run.search import REGEX
    from wftui.runtime.patterns.safety import problem_of

    if text.startswith(REGEX) and (problem := problem_of(text.removeprefix(REGEX))):
        raise UsageError(problem, code="usage.pattern")


class SearchService:
    """`workbench.search`."""

    def __init__(self, store: Callable[[], Awaitable[ExecutionStore]]) -> None:
        self._store = store

    async def grep(
        self,
        text: str,
        filters: ExecutionFilters,
        *,
        where: Collection[str] = (),
        among: Sequence[str] | None = None,
    ) -> AsyncIterator[list[TextMatch]]:
        """Yield the places that have a text, the newest run first.

        Args:
            where: only in these: log, inputs, input, output, outputs, error; empty: anywhere.
            among: only runs of these workflows.

        Raises:
            UsageError: the text is not a valid regular expression.
        """
        from wftui.store.history.every_run import every_run

        check_search(text)
        store = await self._store()
        async for run in every_run(store, filters, among=among):
            async for matches in store.search(run.id, text):
                found = [match for match in matches if not where or match.where in where]
                for match in found:
                    match.workflow_id = run.workflow_id
                if found:
                    yield found
