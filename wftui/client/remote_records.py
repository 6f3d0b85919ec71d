"""Records of the runs of a server."""

from collections.abc import AsyncIterator

from wftui.client.connection import ServerConnection
from wftui.client.errors import RemoteError
from wftui.client.reading import model
from wftui.client.remote_runs import RemoteRuns, run_path
from wftui.model.base import Json
from wftui.model.errors import RunNotFoundError
from wftui.model.run.event_json import read_event
from wftui.model.run.events import Created, Interrupted, Log
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepInfo
from wftui.model.run.summary import ExecutionFilters, ExecutionSummary
from wftui.workbench.past_runs.record_service import OpenedRun, Report


class RemoteRecords:
    """`workbench.records` of a server."""

    def __init__(self, connection: ServerConnection, runs: RemoteRuns) -> None:
        self._connection = connection
        self._runs = runs
        self._etag = ""
        self._version = 0

    async def version(self) -> int:
        """Return a number that changes with each write to the history of the server."""
        headers = {"If-None-Match": self._etag} if self._etag else {}
        answer = await self._connection.send("GET", "/api/workflows/history", query={"limit": 1}, headers=headers)
        etag = answer.headers.get("etag", "")
        if etag != self._etag or not etag:
            self._etag = etag
            self._version += 1
        return self._version

    async def summary(self, run_id: str) -> ExecutionSummary:
        """Return a run as lists show it.

        Raises:
            NotFoundError: there is no such run.
        """
        found = await self._runs.history(ExecutionFilters(text=run_id))
        for run in found.executions:
            if run.id == run_id:
                return run
        raise RunNotFoundError(run_id)

    @staticmethod
    async def opens_at_end(_run_id: str) -> bool:
        """Return True: events only name segments of logs; `logs` has their lines."""
        return True

    async def open(self, run_id: str, report: Report) -> OpenedRun:
        """Return a run at its newest event.

        Args:
            report: without effect: the server reads the events.
        """
        record = await self._runs.record(run_id)
        last = await self._runs.events(run_id, after=max(record.last_seq - 2, 0), limit=2)
        signs = [event.timestamp for event in last if not isinstance(event, Interrupted)]
        return OpenedRun(record, signs[-1] if signs else None)

    async def declared(self, run_id: str) -> list[StepInfo]:
        """Return the steps of a run's workflow."""
        first = await self._runs.events(run_id, limit=1)
        return first[0].steps if first and isinstance(first[0], Created) else []

    async def at(self, run_id: str, number: int) -> ExecutionRecord:
        """Return the record of a run as it was after an event."""
        return await self._connection.get(run_path(run_id), model(ExecutionRecord), {"at": number})

    async def log_events(self, run_id: str, *, until: int | None = None) -> AsyncIterator[list[Log]]:
        """Yield the whole log of a run in pages, up to an event."""
        async for page in self.logs(run_id, until=until):
            yield page

    @staticmethod
    async def segment_reader() -> None:
        """Return None: a screen that draws cannot wait for a server."""

    async def logs(self, run_id: str, *, after: int = 0, until: int | None = None) -> AsyncIterator[list[Log]]:
        """Yield the log events of a run in pages, after an event and up to another."""
        query = {"after": after, "until": until}
        async for page in self._connection.pages(f"{run_path(run_id)}/logs", _log, query):
            yield page


def _log(value: Json) -> Log:
    event = read_event(value)
    if not isinstance(event, Log):
        raise RemoteError("the log of the server holds other events", code="remote.answer")
    return event
