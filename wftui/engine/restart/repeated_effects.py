"""Repetitions of a rerun: ended items and effects outside. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from wftui.engine.restart.restart_plan import InnerEffect, RestartPlan
from wftui.engine.restart.resume import every_step
from wftui.engine.restart.reuse_checks import is_within
from wftui.model.run.paths import owner_path, parent_path
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import STEP_TERMINAL, StepResult
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.runtime.plan import WorkflowPlan


def with_effects(planned: RestartPlan, plan: WorkflowPlan, record: ExecutionRecord) -> RestartPlan:
    """Return a plan whose decisions to run say what they repeat."""
    kept = set(planned.reused)
    running = {each.path for each in planned.decisions if each.action == "run"}
    once = acting_once(plan)
    ended: Counter[str] = Counter()
    kept_items: Counter[str] = Counter()
    effects: dict[str, list[str]] = {}
    for step in record.step_results:
        if step.path.endswith("]"):
            (kept_items if is_within(step.path, kept) else ended)[owner_path(step.path)] += step.status in STEP_TERMINAL
        if step.step_id in once and has_acted(step) and not is_within(step.path, kept):
            owner = _nearest(step.path, running)
            if owner is not None:
                effects.setdefault(owner, []).append(step.path)
    decisions = []
    for each in planned.decisions:
        result = record.step(each.path)
        if each.action == "run" and result is not None:
            counted = result.iterations is not None
            decisions.append(
                replace(
                    each,
                    effects=tuple(effects.get(each.path, ())),
                    items=_items(result, kept_items[each.path]) if counted else None,
                    had_ended=ended[each.path] if counted else None,
                )
            )
        else:
            decisions.append(each)
    planned.decisions = decisions
    return planned


def with_inner_effects(planned: RestartPlan, inner: Iterable[InnerEffect]) -> RestartPlan:
    """Return a plan whose decisions to run name the effects of their sub-workflows."""
    running = {each.path for each in planned.decisions if each.action == "run"}
    found: dict[str, list[str]] = {}
    for effect in inner:
        owner = _nearest(effect.caller, running)
        if owner is not None:
            found.setdefault(owner, []).append(effect.path)
    planned.decisions = [
        replace(each, effects=(*each.effects, *found[each.path])) if each.path in found else each
        for each in planned.decisions
    ]
    return planned


def acting_once(plan: WorkflowPlan) -> frozenset[str]:
    """Return the ids of the steps with `"idempotent": false`, without containers."""
    return frozenset(step.id for step in every_step(plan) if not step.idempotent and step.type not in CONTAINER_TYPES)


def has_acted(step: StepResult) -> bool:
    """Return whether a step has begun; of a forEach, its items have."""
    return bool(step.attempts) and step.iterations is None


def _items(result: StepResult, kept: int) -> int:
    """Return how many items or iterations of the earlier run are not kept."""
    assert result.iterations is not None
    total = result.iterations.total
    return max(0, (total if total is not None else result.iterations.started) - kept)


def _nearest(path: str, running: set[str]) -> str | None:
    place: str | None = path
    while place and place not in running:
        place = parent_path(place)
    return place
