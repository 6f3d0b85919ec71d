"""Seed results: reused steps of an earlier run, as events of a rerun."""

from collections.abc import Iterable
from datetime import datetime

from wftui.engine.restart.reuse_checks import outcome_of_result
from wftui.engine.run.state.carried_results import CarriedResults
from wftui.model.base import Json
from wftui.model.run.events import (
    ExecutionEvent,
    IterationCompleted,
    IterationFailed,
    IterationsPlanned,
    IterationStarted,
    StepCancelled,
    StepCaught,
    StepCompleted,
    StepFailed,
    StepSkipped,
    StepStarted,
    StepWon,
)
from wftui.model.run.paths import iteration_index, parent_path
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import ExecutionError, StepResult


def seed_results(record: ExecutionRecord, reused: Iterable[str], run_id: str, now: datetime) -> CarriedResults:
    """Return the results that a rerun reuses, with the events that record them.

    Args:
        record: the earlier run, with big values resolved.
        reused: paths of the reused steps, whose inner steps are included.
        run_id: the new run.
    """
    carried = CarriedResults()
    members: dict[str, list[StepResult]] = {path: [] for path in reused}
    for result in record.step_results:
        path: str | None = result.path
        while path is not None and path not in members:
            path = parent_path(path)
        if path is not None:
            members[path].append(result)
    for path, results in members.items():
        own = record.step(path)
        if own is not None:
            carried.ends[path] = outcome_of_result(own)
            carried.copies[path] = _events(results, record.id, run_id, now)
    return carried


def _events(results: list[StepResult], source: str, run_id: str, now: datetime) -> list[ExecutionEvent]:
    """Return the events of reused steps, with those of inner steps nested."""
    begins: list[ExecutionEvent] = []
    ends: list[ExecutionEvent] = []
    for result in results:
        where: dict[str, Json] = {
            "run_id": run_id,
            "timestamp": now,
            "step_id": result.step_id,
            "path": result.path,
            "kept_from": source,
        }
        begins += _begin(result, where)
        ends += _end(result, where)
    return [*begins, *reversed(ends)]


def _begin(result: StepResult, where: dict[str, Json]) -> list[ExecutionEvent]:
    if result.status not in ("completed", "failed"):
        return []
    events: list[ExecutionEvent] = []
    if result.path.endswith("]"):
        events.append(IterationStarted(index=iteration_index(result.path), label=result.message, **where))
    if result.attempts:
        events.append(
            StepStarted(
                step_name=result.step_name,
                step_type=result.step_type,
                parent=result.parent,
                attempt=result.attempts[-1].attempt,
                input=result.input,
                **where,
            )
        )
    if result.caught is not None and result.error is not None:
        attempt = result.attempts[-1].attempt if result.attempts else 1
        events.append(StepCaught(attempt=attempt, error=result.error, clause=result.caught, **where))
    if result.won is not None:
        events.append(StepWon(branch=result.won, **where))
    if result.iterations is not None:
        events.append(IterationsPlanned(total=result.iterations.total, **where))
    return events


def _end(result: StepResult, where: dict[str, Json]) -> list[ExecutionEvent]:
    duration = result.duration or 0.0
    attempt = result.attempts[-1].attempt if result.attempts else 1
    error = result.error or ExecutionError(message="")
    iteration = result.path.endswith("]")
    match result.status:
        case "completed" if iteration:
            return [
                IterationCompleted(
                    index=iteration_index(result.path),
                    output=result.output,
                    item_errors=result.error,
                    duration=duration,
                    **where,
                )
            ]
        case "completed":
            return [
                StepCompleted(
                    output=result.output, item_errors=result.error, duration=duration, attempt=attempt, **where
                )
            ]
        case "failed" if iteration:
            return [
                IterationFailed(
                    index=iteration_index(result.path),
                    error=error,
                    duration=duration,
                    handled=result.handled,
                    output=result.output,
                    **where,
                )
            ]
        case "failed":
            return [
                StepFailed(
                    error=error,
                    duration=duration,
                    attempt=attempt,
                    handled=result.handled,
                    output=result.output,
                    **where,
                )
            ]
        case "skipped":
            return [
                StepSkipped(
                    step_name=result.step_name,
                    step_type=result.step_type,
                    parent=result.parent,
                    reason=result.skip_reason or "",
                    **where,
                )
            ]
        case "cancelled":  # the branches of a race that lost
            return [StepCancelled(duration=duration, reason=result.skip_reason, **where)]
        case _:
            return []
