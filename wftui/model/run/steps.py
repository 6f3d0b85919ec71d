"""The steps of a run as records and events hold them: results, attempts, iterations, errors."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from wftui.model.base import WIRE_CONFIG, Json, Timestamp, WireModel

StepStatus = Literal["pending", "running", "waiting", "completed", "failed", "skipped", "cancelled"]
LogLevel = Literal["debug", "info", "warn", "error"]

STEP_TERMINAL: frozenset[StepStatus] = frozenset({"completed", "failed", "skipped", "cancelled"})


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

    reason: Annotated[str, Field(description="approval, delay, retry or child; later versions may add more.")]
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
