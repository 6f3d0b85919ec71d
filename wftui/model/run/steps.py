"""The steps of a run in records and events: results, attempts, iterations, errors."""

from collections.abc import Sequence
from typing import Annotated, Literal

from wftui.model.base import Field, Json, Timestamp, WireModel, fresh

StepStatus = Literal["pending", "running", "waiting", "completed", "failed", "skipped", "cancelled"]
LogLevel = Literal["debug", "info", "warn", "error"]

STEP_TERMINAL: frozenset[StepStatus] = frozenset({"completed", "failed", "skipped", "cancelled"})


class ExecutionError(WireModel):
    """The failure of a run or a step; `type` is dotted words: `timeout`, `http.5xx`."""

    type: Annotated[str, Field(description="Dotted words; `retry.on` matches them by prefix.")] = "error"
    message: Annotated[str, Field(description="A sentence for people.")]
    step_id: Annotated[str | None, Field(description="Id of the step that failed.")] = None
    path: Annotated[str | None, Field(description="Address of the step in the run: build[3].fetch.")] = None
    pointer: Annotated[str | None, Field(description="JSON Pointer into workflow.json: /steps/3/input/url.")] = None
    line: Annotated[int | None, Field(description="Line in workflow.json, from 1.")] = None
    column: Annotated[int | None, Field(description="Column in workflow.json, from 1; of an expression.")] = None
    attempt: Annotated[int | None, Field(description="Number of the attempt, from 1.")] = None
    recoverable: Annotated[bool, Field(description="Whether a retry may help.")] = False
    stack: Annotated[str | None, Field(description="The lines of your own code in the traceback.")] = None
    cause: Annotated[Json, Field(description="The error that a handler of `catch` was to handle when it failed.")] = (
        None
    )
    details: Annotated[
        Json,
        Field(
            description="What the failed step had produced, by type (steps.md); errors per field; items of a forEach."
        ),
    ] = None


class ValueRef(WireModel):
    """Reference to a value too big for a record; the store returns it by hash."""

    hash: Annotated[str, Field(alias="$value")]
    bytes: int
    preview: str


class StepInfo(WireModel):
    """A declared step; `created` lists them, so that a record knows all steps."""

    path: str
    step_id: str
    step_name: str
    step_type: str
    parent: Annotated[str | None, Field(description="Path of the container or forEach step it lives in.")] = None
    needs: Annotated[list[str], Field(description="Paths of the steps it waits for.")] = fresh(factory=list)
    line: Annotated[int | None, Field(description="Line of the step in workflow.json.")] = None
    branch: Annotated[
        str | None,
        Field(description="Branch of a race that it is in, `catch` with the error types it handles, or `finally`."),
    ] = None
    pool: Annotated[str | None, Field(description="Pool of workers that runs it; absent: the process of the run.")] = (
        None
    )


def catch_name(on: Sequence[str] | None) -> str:
    """Return the name of an entry of a catch, in lists of steps."""
    return f"catch {', '.join(on)}" if on else "catch"


class Attempt(WireModel):
    """One try of a step; its duration does not include interruptions of the run."""

    attempt: int
    started_at: Timestamp
    completed_at: Timestamp | None = None
    duration: float | None = None
    error: ExecutionError | None = None
    interrupted: Annotated[bool | None, Field(description="Ended with the process that ran it.")] = None


class Iterations(WireModel):
    """Counters of a forEach or a loop.

    `omitted`: ended iterations whose details (`stepResults` of them and all inside) the record leaves out; they are
    read by their path.
    """

    total: int | None = None
    started: int = 0
    completed: int = 0
    failed: int = 0
    skipped: Annotated[int | None, Field(description="Items that `when` skipped; absent without any.")] = None
    omitted: int = 0

    @property
    def ended(self) -> int:
        """Number of iterations that have ended or were skipped."""
        return self.completed + self.failed + (self.skipped or 0)


class Waiting(WireModel):
    """The reason why a step or run waits."""

    reason: Annotated[
        str,
        Field(description="approval, delay, retry, worker, child (its end), start (of a child); later: perhaps more."),
    ]
    until: Timestamp | None = None
    prompt: str | None = None
    form: Json = None
    on_reject: Annotated[
        str | None, Field(description="`fail`: a rejection fails the step; absent: it is an answer.")
    ] = None
    child_id: str | None = None
    pool: Annotated[str | None, Field(description="Pool without a worker that can do the step.")] = None
    unfit: Annotated[str | None, Field(description="Why the workers of the pool cannot; absent without any.")] = None

    @property
    def why(self) -> str:
        """The reason in words: `no worker in pool build`.

        With what is wrong with the workers that live, if any.
        """
        if self.reason != "worker" or not self.pool:
            return self.reason
        none = f"no worker in pool {self.pool}"
        return none if self.unfit is None else f"{none} fits: {self.unfit}"

    @property
    def rejection_effect(self) -> str:
        """Effect of rejecting an approval, as a clause."""
        if self.on_reject == "fail":
            return "the step fails with approval.rejected"
        return "the step continues with the answer no"


class StepResult(WireModel):
    """One step of a run, or one iteration; `path` is its address: `build[3].fetch`."""

    path: str
    step_id: str
    step_name: str
    step_type: str
    parent: str | None = None
    status: StepStatus = "pending"
    started_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    duration: Annotated[float | None, Field(description="Milliseconds, without interruptions of the run.")] = None
    input: Json = None
    output: Json = None
    error: ExecutionError | None = None
    handled: Annotated[bool, Field(description="Failed, but onError or catch lets the run continue.")] = False
    caught: Annotated[int | None, Field(description="Position of the entry of catch that handled the error.")] = None
    won: Annotated[str | None, Field(description="Of a race: the branch that won.")] = None
    worker: Annotated[str | None, Field(description="Worker that does or did it.")] = None
    lost_workers: Annotated[
        list[str] | None, Field(description="Workers that were lost while they did it, in order; absent without any.")
    ] = None
    skip_reason: str | None = None
    progress: float | None = None
    message: str | None = None
    waiting: Waiting | None = None
    attempts: list[Attempt] = fresh(factory=list)
    iterations: Iterations | None = None
    kept_from: Annotated[str | None, Field(description="Earlier run whose result a rerun reuses.")] = None
    masked: Annotated[bool | None, Field(description="Part of the output is a secret, which is not stored.")] = None
    pool: Annotated[str | None, Field(description="Pool of workers that runs it; absent: the process of the run.")] = (
        None
    )

    @property
    def place(self) -> str:
        """Worker that does or did it: `on w2, moved from w1`; empty without one."""
        if self.worker is None:
            return f"in pool {self.pool}" if self.pool is not None and self.status == "running" else ""
        return f"on {self.worker}" + (f", moved from {', '.join(self.lost_workers)}" if self.lost_workers else "")
