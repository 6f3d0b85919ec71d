"""Comparisons: two runs side by side."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from wftui.model.errors import RunNotFoundError
from wftui.workbench.past_runs.whole_records import whole_record

if TYPE_CHECKING:
    from wftui.model.base import Json
    from wftui.model.comparison.compare import ComparisonSide
    from wftui.model.comparison.comparison import RunComparison, UsualTime
    from wftui.model.run.record import ExecutionRecord
    from wftui.model.run.steps import StepResult
    from wftui.store.execution_store import ExecutionStore

_COMPARED_BYTES = 1_000_000
"""Of bigger values, the first difference is looked for in their texts."""
_LOG_EVENTS = 50_000
_USUAL_OF = 20
_FEWEST_RUNS = 5
_MOST_TIMES = 10_000
"""Durations of steps from which on no more than the fewest runs are read."""
_EVER = datetime.fromtimestamp(0, UTC)


class ComparisonService:
    """`workbench.comparisons`."""

    def __init__(self, store: Callable[[], Awaitable[ExecutionStore]]) -> None:
        self._store = store

    async def compare(self, before: str, after: str) -> RunComparison:
        """Compare two runs, given by their ids.

        Raises:
            NotFoundError: there is no such run.
        """
        store = await self._store()
        sides = [await _side(store, run_id) for run_id in (before, after)]
        usual = await usual_times(store, sides[1].record.workflow_id)
        from wftui.model.comparison.compare import compare

        read = partial(_read_text, store, asyncio.get_running_loop())
        return await asyncio.to_thread(compare, sides[0], sides[1], usual, read)

    async def last_good(self, run_id: str) -> str:
        """Return the newest completed run of the same workflow before a run.

        Raises:
            NotFoundError: there is none.
        """
        store = await self._store()
        from wftui.workbench.past_runs.run_selections import last_good

        head = await store.head(run_id)
        if head is None:
            raise RunNotFoundError(run_id)
        return await last_good(store.list, head)

    async def last_good_before(self, head: ExecutionRecord) -> str:
        """Return what `last_good` would for a run of another history.

        Raises:
            NotFoundError: there is none.
        """
        from wftui.workbench.past_runs.run_selections import last_good

        return await last_good((await self._store()).list, head)


async def usual_times(store: ExecutionStore, workflow_id: str, *, before: str = "") -> dict[str, UsualTime]:
    """Return the usual durations of a workflow's steps, by address without indices.

    Args:
        before: a run that does not count.
    """
    from wftui.model.comparison.comparison import UsualTime
    from wftui.model.statistics import percentile

    durations: dict[str, list[float]] = defaultdict(list)
    runs = await store.run_times(workflow_id, ["completed"], _EVER, _USUAL_OF)
    read = 0
    for number, run in enumerate(runs, 1):
        times = await store.step_times(run) if run.id != before else ()
        for time in times:
            if not time.failed:
                durations[time.path].append(time.duration)
        read += len(times)
        if number >= _FEWEST_RUNS and read > _MOST_TIMES:
            del runs[number:]
    return {
        path: UsualTime(p50=percentile(found, 50), p95=percentile(found, 95), runs=len(runs))
        for path, found in durations.items()
    }


async def _side(store: ExecutionStore, run_id: str) -> ComparisonSide:
    from wftui.model.comparison.compare import MOST_LOG_LINES, ComparisonSide

    left_out: list[str] = []
    record, is_whole = await whole_record(store, run_id)
    if not is_whole:
        left_out.append(f"Of run {run_id}, only the newest iterations are compared: it has too many events.")
    record.inputs, record.outputs = await _small(store, record.inputs), await _small(store, record.outputs)
    for step in record.step_results:
        await _read_values(store, step)
    source = await store.source_of(run_id)
    lines: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=MOST_LOG_LINES))
    read = 0
    async for page in store.log_lines(run_id):
        for event in page:
            lines[event.path or ""].extend(event.message.splitlines())
        read += len(page)
        if read >= _LOG_EVENTS:
            left_out.append(f"Of the log of run {run_id}, only the first {read:,} entries are compared.")
            break
    workflow: Json = None
    with suppress(ValueError, RecursionError):  # none is stored, or a run file brought another text
        workflow = json.loads(source)
    logs = {path: list(found) for path, found in lines.items()}
    return ComparisonSide(record, source, workflow, logs, await store.item_labels(run_id), left_out)


def _read_text(store: ExecutionStore, loop: asyncio.AbstractEventLoop, digest: str) -> Iterator[str]:
    """Yield the JSON text of a stored value, in a thread beside the event loop."""
    offset: int | None = 0
    while offset is not None:
        text, offset = asyncio.run_coroutine_threadsafe(store.value_text(digest, offset), loop).result()
        yield text


async def _read_values(store: ExecutionStore, step: StepResult) -> None:
    step.input, step.output = await _small(store, step.input), await _small(store, step.output)


async def _small(store: ExecutionStore, value: Json) -> Json:
    """Return a value; of a big one, its hash and size."""
    from wftui.store.events.payloads import as_reference

    reference = as_reference(value)
    if reference is None:
        return value
    if reference.bytes > _COMPARED_BYTES:
        from wftui.model.comparison.value_changes import stored_value

        return stored_value(reference.hash, reference.bytes)
    return await store.value(reference)
