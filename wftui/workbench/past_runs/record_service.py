"""Records: big runs opened at once, runs at a past event, log lines by the page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from wftui.model.data_class import dataclass
from wftui.model.errors import RunNotFoundError
from wftui.model.run.worked_time import last_sign

if TYPE_CHECKING:
    from datetime import datetime

    from wftui.model.run.events import ExecutionEvent, Log, LogSegment
    from wftui.model.run.record import ExecutionRecord
    from wftui.model.run.steps import StepInfo
    from wftui.model.run.summary import ExecutionSummary
    from wftui.store.execution_store import ExecutionStore
    from wftui.store.log_segments import SegmentReader

Report = Callable[[int, int], None]
"""Takes the number of the last event read, and of all events."""

READ_WHOLE = 2_000
_MAX_PARENTS = 64


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """A run at its newest event.

    Attributes:
        last_sign: time of the last sign of life of its process.
    """

    record: ExecutionRecord
    last_sign: datetime | None


class RecordService:
    """`workbench.records`: records of runs at any event."""

    def __init__(self, store: Callable[[], Awaitable[ExecutionStore]]) -> None:
        self._store = store

    async def version(self) -> int:
        """Return a number that changes with each write to the history."""
        return await (await self._store()).version()

    async def summary(self, run_id: str) -> ExecutionSummary:
        """Return a run as lists show it, from its row alone.

        Raises:
            NotFoundError: there is no such run.
        """
        found = await (await self._store()).summary(run_id)
        if found is None:
            raise RunNotFoundError(run_id)
        return found

    async def visible(self, run_id: str, sees: Callable[[str], bool]) -> ExecutionRecord | None:
        """Return a run without its steps, if the reader may see it; else None.

        A run that a step started is part of the run of that step, too.

        Args:
            run_id: a whole id: no prefixes, no "last".
            sees: whether a workflow is among them.
        """
        store = await self._store()
        record = above = await store.head(run_id)
        for _ in range(_MAX_PARENTS):
            if above is None or sees(above.workflow_id):
                return record if above is not None else None
            if above.parent_id is None or above.parent_path is None:
                return None
            above = await store.head(above.parent_id)
        return None

    async def last_seq(self, run_id: str) -> int:
        """Return the number of the last event of a run; 0 without such a run."""
        return await (await self._store()).last_seq(run_id)

    async def opens_at_end(self, run_id: str) -> bool:
        """Return whether a run is opened at its newest event, by `open`."""
        return await (await self._store()).last_seq(run_id) > READ_WHOLE

    async def open(self, run_id: str, report: Report) -> OpenedRun:
        """Return a run at its newest event.

        Args:
            report: called while events have to be read.

        Raises:
            NotFoundError: there is no such run.
        """
        store = await self._store()
        total = await store.last_seq(run_id)
        record = await store.get(run_id, report=lambda number: report(number, max(total, number)))
        if record is None:
            raise RunNotFoundError(run_id)
        return OpenedRun(record, last_sign(record, record.index.last_at))

    async def declared(self, run_id: str) -> Sequence[StepInfo]:
        """Return the steps of a run's workflow.

        Raises:
            NotFoundError: there is no such run.
        """
        return await (await self._store()).declared(run_id)

    async def at(self, run_id: str, number: int) -> ExecutionRecord:
        """Return the record of a run as it was after an event.

        Raises:
            NotFoundError: there is no such run.
        """
        record = await (await self._store()).get(run_id, until=number)
        if record is None:
            raise RunNotFoundError(run_id)
        return record

    async def logs(self, run_id: str, *, after: int = 0, until: int | None = None) -> AsyncIterator[list[Log]]:
        """Yield the whole log of a run in pages, after an event and up to another."""
        async for page in (await self._store()).log_lines(run_id, after=after, until=until):
            yield page

    async def log_events(self, run_id: str, *, until: int | None = None) -> AsyncIterator[list[Log | LogSegment]]:
        """Yield the log events of a run in pages, up to an event; of long logs, segments."""
        store = await self._store()
        after: int | None = 0
        while after is not None:
            page, after = await store.logs(run_id, after=after, until=until)
            yield page

    async def segment_reader(self) -> SegmentReader:
        """Return the reader of segments of logs."""
        return (await self._store()).segments

    @staticmethod
    async def fetch_segments(_run_id: str, _events: Sequence[ExecutionEvent]) -> None:
        """Return: the segments are on this machine."""
