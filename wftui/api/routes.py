"""Table of endpoints, from which application and OpenAPI document are made."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from wftui.api import bodies, run_endpoints, workflow_endpoints
from wftui.api.call import Call
from wftui.model.base import WireModel
from wftui.model.comparison.comparison import RunComparison
from wftui.model.listing import WorkflowOutline
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.summary import ExecutionPage, ExecutionSummary, RunCount, RunGroups
from wftui.model.statistics import WorkflowStatistics
from wftui.model.user.access import Scope
from wftui.model.workflow.compilation import CompilationResult

_RUN = "/api/workflows/execute/{id}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint.

    Attributes:
        answer: model of the body, or its media type.
        problems: statuses of errors beside those that every endpoint has.
    """

    method: str
    path: str
    scope: Scope
    handle: Callable[[Call], Awaitable[Response]]
    answer: type[WireModel] | str
    status: int = 200
    body: type[WireModel] | None = None
    query: type[WireModel] = bodies.NoQuery
    headers: tuple[str, ...] = ()
    also: tuple[int, ...] = ()
    problems: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Name of the operation."""
        return self.handle.__name__.rstrip("_")


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/openapi.json", "read", workflow_endpoints.openapi, "application/json"),
    Endpoint("GET", "/api/workflows", "read", workflow_endpoints.workflows, bodies.WorkflowList),
    Endpoint(
        "GET",
        "/api/workflows/definitions/{id}",
        "read",
        workflow_endpoints.definition,
        WorkflowOutline,
        problems=(404, 409),
    ),
    Endpoint(
        "GET",
        "/api/workflows/definitions/{id}/inputs",
        "read",
        workflow_endpoints.recent_inputs,
        bodies.EarlierInputs,
        problems=(404,),
    ),
    Endpoint(
        "POST",
        "/api/workflows/compile",
        "admin",
        workflow_endpoints.compile_,
        CompilationResult,
        body=bodies.CompilationRequest,
        problems=(404, 409),
    ),
    Endpoint(
        "POST",
        "/api/workflows/execute",
        "run",
        run_endpoints.execute,
        ExecutionRecord,
        202,
        body=bodies.StartRequest,
        headers=("Idempotency-Key",),
        problems=(404, 409),
    ),
    Endpoint(
        "GET",
        "/api/workflows/history",
        "read",
        run_endpoints.history,
        ExecutionPage,
        query=bodies.HistoryParameters,
        headers=("If-None-Match",),
        also=(304,),
    ),
    Endpoint(
        "GET",
        "/api/workflows/history/count",
        "read",
        run_endpoints.history_count,
        RunCount,
        query=bodies.HistoryFilters,
    ),
    Endpoint(
        "GET",
        "/api/workflows/history/groups",
        "read",
        run_endpoints.history_groups,
        RunGroups,
        query=bodies.GroupsQuery,
    ),
    Endpoint(
        "GET",
        "/api/workflows/compare",
        "read",
        run_endpoints.compare,
        RunComparison,
        query=bodies.ComparisonQuery,
        problems=(404, 409),
    ),
    Endpoint(
        "GET",
        "/api/workflows/statistics",
        "read",
        run_endpoints.statistics,
        WorkflowStatistics,
        query=bodies.StatisticsQuery,
        problems=(404,),
    ),
    Endpoint(
        "GET",
        "/api/workflows/search",
        "read",
        run_endpoints.search,
        "application/x-ndjson",
        query=bodies.SearchQuery,
    ),
    Endpoint(
        "GET",
        _RUN,
        "read",
        run_endpoints.record,
        ExecutionRecord,
        query=bodies.RecordQuery,
        headers=("If-None-Match",),
        also=(304,),
        problems=(404,),
    ),
    Endpoint("GET", f"{_RUN}/summary", "read", run_endpoints.summary, ExecutionSummary, problems=(404,)),
    Endpoint("DELETE", _RUN, "run", run_endpoints.cancel, ExecutionRecord, 202, problems=(404, 409)),
    Endpoint(
        "GET",
        f"{_RUN}/events",
        "read",
        run_endpoints.events,
        "text/event-stream",
        query=bodies.EventsQuery,
        headers=("Last-Event-ID",),
        also=(204,),
        problems=(404,),
    ),
    Endpoint(
        "GET",
        f"{_RUN}/events/stored",
        "read",
        run_endpoints.stored_events,
        "application/x-ndjson",
        query=bodies.StoredEventsQuery,
        problems=(404,),
    ),
    Endpoint(
        "GET",
        f"{_RUN}/logs",
        "read",
        run_endpoints.logs,
        "application/x-ndjson",
        query=bodies.LogsQuery,
        problems=(404,),
    ),
    Endpoint(
        "GET", f"{_RUN}/inputs/schema", "read", run_endpoints.input_schema, bodies.InputSchema, problems=(404, 409)
    ),
    Endpoint(
        "GET",
        f"{_RUN}/steps/{{path}}",
        "read",
        run_endpoints.steps,
        bodies.Steps,
        query=bodies.WholeQuery,
        problems=(404,),
    ),
    Endpoint(
        "GET",
        f"{_RUN}/values/{{hash}}",
        "read",
        run_endpoints.value,
        "application/json",
        query=bodies.ValueQuery,
        problems=(404,),
    ),
    Endpoint(
        "POST",
        f"{_RUN}/answer",
        "run",
        run_endpoints.answer,
        ExecutionRecord,
        body=bodies.AnswerRequest,
        problems=(404, 409),
    ),
    Endpoint(
        "POST",
        f"{_RUN}/rerun",
        "run",
        run_endpoints.rerun,
        ExecutionRecord,
        202,
        body=bodies.RerunBody,
        problems=(404, 409),
    ),
    Endpoint(
        "POST",
        f"{_RUN}/rerun/plan",
        "read",
        run_endpoints.rerun_plan,
        bodies.Plan,
        body=bodies.RerunBody,
        problems=(404, 409),
    ),
    Endpoint(
        "POST",
        f"{_RUN}/resume",
        "run",
        run_endpoints.resume,
        ExecutionRecord,
        202,
        body=bodies.ResumeRequest,
        problems=(404, 409),
    ),
    Endpoint("GET", f"{_RUN}/resume/plan", "read", run_endpoints.resume_plan, bodies.Plan, problems=(404, 409)),
)
