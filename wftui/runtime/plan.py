"""The compiled workflow as data: steps in topological order, with pure functions for conditions and bindings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wftui.model.base import Json
from wftui.model.run.steps import StepInfo
from wftui.model.workflow.definition import Join
from wftui.runtime.scope import Scope

Bind = Callable[[Scope], Json]
"""A compiled expression or binding: a pure function of the scope."""

RULES_REVISION = 1
"""Revision of what a workflow means: goes up with a change after which the same file runs differently.

A run records the revision it began under; resume and rerun of older runs follow it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPlan:
    """Retry policy; delays in seconds. `on` are dotted prefixes of error types; empty: all that may be retried."""

    max_attempts: int = 1
    delay: float = 1.0
    backoff: float = 2.0
    max_delay: float = 60.0
    jitter: float = 0.1
    on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForEachPlan:
    """Run the step once per item of what `items` gives."""

    items: Bind
    as_: str = "item"
    max_parallel: int = 1
    on_item_error: Literal["fail", "continue"] = "fail"
    max_items: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePlan:
    """One branch of a switch; `when` is None for the default branch."""

    when: Bind | None
    steps: tuple["StepPlan", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopPlan:
    """How a loop ends: `until` is evaluated after each iteration, over the steps of that iteration."""

    until: Bind
    max_iterations: int
    delay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """One step, ready to run.

    Attributes:
        needs: ids of siblings this step demands: their skip is passed on (`needs` and references).
        after: ids of siblings that only come first by list order: their skip by `when`, `disabled` or a branch not
            taken lets this step run.
        input: binds the step's input; None for containers.
        early: binds what the step type wants to look at before the run starts; None when not all of it is known then.
        uses: names of connections of the workflow that its input names, beside its own.
        programs: names of the programs that it starts, as far as its input says.
        secrets: names of the secrets of the user's store that the input reads and cannot do without.
        on_error: `fail`, `continue`, or `fallback` (then `fallback` is the output).
        connection: name of a connection of the workflow.
        body: inner steps of a `group` or `loop`; branches of a `switch` stand in `cases`.
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
    on_error: Literal["fail", "continue", "fallback"] = "fail"
    fallback: Json = None
    idempotent: bool = True
    body: tuple["StepPlan", ...] = ()
    cases: tuple[CasePlan, ...] = ()
    loop: LoopPlan | None = None
    line: int = 1
    pointer: str = ""

    def __repr__(self) -> str:
        return f"<StepPlan {self.id}: {self.type}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSpot:
    """A place in workflow.json; line and column count from 1."""

    pointer: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPlan:
    """A whole compiled workflow: what `workflow.py` calls WORKFLOW, and what the engine runs.

    Attributes:
        source_hash: `sha256:` over what matters in workflow.json (not labels, notes, white space).
        outputs: name → binding over all top-level steps.
        env: names of the environment variables expressions may read.
        secret_inputs: JSON Pointers, into the inputs, of values that are never shown (`writeOnly`, `password`).
        spots: where each binding stands in workflow.json, by the name of its function and the line within it.
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
    outputs: Mapping[str, Bind] = field(default_factory=dict)
    finally_: tuple[StepPlan, ...] = ()
    spots: Mapping[tuple[str, int], SourceSpot] = field(default_factory=dict)


def step_infos(plan: WorkflowPlan) -> list[StepInfo]:
    """The steps whose addresses are known before the run: all but those inside a forEach or a loop."""
    found: list[StepInfo] = []

    def walk(steps: tuple[StepPlan, ...], parent: str | None) -> None:
        prefix = f"{parent}." if parent else ""
        for step in steps:
            path = prefix + step.id
            found.append(
                StepInfo(
                    path=path,
                    step_id=step.id,
                    step_name=step.name,
                    step_type=step.type,
                    parent=parent,
                    needs=[prefix + other for other in (*step.needs, *step.after)],
                    line=step.line,
                )
            )
            if step.for_each is None and step.loop is None:
                walk(step.body, path)
                for case in step.cases:
                    walk(case.steps, path)

    walk(plan.steps, None)
    walk(plan.finally_, None)
    return found
