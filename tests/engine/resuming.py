"""Resume a run of which only some events were stored, or rerun part of it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.engine_plans import PATIENT, Steps, Watch
from wftui.connections.redaction import Redactor
from wftui.engine.connections.run_connections import RunConnections
from wftui.engine.primitives.cancellation import Slots
from wftui.engine.primitives.emitter import Emitter
from wftui.engine.primitives.memory_log import MemorySink
from wftui.engine.restart.restart_plan import RestartPlan
from wftui.engine.restart.seed_results import seed_results
from wftui.engine.run.run import Run
from wftui.engine.run.state.carried_results import CarriedResults, RunHistory
from wftui.engine.run.state.run_context import RunContext
from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.run.events import ExecutionEvent, Interrupted
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.runtime.plan import WorkflowPlan


def _history(events: list[ExecutionEvent]) -> RunHistory:
    history = RunHistory(CarriedResults())
    for event in events:
        history.note(event)
    return history


async def resume(
    plan: WorkflowPlan,
    before: list[ExecutionEvent],
    step_types: Steps,
    inputs: dict[str, Json] | None = None,
    restored: Callable[[Run], Awaitable[None]] | None = None,
) -> tuple[ExecutionRecord, list[ExecutionEvent]]:
    """Resume a run of which only these events were stored; return record and events."""
    run_id = before[0].run_id
    watch = Watch()
    sink = MemorySink(run_id, watch)
    stored = [event.model_copy(update={"seq": 0}) for event in before]
    stored.append(Interrupted(run_id=run_id, timestamp=utc_now()))
    await sink.append(stored, wait=True)
    history = _history(stored)
    context = _context(plan, run_id, sink, step_types, history.carried)
    going = Run(context, ExecutionRequest(workflow_id=plan.id))
    assert history.created is not None
    await going.restore(history, inputs or history.created.inputs)
    await going.resume()
    if restored is not None:
        await restored(going)
    await going.run()
    return sink.record, watch.events


async def rerun(
    plan: WorkflowPlan, record: ExecutionRecord, planned: RestartPlan, step_types: Steps
) -> tuple[ExecutionRecord, list[ExecutionEvent]]:
    """Rerun a plan with the reusable results of this run; return record and events."""
    watch = Watch()
    sink = MemorySink("again", watch)
    carried = seed_results(record, planned.reused, "again", utc_now())
    request = ExecutionRequest(workflow_id=plan.id, inputs=record.inputs, parent_id=record.id)
    going = Run(_context(plan, "again", sink, step_types, carried), request)
    await going.create(None)
    await going.run()
    return sink.record, watch.events


def _context(
    plan: WorkflowPlan, run_id: str, sink: MemorySink, step_types: Steps, carried: CarriedResults
) -> RunContext:
    redactor = Redactor()
    return RunContext(
        plan=plan,
        step_types=step_types,
        emitter=Emitter(run_id, sink, redactor, utc_now),
        settings=PATIENT,
        slots=Slots(plan.max_parallel),
        environment={},
        working_directory=Path.cwd(),
        folder=None,
        connections=RunConnections(plan, {}, redactor),
        carried=carried,
    )
