"""Run a plan without a workspace or database, for `python workflow.py`."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from wftui.connections.own_secrets import own_secrets
from wftui.connections.redaction import Redactor
from wftui.engine.connections.run_connections import RunConnections
from wftui.engine.host.pools import check_pool, in_pool
from wftui.engine.primitives.cancellation import Slots
from wftui.engine.primitives.emitter import Emitter
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.primitives.memory_log import MemorySink
from wftui.engine.run.run import Run
from wftui.engine.run.state.leaf_work import LeafWork
from wftui.engine.run.state.run_context import RunContext
from wftui.model.base import Json
from wftui.model.clock import Clock, Elapsed, SteadyClock, elapsed_seconds, utc_now
from wftui.model.run.events import ExecutionEvent
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.runtime.plan import WorkflowPlan
from wftui.steps.api.step_type import StepTypes
from wftui.steps.registry.step_registry import builtin_registry
from wftui.store.run_ids import new_id


async def run_plan(
    plan: WorkflowPlan,
    inputs: Mapping[str, Json],
    on_event: Callable[[ExecutionEvent], None],
    *,
    connections: Mapping[str, str] | None = None,
    pool: str | None = None,
    workers: LeafWork | None = None,
    step_types: StepTypes | None = None,
    settings: EngineSettings | None = None,
    folder: Path | None = None,
    clock: Clock = utc_now,
) -> ExecutionRecord:
    """Run a plan to its end and return the record.

    Args:
        on_event: called with every event.
        connections: names of the user's connections that replace those the workflow names.
        pool: pool for all steps that can run on workers, or `here`; None: as the workflow says.
        workers: does the leaf steps of pools.
        step_types: the step types; default: the built-in ones.
        folder: folder of the workflow's file.

    Raises:
        UsageError: the inputs are not JSON, or the pool has no valid name. Inputs that do not match the schema give a
            failed record.
    """
    run, sink = prepare(
        plan,
        inputs,
        on_event,
        connections=connections,
        pool=pool,
        workers=workers,
        step_types=step_types,
        settings=settings,
        folder=folder,
        clock=clock,
    )
    run.context.approvals.answerable = False
    await run.create(None)
    await run.run()
    return sink.record


def prepare(
    plan: WorkflowPlan,
    inputs: Mapping[str, Json],
    on_event: Callable[[ExecutionEvent], None],
    *,
    connections: Mapping[str, str] | None = None,
    pool: str | None = None,
    workers: LeafWork | None = None,
    step_types: StepTypes | None = None,
    settings: EngineSettings | None = None,
    folder: Path | None = None,
    part_of: RunConnections | None = None,
    clock: Clock = utc_now,
    elapsed: Elapsed = elapsed_seconds,
) -> tuple[Run, MemorySink]:
    """Return a run in memory that has not started, for callers that control it.

    Args:
        part_of: connections of the run that starts it as a sub-workflow.
    """
    run_id = new_id(clock)
    sink = MemorySink(run_id, on_event)
    check_pool(pool)
    request = ExecutionRequest(workflow_id=plan.id, inputs=dict(inputs), connections=dict(connections or {}), pool=pool)
    step_types = step_types or builtin_registry()
    if part_of is None:
        known = RunConnections(plan, request.connections, Redactor(own_secrets(os.environ)))
    else:
        known = part_of.of(plan)
    context = RunContext(
        plan=in_pool(plan, pool, step_types),
        step_types=step_types,
        emitter=Emitter(run_id, sink, known.redactor, SteadyClock(clock, elapsed)),
        wall=clock,
        settings=settings or EngineSettings(),
        slots=Slots(plan.max_parallel),
        environment=dict(os.environ),
        working_directory=Path.cwd(),
        folder=folder,
        connections=known,
        workers=workers,
    )
    return Run(context, request), sink
