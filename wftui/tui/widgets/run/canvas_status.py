"""Statuses of declared steps on the canvas, aggregated over iterations."""

from collections import Counter, defaultdict

from wftui.model.run.paths import parent_path, without_indices
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.steps import STEP_TERMINAL
from wftui.tui.widgets.run.state import RunState

_STRONGEST = ("running", "waiting", "failed", "cancelled", "completed", "skipped")


def canvas_statuses(state: RunState) -> tuple[dict[str, str], dict[str, str]]:
    """Return status and short text by the path of each declared step.

    A repeating step shows its progress. A step inside one shows the strongest status of its instances and, if the
    record holds all of them, how many have ended.
    """
    record = state.record
    times: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for step in record.step_results:
        if "[" in step.path and not step.path.endswith("]"):
            times[without_indices(step.path)][step.status] += 1
    statuses: dict[str, str] = {}
    details: dict[str, str] = {}
    for path in state.declared or {}:
        declared = record.step(path)
        counts = times.get(path)
        if counts is not None and (declared is None or declared.status == "pending"):
            statuses[path] = next(status for status in (*_STRONGEST, "pending") if counts[status])
            if not _leaves_out(record, path):
                ended = sum(counts[status] for status in STEP_TERMINAL)
                details[path] = f"{ended}/{counts.total()}"
            continue
        if declared is None:
            continue
        statuses[path] = declared.status
        if declared.iterations is not None:
            counted = declared.iterations
            ended = counted.ended
            details[path] = f"{ended}/{counted.total}" if counted.total is not None else str(ended)
    return statuses, details


def newest_of(state: RunState, path: str) -> str:
    """Return the address of the newest instance of a declared step.

    An active one comes first.

    Args:
        path: its declaration, without indices.
    """
    if state.record.step(path) is not None:
        return path
    found = [each for each in state.record.step_results if without_indices(each.path) == path]
    active = [each for each in found if each.path in state.active]
    return next((each.path for each in reversed(active or found)), path)


def _leaves_out(record: ExecutionRecord, path: str) -> bool:
    """Return whether the record omits iterations around a declared step."""
    above = parent_path(path)
    while above is not None:
        step = record.step(above)
        if step is not None and step.iterations is not None and step.iterations.omitted:
            return True
        above = parent_path(above)
    return False
