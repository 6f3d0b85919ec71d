"""Decisions of a rerun: which steps are reused, which run again, and why. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from typing import Literal

from wftui.connections.redaction import MASK
from wftui.engine.primitives.cancellation import StopScope
from wftui.engine.primitives.conditions import holds
from wftui.engine.primitives.outcome import StepOutcome
from wftui.engine.restart.restart_plan import RepeatedWork, RestartPlan, StepDecision
from wftui.engine.restart.resume import DERIVED_TYPES, every_step
from wftui.engine.restart.resume_decisions import why_masked
from wftui.engine.run.steps.catching import clause_for
from wftui.engine.run.steps.frame import Frame
from wftui.model.base import Json, format_timestamp
from wftui.model.errors import NotFoundError
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult
from wftui.model.workflow.definition import CONTAINER_TYPES
from wftui.runtime.matrix import matrix_items
from wftui.runtime.plan import LoopPlan, StepPlan, WorkflowPlan, step_infos
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
    pure, so this is known in advance.

    Args:
        plan: the current workflow, which may have changed since the run.
        record: the earlier run, with big values resolved.
        inputs: of the new run, with secrets masked as in the record.
        from_step: id or path of a step that runs in any case; None: only what has to.
        before: the plan of the earlier run, if known.
        reconnected: names of connections in the workflow that are now replaced by another one.

    Raises:
        NotFoundError: there is no such step.
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
    planner = _Planner(record, asked, former, reconnected)
    planner.steps(plan.steps, Frame(scope, StopScope()))
    if any(result.masked for result in record.step_results):
        unmasked = _Planner(record, asked, former, reconnected, sees_masks=False)
        unmasked.steps(plan.steps, Frame(scope, StopScope()))
        planner.restart.repeated = _repeated(record, planner.restart, unmasked.restart)
    planner.restart.decisions += [StepDecision(step.id, "run", "finally always runs") for step in plan.finally_]
    return planner.restart


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
        if is_work and _is_within(step.path, reusable) and not _is_within(step.path, reused):
            (found.masked if step.masked else found.after_masked).append(step.path)
    return found


def _is_within(path: str, paths: Set[str]) -> bool:
    """Return whether a path or one of its containers is among some paths."""
    while path:
        if path in paths:
            return True
        path = _container(path)
    return False


def _container(path: str) -> str:
    return path[: max(path.rfind("."), path.rfind("["), 0)]


class _Planner:
    """Decides for the steps of a plan.

    Args:
        sees_masks: run steps again whose output held a secret.
    """

    def __init__(
        self,
        record: ExecutionRecord,
        asked: str | None,
        former: Mapping[str, StepPlan],
        reconnected: Set[str],
        *,
        sees_masks: bool = True,
    ) -> None:
        self.restart = RestartPlan()
        self._sees_masks = sees_masks
        self._record = record
        self._asked = asked
        self._former = former
        self._reconnected = reconnected

    def steps(self, steps: Sequence[StepPlan], frame: Frame) -> str | None:
        """Decide for a list of steps; return the first path that runs again, or None."""
        again: dict[str, str] = {}
        for step in steps:
            path = frame.prefix + step.id
            place = len(self.restart.decisions)
            why = self._why_rerun(step, frame, path, again)
            if why is None:
                del self.restart.decisions[place:]
                frame.note(step.id, _outcome(self._record.step(path)))
                self._decide(place, path, "keep", _why_reused(self._record.step(path)))
            else:
                again[step.id] = path
                self._decide(place, path, "run", why)
        return next(iter(again.values()), None)

    def _decide(self, place: int, path: str, action: Literal["keep", "run"], why: str) -> None:
        self.restart.decisions.insert(place, StepDecision(path, action, why))

    def _why_rerun(self, step: StepPlan, frame: Frame, path: str, again: Mapping[str, str]) -> str | None:
        """Return why a step runs again; None when it is reused."""
        result = self._record.step(path)
        if path == self._asked:
            return "requested"
        needed = next((other for other in (*step.needs, *step.after) if other in again), None)
        if needed:
            return f"comes after {needed}, which runs again"
        if result is None:
            return "is new"
        if result.step_type != step.type:
            return f"its type was {result.step_type}"
        if result.status == "skipped":
            return self._why_not_skipped(step, frame, result)
        if result.status in ("pending", "running", "waiting"):
            return "had not ended"
        if result.status == "cancelled":
            return "was cancelled"
        if step.disabled:
            return "is disabled now"
        changed = self._why_changed(step, result)
        if changed:
            return changed
        try:
            if step.when is not None and not holds(step.when, frame.scope, "when"):
                return "its condition has changed"
            why = self._why_content(step, frame, path, result)
            return why or (self._why_handlers(step, frame, path, result) if result.caught is not None else None)
        except Exception as error:  # noqa: BLE001  (the binding raises the same error when the step runs)
            return f"its input cannot be determined in advance: {error}"

    def _why_content(self, step: StepPlan, frame: Frame, path: str, result: StepResult) -> str | None:
        if step.for_each is not None:
            return self._why_items(step, frame, path, result)
        if step.loop is not None:
            return self._why_loop(step, step.loop, frame, path)
        if step.type in CONTAINER_TYPES:
            again = self._why_inside(_steps_inside(step, frame, result), frame.inside(path, frame.stop))
            return again or ("failed" if result.status == "failed" and not result.handled else None)
        return self._why_leaf(step, frame, result)

    def _why_changed(self, step: StepPlan, result: StepResult) -> str | None:
        """Return the reason for a change outside of the step's input, or None."""
        former = self._former.get(step.id)
        if former is not None and former.connection != step.connection:
            return "its connection has changed"
        for name in (step.connection, *step.uses):
            if name in self._reconnected:
                return f"it uses another connection for {name}"
        if step.type == "workflow" and self._reconnected:
            return "its sub-workflow may use another connection"
        if former is not None and former.output_schema != step.output_schema:
            return "its outputSchema has changed"
        if result.status == "failed" and result.handled and result.caught is None:
            instead = step.fallback if step.on_error == "fallback" else None
            if step.on_error == "fail" or not _same(instead, result.output):
                return "its onError has changed"
        return None

    def _why_loop(self, step: StepPlan, loop: LoopPlan, frame: Frame, path: str) -> str | None:
        """Return why a loop runs again, which is always as a whole, or None."""
        result = self._record.step(path)
        if result is not None and result.status == "failed" and not result.handled:
            return "failed"
        if result is not None and result.error is not None and not result.handled and loop.on_limit == "fail":
            return "its onLimit has changed"
        index, previous, done = 0, None, False
        while True:
            names = {"index": index, "previous": previous} if loop.remembers else {"index": index}
            around = frame.with_locals(**names)
            iteration = self._record.step(f"{path}[{index}]")
            goes_on = not done and index < loop.max_iterations
            if goes_on and loop.while_ is not None:
                goes_on = holds(loop.while_, around.scope, "while")
            if goes_on != (iteration is not None):
                return "it would end after another iteration"
            if iteration is None:
                return None
            inside = around.inside(iteration.path, frame.stop)
            planner = _Planner(self._record, self._asked, self._former, self._reconnected, sees_masks=self._sees_masks)
            again = planner._why_inside(step.body, inside)
            if again is not None:
                return again
            done = loop.until is not None and holds(loop.until, inside.scope, "until")
            previous = iteration.output
            index += 1

    def _why_leaf(self, step: StepPlan, frame: Frame, result: StepResult) -> str | None:
        if result.status == "failed" and not result.handled:
            return "failed"
        if result.masked and self._sees_masks:
            return why_masked(result)
        bound = step.input(frame.scope) if step.input is not None else {}
        if not _same(bound, result.input):
            return "its input has changed"
        return "was rejected, which fails the step now" if _rejected_before(step, bound, result.output) else None

    def _why_handlers(self, step: StepPlan, frame: Frame, path: str, result: StepResult) -> str | None:
        """Return why the handlers of a failed step run again, or None."""
        if result.error is None or clause_for(step, result.error) != result.caught or result.caught is None:
            return "its catch has changed"
        clause = step.catch[result.caught]
        inside = frame.handling(result.error, path, hidden=clause.hidden)
        again = self._why_inside(clause.steps, inside)
        if again is None and clause.output is not None and not _same(clause.output(inside.scope), result.output):
            return "its catch has changed"
        return again

    def _why_inside(self, steps: Sequence[StepPlan], frame: Frame) -> str | None:
        first = self.steps(steps, frame)
        return f"{first} runs again" if first else None

    def _why_items(self, step: StepPlan, frame: Frame, path: str, result: StepResult) -> str | None:
        each = step.for_each
        assert each is not None
        items = each.items(frame.scope)
        if each.matrix:
            limits = each.limits(frame.scope) if each.limits is not None else {}
            items = matrix_items(items, limits.get("maxItems", each.max_items))
        reused, expected, previous = 0, len(items), None
        for index, item in enumerate(items):
            place = f"{path}[{index}]"
            names = {"index": index, "previous": previous} if each.remembers else {"index": index}
            inside = frame.with_locals(**{**names, each.as_: item})
            before = self._record.step(place)
            if before is None or not self._reuses_item(step, inside, before):
                if each.remembers:
                    break  # what the next item would see is not known
                continue
            self.restart.decisions.append(StepDecision(place, "keep", "same input"))
            reused += 1
            if before.status != "completed":
                continue
            previous = before.output
            if each.stop_when is not None and holds(
                each.stop_when, inside.with_locals(output=previous).scope, "forEach.stopWhen"
            ):
                cancelled = sum(self._was_cancelled(f"{path}[{earlier}]") for earlier in range(index))
                expected = index + 1 - cancelled
                break
        total = result.iterations.total if result.iterations else None
        if reused == expected and total == len(items):
            return None
        return f"{expected - reused:,} of {len(items):,} items run" if reused else "all its items run"

    def _was_cancelled(self, place: str) -> bool:
        result = self._record.step(place)
        return result is not None and result.status == "cancelled"

    def _reuses_item(self, step: StepPlan, frame: Frame, result: StepResult) -> bool:
        each, place = step.for_each, result.path
        admitted = each is None or each.when is None or holds(each.when, frame.scope, "forEach.when")
        if result.status == "skipped" or not admitted:
            return result.status == "skipped" and not admitted
        if step.type not in CONTAINER_TYPES:
            return result.status == "completed" and self._why_leaf(step, frame, result) is None
        start = len(self.restart.decisions)
        again = self.steps(_steps_inside(step, frame, result), frame.inside(place, frame.stop))
        if again is not None or result.status != "completed":
            return False
        del self.restart.decisions[start:]
        return True

    def _why_not_skipped(self, step: StepPlan, frame: Frame, result: StepResult) -> str | None:
        if result.skip_reason == "disabled":
            return None if step.disabled else "is no longer disabled"
        if result.skip_reason == "when is false":
            try:
                still = step.when is not None and not holds(step.when, frame.scope, "when")
            except Exception as error:  # noqa: BLE001  (as above)
                return f"its condition cannot be determined in advance: {error}"
            return None if still else "its condition has changed"
        if result.skip_reason and result.skip_reason.endswith("which was skipped"):
            return None
        return f"was skipped: {result.skip_reason}"


class _Masks(Mapping[str, Json]):
    """Secrets as in a record, where every one is masked."""

    def __getitem__(self, name: str) -> Json:
        return MASK

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _find(plan: WorkflowPlan, record: ExecutionRecord, name: str) -> str:
    """Return the path for a step's id or path.

    For a step inside an iteration it is the path of the forEach or loop.
    """
    infos = step_infos(plan)
    paths = {info.path for info in infos}
    by_id = {info.step_id: info.path for info in infos}
    path = by_id.get(name, name)
    while path not in paths and record.step(path) is not None:
        path = _container(path)
    if path not in paths:
        known = ", ".join(sorted(by_id))
        raise NotFoundError(f"there is no step {name!r} to run from; the steps are {known}", code="step.not_found")
    return path


def _steps_inside(step: StepPlan, frame: Frame, result: StepResult) -> Sequence[StepPlan]:
    """Return the steps that give the output; of a race, those of the winner."""
    if step.branches:
        return next((branch.steps for branch in step.branches if branch.name == result.won), ())
    if not step.cases:
        return step.body
    default = next((case for case in step.cases if case.when is None), None)
    taken = next((case for case in step.cases if case.when and holds(case.when, frame.scope, "when")), default)
    return taken.steps if taken else ()


def _outcome(result: StepResult | None) -> StepOutcome:
    assert result is not None
    return outcome_of_result(result)


def outcome_of_result(result: StepResult) -> StepOutcome:
    """Return the outcome of a step of a record."""
    return StepOutcome(
        result.status,
        output=result.output,
        error=result.error,
        handled=result.handled,
        attempts=len(result.attempts),
    )


def _why_reused(result: StepResult | None) -> str:
    if result is None or result.status == "completed":
        return "same input"
    return f"skipped: {result.skip_reason}" if result.status == "skipped" else "failed, and the failure was handled"


def _rejected_before(step: StepPlan, bound: Json, output: Json) -> bool:
    """Return whether an approval was rejected under rules by which that was an answer."""
    if step.type != "approval" or not isinstance(bound, dict) or not isinstance(output, dict):
        return False
    return output.get("approved") is False and bound.get("onReject", "fail") == "fail"


def _same(left: Json, right: Json) -> bool:
    # As JSON text, because in Python 1 == 1.0 == True.
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
