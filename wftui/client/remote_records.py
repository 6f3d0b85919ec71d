"""Records of the runs of a server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import groupby

from wftui.client.connection import ServerConnection
from wftui.client.errors import RemoteError
from wftui.client.log_spool import LogSpool
from wftui.client.reading import model
from wftui.client.remote_runs import RemoteRuns, run_path
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.run.event_json import read_event
from wftui.model.run.events import Created, ExecutionEvent, Interrupted, Log, LogSegment
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepInfo
from wftui.model.run.summary import ExecutionSummary
from wftui.workbench.past_runs.record_service import OpenedRun, Report

_FEWEST, _MOST = 100, 20_000
"""Lines of a segment that is kept in a file."""


class RemoteRecords:
    """`workbench.records` of a server."""

    def __init__(self, connection: ServerConnection, runs: RemoteRuns, spool: LogSpool) -> None:
        self._connection = connection
        self._runs = runs
        self._etag = ""
        self._version = 0
        self._spool = spool

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
        return await self._connection.get(f"{run_path(run_id)}/summary", model(ExecutionSummary))

    async def last_seq(self, run_id: str) -> int:
        """Return the number of the newest event of a run, log lines included."""
        return (await self._runs.head(run_id)).last_seq

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

    async def log_events(self, run_id: str, *, until: int | None = None) -> AsyncIterator[list[Log | LogSegment]]:
        """Yield the whole log of a run in pages, up to an event; of long logs, segments."""
        rest: list[Log] = []  # of the last event, whose lines the next page may continue
        async for page in self.logs(run_id, until=until):
            groups = [list(group) for _, group in groupby([*rest, *page], _place)]
            rest = groups.pop() if groups and len(groups[-1]) < _MOST else []
            yield [each for group in groups for each in await self._spooled(group)]
        yield await self._spooled(rest)

    async def _spooled(self, lines: list[Log]) -> list[Log | LogSegment]:
        if len(lines) >= _FEWEST:
            with suppress(OSError):  # there is no room: they stay in memory
                return [await asyncio.to_thread(self._spool.keep, lines)]
        return [*lines]

    async def segment_reader(self) -> LogSpool:
        """Return the reader of the segments that were fetched."""
        return self._spool

    async def fetch_segments(self, run_id: str, events: Sequence[ExecutionEvent]) -> None:
        """Fetch the lines of the segments among the events of a run."""
        for event in events:
            if isinstance(event, LogSegment) and not self._spool.has(event):
                with suppress(UserError, OSError):  # the run is followed all the same; a line says what is absent
                    pages = self.logs(run_id, after=event.seq - 1, until=event.seq)
                    lines = [log async for page in pages for log in page]
                    if sum(each.message.count("\n") + 1 for each in lines) == event.lines:
                        await asyncio.to_thread(self._spool.keep, lines, event)
                    elif lines:  # the server no longer stores them
                        self._spool.keep_instead(event, lines[0])

    async def logs(self, run_id: str, *, after: int = 0, until: int | None = None) -> AsyncIterator[list[Log]]:
        """Yield the log events of a run in pages, after an event and up to another."""
        query = {"after": after, "until": until}
        async for page in self._connection.pages(f"{run_path(run_id)}/logs", _log, query):
            yield page


def _place(log: Log) -> tuple[int, str | None]:
    """Return the event and the step of a line: those of a segment share both."""
    return log.seq, log.path


def _log(value: Json) -> Log:
    event = read_event(value)
    if not isinstance(event, Log):
        raise RemoteError("the log of the server holds other events", code="remote.answer")
    return event
