"""Checks whether the earlier result of one step still holds. Pure."""

import json
from collections.abc import Mapping, Sequence, Set

from wftui.engine.primitives.conditions import holds
from wftui.engine.primitives.outcome import StepOutcome
from wftui.engine.restart.resume_decisions import why_masked
from wftui.engine.run.steps.frame import Frame
from wftui.model.base import Json
from wftui.model.run.paths import parent_path
from wftui.model.run.steps import StepResult
from wftui.runtime.plan import StepPlan


def why_changed(step: StepPlan, former: StepPlan | None, result: StepResult, reconnected: Set[str]) -> str | None:
    """Return the reason for a change outside of the step's input, or None.

    Args:
        former: the step in the plan of the earlier run, if known.
        reconnected: names of connections that are now replaced by another one.
    """
    if former is not None and former.connection != step.connection:
        return "its connection has changed"
    for name in (step.connection, *step.uses):
        if name in reconnected:
            return f"it uses another connection for {name}"
    if step.type == "workflow" and reconnected:
        return "its sub-workflow may use another connection"
    if former is not None and former.output_schema != step.output_schema:
        return "its outputSchema has changed"
    if result.status == "failed" and result.handled and result.caught is None:
        instead = step.fallback if step.on_error == "fallback" else None
        if step.on_error == "fail" or not same(instead, result.output):
            return "its onError has changed"
    return None


def why_leaf(step: StepPlan, frame: Frame, result: StepResult, *, sees_masks: bool) -> str | None:
    """Return why a step without steps inside runs again, or None.

    Args:
        sees_masks: run steps again whose output held a secret.
    """
    if result.status == "failed" and not result.handled:
        return "failed"
    if result.masked and sees_masks:
        return why_masked(result)
    bound = step.input(frame.scope) if step.input is not None else {}
    if not same(bound, result.input):
        return "its input has changed"
    return "was rejected, which fails the step now" if _rejected_before(step, bound, result.output) else None


def why_not_skipped(step: StepPlan, frame: Frame, result: StepResult) -> str | None:
    """Return why a step that was skipped runs again, or None."""
    if result.skip_reason == "disabled":
        return None if step.disabled else "is no longer disabled"
    if result.skip_reason == "when is false":
        try:
            still = step.when is not None and not holds(step.when, frame.scope, "when")
        except Exception as error:  # noqa: BLE001  (the condition raises the same error when the step runs)
            return f"its condition cannot be determined in advance: {error}"
        return None if still else "its condition has changed"
    if result.skip_reason and result.skip_reason.endswith("which was skipped"):
        return None
    return f"was skipped: {result.skip_reason}"


def why_reused(result: StepResult | None) -> str:
    """Return why a step is reused."""
    if result is None or result.status == "completed":
        return "same input"
    return f"skipped: {result.skip_reason}" if result.status == "skipped" else "failed, and the failure was handled"


def steps_inside(step: StepPlan, frame: Frame, result: StepResult) -> Sequence[StepPlan]:
    """Return the steps that give a container's output; of a race, the winner's."""
    if step.branches:
        return next((branch.steps for branch in step.branches if branch.name == result.won), ())
    if not step.cases:
        return step.body
    default = next((case for case in step.cases if case.when is None), None)
    taken = next((case for case in step.cases if case.when and holds(case.when, frame.scope, "when")), default)
    return taken.steps if taken else ()


def outcome_of_result(result: StepResult) -> StepOutcome:
    """Return the outcome of a step of a record."""
    return StepOutcome(
        result.status,
        output=result.output,
        error=result.error,
        handled=result.handled,
        attempts=len(result.attempts),
    )


def same(left: Json, right: Json) -> bool:
    """Return whether two values are the same JSON: in Python 1 == 1.0 == True."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def _rejected_before(step: StepPlan, bound: Json, output: Json) -> bool:
    """Return whether an approval was rejected under rules by which that was an answer."""
    if step.type != "approval" or not isinstance(bound, dict) or not isinstance(output, dict):
        return False
    return output.get("approved") is False and bound.get("onReject", "fail") == "fail"


def is_within(path: str, paths: Set[str] | Mapping[str, object]) -> bool:
    """Return whether a path or one of its containers is among some paths."""
    place: str | None = path
    while place:
        if place in paths:
            return True
        place = parent_path(place)
    return False
