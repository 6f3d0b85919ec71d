"""StoredRuns: read access to the runs in a database."""

import asyncio
import builtins
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime

from wftui.model.base import Json
from wftui.model.errors import NotFoundError, RunNotFoundError
from wftui.model.listing import WorkflowStats
from wftui.model.reading import read_json
from wftui.model.run.events import Created, ExecutionEvent, Log, LogSegment
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.record_index import WINDOW
from wftui.model.run.search import TextMatch
from wftui.model.run.steps import ExecutionError, StepResult, ValueRef
from wftui.model.run.summary import (
    CleanupReport,
    ExecutionFilters,
    ExecutionPage,
    ExecutionSummary,
    GroupBy,
    RunGroup,
    RunSort,
)
from wftui.store import log_segments
from wftui.store.events import event_log, payloads, plans, snapshots
from wftui.store.events.followers import Followers
from wftui.store.history import inner_runs, run_counts, run_lists, run_times, text_search
from wftui.store.history.run_times import RunTime, StepTime
from wftui.store.history.value_filter import ValueFilter
from wftui.store.ownership import maintenance_lease
from wftui.store.sqlite.database import OpenedDatabase
from wftui.store.sqlite.reader import Reader
from wftui.store.sqlite.times import to_milliseconds

RETENTION = "retention"
"""Name of the maintenance lease for removing old runs."""


class StoredRuns:
    """Runs on disk: their events, records, lists and values.

    Methods raise `StoreError` (sentence, code `store.*`) when the database cannot be read.

    Attributes:
        path: the database file.
        segments: reads the segments of logs.
    """

    def __init__(self, opened: OpenedDatabase) -> None:
        self.path = opened.path
        self.segments = log_segments.SegmentReader(opened.path)
        self._runs = Reader(opened)
        self._followers = Followers(event_log.RunProgress(self._runs), self.writes)
        self._lists = Reader(opened)
        self._values = ValueFilter(self._lists)

    async def open_readers(self) -> None:
        """Open the reading connections, before several loops read."""
        await self._runs.open()
        await self._lists.open()

    def writes(self, run_id: str) -> bool:
        """Return whether this process writes a run."""
        return False

    async def close(self) -> None:
        """Close the reading connections."""
        self._followers.close()
        await self._runs.close()
        await self._lists.close()

    async def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> list[ExecutionEvent]:
        """Return a page of a run's events, in order.

        Raises:
            NotFoundError: there is no such run.
        """
        return await event_log.page(self._runs, run_id, after, limit)

    def follow(
        self,
        run_id: str,
        *,
        after: int = 0,
        until: Callable[[], bool] | None = None,
        past_interruption: bool = False,
    ) -> AsyncIterator[list[ExecutionEvent]]:
        """Yield a run's events in batches: those stored, then those of any process.

        Live events follow as they are committed. The iterator ends after the run's last event, or when the run was
        interrupted and no process has resumed it.

        Args:
            until: once true, and the followers were woken, the iterator ends after the events stored by then.
            past_interruption: an interruption does not end it: the run may be resumed.

        Raises:
            NotFoundError: there is no such run.
        """
        return event_log.follow(self._runs, self._followers, run_id, after, until, past_interruption=past_interruption)

    def wake_followers(self, run_id: str) -> None:
        """Make the followers of a run look again, also at their `until`."""
        self._followers.wake(run_id)

    async def until_end(self, run_id: str) -> None:
        """Wait until `follow` would end, without reading the events before that.

        Raises:
            NotFoundError: there is no such run.
        """
        async for _ in self.follow(run_id, after=event_log.LAST):
            pass

    async def last_seq(self, run_id: str) -> int:
        """Return the number of the last event of a run; 0 without such a run."""
        return (await event_log.RunProgress(self._runs).last_places([run_id])).get(run_id, 0)

    async def get(
        self,
        run_id: str,
        *,
        window: int | None = WINDOW,
        until: int | None = None,
        report: Callable[[int], None] = lambda _: None,
    ) -> ExecutionRecord | None:
        """Return the record of a run: the fold of its events.

        Args:
            window: how many steps in finished iterations it holds; None: all of them.
            until: the record as it was after this event.
            report: called with the number of the last event read.
        """
        found = await event_log.record(self._runs, run_id, window, until or event_log.LAST, report)
        if found is None:
            return None
        folded, events = found
        if events > snapshots.EVENTS_BETWEEN and window == WINDOW:
            await self._keep_snapshot(folded)
        return folded

    async def _keep_snapshot(self, record: ExecutionRecord) -> None:
        """Store a snapshot of a record that was long to read, where that is possible."""

    async def logs(
        self, run_id: str, *, after: int = 0, until: int | None = None
    ) -> tuple["builtins.list[Log | LogSegment]", int | None]:
        """Return a page of log events, and the number to continue after, if any.

        Long logs have segments; `log_lines` reads them.
        """
        return await event_log.logs(self._runs, run_id, after, until or event_log.LAST)

    async def log_lines(
        self, run_id: str, *, after: int = 0, until: int | None = None
    ) -> AsyncIterator["builtins.list[Log]"]:
        """Yield the log of a run, segments included, after an event and up to another."""
        following: int | None = after
        while following is not None:
            page, following = await self.logs(run_id, after=following, until=until)
            lines: list[Log] = []
            for event in page:
                if isinstance(event, Log):
                    lines.append(event)
                else:
                    yield lines
                    lines = []
                    yield await asyncio.to_thread(self.segments, event)
            yield lines

    def segment_bytes(self, segment: LogSegment) -> bytes:
        """Return the checked contents of a segment; it blocks.

        Raises:
            NotFoundError: it is no longer stored, or damaged.
        """
        data = log_segments.read_bytes(self.path, segment)
        log_segments.decode(segment, data)
        return data

    async def head(self, run_id: str) -> ExecutionRecord | None:
        """Return the record of a run without its steps; quick for any number of steps."""
        return await event_log.head(self._runs, run_id)

    async def steps(
        self, run_id: str, paths: Collection[str], *, after: int = 0, until: int | None = None
    ) -> "builtins.list[StepResult]":
        """Return the steps at some addresses and all steps inside them.

        Steps that a windowed record omits are included.

        Args:
            after: read only events after this number.
            until: read only events up to this number.

        Raises:
            NotFoundError: there is no such run.
        """
        return await event_log.steps(self._runs, run_id, paths, after, until or event_log.LAST)

    async def list(
        self,
        filters: ExecutionFilters | None = None,
        *,
        limit: int = 50,
        cursor: str | None = None,
        among: Collection[str] | None = None,
        sort: RunSort = "-started",
        offset: int = 0,
    ) -> ExecutionPage:
        """Return a page of runs, by creation time the newest first.

        Args:
            cursor: `next` of the previous page.
            among: only runs of these workflows.
            offset: without a cursor, the number of runs before the page; negative: that of runs from there to the end.

        Raises:
            UsageError: the cursor is not from an earlier page.
        """
        wanted = filters or ExecutionFilters()
        return await run_lists.list_runs(
            self._lists, wanted, limit, cursor, among, sort=sort, offset=offset, values=self._values
        )

    async def count(self, filters: ExecutionFilters, among: Collection[str] | None = None) -> int:
        """Return the number of runs that match; `contains` searches all values."""
        return await run_counts.count_runs(self._lists, self._values, filters, among)

    async def groups(
        self, filters: ExecutionFilters, by: GroupBy, among: Collection[str] | None = None
    ) -> builtins.list[RunGroup]:
        """Return the runs that match in groups, the biggest first."""
        return await run_counts.group_runs(self._lists, self._values, filters, by, among)

    async def item_labels(self, run_id: str) -> dict[str, str]:
        """Return the labels of the items of a run, by the addresses of their iterations."""
        return await run_times.item_labels(self._runs, run_id)

    async def version(self) -> int:
        """Return a number that changes with each write to the database."""
        return await event_log.RunProgress(self._lists).version()

    async def summary(self, run_id: str) -> ExecutionSummary | None:
        """Return a run as lists show it, or None."""
        return await run_lists.summary(self._lists, run_id)

    async def get_by_workflow(self, workflow_id: str, limit: int = 10) -> ExecutionPage:
        """Return the newest runs of a workflow."""
        return await self.list(ExecutionFilters(workflow_id=workflow_id), limit=limit)

    async def child_of(self, run_id: str, path: str) -> str | None:
        """Return the newest run that a step of a run started, or None."""
        return await run_lists.child_of(self._lists, run_id, path)

    async def children(self, run_ids: Collection[str]) -> Sequence[ExecutionSummary]:
        """Return the runs that steps of some runs started, the newest first."""
        return await inner_runs.children(self._runs, run_ids)

    async def begun_steps(self, wanted: Mapping[str, Collection[str]]) -> inner_runs.BegunSteps:
        """Return the wanted steps, by run, that have begun, each once, in their order."""
        return await inner_runs.begun_steps(self._runs, wanted)

    async def find(self, text: str) -> str:
        """Return the run for an id, a unique beginning or end of one, or `last`.

        Raises:
            NotFoundError: no run matches.
            UsageError: several runs match; the message lists some.
        """
        return await run_lists.find_run(self._lists, text)

    async def run_of_key(self, user_id: str, start_key: str) -> str | None:
        """Return the run that a user has started with a key, or None."""
        return await run_lists.run_of_key(self._lists, user_id, start_key)

    async def stats(self) -> dict[str, WorkflowStats]:
        """Return statistics by workflow id."""
        return await run_lists.read_stats(self._lists)

    async def run_times(
        self, workflow_id: str | None, statuses: Sequence[str], since: datetime, limit: int
    ) -> "builtins.list[RunTime]":
        """Return durations of runs that no step started, the newest of each status."""
        return await run_times.run_times(self._lists, workflow_id, statuses, to_milliseconds(since), limit)

    async def step_times(self, run: RunTime) -> "builtins.list[StepTime]":
        """Return the durations of the steps of a run."""
        return await run_times.step_times(self._lists, run.key)

    def search(self, run_id: str, text: str) -> AsyncIterator["builtins.list[TextMatch]"]:
        """Yield the places of a run that have a text: log lines, inputs, outputs, errors."""
        return text_search.search(self._lists, run_id, text, self.segments)

    async def values_of(self, run_id: str) -> "builtins.list[str]":
        """Return the hashes of the big values of a run."""
        return await payloads.values_of(self._runs, run_id)

    async def source_of(self, run_id: str) -> str:
        """Return the workflow.json that a run recorded; empty if it is not stored."""
        first = await self.events(run_id, limit=1)
        plan = first[0].plan if first and isinstance(first[0], Created) else None
        try:
            return (await self.get_plan(plan))[0] if plan is not None else ""
        except NotFoundError:
            return ""

    async def inputs_of(self, run_id: str) -> dict[str, Json] | None:
        """Return the inputs of a run; None without such a run or with big inputs."""
        try:
            first = await self.events(run_id, limit=1)
        except NotFoundError:
            return None
        inputs = first[0].inputs if first and isinstance(first[0], Created) else None
        return inputs if isinstance(inputs, dict) and payloads.as_reference(inputs) is None else None

    async def last_tidied(self) -> CleanupReport | None:
        """Return the report of the last `tidy` of any process that removed runs, or None."""
        report_json = await maintenance_lease.report(self._lists, RETENTION)
        return None if report_json is None else read_json(CleanupReport, report_json)

    async def value(self, reference: ValueRef | str) -> Json:
        """Return a big value by its reference or hash.

        Raises:
            NotFoundError: the database does not hold it.
        """
        return await payloads.read_value(self._runs, _hash(reference))

    async def holds_value(self, run_id: str, value_hash: str) -> bool:
        """Return whether a run refers to a big value."""
        return await payloads.is_of_run(self._runs, value_hash, run_id)

    async def value_text(self, reference: ValueRef | str, offset: int = 0) -> tuple[str, int | None]:
        """Return a part of a big value's JSON text and the offset of the next part.

        Args:
            offset: 0, or the offset that an earlier call returned; None marks the end.
        """
        return await payloads.read_text(self._runs, _hash(reference), offset)

    async def resolve(self, data: Json) -> Json:
        """Return a copy of JSON data with references replaced by their values."""
        reference = payloads.as_reference(data)
        if reference is not None:
            return await self.value(reference)
        if isinstance(data, dict):
            return {key: await self.resolve(item) for key, item in data.items()}
        if isinstance(data, list):
            return [await self.resolve(item) for item in data]
        return data

    async def resolve_record(self, record: ExecutionRecord) -> ExecutionRecord:
        """Replace the references in a record by their values, in place, and return it."""
        record.inputs, record.outputs = await self._whole(record.inputs), await self._whole(record.outputs)
        await self._resolve_error(record.error)
        for step in record.step_results:
            await self.resolve_step(step)
        return record

    async def resolve_step(self, step: StepResult) -> StepResult:
        """Replace the references in a step by their values, in place, and return it."""
        step.input, step.output = await self._whole(step.input), await self._whole(step.output)
        for error in (step.error, *(attempt.error for attempt in step.attempts)):
            await self._resolve_error(error)
        if step.waiting is not None:
            step.waiting.form = await self._whole(step.waiting.form)
        return step

    async def get_plan(self, plan_hash: str) -> tuple[str, str]:
        """Return source and code of a plan.

        Raises:
            NotFoundError: the database does not hold it.
        """
        return await plans.get(self._runs, plan_hash)

    async def _whole(self, value: Json) -> Json:
        """Return the value of a field that holds a value or a reference to one."""
        reference = payloads.as_reference(value)
        return value if reference is None else await self.value(reference)

    async def _resolve_error(self, error: ExecutionError | None) -> None:
        if error is not None:
            error.details = await self._whole(error.details)

    async def _existing(self, run_id: str) -> ExecutionRecord:
        record = await self.get(run_id)
        if record is None:
            raise RunNotFoundError(run_id)
        return record


def _hash(reference: ValueRef | str) -> str:
    return reference if isinstance(reference, str) else reference.hash
