"""Comparisons, statistics and search over the runs of a server."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta

from wftui.client.connection import Query, ServerConnection
from wftui.client.reading import model
from wftui.client.remote_runs import RemoteRuns, filters_query
from wftui.model.base import format_timestamp
from wftui.model.clock import utc_now
from wftui.model.comparison.comparison import RunComparison, UsualTime
from wftui.model.run.search import TextMatch
from wftui.model.run.summary import ExecutionFilters
from wftui.model.statistics import FEWEST_USUAL, PeriodStatistics, WorkflowStatistics
from wftui.workbench.past_runs.run_selections import last_good

_MOST_MATCHES = 10_000


class RemoteComparisons:
    """`workbench.comparisons` of a server."""

    def __init__(self, connection: ServerConnection, runs: RemoteRuns) -> None:
        self._connection = connection
        self._runs = runs

    async def compare(self, before: str, after: str) -> RunComparison:
        """Compare two runs, given by their ids."""
        query = {"before": before, "after": after}
        return await self._connection.get("/api/workflows/compare", model(RunComparison), query)

    async def last_good(self, run_id: str) -> str:
        """Return the newest completed run of the same workflow before a run.

        Raises:
            NotFoundError: there is none.
        """
        return await last_good(self._runs.history, await self._runs.head(run_id))


class RemoteStatistics:
    """`workbench.statistics` of a server."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    async def of(self, workflow_id: str | None, since: datetime) -> WorkflowStatistics:
        """Return the statistics of a workflow, or of all, over the runs since a time."""
        query: Query = {"workflowId": workflow_id, "since": format_timestamp(since)}
        return await self._connection.get("/api/workflows/statistics", model(WorkflowStatistics), query)

    async def usual(self, workflow_id: str, *, before: str = "") -> PeriodStatistics | None:
        """Return how long the completed runs of a month took; None for too few."""
        found = (await self.of(workflow_id, utc_now() - timedelta(days=30))).total
        return found if found.completed >= FEWEST_USUAL else None

    async def usual_steps(self, workflow_id: str, *, before: str = "") -> dict[str, UsualTime]:
        """Return how long steps took in a month, by address without indices."""
        steps = (await self.of(workflow_id, utc_now() - timedelta(days=30))).steps
        return {
            step.path: UsualTime(p50=step.p50, p95=step.p95, runs=step.times)
            for step in steps
            if step.p50 is not None and step.p95 is not None
        }


class RemoteSearch:
    """`workbench.search` of a server."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    async def grep(
        self, text: str, filters: ExecutionFilters, *, where: Collection[str] = ()
    ) -> AsyncIterator[list[TextMatch]]:
        """Yield the places that have a text, the newest run first."""
        query: Query = {**filters_query(filters), "find": text, "where": [*where] or None, "limit": _MOST_MATCHES}
        async for page in self._connection.pages("/api/workflows/search", model(TextMatch), query):
            yield page
