"""Runs in lists: summaries, filters, pages, and the report of a cleanup."""

from typing import Annotated, Literal

from wftui.model.base import Field, Json, Timestamp, WireModel, fresh
from wftui.model.errors import UsageError
from wftui.model.run.record import ExecutionStatus
from wftui.model.run.steps import ExecutionError

RunSort = Literal[
    "-started",
    "started",
    "-duration",
    "duration",
    "workflow",
    "-workflow",
    "status",
    "-status",
    "user",
    "-user",
]
"""Orders of the history: `-` means descending. Runs of one workflow, status or user follow by time, newest first."""
GroupBy = Literal["workflow", "status", "error", "user"]


class RunOwner(WireModel):
    """The process that runs a run."""

    host: Annotated[str, Field(description="Name of its machine, in a container with its namespace.")]
    pid: int
    since: Annotated[Timestamp | None, Field(description="Its start, if it is on this machine.")] = None
    stopped: Annotated[bool, Field(description="Stopped by a signal such as SIGSTOP, if it is on this machine.")] = (
        False
    )
    heartbeat_at: Annotated[Timestamp | None, Field(description="Its last sign of life, every 10 seconds.")] = None
    seconds: Annotated[float | None, Field(exclude=True)] = None
    """Time since its creation, by a monotonic clock."""


class ExecutionSummary(WireModel):
    """A run in a list: no inputs, outputs or steps."""

    id: str
    workflow_id: str
    workflow_version: str = ""
    workflow_hash: str = ""
    user_id: str = ""
    status: Annotated[ExecutionStatus | str, Field(description="Of the run; later versions may add more.")]
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    duration: float | None = None
    error: ExecutionError | None = None
    warnings: int = 0
    parent_id: str | None = None
    parent_path: Annotated[str | None, Field(description="Step of the parent that started it.")] = None
    waiting: Annotated[bool, Field(description="Waits for an approval.")] = False
    waiting_pools: Annotated[
        list[str] | None, Field(description="Pools without workers that steps wait for; absent without any.")
    ] = None
    owner: Annotated[RunOwner | None, Field(description="Of a run in progress.")] = None


class ExecutionFilters(WireModel):
    """Filters of the history; absent means any.

    `text` searches workflow id, run id, user and error message, `contains` the values.

    `children` false leaves out the runs that a step of another run started.
    """

    workflow_id: str | None = None
    status: list[ExecutionStatus] | None = None
    user_id: str | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    text: str | None = None
    parent_id: str | None = None
    longer_than: Annotated[
        float | None, Field(ge=0, allow_inf_nan=False, description="Milliseconds that an ended run took at least.")
    ] = None
    error_type: Annotated[str | None, Field(description="Of failed runs: `http` matches `http.5xx`, too.")] = None
    label: Annotated[str | None, Field(description="Label of the workflow that ran: its name, or `name=value`.")] = None
    contains: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=1000,
            description="Text in inputs, outputs and errors; `re:` begins a regular expression. A page may have fewer"
            " runs than asked for.",
        ),
    ] = None
    children: bool = True


_WITH_DURATION = frozenset({"completed", "failed", "cancelled"})


def check_filters(filters: ExecutionFilters) -> None:
    """Refuse filters that exclude each other.

    Raises:
        UsageError: no run can match them.
    """
    statuses = frozenset(filters.status or ())
    why = None
    if filters.since is not None and filters.until is not None and filters.since > filters.until:
        why = "the time of `since` is after that of `until`"
    elif filters.error_type is not None and statuses and "failed" not in statuses:
        why = f"only failed runs have an error, and none that is {' or '.join(sorted(statuses))}"
    elif filters.longer_than is not None and statuses and not statuses & _WITH_DURATION:
        why = f"only runs that have ended have a duration, and none that is {' or '.join(sorted(statuses))}"
    if why is not None:
        raise UsageError(f"no run can match these filters: {why}", code="usage.filter")


class RunGroup(WireModel):
    """Runs that have a workflow, a status, a user or an error in common."""

    value: Annotated[str, Field(description="Workflow, status, user, or type of the error.")]
    message: Annotated[str | None, Field(description="Of the newest of these errors.")] = None
    runs: int
    last_run: Annotated[str, Field(description="Id of the newest of them.")]


class RunGroups(WireModel):
    """All runs that match, in groups, the biggest first."""

    by: GroupBy
    groups: list[RunGroup]


class RunCount(WireModel):
    """The number of runs that match."""

    runs: int


class ExecutionPage(WireModel):
    """One page of history; `next` is an opaque cursor, null at the end."""

    executions: list[ExecutionSummary]
    next: str | None = None

    def to_wire(self) -> dict[str, Json]:
        """Return the JSON form; `next` is null on the last page, as scripts loop on it."""
        return {"next": None, **super().to_wire()}


class CleanupReport(WireModel):
    """The result of a cleanup, real or dry; `workflows`: removed runs by workflow."""

    runs: int
    workflows: dict[str, int] = fresh(factory=dict)
    bytes_before: int
    bytes_after: int
    dry_run: bool = False
    at: Annotated[Timestamp | None, Field(description="Time of an automatic cleanup.")] = None
    counted_to: Annotated[
        Timestamp | None, Field(description="Time to which days were counted, if the clock is far ahead of the runs.")
    ] = None
