"""A run as stored, shown and sent: `ExecutionRecord`, the fold of its events."""

from typing import Annotated, Literal

from wftui.model.base import Field, Json, Timestamp, WireModel, fresh
from wftui.model.run.record_index import RecordIndex
from wftui.model.run.steps import ExecutionError, StepResult

ExecutionStatus = Literal["pending", "running", "completed", "failed", "cancelled", "interrupted"]

TERMINAL: frozenset[ExecutionStatus] = frozenset({"completed", "failed", "cancelled"})
"""Final states. `interrupted` is not among them: such a run can be resumed."""


class ExecutionRequest(WireModel):
    """Body of `POST /api/workflows/execute`; every frontend starts runs with it."""

    workflow_id: str
    inputs: dict[str, Json] = fresh(factory=dict)
    user_id: str = ""
    parent_id: str | None = None
    parent_path: Annotated[str | None, Field(description="Step of the parent that asks for this run.")] = None
    connections: Annotated[dict[str, str], Field(description="Connection names to use instead.")] = fresh(factory=dict)
    inherited_connections: Annotated[
        dict[str, str],
        Field(description="The same, chosen for the parent; names that this workflow does not have are ignored."),
    ] = fresh(factory=dict)

    pool: Annotated[
        str | None,
        Field(description="Pool for all steps that can run on workers; `here`: none. Absent: as the workflow says."),
    ] = None
    start_key: Annotated[
        str | None, Field(description="Starts one run per user: repeated, it gives the same run back.")
    ] = None

    @property
    def chosen_connections(self) -> dict[str, str]:
        """All connections to use instead of others, by name."""
        return {**self.inherited_connections, **self.connections}


class QueuePlace(WireModel):
    """Place of a run in the queue of its concurrency group.

    Attributes:
        place: number of runs before it.
        behind: id of the one that is the next to end.
    """

    group: str
    place: int
    behind: str | None = None

    @property
    def why(self) -> str:
        """Reason why the run waits, as a clause."""
        others = "" if self.place == 1 else f" and {self.place - 1} more"
        return f"waiting for run {self.behind}{others} of group {self.group}"


class Interruption(WireModel):
    """Time in which no process ran a run."""

    since: Annotated[Timestamp, Field(description="Last sign of life of the process that died.")]
    until: Annotated[Timestamp | None, Field(description="The resume; absent while there is none.")] = None


class ExecutionRecord(WireModel):
    """A run: the fold of its events (`reducer.apply`). Durations are milliseconds."""

    id: str
    workflow_id: str
    workflow_version: str = ""
    workflow_hash: str = ""
    user_id: str = ""
    status: ExecutionStatus = "pending"
    inputs: Json = fresh(factory=dict)
    outputs: Json = None
    vars: Annotated[Json, Field(description="Values of the workflow's `vars`; null without any.")] = None
    created_at: Timestamp | None = None
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    duration: Annotated[float | None, Field(description="Without interruptions.")] = None
    interruptions: Annotated[
        list[Interruption] | None, Field(description="Times in which no process ran it; absent without any.")
    ] = None
    error: ExecutionError | None = None
    warnings: int = 0
    cancel_requested: bool = False
    queued: Annotated[QueuePlace | None, Field(description="Place in its concurrency group while it waits.")] = None
    parent_id: str | None = None
    parent_path: Annotated[str | None, Field(description="Step of the parent that started it.")] = None
    connections: Annotated[dict[str, str], Field(description="Connections used instead of others.")] = fresh(
        factory=dict
    )
    pool: Annotated[
        str | None, Field(description="Pool chosen for all steps, or `here`; absent: as the workflow says.")
    ] = None
    imported_from: Annotated[str | None, Field(description="Name of the run file it was imported from.")] = None
    last_seq: int = 0
    step_results: list[StepResult] = fresh(factory=list)

    __slots__ = ("_index",)

    def __post_init__(self) -> None:
        """Index the steps by path, so that the reducer finds one in constant time."""
        self._index: RecordIndex = RecordIndex()
        for step in self.step_results:
            self._index.add(step)

    @property
    def index(self) -> RecordIndex:
        """The index of steps, and of iterations that the record leaves out."""
        return self._index

    def step(self, path: str) -> StepResult | None:
        """Return the step at an address; None if not started or left out."""
        return self.index.steps.get(path)

    def add_step(self, step: StepResult) -> StepResult:
        """Append a step that is new to the record (an iteration, a step inside one)."""
        self.step_results.append(step)
        self.index.add(step)
        return step


def steps_to_wire(steps: list[StepResult]) -> list[Json]:
    """Return the JSON form of steps, as in a record's `stepResults`."""
    return [step.to_wire() for step in steps]
