"""workflow.json, format 1, as models.

The compiler and the engine decide what it means.
"""

from typing import Annotated, Literal

from pydantic import Field

from wftui.model.base import Json
from wftui.model.validated import ValidatedModel
from wftui.model.workflow.containers import Join
from wftui.model.workflow.durations import Duration
from wftui.model.workflow.identifiers import POOL_PATTERN, STEP_ID_PATTERN, WORKFLOW_ID_PATTERN

FORMAT = 1

StepId = Annotated[str, Field(pattern=STEP_ID_PATTERN)]
PoolName = Annotated[str, Field(pattern=POOL_PATTERN)]
WorkflowId = Annotated[str, Field(pattern=WORKFLOW_ID_PATTERN)]
Expression = Annotated[str, Field(min_length=1, description="A bare expression, without braces.")]
Count = Annotated[int, Field(ge=1)]
Template = Annotated[str, Field(pattern=r"\{\{", description="An {{ expression }}.")]


class Fallback(ValidatedModel):
    """`onError: {"fallback": value}`: the value replaces the output of a failed step."""

    fallback: Annotated[Json, Field(description="The output of the step when it has failed; never evaluated.")]


OnError = Literal["fail", "continue"] | Fallback


class Matrix(ValidatedModel):
    """Items made of every combination of some values."""

    matrix: Annotated[
        dict[StepId, list[Json] | Template],
        Field(description="Values by name, lists or {{ expressions }}; the last name changes fastest."),
    ]
    exclude: Annotated[
        list[dict[str, Json]] | Template | None,
        Field(description="Combinations to leave out: those that have all these values."),
    ] = None
    include: Annotated[list[dict[str, Json]] | Template | None, Field(description="Items to add at the end.")] = None


class ForEach(ValidatedModel):
    """Run a step once per item of a list."""

    in_: Annotated[
        Expression | Matrix,
        Field(alias="in", description="Expression, without braces, that gives the list of items; or a matrix."),
    ]
    as_: Annotated[StepId, Field(alias="as", description="Name of the current item in expressions.")] = "item"
    max_parallel: Annotated[
        Count | Template, Field(description="Most items that run at the same time; may be an {{ expression }}.")
    ] = 1
    when: Annotated[
        Expression | None,
        Field(
            description="Expression, without braces, for each item; when false, the item is skipped, its output null."
        ),
    ] = None
    stop_when: Annotated[
        Expression | None,
        Field(
            description="Expression, without braces, after each item, over its `output`; when true, the step ends "
            "with the outputs so far."
        ),
    ] = None
    on_item_error: Annotated[
        Literal["fail", "continue"],
        Field(
            description="Effect of a failed item. fail: running items are cancelled, no further one starts, and the "
            "step fails. continue: its output is null, the run ends with a warning."
        ),
    ] = "fail"
    max_items: Annotated[
        Count | Template,
        Field(description="Longest list that is accepted; a longer one fails the step. May be an {{ expression }}."),
    ] = 1000


class Retry(ValidatedModel):
    """The number of attempts, and the waits between them."""

    max_attempts: Annotated[Count | Template, Field(description="Number of attempts, including the first.")]
    delay: Annotated[Duration | Template, Field(description="Wait before the second attempt.")] = 1.0
    backoff: Annotated[
        Annotated[float, Field(ge=1)] | Template,
        Field(description="Factor by which each wait is longer than the one before."),
    ] = 2.0
    max_delay: Annotated[Duration | Template, Field(description="Longest wait, also for a Retry-After header.")] = 60.0
    jitter: Annotated[
        Annotated[float, Field(ge=0, le=1)] | Template,
        Field(description="Share by which a wait is shortened or lengthened at random."),
    ] = 0.1
    on: Annotated[
        list[str] | None,
        Field(description="Error types, matched by dotted prefix; also exit_code.75 and http.429; absent: all."),
    ] = None
    total_timeout: Annotated[
        Duration | Template | None, Field(description="Longest time for all attempts and the waits between them.")
    ] = None

    @property
    def templates(self) -> dict[str, Json]:
        """Its values that are expressions, by key."""
        return {key: value for key, value in self.model_dump(by_alias=True).items() if isinstance(value, str)}


class LoopDelay(ValidatedModel):
    """Waits between the iterations of a loop that become longer."""

    delay: Annotated[Duration, Field(description="Wait before the second iteration.")]
    backoff: Annotated[float, Field(ge=1, description="Factor by which each wait is longer than the one before.")] = 2.0
    max_delay: Annotated[Duration, Field(description="Longest wait.")] = 60.0


class TypeDefaults(ValidatedModel):
    """Values for the steps of one type that do not set their own."""

    input: Annotated[
        dict[str, Json],
        Field(
            description="Fields of the input, each for the steps that do not have it; expressions read inputs, "
            "env, run and vars."
        ),
    ] = Field(default_factory=dict)
    timeout: Annotated[Duration | Template | None, Field(description="Longest time for one attempt.")] = None
    retry: Annotated[Retry | None, Field(description="Retries after a failure.")] = None
    on_error: Annotated[OnError | None, Field(description="Effect of a failure on the run.")] = None


class Defaults(ValidatedModel):
    """Values for steps that do not set their own. Containers take none of them."""

    timeout: Annotated[
        Duration | Template | None,
        Field(description="Longest time for one attempt; does not apply to an approval or a delay."),
    ] = None
    retry: Annotated[Retry | None, Field(description="Retries after a failure.")] = None
    on_error: Annotated[OnError | None, Field(description="Effect of a failure on the run.")] = None
    types: Annotated[
        dict[str, TypeDefaults],
        Field(description="Values for the steps of a type, by step type; they go before those for all steps."),
    ] = Field(default_factory=dict)


class ConnectionNeed(ValidatedModel):
    """A connection that the workflow requires, by name."""

    kind: Annotated[str, Field(description="Kind of connection, such as http, database or smtp.")]
    required: Annotated[bool, Field(description="false: if it is missing, the steps that use it run without it.")] = (
        True
    )
    description: Annotated[str | None, Field(description="Its purpose, shown to those who set it up.")] = None


class Case(ValidatedModel):
    """One branch of a switch."""

    when: Annotated[Expression, Field(description="Expression, without braces; the first case that is true is taken.")]
    steps: Annotated[list["Step"], Field(description="The steps of this branch.")]


class DefaultCase(ValidatedModel):
    """The branch of a switch that is taken when no case is true."""

    steps: Annotated[list["Step"], Field(description="The steps of this branch.")]


class Branch(ValidatedModel):
    """One branch of a race."""

    name: Annotated[StepId, Field(description="Name of the branch in the output; unique in the race.")]
    steps: Annotated[list["Step"], Field(description="The steps of this branch.")]


class Catch(ValidatedModel):
    """Handler of errors of some types."""

    on: Annotated[
        list[str] | None,
        Field(description="Error types, matched as by `retry.on`; absent: all. The first entry that matches is taken."),
    ] = None
    steps: Annotated[list["Step"], Field(description="Handler steps; they read the error as `error`.")]
    output: Annotated[
        Json,
        Field(description="Output of the failed step; absent: that of the last handler step."),
    ] = None


class Step(ValidatedModel):
    """One step as written. The keys from `steps` on are of containers only."""

    id: Annotated[StepId, Field(description="Name of the step in expressions; unique in the whole file.")]
    type: Annotated[str, Field(description="Step type, or group, switch, loop or race.")]
    name: Annotated[str | None, Field(description="Name of the step in lists; absent: its id.")] = None
    note: Annotated[str | None, Field(description="A note for readers; has no effect.")] = None
    disabled: Annotated[bool, Field(description="Skips the step.")] = False
    needs: Annotated[
        list[StepId] | None,
        Field(description="Ids of the steps it waits for; absent: the one before in the list; []: none."),
    ] = None
    join: Annotated[Join, Field(description="How the steps it waits for must have ended.")] = "all_success"
    when: Annotated[
        Expression | None, Field(description="Expression, without braces; when false, the step is skipped.")
    ] = None
    for_each: Annotated[ForEach | None, Field(description="Runs the step once for each item of a list.")] = None
    input: Annotated[
        dict[str, Json], Field(description="Input of the step, by its type; strings may hold {{ expressions }}.")
    ] = Field(default_factory=dict)
    connection: Annotated[str | None, Field(description="The connection of the workflow that the step uses.")] = None
    pool: Annotated[
        PoolName | None,
        Field(
            description="Pool of workers that runs the step, or all steps inside it; `here`: none, the process of the "
            "run. Absent: that of the container or the workflow."
        ),
    ] = None
    output_schema: Annotated[
        dict[str, Json] | bool | None,
        Field(description="JSON Schema that the output must meet, or the step fails."),
    ] = None
    retry: Annotated[Retry | None, Field(description="Retries the step after a failure.")] = None
    timeout: Annotated[
        Duration | Template | None,
        Field(description="Longest time for one attempt: 30s, 5m; may be an {{ expression }}."),
    ] = None
    on_error: Annotated[
        OnError | None, Field(description='Effect of a failure on the run: fail, continue or {"fallback": value}.')
    ] = None
    catch: Annotated[
        list[Catch] | None, Field(description="Handles a failure, before `onError`, with steps of its own.")
    ] = None
    idempotent: Annotated[
        bool, Field(description="Whether the step may run a second time after a crash without asking.")
    ] = True
    steps: Annotated[list["Step"] | None, Field(description="Steps inside a group or a loop.")] = None
    cases: Annotated[list[Case] | None, Field(description="Branches of a switch.")] = None
    default: Annotated[DefaultCase | None, Field(description="Branch of a switch when no case is true.")] = None
    branches: Annotated[list[Branch] | None, Field(description="Branches of a race.")] = None
    until: Annotated[
        Expression | None,
        Field(description="Expression, without braces; a loop ends when it is true after an iteration."),
    ] = None
    while_: Annotated[
        Expression | None,
        Field(
            alias="while", description="Expression, without braces; a loop ends when it is false before an iteration."
        ),
    ] = None
    max_iterations: Annotated[
        Annotated[int, Field(ge=1)] | None,
        Field(description="Most iterations of a loop; what follows when it has not ended by then, `onLimit` says."),
    ] = None
    on_limit: Annotated[
        Literal["fail", "continue"],
        Field(
            description="Effect of `maxIterations`. fail: the loop fails. continue: its last output is the output, "
            "and the run ends with a warning."
        ),
    ] = "fail"
    delay: Annotated[
        Duration | LoopDelay | None,
        Field(description="Wait between two iterations of a loop, or how the waits become longer."),
    ] = None


class Concurrency(ValidatedModel):
    """Group of runs of which one runs at a time."""

    group: Annotated[
        str,
        Field(
            min_length=1,
            description="Name of the group, over inputs, env, run and vars. Runs of all workflows on a database that "
            "give the same text are one group; null is none.",
        ),
    ]
    on_busy: Annotated[
        Literal["queue", "cancelRunning", "skip"],
        Field(
            description="Effect of an earlier run of the group that has not ended. queue: wait for it, first come, "
            "first served. cancelRunning: cancel the earlier ones and wait for their end. skip: this run is cancelled "
            "with the error `concurrency.busy`."
        ),
    ] = "queue"


class Workflow(ValidatedModel):
    """A whole workflow.json."""

    schema_: Annotated[
        str | None,
        Field(alias="$schema", description="Path or address of the JSON Schema, for editors; has no effect."),
    ] = None
    format: Annotated[Literal[1], Field(description="Version of the file format.")]
    id: Annotated[WorkflowId, Field(description="Id of the workflow: the name of its folder.")]
    name: Annotated[str | None, Field(description="Name of the workflow in lists; absent: its id.")] = None
    version: Annotated[str, Field(description="Your own version of the workflow; stored with each run.")] = "0.1.0"
    description: Annotated[str | None, Field(description="What the workflow does.")] = None
    labels: Annotated[dict[str, str], Field(description="Labels of your own; they have no effect on a run.")] = Field(
        default_factory=dict
    )
    mcp: Annotated[bool, Field(description="Whether agents get it as a tool from `wftui mcp serve`.")] = False
    input_schema: Annotated[
        dict[str, Json],
        Field(description="JSON Schema of the inputs, an object; the run form is made from it."),
    ] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    env: Annotated[list[str], Field(description="Environment variables that expressions may read.")] = Field(
        default_factory=list
    )
    vars: Annotated[
        dict[StepId, Json],
        Field(description="Values that all steps read as `vars.NAME`; computed once, over inputs, env and run."),
    ] = Field(default_factory=dict)
    connections: Annotated[
        dict[str, ConnectionNeed], Field(description="Connections that steps use, by the name they use.")
    ] = Field(default_factory=dict)
    timeout: Annotated[Duration | None, Field(description="Longest time for the whole run, without `finally`.")] = None
    max_parallel: Annotated[int, Field(ge=1, description="Most steps that run at the same time.")] = 8
    fail_fast: Annotated[bool, Field(description="After the first failure, starts no further step.")] = False
    concurrency: Annotated[
        Concurrency | None, Field(description="Group of runs of which one runs at a time; absent: no limit.")
    ] = None
    pool: Annotated[
        PoolName | None,
        Field(description="Pool of workers that runs the steps; absent or `here`: the process of the run."),
    ] = None
    defaults: Annotated[Defaults, Field(description="Values for steps that do not set their own.")] = Field(
        default_factory=Defaults
    )
    steps: Annotated[list[Step], Field(description="The steps, in the order of the file.")]
    outputs: Annotated[
        dict[str, Json], Field(description="Outputs of the run by name; strings may hold {{ expressions }}.")
    ] = Field(default_factory=dict)
    finally_: Annotated[
        list[Step], Field(alias="finally", description="Steps that run at the end, after success and failure.")
    ] = Field(default_factory=list)
