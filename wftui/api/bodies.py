"""Models of requests and of the answers that no other frontend has."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime

from wftui.model.base import Field, Json, WireModel, fresh
from wftui.model.listing import RecentInputs, WorkflowRow
from wftui.model.run.steps import StepResult
from wftui.model.run.summary import ExecutionFilters, GroupBy, RunSort, check_filters

_When = Annotated[
    AwareDatetime,
    Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9000, 1, 1, tzinfo=UTC), description="With a time zone."),
]
_Inputs = Annotated[dict[str, Json], Field(description="By name; secret ones have to be given again.")]
_Connections = Annotated[dict[str, str], Field(description="Connection names to use instead.")]
_Pool = Annotated[
    str | None,
    Field(description="Pool for all steps that can run on workers; `here`: none. Absent: as the workflow says."),
]
_MOST_RUNS = 2**40
_Confirmed = Annotated[bool, Field(description="Repeat work that may already be done.")]


class CompilationRequest(WireModel):
    """Body of `POST /api/workflows/compile`."""

    workflow_id: str


class StartRequest(WireModel):
    """Body of `POST /api/workflows/execute`."""

    workflow_id: str
    inputs: dict[str, Json] = fresh(factory=dict)
    user_id: Annotated[str | None, Field(description="The name of the token, which is the default.")] = None
    connections: _Connections = fresh(factory=dict)
    pool: _Pool = None


class RerunBody(WireModel):
    """Body of a rerun and of its plan."""

    inputs: _Inputs = fresh(factory=dict)
    reuse: Annotated[bool, Field(description="Reuse the steps that neither failed nor changed.")] = False
    from_step: Annotated[str | None, Field(description="With `reuse`: the step to run, with all that follow.")] = None
    complete: Annotated[bool, Field(description="With `reuse`: drop other inputs of the earlier run.")] = False
    connections: _Connections = fresh(factory=dict)
    pool: _Pool = None
    confirmed: _Confirmed = False


class ResumeRequest(WireModel):
    """Body of a resume."""

    inputs: _Inputs = fresh(factory=dict)
    confirmed: _Confirmed = False


class AnswerRequest(WireModel):
    """The answer to an approval."""

    path: Annotated[str, Field(description="Address of the step: build[3].confirm.")]
    approved: bool
    data: Annotated[Json, Field(description="Data for its form.")] = None


class Decision(WireModel):
    """A step of a plan: kept or run, and why."""

    path: str
    action: str
    why: str
    pool: Annotated[str | None, Field(description="Pool of workers that a step runs in again.")] = None
    items: Annotated[int | None, Field(description="Items or iterations that run again.")] = None
    had_ended: Annotated[int | None, Field(description="How many of them had ended.")] = None
    effects: Annotated[
        list[str] | None, Field(description='Steps with `"idempotent": false` that had begun and run again.')
    ] = None
    usual: Annotated[float | None, Field(description="Its usual duration in milliseconds.")] = None


class Plan(WireModel):
    """The steps of a rerun or resume."""

    steps: list[Decision]
    left_running: Annotated[
        list[str] | None,
        Field(description="Of a resume: the processes of the interrupted run that it ends, as sentences."),
    ] = None


class Steps(WireModel):
    """A step with the steps inside it."""

    steps: list[StepResult]


class InputSchema(WireModel):
    """The input schema of a run's own plan, whatever its workflow has become."""

    input_schema: dict[str, Json]


class EarlierInputs(WireModel):
    """Distinct inputs of recent runs, newest first."""

    inputs: list[RecentInputs]


class WorkflowList(WireModel):
    """The workflows that the token covers."""

    workflows: list[WorkflowRow]


class Health(WireModel):
    """The server answers."""

    status: Literal["ok", "stopping"]


class HistoryFilters(ExecutionFilters):
    """Filters of the history as parameters."""

    since: _When | None = None
    until: _When | None = None

    def filters(self) -> ExecutionFilters:
        """Return the filters.

        Raises:
            UsageError: no run can match them.
        """
        found = ExecutionFilters(**{name: getattr(self, name) for name in ExecutionFilters.model_fields})
        check_filters(found)
        return found


class HistoryParameters(HistoryFilters):
    """Parameters of the history."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(description="`next` of the previous page.")] = None
    sort: Annotated[RunSort, Field(description="A leading `-` means descending.")] = "-started"
    offset: Annotated[
        int,
        Field(
            ge=-_MOST_RUNS,
            le=_MOST_RUNS,
            description="Without a cursor: runs before the page. Negative: runs from there to the end.",
        ),
    ] = 0


class GroupsQuery(HistoryFilters):
    """Parameters of groups of runs."""

    by: GroupBy


class ComparisonQuery(WireModel):
    """Parameters of a comparison: ids of two runs."""

    before: str
    after: str


class StatisticsQuery(WireModel):
    """Parameters of statistics."""

    workflow_id: Annotated[str | None, Field(description="Absent: all that the token covers.")] = None
    since: _When


class EventsQuery(WireModel):
    """Parameters of the event stream."""

    after: Annotated[int, Field(ge=0, le=0xFFFFFFFF, description="Number of the last event that is known.")] = 0


class StoredEventsQuery(EventsQuery):
    """Parameters of a page of events."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 1000


class LogsQuery(EventsQuery):
    """Parameters of the log."""

    until: Annotated[int | None, Field(ge=0, le=0xFFFFFFFF, description="Number of the last event to read.")] = None


class SearchQuery(HistoryFilters):
    """Parameters of a search."""

    find: Annotated[str, Field(min_length=1, max_length=1000, description="Case-sensitive only with a capital letter.")]
    where: Annotated[
        list[str] | None, Field(description="log, inputs, input, output, outputs, error; absent: all.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000


class ValueQuery(WireModel):
    """Parameters of a big value."""

    offset: Annotated[
        int | None,
        Field(
            ge=0,
            le=0x7FFFFFFFFFFFFFFF,
            description="Part to return; the header Next-Offset has the next one.",
        ),
    ] = None


class WholeQuery(WireModel):
    """Parameters of steps."""

    whole: Annotated[bool, Field(description="Full values instead of references for values over 16 KB.")] = False


class RecordQuery(WholeQuery):
    """Parameters of a record."""

    steps: Annotated[bool, Field(description="False: without its steps.")] = True
    at: Annotated[int | None, Field(ge=0, le=0xFFFFFFFF, description="As it was after the event of this number.")] = (
        None
    )


class NoQuery(WireModel):
    """No parameters."""
