"""The statuses that a canvas of declared steps shows for a run, in which steps may stand many times."""

from collections import Counter, defaultdict

from wftui.model.execution import ExecutionRecord
from wftui.model.paths import parent_path
from wftui.tui.widgets.run.state import RunState

_STRONGEST = ("running", "waiting", "failed", "cancelled", "completed", "skipped")


def canvas_statuses(state: RunState) -> tuple[dict[str, str], dict[str, str]]:
    """Status and short text by the path of each declared step.

    A step that repeats tells how far it is. A step inside one that repeats shows the strongest status of all the times
    it stands in the run, and how many of them have ended, unless the record does not hold them all.
    """
    record = state.record
    times: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for step in record.step_results:
        if "[" in step.path and not step.path.endswith("]"):
            times[step.step_id][step.status] += 1
    statuses: dict[str, str] = {}
    details: dict[str, str] = {}
    for path, info in state.declared.items():
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
            ended = counted.completed + counted.failed
            details[path] = f"{ended}/{counted.total}" if counted.total is not None else str(ended)
    return statuses, details


def _leaves_out(record: ExecutionRecord, path: str) -> bool:
    """Whether iterations around a declared step are left out of the record."""
    above = parent_path(path)
    while above is not None:
        step = record.step(above)
        if step is not None and step.iterations is not None and step.iterations.omitted:
            return True
        above = parent_path(above)
    return False
