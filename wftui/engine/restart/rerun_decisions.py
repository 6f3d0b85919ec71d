"""Decisions of a rerun: which steps are reused, which run again, and why. Pure."""

from collections.abc import Iterator, Mapping, Set
from contextlib import suppress

from wftui.connections.redaction import MASK
from wftui.engine.primitives.cancellation import StopScope
from wftui.engine.restart.repeated_effects import with_effects
from wftui.engine.restart.rerun_planner import RerunPlanner
from wftui.engine.restart.restart_plan import RepeatedWork, RestartPlan, StepDecision
from wftui.engine.restart.resume import DERIVED_TYPES, every_step
from wftui.engine.restart.reuse_checks import is_within
from wftui.engine.run.steps.frame import Frame
from wftui.model.base import Json, format_timestamp
from wftui.model.errors import ConflictError, NotFoundError
from wftui.model.run.paths import is_at_or_in, parent_path, without_indices
from wftui.model.run.record import ExecutionRecord
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.runtime.plan import WorkflowPlan, step_infos
from wftui.runtime.scope import Scope

_NO_WORK = CONTAINER_TYPES | DERIVED_TYPES
"""Types that may run again without confirmation."""


def plan_restart(
    plan: WorkflowPlan,
    record: ExecutionRecord,
    *,
    inputs: Mapping[str, Json],
    environment: Mapping[str, str],
    from_step: str | None = None,
    before: WorkflowPlan | None = None,
    reconnected: Set[str] = frozenset(),
) -> RestartPlan:
    """Decide which results of an earlier run are reused.

    A step is reused when it succeeded, its bound input is unchanged, and no step it depends on runs again. Bindings are
    pure, so this is known in advance. Inside a loop, the iterations before the first one that runs again are reused.

    Args:
        plan: the current workflow, which may have changed since the run.
        record: the earlier run, with big values resolved.
        inputs: of the new run, with secrets masked as in the record.
        from_step: id or path of a step or iteration that runs in any case; None: only what has to.
        before: the plan of the earlier run, if known.
        reconnected: names of connections in the workflow that are now replaced by another one.

    Raises:
        NotFoundError: there is no such step.
        ConflictError: it cannot run again without steps or iterations before it.
    """
    known = set(plan.env)
    scope = Scope(
        inputs=inputs,
        run={
            "id": record.id,
            "startedAt": format_timestamp(record.created_at) if record.created_at else None,
            "attempt": 1,
            "workflowId": plan.id,
        },
        env={name: value for name, value in environment.items() if name in known},
        secrets=_Masks(),
        connection=_Masks(),
    )
    scope.locals = _variables(plan, scope)
    former = {step.id: step for step in every_step(before)} if before is not None else {}
    asked = _find(plan, record, from_step) if from_step else None
    planner = RerunPlanner(record, asked, former, reconnected)
    planner.steps(plan.steps, Frame(scope, StopScope()))
    if asked is not None and not planner.reached and not _runs(asked, plan, planner.restart):
        raise _not_from(asked, planner.restart)
    if any(result.masked for result in record.step_results):
        unmasked = RerunPlanner(record, asked, former, reconnected, sees_masks=False)
        unmasked.steps(plan.steps, Frame(scope, StopScope()))
        planner.restart.repeated = _repeated(record, planner.restart, unmasked.restart)
    planner.restart.decisions += [StepDecision(step.id, "run", "finally always runs") for step in plan.finally_]
    return with_effects(planner.restart, plan, record)


def _variables(plan: WorkflowPlan, scope: Scope) -> dict[str, Json]:
    """Return the variables as a rerun computes them; none that cannot be computed."""
    values: dict[str, Json] = {}
    scope.locals = {"vars": values} if plan.vars else {}
    for name, bind in plan.vars.items():
        with suppress(Exception):  # the run fails with it
            values[name] = bind(scope)
    return dict(scope.locals)


def _repeated(record: ExecutionRecord, planned: RestartPlan, unmasked: RestartPlan) -> RepeatedWork:
    """Return the completed steps that would be reused if no output had held a secret."""
    found = RepeatedWork()
    reused, reusable = set(planned.reused), set(unmasked.reused)
    for step in record.step_results:
        is_work = step.status == "completed" and step.iterations is None and step.step_type not in _NO_WORK
        if is_work and is_within(step.path, reusable) and not is_within(step.path, reused):
            (found.masked if step.masked else found.after_masked).append(step.path)
    return found


class _Masks(Mapping[str, Json]):
    """Secrets as a record has them: all masked."""

    def __getitem__(self, name: str) -> Json:
        return MASK

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _find(plan: WorkflowPlan, record: ExecutionRecord, name: str) -> str:
    """Return the path for a step's id or path.

    That of an iteration, or inside one, is one of the run.
    """
    infos = step_infos(plan)
    paths = {info.path for info in infos}
    by_id = {info.step_id: info.path for info in infos}
    path = by_id.get(name, name)
    if path in paths or ("[" in path and record.step(path) is not None):
        return path
    if "[" in path and without_indices(path).partition(".")[0] in paths:
        missing = path
        while (around := parent_path(missing)) and record.step(around) is None:
            missing = around
        raise NotFoundError(f"the run has no {missing}, so it cannot run again from there", code="step.not_found")
    iterated = (each for each in record.step_results if "[" in each.path)
    repeated = next((each for each in iterated if name in (each.step_id, without_indices(each.path))), None)
    if repeated is not None:
        message = f"{name} was repeated: name the iteration to run from, such as {repeated.path}"
        raise NotFoundError(message, code="step.not_found")
    known = ", ".join(sorted(by_id))
    raise NotFoundError(f"there is no step {name!r} to run from; the steps are {known}", code="step.not_found")


def _runs(asked: str, plan: WorkflowPlan, planned: RestartPlan) -> bool:
    """Return whether a step outside the walk runs: within another one, or at the end.

    What is before an iteration must not run because of it.
    """
    if without_indices(asked).partition(".")[0] in {step.id for step in plan.finally_}:
        return True
    return "[" not in asked and any(
        each.action == "run" and is_at_or_in(asked, each.path) for each in planned.decisions
    )


def _not_from(asked: str, planned: RestartPlan) -> ConflictError:
    """Return the error of a rerun that cannot begin at an iteration or an unused step."""
    around = [each for each in planned.decisions if is_at_or_in(asked, each.path)]
    why = ": it does not run any more"
    if around and around[0].action == "run":
        why = f": {around[0].path} runs again ({around[0].why})"
    elif around:
        why = f": {around[0].path} is reused, and {asked} has no part in its result"
    instead = f"; --from {around[0].path} runs all of it again" if around else ""
    return ConflictError(f"the run cannot run again from {asked}{why}{instead}", code="rerun.inside")
