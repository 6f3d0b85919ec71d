"""A run and its steps, as stored, shown and sent: `ExecutionRecord` is the fold of the run's events."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, PrivateAttr

from wftui.model.base import WIRE_CONFIG, Json, Timestamp, WireModel
from wftui.model.record_index import RecordIndex

ExecutionStatus = Literal["pending", "running", "completed", "failed", "cancelled", "interrupted"]
StepStatus = Literal["pending", "running", "waiting", "completed", "failed", "skipped", "cancelled"]
LogLevel = Literal["debug", "info", "warn", "error"]

TERMINAL: frozenset[ExecutionStatus] = frozenset({"completed", "failed", "cancelled"})
"""Final states. `interrupted` is not among them: such a run can be resumed."""
STEP_TERMINAL: frozenset[StepStatus] = frozenset({"completed", "failed", "skipped", "cancelled"})


class ExecutionRequest(WireModel):
    """Body of `POST /api/workflows/execute`, and what every face hands to the workbench to start a run."""

    workflow_id: str
    inputs: dict[str, Json] = Field(default_factory=dict)
    user_id: str = ""
    parent_id: str | None = None
    parent_path: Annotated[str | None, Field(description="Step of the parent that asks for this run.")] = None
    connections: Annotated[dict[str, str], Field(description="Connection names to use instead.")] = Field(
        default_factory=dict
    )
    inherited_connections: Annotated[
        dict[str, str],
        Field(description="The same, as said for the parent: a name that this workflow has not is no mistake."),
    ] = Field(default_factory=dict)

    @property
    def chosen_connections(self) -> dict[str, str]:
        """All connection names to use instead."""
        return {**self.inherited_connections, **self.connections}


class ExecutionError(WireModel):
    """Why a run or a step failed. `type` is dotted words: `timeout`, `http.5xx`, `binding.missing`, `exit_code`, …"""

    type: Annotated[str, Field(description="Dotted words; `retry.on` matches them by prefix.")] = "error"
    message: Annotated[str, Field(description="A sentence for people.")]
    step_id: Annotated[str | None, Field(description="Id of the step that failed.")] = None
    path: Annotated[str | None, Field(description="Address of the step in the run: build[3].fetch.")] = None
    pointer: Annotated[str | None, Field(description="JSON Pointer into workflow.json: /steps/3/input/url.")] = None
    line: Annotated[int | None, Field(description="Line in workflow.json, from 1.")] = None
    column: Annotated[int | None, Field(description="Column in workflow.json, from 1; of an expression.")] = None
    attempt: Annotated[int | None, Field(description="Which attempt it was, from 1.")] = None
    recoverable: Annotated[bool, Field(description="Whether trying again may help.")] = False
    stack: Annotated[str | None, Field(description="The lines of your own code in the traceback.")] = None
    details: Annotated[
        Json, Field(description="More, by type: exitCode and stderr of a process, errors per field.")
    ] = None


class ValueRef(WireModel):
    """Stands in a record or event for a value too big to carry along; the store returns the value by its hash."""

    hash: Annotated[str, Field(alias="$value")]
    bytes: int
    preview: str


class StepInfo(WireModel):
    """A step as declared, listed by the `created` event so that a record knows its steps before they start."""

    path: str
    step_id: str
    step_name: str
    step_type: str
    parent: Annotated[str | None, Field(description="Path of the container or forEach step it lives in.")] = None
    needs: Annotated[list[str], Field(description="Paths of the steps it waits for.")] = Field(default_factory=list)
    line: Annotated[int | None, Field(description="Line of the step in workflow.json.")] = None


@dataclass(slots=True)
class Attempt:
    """One try of a step."""

    __pydantic_config__: ClassVar[ConfigDict] = WIRE_CONFIG

    attempt: int
    started_at: Timestamp
    completed_at: Timestamp | None = None
    duration: float | None = None
    error: ExecutionError | None = None


class Iterations(WireModel):
    """Counters of a forEach or a loop.

    `omitted`: of these iterations, which have ended, the record leaves out the details (`stepResults` of the iteration
    and of what is inside it); they are read by their path.
    """

    total: int | None = None
    started: int = 0
    completed: int = 0
    failed: int = 0
    omitted: int = 0


class Waiting(WireModel):
    """What a step or run waits for."""

    reason: Literal["approval", "delay", "retry", "child"]
    until: Timestamp | None = None
    prompt: str | None = None
    form: Json = None
    child_id: str | None = None


@dataclass(slots=True)
class StepResult:
    """One step of a run, or one iteration of it. `path` is its address: `fetch`, `build[3].fetch`.

    A record may hold ten thousand: with its attempt it takes an eighth of what a model takes.
    """

    __pydantic_config__: ClassVar[ConfigDict] = WIRE_CONFIG

    path: str
    step_id: str
    step_name: str
    step_type: str
    parent: str | None = None
    status: StepStatus = "pending"
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    duration: Annotated[float | None, Field(description="Milliseconds.")] = None
    input: Json = None
    output: Json = None
    error: ExecutionError | None = None
    handled: Annotated[bool, Field(description="Failed, but onError let the run go on.")] = False
    skip_reason: str | None = None
    progress: float | None = None
    message: str | None = None
    waiting: Waiting | None = None
    attempts: list[Attempt] = field(default_factory=list)
    iterations: Iterations | None = None
    kept_from: Annotated[str | None, Field(description="Run from which a re-run took it over.")] = None
    masked: Annotated[bool | None, Field(description="Part of the output is a secret, which is not stored.")] = None


class ExecutionRecord(WireModel):
    """A run: the fold of its events (`wftui.model.reducer.apply`). Durations are milliseconds."""

    id: str
    workflow_id: str
    workflow_version: str = ""
    workflow_hash: str = ""
    user_id: str = ""
    status: ExecutionStatus = "pending"
    inputs: Json = Field(default_factory=dict)
    outputs: Json = None
    created_at: Timestamp | None = None
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    duration: float | None = None
    error: ExecutionError | None = None
    warnings: int = 0
    cancel_requested: bool = False
    parent_id: str | None = None
    parent_path: Annotated[str | None, Field(description="Step of the parent that started it.")] = None
    connections: Annotated[dict[str, str], Field(description="Connections taken in the place of others.")] = Field(
        default_factory=dict
    )
    last_seq: int = 0
    step_results: list[StepResult] = Field(default_factory=list)

    _index: RecordIndex = PrivateAttr(default_factory=RecordIndex)

    def model_post_init(self, _context: object) -> None:
        """Index the steps by path, so that the reducer finds one in constant time."""
        for step in self.step_results:
            self._index.add(step)

    @property
    def index(self) -> RecordIndex:
        """Finds steps, and knows of the iterations that the record leaves out."""
        private = self.__pydantic_private__
        assert private is not None
        index: RecordIndex = private["_index"]  # as `self._index`, but in a tenth of the time: each event asks for it
        return index

    def step(self, path: str) -> StepResult | None:
        """The step at an address, or None: there is none yet, or the record leaves it out."""
        return self.index.steps.get(path)

    def add_step(self, step: StepResult) -> StepResult:
        """Append a step that the record did not hold (an iteration, a step inside one)."""
        self.step_results.append(step)
        self.index.add(step)
        return step


def steps_to_wire(steps: list[StepResult]) -> list[Json]:
    """The one JSON form of steps: as they stand in a record's `stepResults`."""
    wire: list[Json] = ExecutionRecord(id="", workflow_id="", step_results=steps).to_wire()["stepResults"]
    return wire


class ExecutionSummary(WireModel):
    """A run as lists show it: no inputs, outputs or steps."""

    id: str
    workflow_id: str
    workflow_version: str = ""
    workflow_hash: str = ""
    user_id: str = ""
    status: ExecutionStatus
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    duration: float | None = None
    error: ExecutionError | None = None
    warnings: int = 0
    parent_id: str | None = None
    parent_path: Annotated[str | None, Field(description="Step of the parent that started it.")] = None
    waiting: Annotated[bool, Field(description="A person is asked for an approval.")] = False


class ExecutionFilters(WireModel):
    """Filters of the history; absent means any. `text` searches workflow id, run id, user and error message.

    `children` false leaves out the runs that a step of another run started.
    """

    workflow_id: str | None = None
    status: list[ExecutionStatus] | None = None
    user_id: str | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    text: str | None = None
    parent_id: str | None = None
    children: bool = True


class ExecutionPage(WireModel):
    """One page of history, newest first; `next` is an opaque cursor for the following page, or null."""

    executions: list[ExecutionSummary]
    next: str | None = None

    def to_wire(self) -> dict[str, Json]:
        """As every model, but `next` stands there as null on the last page: scripts loop on it."""
        return {"next": None, **super().to_wire()}


class CleanupReport(WireModel):
    """What a cleanup removed, or would remove; `workflows`: how many runs of which."""

    runs: int
    workflows: dict[str, int] = Field(default_factory=dict)
    bytes_before: int
    bytes_after: int
    dry_run: bool = False
    at: Annotated[Timestamp | None, Field(description="Of one that ran by itself: when.")] = None
