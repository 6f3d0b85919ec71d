"""Walk over a plan that decides which results a rerun reuses. Pure."""

from collections.abc import Mapping, Sequence, Set
from typing import Literal

from wftui.engine.primitives.conditions import holds
from wftui.engine.primitives.outcome import StepOutcome
from wftui.engine.restart.restart_plan import RestartPlan, StepDecision
from wftui.engine.restart.reuse_checks import (
    outcome_of_result,
    same,
    steps_inside,
    why_changed,
    why_leaf,
    why_not_skipped,
    why_reused,
)
from wftui.engine.run.steps.catching import clause_for
from wftui.engine.run.steps.frame import Frame
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.runtime.matrix import matrix_items
from wftui.runtime.plan import LoopPlan, StepPlan

REQUESTED = "requested"


class RerunPlanner:
    """Decides for the steps of a plan.

    Args:
        asked: address of the step or iteration that runs in any case.
        former: the steps of the plan of the earlier run, by id.
        sees_masks: run steps again whose output held a secret.

    Attributes:
        reached: the walk has come to the step that was asked for.
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
        self.reached = False
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
                self._decide(place, path, "keep", why_reused(self._record.step(path)))
            else:
                again[step.id] = path
                self._decide(place, path, "run", why)
        return next(iter(again.values()), None)

    def _decide(self, place: int, path: str, action: Literal["keep", "run"], why: str) -> None:
        self.restart.decisions.insert(place, StepDecision(path, action, why))

    def _is_asked(self, path: str) -> bool:
        self.reached = self.reached or path == self._asked
        return path == self._asked

    def _why_rerun(self, step: StepPlan, frame: Frame, path: str, again: Mapping[str, str]) -> str | None:
        """Return why a step runs again; None when it is reused."""
        result = self._record.step(path)
        if self._is_asked(path):
            return REQUESTED
        needed = next((other for other in (*step.needs, *step.after) if other in again), None)
        if needed:
            return f"comes after {needed}, which runs again"
        if result is None:
            return "is new"
        if result.step_type != step.type:
            return f"its type was {result.step_type}"
        if result.status == "skipped":
            return why_not_skipped(step, frame, result)
        if step.disabled:
            return "is disabled now"
        changed = why_changed(step, self._former.get(step.id), result, self._reconnected)
        if changed:
            return changed
        unfinished = _why_unfinished(result)
        if unfinished is not None and not (step.for_each or step.type in CONTAINER_TYPES):
            return unfinished
        try:
            if step.when is not None and not holds(step.when, frame.scope, "when"):
                return "its condition has changed"
            why = self._why_content(step, frame, path, result)
            if why is None and result.caught is not None:
                why = self._why_handlers(step, frame, path, result)
            return unfinished or why
        except Exception as error:  # noqa: BLE001  (the binding raises the same error when the step runs)
            return f"its input cannot be determined in advance: {error}"

    def _why_content(self, step: StepPlan, frame: Frame, path: str, result: StepResult) -> str | None:
        if step.for_each is not None:
            return self._why_items(step, frame, path, result)
        if step.loop is not None:
            return self._why_loop(step, step.loop, frame, path, result)
        if step.type in CONTAINER_TYPES:
            again = self._why_inside(steps_inside(step, frame, result), frame.inside(path, frame.stop))
            return again or ("failed" if result.status == "failed" and not result.handled else None)
        return why_leaf(step, frame, result, sees_masks=self._sees_masks)

    def _why_handlers(self, step: StepPlan, frame: Frame, path: str, result: StepResult) -> str | None:
        """Return why the handlers of a failed step run again, or None."""
        if result.error is None or clause_for(step, result.error) != result.caught or result.caught is None:
            return "its catch has changed"
        clause = step.catch[result.caught]
        inside = frame.handling(result.error, path, hidden=clause.hidden)
        again = self._why_inside(clause.steps, inside)
        if again is None and clause.output is not None and not same(clause.output(inside.scope), result.output):
            return "its catch has changed"
        return again

    def _why_inside(self, steps: Sequence[StepPlan], frame: Frame) -> str | None:
        first = self.steps(steps, frame)
        return f"{first} runs again" if first else None

    # --- loops

    def _why_loop(self, step: StepPlan, loop: LoopPlan, frame: Frame, path: str, result: StepResult) -> str | None:
        """Return why iterations of a loop run again, or None; keep those before."""
        index, previous, done = 0, None, False
        while True:
            names = {"index": index, "previous": previous} if loop.remembers else {"index": index}
            around = frame.with_locals(**names)
            iteration = self._record.step(f"{path}[{index}]")
            goes_on = not done and index < loop.max_iterations
            if goes_on and loop.while_ is not None:
                goes_on = holds(loop.while_, around.scope, "while")
            if iteration is None or not goes_on:
                if done:
                    self._keep_steps_of_last(step, path, index - 1)
                if goes_on or iteration is not None:
                    return "it would end after another iteration"
                return _why_loop_end(loop, result)
            if self._is_asked(iteration.path):
                return REQUESTED
            inside = around.inside(iteration.path, frame.stop)
            place = len(self.restart.decisions)
            again = self._why_inside(step.body, inside)
            if again is not None:
                return again
            if iteration.status != "completed":
                return f"{iteration.path} {_why_unfinished(iteration) or iteration.status}"
            done = loop.until is not None and holds(loop.until, inside.scope, "until")
            del self.restart.decisions[place:]
            self.restart.decisions.append(StepDecision(iteration.path, "keep", "same input"))
            previous = iteration.output
            index += 1

    def _keep_steps_of_last(self, step: StepPlan, path: str, index: int) -> None:
        """Keep the steps of the last iteration, after which `until` is evaluated."""
        del self.restart.decisions[-1]
        for inner in step.body:
            place = f"{path}[{index}].{inner.id}"
            self.restart.decisions.append(StepDecision(place, "keep", why_reused(self._record.step(place))))

    # --- items

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
            if before is None or self._is_asked(place) or not self._reuses_item(step, inside, before):
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
        if reused == expected:
            return None if total == len(items) else "its list has another length"
        return f"{expected - reused:,} of {len(items):,} items run" if reused else "all its items run"

    def _was_cancelled(self, place: str) -> bool:
        result = self._record.step(place)
        return result is not None and result.status == "cancelled"

    def _reuses_item(self, step: StepPlan, frame: Frame, result: StepResult) -> bool:
        each, place = step.for_each, result.path
        admitted = each is None or each.when is None or holds(each.when, frame.scope, "forEach.when")
        if result.status == "skipped" or not admitted:
            return result.status == "skipped" and not admitted
        start = len(self.restart.decisions)
        if step.type not in CONTAINER_TYPES:
            again = why_leaf(step, frame, result, sees_masks=self._sees_masks)
        elif step.loop is not None:
            again = self._why_loop(step, step.loop, frame, place, result)
        else:
            again = self.steps(steps_inside(step, frame, result), frame.inside(place, frame.stop))
        if again is None and result.caught is not None:
            again = self._why_handlers(step, frame, place, result)
        if again is not None or not (result.status == "completed" or (result.handled and result.caught is not None)):
            return False
        del self.restart.decisions[start:]
        return True


def _outcome(result: StepResult | None) -> StepOutcome:
    assert result is not None
    return outcome_of_result(result)


def _why_loop_end(loop: LoopPlan, result: StepResult) -> str | None:
    if result.status == "failed" and not result.handled:
        return "failed"
    if result.error is not None and not result.handled and loop.on_limit == "fail":
        return "its onLimit has changed"
    return None


def _why_unfinished(result: StepResult) -> str | None:
    if result.status in ("pending", "running", "waiting"):
        return "had not ended"
    return "was cancelled" if result.status == "cancelled" else None
