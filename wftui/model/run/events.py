"""Events of a run: append-only, `seq` from 1 without gaps, the source of truth.

The original's nine types (`started`, `step_started`, `step_progress`, `step_completed`, `step_failed`, `completed`,
`failed`, `cancelled`, `log`) keep their names and fields; the others are additions. A step event names its step by
`stepId` (as declared) and `path` (its address, with iterations: `build[3].fetch`). Durations are milliseconds.

Producers build events with `seq=0`; the store's writer numbers them as it appends them.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from wftui.model.base import Field, Json, Timestamp, WireModel, fresh
from wftui.model.run.steps import ExecutionError, LogLevel, StepInfo, Waiting
from wftui.model.text.text_styles import StyleRun


class EventBase(WireModel):
    """The fields of every event."""

    seq: int = 0
    run_id: Annotated[str, Field(alias="executionId")]
    timestamp: Timestamp


class StepEventBase(EventBase):
    """The fields of every step event."""

    step_id: str
    path: str
    kept_from: Annotated[str | None, Field(description="Earlier run whose result a rerun reuses.")] = None


class Created(EventBase):
    """A run was created: the record exists, `pending`."""

    type: Literal["created"] = "created"
    workflow_id: str
    workflow_version: str = ""
    workflow_hash: str = ""
    plan: Annotated[str | None, Field(description="Hash of the stored compiled plan.")] = None
    rules: Annotated[int | None, Field(description="Revision of the rules it began under; absent: 1.")] = None
    user_id: str = ""
    inputs: Json = fresh(factory=dict)
    parent_id: str | None = None
    parent_path: Annotated[
        str | None, Field(description="Of a sub-workflow's run: the step of the parent that started it.")
    ] = None
    connections: Annotated[dict[str, str], Field(description="Connections used instead of others.")] = fresh(
        factory=dict
    )
    pool: Annotated[
        str | None, Field(description="Pool chosen for all steps, or `here`; absent: as the workflow says.")
    ] = None
    start_key: Annotated[str | None, Field(description="Key of its user, by which a repeated start finds it.")] = None
    steps: list[StepInfo] = fresh(factory=list)
    repeated: Annotated[
        list[StepInfo] | None,
        Field(description="Steps inside a forEach or a loop, their paths without indices; absent without any."),
    ] = None
    imported_from: Annotated[str | None, Field(description="Name of the run file it was imported from.")] = None

    @property
    def declared(self) -> list[StepInfo]:
        """All steps of the workflow; the paths of those that repeat have no indices."""
        return [*self.steps, *(self.repeated or ())]


class Started(EventBase):
    """Inputs are valid; steps may start."""

    type: Literal["started"] = "started"
    vars: Annotated[Json, Field(description="Values of the workflow's `vars`.")] = None
    masked: Annotated[bool | None, Field(description="Part of them is a secret, which is not stored.")] = None


class Queued(EventBase):
    """The run waits in its concurrency group, or its place has changed."""

    type: Literal["queued"] = "queued"
    group: str
    place: Annotated[int, Field(description="Runs of the group before this one; 0 when its turn has come.")]
    behind: Annotated[str | None, Field(description="Run that is the next to end.")] = None


class StepStarted(StepEventBase):
    """An attempt of a step begins. `input` is the bound input of this attempt."""

    type: Literal["step_started"] = "step_started"
    step_name: str
    step_type: str = ""
    parent: str | None = None
    attempt: int = 1
    input: Json = None
    pool: Annotated[str | None, Field(description="Pool of workers that runs it; absent: the process of the run.")] = (
        None
    )


class StepProgress(StepEventBase):
    """Progress of a step, from 0 to 1."""

    type: Literal["step_progress"] = "step_progress"
    progress: float
    message: str | None = None


class StepCompleted(StepEventBase):
    """A step is done. `item_errors`: of a forEach, failures that `onItemError` allows."""

    type: Literal["step_completed"] = "step_completed"
    output: Json = None
    item_errors: ExecutionError | None = None
    masked: Annotated[bool | None, Field(description="Part of the output is a secret, which is not stored.")] = None
    duration: float
    attempt: int = 1


class StepFailed(StepEventBase):
    """A step failed for good. `handled`: `onError` continues the run with `output`."""

    type: Literal["step_failed"] = "step_failed"
    error: ExecutionError
    duration: float = 0.0
    attempt: int = 1
    handled: bool = False
    output: Json = None


class StepCaught(StepEventBase):
    """The last attempt failed, and an entry of `catch` handles the error."""

    type: Literal["step_caught"] = "step_caught"
    attempt: int = 1
    error: ExecutionError
    clause: Annotated[int, Field(description="Position of the entry in `catch`, from 0.")]


class StepWon(StepEventBase):
    """A branch of a race succeeded first; the others are cancelled."""

    type: Literal["step_won"] = "step_won"
    branch: Annotated[str, Field(description="Name of the branch.")]


class StepRetrying(StepEventBase):
    """An attempt failed; the next one follows at `next_at`."""

    type: Literal["step_retrying"] = "step_retrying"
    attempt: int
    error: ExecutionError
    next_at: Timestamp


class StepSkipped(StepEventBase):
    """A step will not run. `because_failed`: its followers count it as failed."""

    type: Literal["step_skipped"] = "step_skipped"
    step_name: str = ""
    step_type: str = ""
    parent: str | None = None
    reason: str
    because_failed: bool = False


class StepWaiting(StepEventBase):
    """A running step waits for a person, a time, a child run or a worker."""

    type: Literal["step_waiting"] = "step_waiting"
    waiting: Waiting


class StepTaken(StepEventBase):
    """A worker does the step of a pool."""

    type: Literal["step_taken"] = "step_taken"
    worker: Annotated[str, Field(description="Name of the worker.")]


class StepMoved(StepEventBase):
    """A worker was lost, and another one does the step from the start."""

    type: Literal["step_moved"] = "step_moved"
    from_: Annotated[str, Field(alias="from", description="Name of the lost worker.")]
    to: Annotated[str, Field(description="Name of the worker that does it now.")]


class StepAnswered(StepEventBase):
    """A waiting step continues. For an approval: the answer, and who gave it."""

    type: Literal["step_answered"] = "step_answered"
    approved: bool | None = None
    by: str | None = None
    data: Json = None


class StepCancelled(StepEventBase):
    """A cancel stopped a running step. `abandoned`: it ignored even force."""

    type: Literal["step_cancelled"] = "step_cancelled"
    duration: float = 0.0
    abandoned: bool = False
    reason: Annotated[str | None, Field(description="Why, where neither a person nor a time limit stopped it.")] = None


class IterationsPlanned(StepEventBase):
    """A forEach knows its items (`total`), a loop its bound (`total` null)."""

    type: Literal["iterations_planned"] = "iterations_planned"
    total: int | None = None


class IterationStarted(StepEventBase):
    """An iteration of a forEach or loop begins; `path` ends in `[index]`."""

    type: Literal["iteration_started"] = "iteration_started"
    index: int
    label: Annotated[str | None, Field(description="Short text of the item, for lists.")] = None


class IterationCompleted(StepEventBase):
    """An iteration is done. `item_errors`: what the step let pass, such as `onLimit`."""

    type: Literal["iteration_completed"] = "iteration_completed"
    index: int
    output: Json = None
    item_errors: ExecutionError | None = None
    masked: Annotated[bool | None, Field(description="Part of the output is a secret, which is not stored.")] = None
    duration: float


class IterationFailed(StepEventBase):
    """An iteration failed. `handled`: a `catch` gave it an output."""

    type: Literal["iteration_failed"] = "iteration_failed"
    index: int
    error: ExecutionError
    duration: float
    handled: bool = False
    output: Json = None


class Log(EventBase):
    """Lines of log (separated by newlines) of one level, from a step or the engine."""

    type: Literal["log"] = "log"
    level: LogLevel = "info"
    message: str
    step_id: str | None = None
    path: str | None = None
    stream: Literal["stdout", "stderr", "log"] = "log"
    styles: Annotated[list[StyleRun] | None, Field(description="Colors in it: from, to, codes of ECMA-48.")] = None


class LogSegment(EventBase):
    """Lines of a long log of a step, which a file beside the history holds.

    A step's log events have its beginning and its end; these have all between.
    """

    type: Literal["log_segment"] = "log_segment"
    step_id: str
    path: str
    segment: Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$", description="Hash of the file.")]
    bytes: Annotated[int, Field(ge=1, description="Size of the file.")]
    lines: Annotated[int, Field(ge=1, le=100_000_000, description="Number of lines in it.")]
    longest: Annotated[int, Field(ge=0, description="Characters of the longest line.")] = 0


class CancelRequested(EventBase):
    """A cancel was requested."""

    type: Literal["cancel_requested"] = "cancel_requested"
    by: str = ""


class Interrupted(EventBase):
    """The run's process died; a later start detected it."""

    type: Literal["interrupted"] = "interrupted"
    message: str = ""
    last_sign: Annotated[Timestamp | None, Field(description="Time of the last heartbeat of the process.")] = None


class Resumed(EventBase):
    """An interrupted run continues in a new process."""

    type: Literal["resumed"] = "resumed"
    by: Annotated[str | None, Field(description="The user who resumes it; absent before 0.2.")] = None


class Completed(EventBase):
    """The run is done."""

    type: Literal["completed"] = "completed"
    outputs: Json = None
    duration: float
    warnings: int = 0


class Failed(EventBase):
    """The run failed."""

    type: Literal["failed"] = "failed"
    error: ExecutionError
    outputs: Json = None
    duration: float = 0.0


class Cancelled(EventBase):
    """The run was cancelled."""

    type: Literal["cancelled"] = "cancelled"
    duration: float = 0.0
    error: Annotated[
        ExecutionError | None, Field(description="Why it was cancelled by itself: `concurrency.busy`.")
    ] = None


class UnknownEvent(EventBase):
    """An event of a type that a later version added: shown by name, never folded.

    Attributes:
        fields: the event as it was written; also its wire form.
    """

    type: Literal["unknown"] = "unknown"
    fields: Annotated[dict[str, Json], Field(exclude=True)] = fresh(factory=dict)

    @property
    def name(self) -> str:
        """The type that the later version gave it."""
        return str(self.fields.get("type", self.type))

    def to_wire(self) -> dict[str, Json]:
        """Return the event as it was written."""
        own = super().to_wire()
        return {**own, **self.fields, "seq": self.seq, "timestamp": own["timestamp"]}


StepEvent = (
    StepStarted
    | StepProgress
    | StepCompleted
    | StepFailed
    | StepCaught
    | StepWon
    | StepRetrying
    | StepSkipped
    | StepWaiting
    | StepAnswered
    | StepTaken
    | StepMoved
    | StepCancelled
    | IterationsPlanned
    | IterationStarted
    | IterationCompleted
    | IterationFailed
)
"""Events of a step or an iteration."""

ExecutionEvent = (
    Created
    | Started
    | StepEvent
    | Log
    | LogSegment
    | CancelRequested
    | Queued
    | Interrupted
    | Resumed
    | Completed
    | Failed
    | Cancelled
    | UnknownEvent
)

EVENTS: Mapping[str, type[ExecutionEvent]] = {
    kind.model_fields["type"].default: kind for kind in get_args(ExecutionEvent)
}
"""The events of this version by their types."""

TERMINAL_EVENTS: frozenset[str] = frozenset({"completed", "failed", "cancelled"})
"""Types that end a run; nothing is appended after one."""

FLUSH_EVENTS: frozenset[str] = TERMINAL_EVENTS | {
    "created",
    "step_completed",
    "step_failed",
    "step_caught",
    "step_won",
    "iteration_completed",
    "iteration_failed",
    "step_waiting",
    "step_answered",
    "interrupted",
    "resumed",
}
"""Types whose commit the producer waits for; the others are committed with the next batch."""
