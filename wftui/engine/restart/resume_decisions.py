"""Decisions of a resume: which steps are reused, which run again, and why. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from wftui.engine.restart.restart_plan import InnerEffect, RestartPlan, StepDecision
from wftui.engine.restart.resume import DERIVED_TYPES, may_run_twice
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import StepResult
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.runtime.plan import WorkflowPlan


def plan_resume(record: ExecutionRecord, plan: WorkflowPlan, inner: Iterable[InnerEffect] = ()) -> RestartPlan:
    """Return the plan of a resume; one decision covers all iterations of a step.

    Args:
        inner: effects of the sub-workflows that the resume continues.
    """
    effects: dict[str, list[str]] = {}
    own = [(path, path) for path in may_run_twice(plan, record, None)]
    for place, path in [*own, *((each.caller, each.path) for each in inner)]:
        effects.setdefault(place.partition("[")[0], []).append(path)
    decisions = [_decision(step) for step in record.step_results if "[" not in step.path]
    return RestartPlan([replace(each, effects=tuple(effects.get(each.path, ()))) for each in decisions])


def _decision(step: StepResult) -> StepDecision:
    if step.masked and step.status == "completed":
        return StepDecision(step.path, "run", why_masked(step), step.pool)
    if step.status not in {"pending", "running", "waiting"}:
        return StepDecision(step.path, "keep", f"{step.status} before")
    return StepDecision(step.path, "run", _why(step), step.pool)


def why_masked(step: StepResult) -> str:
    """Return why a completed step runs again whose output held a secret."""
    held = "its output held a secret, which is not stored"
    if step.iterations is not None:
        return f"{held}: the iterations with one run again"
    if step.step_type in CONTAINER_TYPES:
        return f"{held}: the steps inside with one run again"
    return f"{held}: derived again" if step.step_type in DERIVED_TYPES else f"{held}: runs again if confirmed"


def _why(step: StepResult) -> str:
    if step.status == "pending":
        return "had not begun"
    if step.iterations is not None:
        ended = step.iterations.ended
        return f"continues; {ended} finished iterations are reused"
    if step.waiting is None:
        return "was running when the process ended; runs again"
    match step.waiting.reason:
        case "delay":
            return "keeps waiting until the time that was set"
        case "approval":
            return "asks again; its timeout keeps running"
        case "child":
            return "continues with the run it started"
        case "start":
            return "keeps the run it started"
        case "retry":
            return "retries"
        case unknown:
            return f"waits: {unknown}"
