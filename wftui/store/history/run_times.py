"""Durations, failures and items of runs, for statistics and comparisons."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from wftui.model.run.events import IterationStarted
from wftui.model.run.paths import without_indices
from wftui.store.events.event_rows import ITERATION_NUMBER, STEP_END_NUMBERS, EventRow, decode
from wftui.store.sqlite.reader import Reader

_STEPS_PER_RUN = 2_000
_ITEMS_PER_RUN = 100_000

_RUNS = """
SELECT key, id, status, created_at, duration, json_extract(error, '$.type'), json_extract(error, '$.message')
FROM executions INDEXED BY executions_by_{index}
WHERE {condition} status = ? AND (parent_path IS NULL) = 1 AND created_at >= ?
ORDER BY created_at DESC, id DESC LIMIT ?
"""
# SQLite reads path and duration: decoding the events in Python costs ten times as much CPU.
_STEPS = f"""
SELECT place & 0xFFFFFFFF, type, at, CASE WHEN is_plain THEN NULL ELSE data END,
 CASE WHEN is_plain THEN json_extract(data, '$.path') END,
 CASE WHEN is_plain THEN json_extract(data, '$.duration') END
FROM (
 SELECT place, type, at, data, CASE typeof(data) WHEN 'text' THEN json_valid(data) ELSE 0 END AS is_plain FROM events
 WHERE place > ? << 32 AND place < (? + 1) << 32 AND type IN ({", ".join(map(str, STEP_END_NUMBERS))}) LIMIT ?
)
"""
_FAILED = STEP_END_NUMBERS[1]
_ITERATIONS = f"""
SELECT place & 0xFFFFFFFF, type, at, data
FROM executions run JOIN events ON place > run.key << 32 AND place < (run.key + 1) << 32
WHERE run.id = ? AND type = {ITERATION_NUMBER} LIMIT {_ITEMS_PER_RUN}
"""


class RunTime(NamedTuple):
    """A run in statistics."""

    key: int
    id: str
    status: str
    created_at: int
    duration: float | None
    error_type: str | None
    error_message: str | None


class StepTime(NamedTuple):
    """One end of a step in statistics."""

    path: str
    failed: bool
    duration: float


async def run_times(
    reader: Reader, workflow_id: str | None, statuses: Sequence[str], since: int, limit: int
) -> list[RunTime]:
    """Return runs that no step started, the newest of each status first."""
    found: list[RunTime] = []
    for status in statuses:
        condition, values = ("workflow_id = ? AND", [workflow_id]) if workflow_id is not None else ("", [])
        sql = _RUNS.format(index="workflow" if workflow_id is not None else "status", condition=condition)
        found += [RunTime(*row) for row in await reader.rows(sql, [*values, status, since, limit])]
    return found


async def step_times(reader: Reader, key: int) -> list[StepTime]:
    """Return the ends of the first steps of a run; those of iterations included."""
    rows = await reader.rows(_STEPS, (key, key, _STEPS_PER_RUN))
    found: list[StepTime] = []
    for seq, kind, at, data, path, duration in rows:
        if data is not None:  # compressed, or nested too deeply for SQLite
            event = decode("", [EventRow(seq, kind, at, data)])[0]
            path, duration = getattr(event, "path", ""), getattr(event, "duration", None)
        if duration is not None and not path.endswith("]"):
            found.append(StepTime(without_indices(path), kind == _FAILED, float(duration)))
    return found


async def item_labels(reader: Reader, run_id: str) -> dict[str, str]:
    """Return the labels of the items of a run, by the addresses of their iterations."""
    rows = [EventRow(*row) for row in await reader.rows(_ITERATIONS, [run_id])]
    events = await asyncio.to_thread(decode, run_id, rows)
    return {
        event.path: event.label for event in events if isinstance(event, IterationStarted) and event.label is not None
    }
