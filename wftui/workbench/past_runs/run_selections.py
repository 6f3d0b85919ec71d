"""Selections of the history: recent inputs, last good run, attention queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wftui.model.errors import NotFoundError
from wftui.model.listing import AttentionItem, RecentInputs
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.summary import ExecutionFilters, ExecutionPage

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore


class ListRuns(Protocol):
    """Reads a page of the history, newest first."""

    async def __call__(self, filters: ExecutionFilters | None = None, *, limit: int = 50) -> ExecutionPage:
        """Return the page."""


async def recent_inputs(store: ExecutionStore, workflow_id: str, limit: int) -> list[RecentInputs]:
    """Return the distinct inputs of recent runs, newest first."""
    found: list[RecentInputs] = []
    for summary in (await store.list(ExecutionFilters(workflow_id=workflow_id), limit=limit * 4)).executions:
        inputs = await store.inputs_of(summary.id)
        if inputs and all(inputs != other.inputs for other in found):
            found.append(RecentInputs(label=summary.status, started_at=summary.started_at, inputs=inputs))
        if len(found) == limit:
            break
    return found


async def last_good(runs: ListRuns, head: ExecutionRecord) -> str:
    """Return the newest completed run of the same workflow before a run.

    Raises:
        NotFoundError: there is none.
    """
    filters = ExecutionFilters(workflow_id=head.workflow_id, status=["completed"], until=head.created_at)
    earlier = [each.id for each in (await runs(filters, limit=2)).executions if each.id != head.id]
    if not earlier:
        raise NotFoundError(f"no run of {head.workflow_id} completed before {head.id}", code="run.no_last_good")
    return earlier[0]


async def attention(runs: ListRuns, limit: int) -> list[AttentionItem]:
    """Return runs that wait for a person or a worker, interrupted and failed runs."""
    running = await runs(ExecutionFilters(status=["running", "interrupted"]), limit=limit)
    failed = await runs(ExecutionFilters(status=["failed"]), limit=limit)
    items = [AttentionItem(run=run, kind="approval") for run in running.executions if run.waiting]
    without = [run for run in running.executions if run.waiting_pools and not run.waiting and run.status == "running"]
    items += [AttentionItem(run=run, kind="worker") for run in without]
    items += [AttentionItem(run=run, kind="interrupted") for run in running.executions if run.status != "running"]
    return items + [AttentionItem(run=run, kind="failed") for run in failed.executions]
