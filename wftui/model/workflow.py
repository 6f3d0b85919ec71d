"""workflow.json, format 1: what a workflow file may say. What it means is decided by the compiler and the engine."""

from typing import Annotated, Literal

from pydantic import Field

from wftui.model.base import Json, WireModel
from wftui.model.durations import Duration
from wftui.model.identifiers import STEP_ID_PATTERN, WORKFLOW_ID_PATTERN

FORMAT = 1
CONTAINER_TYPES = frozenset({"group", "switch", "loop"})

StepId = Annotated[str, Field(pattern=STEP_ID_PATTERN)]
WorkflowId = Annotated[str, Field(pattern=WORKFLOW_ID_PATTERN)]
Expression = Annotated[str, Field(min_length=1, description="A bare expression, without braces.")]
Join = Literal["all_success", "none_failed", "any_success", "all_done", "any_failed"]


class Fallback(WireModel):
    """`onError: {"fallback": value}`: the value stands in for the output of a failed step."""

    fallback: Json


OnError = Literal["fail", "continue"] | Fallback


class ForEach(WireModel):
    """Run a step once per item of a list."""

    in_: Annotated[Expression, Field(alias="in")]
    as_: Annotated[StepId, Field(alias="as")] = "item"
    max_parallel: Annotated[int, Field(ge=1)] = 1
    on_item_error: Literal["fail", "continue"] = "fail"
    max_items: Annotated[int, Field(ge=1)] = 1000


class Retry(WireModel):
    """How often, and after which waits, a failed attempt is tried again."""

    max_attempts: Annotated[int, Field(ge=1, description="Total tries, the first one included.")]
    delay: Duration = 1.0
    backoff: Annotated[float, Field(ge=1)] = 2.0
    max_delay: Duration = 60.0
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.1
    on: Annotated[list[str] | None, Field(description="Error types, matched by dotted prefix; absent: all.")] = None


class Defaults(WireModel):
    """What steps get that do not say it themselves. Containers get nothing of it."""

    timeout: Annotated[
        Duration | None,
        Field(description="Of one attempt. An approval and a delay have no timeout but the one they say themselves."),
    ] = None
    retry: Retry | None = None
    on_error: OnError | None = None


class ConnectionNeed(WireModel):
    """A connection the workflow asks for by name."""

    kind: str
    required: bool = True
    description: str | None = None


class Case(WireModel):
    """One branch of a switch."""

    when: Expression
    steps: list["Step"]


class DefaultCase(WireModel):
    """The branch of a switch that is taken when no case is true."""

    steps: list["Step"]


class Step(WireModel):
    """One step as written. `steps`, `cases`, `default`, `until`, `maxIterations` and `delay` belong to containers."""

    id: StepId
    type: str
    name: str | None = None
    note: str | None = None
    disabled: bool = False
    needs: list[StepId] | None = None
    join: Join = "all_success"
    when: Expression | None = None
    for_each: ForEach | None = None
    input: dict[str, Json] = Field(default_factory=dict)
    connection: str | None = None
    output_schema: dict[str, Json] | bool | None = None
    retry: Retry | None = None
    timeout: Duration | None = None
    on_error: OnError | None = None
    idempotent: bool = True
    steps: list["Step"] | None = None
    cases: list[Case] | None = None
    default: DefaultCase | None = None
    until: Expression | None = None
    max_iterations: Annotated[int, Field(ge=1)] | None = None
    delay: Duration | None = None


class Workflow(WireModel):
    """A whole workflow.json."""

    schema_: Annotated[str | None, Field(alias="$schema")] = None
    format: Literal[1]
    id: WorkflowId
    name: str | None = None
    version: str = "0.1.0"
    description: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    input_schema: dict[str, Json] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    env: Annotated[list[str], Field(description="Environment variables that expressions may read.")] = Field(
        default_factory=list
    )
    connections: dict[str, ConnectionNeed] = Field(default_factory=dict)
    timeout: Duration | None = None
    max_parallel: Annotated[int, Field(ge=1)] = 8
    fail_fast: bool = False
    defaults: Defaults = Field(default_factory=Defaults)
    steps: list[Step]
    outputs: dict[str, Json] = Field(default_factory=dict)
    finally_: Annotated[list[Step], Field(alias="finally")] = Field(default_factory=list)
