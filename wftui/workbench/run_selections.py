"""Selections of the history: recent inputs, runs that need attention."""

from wftui.model.listing import AttentionItem, RecentInputs
from wftui.model.run.summary import ExecutionFilters
from wftui.store.execution_store import ExecutionStore


async def recent_inputs(store: ExecutionStore, workflow_id: str, limit: int) -> list[RecentInputs]:
    """Return the distinct inputs of recent runs, newest first."""
    found: list[RecentInputs] = []
    for summary in (await store.list(ExecutionFilters(workflow_id=workflow_id), limit=limit * 4)).executions:
        inputs = await store.inputs_of(summary.id)
        if inputs and all(inputs != other.inputs for other in found):
            when = f"{summary.started_at:%Y-%m-%d %H:%M}" if summary.started_at else ""
            found.append(RecentInputs(label=f"{when} · {summary.status}", inputs=inputs))
        if len(found) == limit:
            break
    return found


async def attention(store: ExecutionStore, limit: int) -> list[AttentionItem]:
    """Return runs that wait for a person or a worker, interrupted and failed runs."""
    running = await store.list(ExecutionFilters(status=["running", "interrupted"]), limit=limit)
    failed = await store.list(ExecutionFilters(status=["failed"]), limit=limit)
    items = [AttentionItem(run=run, kind="approval") for run in running.executions if run.waiting]
    without = [run for run in running.executions if run.waiting_pools and not run.waiting and run.status == "running"]
    items += [AttentionItem(run=run, kind="worker") for run in without]
    items += [AttentionItem(run=run, kind="interrupted") for run in running.executions if run.status != "running"]
    return items + [AttentionItem(run=run, kind="failed") for run in failed.executions]
