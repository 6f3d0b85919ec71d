"""Statuses of declared steps on the canvas, aggregated over iterations."""

from collections import Counter, defaultdict

from wftui.model.run.paths import parent_path
from wftui.model.run.record import ExecutionRecord
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
            times[step.step_id][step.status] += 1
    statuses: dict[str, str] = {}
    details: dict[str, str] = {}
    for path, info in (state.declared or {}).items():
        declared = record.step(path)
        counts = times.get(info.step_id)
        if declared is None:
            continue
        if counts is not None and declared.status == "pending":
            statuses[path] = next(status for status in (*_STRONGEST, "pending") if counts[status])
            if not _leaves_out(record, path):
                details[path] = f"{counts['completed'] + counts['failed']}/{counts.total()}"
            continue
        statuses[path] = declared.status
        if declared.iterations is not None:
            counted = declared.iterations
            ended = counted.ended
            details[path] = f"{ended}/{counted.total}" if counted.total is not None else str(ended)
    return statuses, details


def _leaves_out(record: ExecutionRecord, path: str) -> bool:
    """Return whether the record omits iterations around a declared step."""
    above = parent_path(path)
    while above is not None:
        step = record.step(above)
        if step is not None and step.iterations is not None and step.iterations.omitted:
            return True
        above = parent_path(above)
    return False
