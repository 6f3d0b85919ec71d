"""Another pool for all steps of a run, instead of what its workflow says."""

from collections.abc import Iterable
from dataclasses import replace

from wftui.model.errors import UsageError
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.model.workflow.identifiers import HERE, pool_problem
from wftui.runtime.plan import StepPlan, WorkflowPlan
from wftui.steps.api.step_type import StepTypes


def check_pool(name: str | None) -> None:
    """Refuse what cannot be the name of a pool.

    Raises:
        UsageError: it is not a name, nor `here`.
    """
    if name is not None and (problem := pool_problem(name)) is not None:
        raise UsageError(problem, code="run.pool")


def in_pool(plan: WorkflowPlan, name: str | None, step_types: StepTypes) -> WorkflowPlan:
    """Return the plan with its steps in a pool, or here; unchanged without a name.

    Steps that are part of the run itself stay where they are.
    """
    if name is None:
        return plan
    pool = None if name == HERE else name

    def moved(steps: Iterable[StepPlan]) -> tuple[StepPlan, ...]:
        return tuple(move(step) for step in steps)

    def move(step: StepPlan) -> StepPlan:
        kind = step_types.get(step.type)
        stays = step.type in CONTAINER_TYPES or (kind is not None and kind.local)
        return replace(
            step,
            pool=None if stays else pool,
            body=moved(step.body),
            cases=tuple(replace(case, steps=moved(case.steps)) for case in step.cases),
            branches=tuple(replace(branch, steps=moved(branch.steps)) for branch in step.branches),
            catch=tuple(replace(clause, steps=moved(clause.steps)) for clause in step.catch),
        )

    return replace(plan, steps=moved(plan.steps), finally_=moved(plan.finally_))
