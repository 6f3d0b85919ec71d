"""Compiled workflows as data: steps in topological order, bindings as functions."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Literal

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.steps import StepInfo, catch_name
from wftui.model.workflow.containers import CONTAINER_TYPES, Join
from wftui.runtime.scope import Scope

Bind = Callable[[Scope], Json]
"""A compiled expression or binding: a pure function of the scope."""

RULES_REVISION = 3
"""Revision of what a workflow means: goes up with a change after which the same file runs differently.

A run records the revision it began under, and a resume follows it. A rerun is a new run under the present rules.
"""
REJECTION_FAILS = 2
"""Revision of the rules since which a rejected approval fails its step, unless `onReject` says otherwise."""
FAILED_ITEM_CANCELS = 3
"""Revision of the rules since which a failed item cancels its running siblings, unless `onItemError` is `continue`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPlan:
    """Retry policy; delays in seconds.

    `on` are dotted prefixes of error types; empty: all recoverable errors.
    """

    max_attempts: int = 1
    delay: float = 1.0
    backoff: float = 2.0
    max_delay: float = 60.0
    jitter: float = 0.1
    on: tuple[str, ...] = ()
    total_timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEachPlan:
    """Run the step once per item of the list that `items` returns.

    Attributes:
        when: of each item; evaluated before it starts.
        stop_when: evaluated after each item, with its output as the local name `output`.
        remembers: expressions of an item read `previous`.
        matrix: `items` gives a matrix, whose combinations are the items.
        limits: gives `maxParallel` and `maxItems` where they are expressions.
    """

    items: Bind
    as_: str = "item"
    when: Bind | None = None
    stop_when: Bind | None = None
    max_parallel: int = 1
    on_item_error: Literal["fail", "continue"] = "fail"
    max_items: int = 1000
    remembers: bool = False
    matrix: bool = False
    limits: Bind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePlan:
    """One branch of a switch; `when` is None for the default branch."""

    when: Bind | None
    steps: tuple["StepPlan", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchPlan:
    """One branch of a race."""

    name: str
    steps: tuple["StepPlan", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchPlan:
    """Handler steps for errors of some types; none: all.

    Attributes:
        output: gives the output of the failed step, over the handlers and `error`; None: that of the last handler.
        hidden: a loop variable called `error` hides the error.
    """

    on: tuple[str, ...] = ()
    steps: tuple["StepPlan", ...]
    output: Bind | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopPlan:
    """The end of a loop, and the waits between its iterations.

    Attributes:
        until: evaluated after each iteration, over its steps.
        while_: evaluated before each iteration.
        backoff: factor of each further delay, up to `max_delay` seconds.
        remembers: expressions of an iteration read `previous`.
    """

    until: Bind | None = None
    while_: Bind | None = None
    max_iterations: int
    on_limit: Literal["fail", "continue"] = "fail"
    delay: float = 0.0
    backoff: float = 1.0
    max_delay: float = 60.0
    remembers: bool = False

    def wait_after(self, index: int) -> float:
        """Return the seconds between an iteration, counted from 0, and the next."""
        if self.backoff == 1:
            return self.delay
        try:
            return min(self.max_delay, self.delay * self.backoff**index)
        except OverflowError:
            return self.max_delay


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """One step, ready to run.

    Attributes:
        needs: ids of siblings it demands (`needs` and references); a skip of one is inherited.
        after: ids of siblings that only come first by list order; this step still runs if `when`, `disabled` or a
            branch not taken skips them.
        input: binds the step's input; None for containers.
        early: binds the input that the step type reads before the run starts; None if not all of it is known then.
        uses: connections of the workflow named in its input, besides its own.
        programs: names of the programs that it starts, as far as known from its input.
        secrets: names of stored secrets that the input requires.
        policy: gives `timeout` and the keys of `retry` that are expressions; evaluated before the first attempt.
        on_error: `fail`, `continue`, or `fallback` (then `fallback` is the output).
        connection: name of a connection of the workflow.
        pool: of a leaf: the pool of workers that runs it; None: the process of the run does.
        body: inner steps of a `group` or `loop`; branches of a `switch` are in `cases`.
        line: of the step in workflow.json, from 1; `pointer` its JSON Pointer.
    """

    id: str
    type: str
    name: str
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    join: Join = "all_success"
    disabled: bool = False
    when: Bind | None = None
    for_each: ForEachPlan | None = None
    input: Bind | None = None
    early: Bind | None = None
    connection: str | None = None
    uses: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    output_schema: Mapping[str, Any] | bool | None = None
    retry: RetryPlan = RetryPlan()
    timeout: float | None = None
    policy: Bind | None = None
    on_error: Literal["fail", "continue", "fallback"] = "fail"
    fallback: Json = None
    idempotent: bool = True
    pool: str | None = None
    body: tuple["StepPlan", ...] = ()
    cases: tuple[CasePlan, ...] = ()
    branches: tuple[BranchPlan, ...] = ()
    loop: LoopPlan | None = None
    catch: tuple[CatchPlan, ...] = ()
    line: int = 1
    pointer: str = ""

    def __repr__(self) -> str:
        return f"<StepPlan {self.id}: {self.type}>"

    @property
    def handlers(self) -> "tuple[StepPlan, ...]":
        """The steps of its catch."""
        return tuple(step for clause in self.catch for step in clause.steps)

    @property
    def branch_names(self) -> Mapping[str, str]:
        """Names of its branches and of the entries of its catch, by step id."""
        if not (self.branches or self.catch):
            return {}
        branches = {step.id: branch.name for branch in self.branches for step in branch.steps}
        return branches | {step.id: catch_name(clause.on) for clause in self.catch for step in clause.steps}

    @property
    def inside(self) -> "tuple[StepPlan, ...]":
        """All steps directly inside it, wherever it keeps them."""
        if not (self.cases or self.branches or self.catch):
            return self.body
        lists = [case.steps for case in self.cases] + [branch.steps for branch in self.branches]
        return (*self.body, *(step for steps in lists for step in steps), *self.handlers)

    @property
    def fixed_inside(self) -> "tuple[StepPlan, ...]":
        """Those of them whose address is known before it runs: none in iterations."""
        if self.for_each is not None:
            return ()
        return self.handlers if self.loop is not None else self.inside


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpot:
    """A place in workflow.json; line and column count from 1."""

    pointer: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ConcurrencyPlan:
    """Group of runs of which one runs at a time.

    Attributes:
        group: binding over inputs, env, run and vars; gives a text or null.
        on_busy: `queue`, `cancelRunning` or `skip`.
    """

    group: Bind
    on_busy: str = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPlan:
    """A compiled workflow: WORKFLOW in `workflow.py`, input of the engine.

    Attributes:
        source_hash: `sha256:` over what matters in workflow.json (not labels, notes, white space).
        outputs: name → binding over all top-level steps.
        input_defaults: input → binding over env, run and the inputs before it, for inputs that are absent.
        vars: name → binding over inputs, env, run and the variables before it.
        env: names of the environment variables expressions may read.
        secret_inputs: JSON Pointers into the inputs, to values that are never shown (`writeOnly`, `password`).
        spots: location of each binding in workflow.json, by the name of its function and the line within it.
    """

    id: str
    name: str
    version: str
    description: str = ""
    source_hash: str
    compiler: str
    input_schema: Mapping[str, Any] = field(default_factory=dict)
    env: tuple[str, ...] = ()
    connections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    secret_inputs: tuple[str, ...] = ()
    timeout: float | None = None
    max_parallel: int = 8
    fail_fast: bool = False
    steps: tuple[StepPlan, ...] = ()
    input_defaults: Mapping[str, Bind] = field(default_factory=dict)
    concurrency: ConcurrencyPlan | None = None
    vars: Mapping[str, Bind] = field(default_factory=dict)
    outputs: Mapping[str, Bind] = field(default_factory=dict)
    finally_: tuple[StepPlan, ...] = ()
    spots: Mapping[tuple[str, int], SourceSpot] = field(default_factory=dict)


def step_infos(plan: WorkflowPlan) -> list[StepInfo]:
    """Return the steps with a fixed path: all but those inside a forEach or a loop."""
    return [info for info, is_fixed in _infos(plan) if is_fixed]


def repeated_infos(plan: WorkflowPlan) -> list[StepInfo]:
    """Return the steps inside a forEach or a loop, their paths without indices."""
    return [info for info, is_fixed in _infos(plan) if not is_fixed]


def _infos(plan: WorkflowPlan) -> list[tuple[StepInfo, bool]]:
    """Return all steps, each with whether its path is fixed."""
    found: list[tuple[StepInfo, bool]] = []

    def walk(steps: tuple[StepPlan, ...], parent: str | None, branches: Mapping[str, str], is_fixed: bool) -> None:
        prefix = f"{parent}." if parent else ""
        for step in steps:
            path = prefix + step.id
            info = StepInfo(
                path=path,
                step_id=step.id,
                step_name=step.name,
                step_type=step.type,
                parent=parent,
                needs=[prefix + other for other in (*step.needs, *step.after)],
                line=step.line,
                branch=branches.get(step.id) if branches else None,
                pool=step.pool,
            )
            found.append((info, is_fixed))
            if step.type in CONTAINER_TYPES or step.catch:
                fixed = step.fixed_inside
                walk(fixed, path, step.branch_names, is_fixed)
                walk(tuple(each for each in step.inside if each not in fixed), path, step.branch_names, False)

    walk(plan.steps, None, {}, True)
    walk(plan.finally_, None, {step.id: "finally" for step in plan.finally_}, True)
    return found
