"""The one reducer: the record of a run is the fold of its events.

The store, the screens, the API and the replay all use it.

`apply` reads no clock and does no I/O. It changes the record it is given and returns it: the caller owns the record and
folds one run's events into it, in order of `seq`. (A copy per event would make a run of n steps cost n².)
Events are idempotent by `seq`: a repeated one is ignored, so a reader may overlap its pages.

A record does not grow with the iterations that have finished: see `record_index`.
"""

from collections.abc import Iterable

from wftui.model.run.events import (
    Cancelled,
    CancelRequested,
    Completed,
    Created,
    ExecutionEvent,
    Failed,
    Interrupted,
    IterationCompleted,
    IterationFailed,
    IterationsPlanned,
    IterationStarted,
    Queued,
    Resumed,
    Started,
    StepAnswered,
    StepCancelled,
    StepCaught,
    StepCompleted,
    StepEvent,
    StepEventBase,
    StepFailed,
    StepMoved,
    StepProgress,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepTaken,
    StepWaiting,
    StepWon,
)
from wftui.model.run.iterations import IterationLog, IterationState
from wftui.model.run.paths import declared_id, iteration_index, owner_path, parent_path
from wftui.model.run.record import ExecutionRecord, Interruption, QueuePlace
from wftui.model.run.record_index import WINDOW, RecordIndex
from wftui.model.run.steps import STEP_TERMINAL, Attempt, Iterations, StepResult, Waiting
from wftui.model.run.worked_time import worked_seconds

# As tuples: `A | B` would make a union for every event.
_STILL_WAITING = (StepWaiting, StepProgress)
_FAILURES = (StepFailed, StepCaught, StepRetrying, IterationFailed)


class GapError(Exception):
    """A gap before an event: the reader must read from the store again."""


def new_record(run_id: str, *, window: int | None = WINDOW) -> ExecutionRecord:
    """Return the record before its first event.

    Args:
        window: number of steps in finished iterations that it holds; None: all.
    """
    record = ExecutionRecord(id=run_id, workflow_id="")
    record.index.window = window
    return record


def fold(run_id: str, events: Iterable[ExecutionEvent], *, window: int | None = WINDOW) -> ExecutionRecord:
    """Return the record of these events, from seq 1; `window` as in `new_record`."""
    record = new_record(run_id, window=window)
    for event in events:
        apply(record, event)
    return record


def fold_part(record: ExecutionRecord, events: Iterable[ExecutionEvent]) -> ExecutionRecord:
    """Fold a selection of events, in order: those of the run, or of some steps."""
    for event in events:
        record.last_seq = event.seq - 1
        apply(record, event)
    return record


def apply(record: ExecutionRecord, event: ExecutionEvent) -> ExecutionRecord:
    """Fold one event into its run's record, in place; return the record.

    Raises:
        GapError: when an event between the last applied one and this one is missing.
    """
    if event.seq:
        if event.seq <= record.last_seq:
            return record
        if event.seq != record.last_seq + 1:
            raise GapError(f"run {record.id}: event {event.seq} after {record.last_seq}")
        record.last_seq = event.seq
    if isinstance(event, StepEventBase):
        _apply_step(record, event)
        record.index.last_at = event.timestamp
        return record
    match event:
        case Created():
            _created(record, event)
        case Started():
            record.status = "running"
            record.started_at = event.timestamp
            record.vars = event.vars
        case Queued():
            waits = QueuePlace(group=event.group, place=event.place, behind=event.behind)
            record.queued = waits if event.place else None
        case Resumed():
            record.status = "running"
            record.error = None
            if record.interruptions and record.interruptions[-1].until is None:
                record.interruptions[-1].until = event.timestamp
        case CancelRequested():
            record.cancel_requested = True
        case Interrupted():
            _interrupted(record, event)
        case Completed():
            record.warnings = event.warnings
            _end(record, event, "completed")
        case Failed():
            record.error = event.error
            _end(record, event, "failed")
        case Cancelled():
            record.error = event.error
            _end(record, event, "cancelled")
    record.index.last_at = event.timestamp
    return record


def _created(record: ExecutionRecord, event: Created) -> None:
    record.workflow_id = event.workflow_id
    record.workflow_version = event.workflow_version
    record.workflow_hash = event.workflow_hash
    record.user_id = event.user_id
    record.inputs = event.inputs
    record.parent_id = event.parent_id
    record.parent_path = event.parent_path
    record.connections = event.connections
    record.pool = event.pool
    record.imported_from = event.imported_from
    record.created_at = event.timestamp
    for info in event.steps:
        record.add_step(
            StepResult(
                path=info.path,
                step_id=info.step_id,
                step_name=info.step_name,
                step_type=info.step_type,
                parent=info.parent,
                pool=info.pool,
            )
        )


def _interrupted(record: ExecutionRecord, event: Interrupted) -> None:
    record.status = "interrupted"
    record.queued = None
    signs = [sign for sign in (record.index.last_at, event.last_sign) if sign is not None]
    gap = Interruption(since=max(signs, default=event.timestamp))
    record.interruptions = [*(record.interruptions or ()), gap]


def _end(record: ExecutionRecord, event: Completed | Failed | Cancelled, status: str) -> None:
    record.status = status  # type: ignore[assignment]  # one of the three literals, by the callers above
    record.completed_at = event.timestamp
    record.duration = event.duration
    record.queued = None
    if not isinstance(event, Cancelled):
        record.outputs = event.outputs


def _apply_step(record: ExecutionRecord, event: StepEvent) -> None:
    index = record.index
    path = event.path
    step = index.steps.get(path) or _add_unseen(record, index, event)
    index.note_change(path)
    if event.kept_from is not None:
        step.kept_from = step.kept_from or event.kept_from
    if step.status == "waiting" and not isinstance(event, _STILL_WAITING):
        step.status, step.waiting = "running", None
    match event:
        case StepStarted():
            step.status = "running"
            step.started_at = step.started_at or event.timestamp
            step.input = event.input
            step.pool = event.pool
            step.progress = step.message = None
            _end_interrupted_attempt(record, step)
            step.attempts.append(Attempt(attempt=event.attempt, started_at=event.timestamp))
        case StepProgress():
            step.progress, step.message = event.progress, event.message
        case StepCompleted():
            _end_step(record, step, event, "completed")
            step.output, step.error, step.masked = event.output, event.item_errors, event.masked
        case StepFailed():
            _end_step(record, step, event, "failed")
            step.error, step.handled, step.output = event.error, event.handled, event.output
            index.handled += event.handled
            step.caught = step.caught if event.handled else None
        case StepCaught():
            _end_attempt(record, step, event)
            step.error, step.caught = event.error, event.clause
        case StepWon():
            step.won = event.branch
        case StepRetrying():
            _end_attempt(record, step, event)
            index.retried = True
            step.status = "waiting"
            step.waiting = Waiting(reason="retry", until=event.next_at)
        case StepSkipped():
            step.status, step.skip_reason = "skipped", event.reason
            step.completed_at = event.timestamp
            _count(index, path, event.seq, IterationState.SKIPPED)
        case StepWaiting():
            step.status, step.waiting = "waiting", event.waiting
        case StepAnswered():
            pass  # the status went back to running above
        case StepTaken():
            step.worker = event.worker
        case StepMoved():
            step.worker = event.to
            step.lost_workers = [*(step.lost_workers or ()), event.from_]
        case StepCancelled():
            _end_step(record, step, event, "cancelled")
            step.skip_reason = event.reason
            _count(index, path, event.seq, IterationState.CANCELLED)
        case IterationsPlanned():
            step.iterations = Iterations(total=event.total)
            index.logs[path] = IterationLog()
            step.status = "running"
            step.started_at = step.started_at or event.timestamp
        case IterationStarted():
            step.status, step.started_at, step.message = "running", event.timestamp, event.label
            _count(index, path, event.seq, IterationState.RUNNING)
        case IterationCompleted():
            _end_step(record, step, event, "completed")
            step.output, step.error, step.masked = event.output, event.item_errors, event.masked
            _count(index, path, event.seq, IterationState.COMPLETED)
        case IterationFailed():
            _end_step(record, step, event, "failed")
            step.error, step.handled, step.output = event.error, event.handled, event.output
            step.caught = step.caught if event.handled else None
            _count(index, path, event.seq, IterationState.FAILED)
    if path.endswith("]"):
        if step.status in STEP_TERMINAL:
            index.ended(record.step_results, path, failed=step.status == "failed")
        else:
            index.began(path)


def _add_unseen(record: ExecutionRecord, index: RecordIndex, event: StepEvent) -> StepResult:
    """Add a step at its first event: an iteration, a step in one, or one left out."""
    parent = event.parent if isinstance(event, StepStarted | StepSkipped) else parent_path(event.path)
    if parent is not None and "]" in parent:
        _take_back(record, index, parent)
    if isinstance(event, StepStarted | StepSkipped):
        step = StepResult(
            path=event.path,
            step_id=event.step_id,
            step_name=event.step_name or event.step_id,
            step_type=event.step_type,
            parent=event.parent,
        )
    else:
        step = _repeated(index, event.path, event.step_id)
    return record.add_step(step)


def _take_back(record: ExecutionRecord, index: RecordIndex, path: str) -> None:
    """Hold an iteration again that was left out: a resume works inside it."""
    if path in index.steps or "]" not in path:
        return
    parent = parent_path(path)
    if parent is not None:
        _take_back(record, index, parent)
    step = _repeated(index, path, declared_id(path))
    step.status = "running"
    record.add_step(step)


def _repeated(index: RecordIndex, path: str, step_id: str) -> StepResult:
    """Return a step known by address only; an iteration has its owner's name and type."""
    parent = parent_path(path)
    owner = index.steps.get(parent) if parent else None
    known = owner is not None and owner.step_id == step_id
    return StepResult(
        path=path,
        step_id=step_id,
        step_name=owner.step_name if owner is not None and known else step_id,
        step_type=owner.step_type if owner is not None and known else "",
        parent=parent,
    )


def _end_step(
    record: ExecutionRecord,
    step: StepResult,
    event: StepCompleted | StepFailed | StepCancelled | IterationCompleted | IterationFailed,
    status: str,
) -> None:
    step.status = status  # type: ignore[assignment]  # a literal, by the callers above
    step.completed_at = event.timestamp
    step.duration = event.duration
    step.waiting = None
    _end_attempt(record, step, event)


def _end_interrupted_attempt(record: ExecutionRecord, step: StepResult) -> None:
    """End the newest attempt with the process that ran it, if that has died since."""
    attempt = step.attempts[-1] if step.attempts else None
    if attempt is None or attempt.completed_at is not None or not record.interruptions:
        return
    attempt.completed_at = max(attempt.started_at, record.interruptions[-1].since)
    attempt.duration = worked_seconds(record, attempt.started_at, attempt.completed_at) * 1000
    attempt.interrupted = True


def _end_attempt(
    record: ExecutionRecord,
    step: StepResult,
    event: StepCompleted
    | StepFailed
    | StepCaught
    | StepRetrying
    | StepCancelled
    | IterationCompleted
    | IterationFailed,
) -> None:
    if not step.attempts or step.attempts[-1].completed_at is not None:
        return
    attempt = step.attempts[-1]
    attempt.completed_at = event.timestamp
    attempt.duration = worked_seconds(record, attempt.started_at, event.timestamp) * 1000
    if isinstance(event, _FAILURES):
        attempt.error = event.error


def _count(index: RecordIndex, path: str, seq: int, state: IterationState) -> None:
    """Count an iteration's state; one completed again by a resume counts once."""
    owner = index.steps.get(owner_path(path)) if path.endswith("]") else None
    if owner is None:
        return
    counters = owner.iterations
    if counters is None:
        counters = owner.iterations = Iterations()
    index.note_change(owner.path)
    log = index.logs.setdefault(owner.path, IterationLog())
    number = iteration_index(path)
    before = log.state(number)
    log.note(number, state, seq)
    if state is IterationState.RUNNING:
        counters.started += 1
    elif state is IterationState.COMPLETED and before is not state:
        counters.completed += 1
    elif state is IterationState.FAILED and before is not state:
        counters.failed += 1
    elif state is IterationState.SKIPPED and before is not state:
        counters.skipped = (counters.skipped or 0) + 1


def progress(record: ExecutionRecord) -> tuple[int, int]:
    """Return (ended, total) of the steps outside containers, for `n of m`."""
    top = [step for step in record.step_results if step.parent is None]
    return sum(step.status in STEP_TERMINAL for step in top), len(top)


def item_progress(record: ExecutionRecord) -> tuple[int, int]:
    """Return (ended, total) of the items of the newest step that counts them, if any."""
    for step in reversed(record.step_results):
        items = step.iterations
        if items is not None and items.total and step.status not in STEP_TERMINAL and "]" not in step.path:
            return items.ended, items.total
    return 0, 0
