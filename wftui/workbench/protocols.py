"""The workbench as its frontends call it, whichever machine it is on.

`Workbench` is that of this machine; `wftui.client` has the one of a server. What changes files of the machine, such as
connections and the editor's sources, is not part of the protocols: `AnyWorkbench.local` has it, or says why not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from wftui.engine.restart.restart_plan import StepDecision
    from wftui.model.base import Json
    from wftui.model.clock import Clock, Elapsed
    from wftui.model.comparison.comparison import RunComparison, UsualTime
    from wftui.model.errors import UserError
    from wftui.model.listing import AttentionItem, RecentInputs, WorkflowOutline, WorkflowRow
    from wftui.model.run.actions import RunAction
    from wftui.model.run.events import ExecutionEvent, Log, LogSegment
    from wftui.model.run.log_source import SegmentSource
    from wftui.model.run.record import ExecutionRecord
    from wftui.model.run.search import TextMatch
    from wftui.model.run.steps import StepInfo, StepResult, ValueRef
    from wftui.model.run.summary import (
        ExecutionFilters,
        ExecutionPage,
        ExecutionSummary,
        GroupBy,
        RunGroup,
        RunSort,
    )
    from wftui.model.statistics import PeriodStatistics, WorkflowStatistics
    from wftui.workbench.past_runs.record_service import OpenedRun, Report
    from wftui.workbench.setup.settings_service import SettingsService
    from wftui.workbench.workbench import Workbench
    from wftui.workbench.workbench_settings import Settings


class Workflows(Protocol):
    """`workbench.workflows`; see `WorkflowService`."""

    async def ids(self) -> list[str]:
        """Return the ids of all workflows."""

    async def signature(self) -> object:
        """Return a value that changes when a workflow is added, removed or written."""

    async def all(self) -> list[WorkflowRow]:
        """Return all workflows with compile state and run statistics, sorted by id."""

    async def outline(self, workflow_id: str) -> WorkflowOutline:
        """Return steps and input schema of a workflow."""

    async def head(self, workflow_id: str) -> WorkflowOutline:
        """Return the outline of a workflow without its steps."""

    async def input_schema(self, workflow_id: str) -> Mapping[str, Json]:
        """Return the schema of a workflow's inputs."""


class Runs(Protocol):
    """`workbench.runs`; see `RunService`.

    `by` names the user who asks; absent: the user of the workbench.
    """

    async def start(
        self,
        workflow_id: str,
        inputs: Mapping[str, Json],
        *,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
        key: str | None = None,
        by: str | None = None,
    ) -> str:
        """Start a run; return its id once it is recorded."""

    async def rerun(
        self,
        run_id: str,
        inputs: Mapping[str, Json],
        *,
        reuse: bool,
        from_step: str | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
        confirmed: bool = False,
        by: str | None = None,
    ) -> str:
        """Rerun a workflow with the inputs of an earlier run; return the new run's id."""

    async def plan_restart(
        self,
        run_id: str,
        inputs: Mapping[str, Json],
        *,
        from_step: str | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
    ) -> list[StepDecision]:
        """Return which steps `rerun` with `reuse` would reuse or run, and why."""

    async def secrets_to_ask(self, run_id: str, *, resume: bool) -> tuple[WorkflowOutline, dict[str, Json]] | None:
        """Return the secret inputs to enter again before a resume or rerun."""

    async def input_schema(self, run_id: str) -> Mapping[str, Json]:
        """Return the input schema of a run's own plan."""

    async def plan_resume(self, run_id: str) -> list[StepDecision]:
        """Return which steps `resume` would reuse or run, and why."""

    async def left_running(self, run_id: str) -> list[str]:
        """Describe the orphan processes of an interrupted run."""

    async def resume(
        self, run_id: str, inputs: Mapping[str, Json], *, confirmed: bool = False, by: str | None = None
    ) -> None:
        """Resume an interrupted run."""

    async def cancel(self, run_id: str, *, by: str | None = None) -> None:
        """Request the cancellation of a run; a second request skips the grace period."""

    async def answer(self, run_id: str, path: str, *, approved: bool, data: Json = None, by: str | None = None) -> None:
        """Answer the approval that a step waits for."""

    def actions(self, record: ExecutionRecord) -> list[RunAction]:
        """Return the actions of a run; a disabled one has a reason."""

    async def wait(self, run_id: str) -> ExecutionRecord:
        """Wait for a run that was started here to end; return its record."""

    async def until_end(self, run_id: str) -> None:
        """Wait until a run has ended or is interrupted."""

    def follow(self, run_id: str, after: int = 0, *, despite_full: bool = False) -> AsyncIterator[list[ExecutionEvent]]:
        """Yield a run's events in batches, stored ones first, then live, until it ends."""

    async def live_record(self, run_id: str) -> ExecutionRecord | None:
        """Return the record of a run of this process, without reading it; None of others."""

    async def record(self, run_id: str, *, whole: bool = False) -> ExecutionRecord:
        """Return the current record of a run, named as for `find`."""

    async def head(self, run_id: str, *, whole: bool = False) -> ExecutionRecord:
        """Return the record of a run without its steps."""

    async def steps(
        self, run_id: str, paths: Sequence[str], *, whole: bool = False, after: int = 0, until: int | None = None
    ) -> list[StepResult]:
        """Read the steps at some paths, each with the steps inside it."""

    async def find(self, text: str) -> str:
        """Return the run id for a unique prefix or suffix of it, or `last`."""

    async def child_of(self, run_id: str, path: str) -> str | None:
        """Return the newest child run that a step started; None if there is none."""

    async def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> list[ExecutionEvent]:
        """Return a page of a run's stored events, in order."""

    async def value(self, run_id: str, ref: ValueRef) -> Json:
        """Return a big value of a run."""

    async def value_text(self, run_id: str, ref: ValueRef, offset: int = 0) -> tuple[str, int | None]:
        """Return a chunk of a big value's JSON and the next offset (None at the end)."""

    async def history(
        self,
        filters: ExecutionFilters | None = None,
        *,
        limit: int = 50,
        cursor: str | None = None,
        sort: RunSort = "-started",
        offset: int = 0,
    ) -> ExecutionPage:
        """Return a page of runs, newest first unless sorted in another order."""

    async def count(self, filters: ExecutionFilters | None = None) -> int:
        """Return the number of runs that match."""

    async def groups(self, filters: ExecutionFilters | None, by: GroupBy) -> list[RunGroup]:
        """Return the runs that match in groups, the biggest first."""

    async def recent_inputs(self, workflow_id: str, limit: int = 5) -> list[RecentInputs]:
        """Return the distinct inputs of recent runs, newest first."""

    async def attention(self, limit: int = 50) -> list[AttentionItem]:
        """Return runs that need attention: waiting approvals, interrupted and failed runs."""

    def running(self) -> list[str]:
        """Return the ids of the runs of this process."""

    def time_of(self, run_id: str) -> datetime | None:
        """Return the time by the clock of a run of this process, or None.

        No change of the time of day moves it.
        """


class Records(Protocol):
    """`workbench.records`; see `RecordService`."""

    async def version(self) -> int:
        """Return a number that changes with each write to the history."""

    async def summary(self, run_id: str) -> ExecutionSummary:
        """Return a run as lists show it."""

    async def last_seq(self, run_id: str) -> int:
        """Return the number of the newest event of a run, log lines included."""

    async def opens_at_end(self, run_id: str) -> bool:
        """Return whether a run is opened at its newest event, by `open`."""

    async def open(self, run_id: str, report: Report) -> OpenedRun:
        """Return a run at its newest event."""

    async def declared(self, run_id: str) -> Sequence[StepInfo]:
        """Return the steps of a run's workflow."""

    async def at(self, run_id: str, number: int) -> ExecutionRecord:
        """Return the record of a run as it was after an event."""

    def log_events(self, run_id: str, *, until: int | None = None) -> AsyncIterator[Sequence[Log | LogSegment]]:
        """Yield the log events of a run in pages, up to an event; of long logs, segments."""

    async def segment_reader(self) -> SegmentSource:
        """Return the reader of segments of logs that are on this machine."""

    async def fetch_segments(self, run_id: str, events: Sequence[ExecutionEvent]) -> None:
        """Fetch the lines of the segments among events, if they are elsewhere."""

    def logs(self, run_id: str, *, after: int = 0, until: int | None = None) -> AsyncIterator[list[Log]]:
        """Yield the log events of a run in pages."""


class Comparisons(Protocol):
    """`workbench.comparisons`; see `ComparisonService`."""

    async def compare(self, before: str, after: str) -> RunComparison:
        """Compare two runs, given by their ids."""

    async def last_good(self, run_id: str) -> str:
        """Return the newest completed run of the same workflow before a run."""


class Statistics(Protocol):
    """`workbench.statistics`; see `StatisticsService`."""

    async def of(self, workflow_id: str | None, since: datetime) -> WorkflowStatistics:
        """Return the statistics of a workflow, or of all, over the runs since a time."""

    async def usual(self, workflow_id: str, *, before: str = "") -> PeriodStatistics | None:
        """Return how long the newest completed runs of a workflow took."""

    async def usual_steps(self, workflow_id: str, *, before: str = "") -> dict[str, UsualTime]:
        """Return how long the steps of these runs took, by address without indices."""


class Search(Protocol):
    """`workbench.search`; see `SearchService`."""

    def grep(
        self, text: str, filters: ExecutionFilters, *, where: Collection[str] = ()
    ) -> AsyncIterator[list[TextMatch]]:
        """Yield the places that have a text, the newest run first."""


class AnyWorkbench(Protocol):
    """The workbench of this machine or of a server."""

    @property
    def workflows(self) -> Workflows:
        """The workflows of the workspace."""

    @property
    def runs(self) -> Runs:
        """The runs."""

    @property
    def records(self) -> Records:
        """Runs at any event."""

    @property
    def comparisons(self) -> Comparisons:
        """Two runs side by side."""

    @property
    def statistics(self) -> Statistics:
        """Figures of many runs."""

    @property
    def search(self) -> Search:
        """Text in many runs."""

    @property
    def settings(self) -> Settings:
        """The settings of the user of this machine."""

    @property
    def user_settings(self) -> SettingsService:
        """The file that holds them."""

    @property
    def clock(self) -> Clock:
        """The time of day."""

    @property
    def elapsed(self) -> Elapsed:
        """Seconds since some start."""

    @property
    def place(self) -> Sequence[str]:
        """The options that lead a command to this workbench, such as `--remote URL`."""

    @property
    def server(self) -> str | None:
        """URL of the server that the workbench is on; None: it is on this machine."""

    @property
    def read_only(self) -> str | None:
        """Reason why this session changes nothing; None if it may."""

    @property
    def local(self) -> Workbench:
        """The workbench of this machine, for what only that has.

        Raises:
            RemoteError: it is on a server.
        """

    @property
    def notice(self) -> str | None:
        """A message about the files of the workbench."""

    @property
    def unusable(self) -> UserError | None:
        """The error of every further write."""

    def report_opening_to(self, report: Callable[[str], None]) -> None:
        """Report what takes long in opening the workbench, or in reaching it."""

    async def close(self, *, cancel: bool = False) -> None:
        """End what belongs to this process."""
