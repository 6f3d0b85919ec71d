"""The first difference of two runs as a sentence, from causes to effects."""

from collections.abc import Sequence
from datetime import UTC, datetime

from wftui.model.comparison.alignment import StepPair
from wftui.model.comparison.comparison import ComparedRun, ComparedStep, RunComparison
from wftui.model.run.steps import ExecutionError
from wftui.model.workflow.durations import format_duration

_NOT_RUN = frozenset({"pending", "skipped"})
_NEVER = datetime.max.replace(tzinfo=UTC)


def first_difference(found: RunComparison, pairs: Sequence[StepPair]) -> tuple[bool, str]:
    """Return whether two runs are the same but for times, and the sentence."""
    clauses = [*_causes(found), *_effects(found, pairs)]
    if clauses:
        text = "; ".join(clauses)
        return False, f"{text[:1].upper()}{text[1:]}."
    slower = next((step for step in found.steps if step.slower), None)
    if slower is not None and slower.duration_after is not None:
        usual = slower.usual.p50 if slower.usual is not None else slower.duration_before or 0.0
        took = format_duration(slower.duration_after / 1000)
        return True, f"No difference but times: {slower.path} took {took}, usually {format_duration(usual / 1000)}."
    if found.before.id == found.after.id:
        return True, f"No difference: both are run {found.after.id}."
    return True, "No difference but times and log lines."


def _causes(found: RunComparison) -> list[str]:
    if found.before.workflow_id != found.after.workflow_id:
        return [f"these are runs of two workflows, {found.before.workflow_id} and {found.after.workflow_id}"]
    causes: list[str] = []
    if found.inputs:
        causes.append(f"the inputs differ: {found.inputs[0].sentence()}")
    if found.changed_steps:
        steps = ", ".join(found.changed_steps[:3]) + (", …" if len(found.changed_steps) > 3 else "")
        causes.append(f"the workflow was changed in {steps}")
    elif found.definition:
        causes.append("the workflow was changed outside its steps")
    return causes


def _effects(found: RunComparison, pairs: Sequence[StepPair]) -> list[str]:
    differing = [(step, pair) for step, pair in zip(found.steps, pairs, strict=True) if step.differs]
    if differing:
        # A container ends after its first inner difference, which says more.
        inner = [each for each in differing if not any(_is_inside(other.path, each[0].path) for other, _ in differing)]
        step, _ = min(inner, key=lambda each: _ended(each[1]))
        return [f"the first step that differs is {step.path}: {_how(step, found)}"]
    errors = [_error(run.error) for run in (found.before, found.after)]
    if found.before.status != found.after.status:
        return [f"the run is {found.after.status} and was {found.before.status}{errors[1] and f' ({errors[1]})'}"]
    if errors[0] != errors[1]:
        return [f"the error of the run was {errors[0] or 'none'} and is {errors[1] or 'none'}"]
    if found.outputs:
        return [f"the outputs differ: {found.outputs[0].sentence()}"]
    return []


def _is_inside(path: str, place: str) -> bool:
    return path != place and path.startswith(place) and path[len(place)] in ".["


def _ended(pair: StepPair) -> datetime:
    step = pair.after or pair.before
    return (step.completed_at or step.started_at or _NEVER) if step is not None else _NEVER


def _error(error: ExecutionError | None) -> str:
    return f"{error.type}: {error.message}".partition("\n")[0][:200] if error is not None else ""


def _status(status: str | None, run: ComparedRun) -> str:
    """Return the status of a step; none runs in a run that was interrupted."""
    return "unfinished" if run.status == "interrupted" and status in ("running", "waiting") else str(status)


def _how(step: ComparedStep, found: RunComparison) -> str:
    before, after = _status(step.status_before, found.before), _status(step.status_after, found.after)
    match step.relation:
        case "added":
            return f"it is new, and {after}"
        case "removed":
            return f"it is missing; it was {before}"
    has_run = _NOT_RUN.isdisjoint((step.status_before, step.status_after))
    if step.input and has_run:
        how = f"its input differs: {step.input[0].sentence()}"
    elif step.status_before != step.status_after:
        how = f"it was {before} and is {after}"
    elif step.attempts_before != step.attempts_after:
        how = f"it took {_attempts(step.attempts_after)} instead of {step.attempts_before}"
    elif step.output:
        how = f"its output differs: {step.output[0].sentence()}"
    else:
        how = "its error differs"
    error = step.error_after if step.error_after != step.error_before else None
    return f"{how} ({error.splitlines()[0][:200]})" if error else how


def _attempts(count: int) -> str:
    return f"{count} attempt{'s' * (count != 1)}"
