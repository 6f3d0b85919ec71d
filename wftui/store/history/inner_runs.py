"""Runs that steps have started, and what has begun in them, of many runs at once."""

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence

from wftui.model.run.events import StepStarted
from wftui.model.run.paths import declared_id
from wftui.model.run.summary import ExecutionSummary
from wftui.store.events.event_rows import START_NUMBER, EventRow, decode
from wftui.store.sqlite.reader import Reader, Row

_CHILDREN = """
SELECT id, workflow_id, status, parent_id, parent_path FROM executions
WHERE parent_id IN (SELECT value FROM json_each(?)) AND parent_path IS NOT NULL
ORDER BY created_at DESC, id DESC
"""
# The cross joins hold SQLite to the events of each run. It reads the paths: decoding costs ten times as much CPU.
# Only the steps that are asked for leave it: a list of 100,000 items has as many others.
_OF_STEP = "CASE WHEN at_path LIKE '%]' THEN rtrim(rtrim(at_path, '0123456789]'), '[') ELSE at_path END"
_BEGUN = f"""
SELECT id, place & 0xFFFFFFFF, type, at, CASE WHEN is_plain THEN NULL ELSE data END, at_path, step_id
FROM (
 SELECT id, place, type, at, data, is_plain, steps,
  CASE WHEN is_plain THEN json_extract(data, '$.path') END AS at_path,
  CASE WHEN is_plain THEN json_extract(data, '$.stepId') END AS step_id
 FROM (
  SELECT run.id, events.place, events.type, events.at, events.data, wanted.value AS steps,
   CASE typeof(events.data) WHEN 'text' THEN json_valid(events.data) ELSE 0 END AS is_plain
  FROM json_each(?) AS wanted
  CROSS JOIN executions AS run ON run.id = wanted.key
  CROSS JOIN events ON events.place > run.key << 32 AND events.place < (run.key + 1) << 32
  WHERE +events.type = {START_NUMBER}
 )
)
WHERE at_path IS NULL OR EXISTS (
 SELECT 1 FROM json_each(steps) WHERE value = step_id
  OR step_id IS NULL AND substr('.' || {_OF_STEP}, -length(value) - 1) = '.' || value
)
"""

BegunSteps = dict[str, list[tuple[str, str]]]
"""Paths and ids of steps, by run."""


async def children(reader: Reader, run_ids: Collection[str]) -> Sequence[ExecutionSummary]:
    """Return the runs that steps of some runs started, the newest first."""
    names = ("id", "workflow_id", "status", "parent_id", "parent_path")
    rows = await reader.rows(_CHILDREN, (json.dumps(list(run_ids)),))
    return [ExecutionSummary(**dict(zip(names, row, strict=True))) for row in rows]


async def begun_steps(reader: Reader, wanted: Mapping[str, Collection[str]]) -> BegunSteps:
    """Return the wanted steps that have begun, each once, in their order.

    Args:
        wanted: ids of steps by run.
    """
    rows = await reader.rows(_BEGUN, (json.dumps({run_id: list(steps) for run_id, steps in wanted.items()}),))
    return await asyncio.to_thread(_steps_of, rows, wanted)


def _steps_of(rows: Sequence[Row], wanted: Mapping[str, Collection[str]]) -> BegunSteps:
    found: dict[str, dict[tuple[str, str], None]] = {}
    for run_id, seq, kind, at, data, path, step_id in rows:
        if data is not None:  # compressed, or nested too deeply for SQLite
            event = decode(run_id, [EventRow(seq, kind, at, data)])[0]
            path, step_id = (event.path, event.step_id) if isinstance(event, StepStarted) else (None, None)
        if path is not None and (step_id := step_id or declared_id(path)) in wanted[run_id]:
            found.setdefault(run_id, {})[path, step_id] = None
    return {run_id: list(steps) for run_id, steps in found.items()}
