"""Resume of an interrupted run: its history and the confirmations it needs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from datetime import datetime
from typing import TYPE_CHECKING, Self

from wftui.engine.primitives.outcome import CANCELLED
from wftui.engine.primitives.secret_inputs import restore_secrets
from wftui.engine.restart.restart_plan import RepeatedWork
from wftui.engine.run.state.carried_results import CarriedResults, RunHistory
from wftui.model.base import Json
from wftui.model.errors import ConflictError, RunNotFoundError, UserError
from wftui.model.run.events import (
    TERMINAL_EVENTS,
    Cancelled,
    CancelRequested,
    Created,
    ExecutionEvent,
    StepCancelled,
    StepSkipped,
)
from wftui.model.run.paths import declared_id
from wftui.model.run.record import ExecutionRecord
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.runtime.plan import StepPlan, WorkflowPlan

if TYPE_CHECKING:
    from wftui.compiler.module_run import LoadedWorkflow
    from wftui.store.execution_store import ExecutionStore

_PAGE = 500
_NAMED = 20
"""Maximum number of steps that a confirmation names."""
DERIVED_TYPES = frozenset({"set", "assert", "fail", "template", "approval"})
"""Types whose output is derived again from their input, or asked for again."""
_CONTINUED_TYPES = CONTAINER_TYPES | {"approval", "delay", "workflow"}


class ConfirmationNeeded(UserError):  # noqa: N818  (a request, which `confirmed` answers)
    """Work that may already be done would be repeated.

    Attributes:
        paths: of the steps that would repeat it.
    """

    code = "resume.confirm"

    def __init__(self, repeated: RepeatedWork) -> None:
        sentences = []
        if repeated.interrupted:
            sentences.append(
                f"{_named(repeated.interrupted)}: running when the process died, so the work may already be done, and"
                " the workflow marks it as not idempotent"
            )
        if repeated.masked:
            sentences.append(
                f"{_named(repeated.masked)}: completed, but the output held a secret, which is not stored, so that it"
                " has to run again for the steps after it"
            )
        if repeated.after_masked:
            sentences.append(
                f"{_named(repeated.after_masked)}: completed, but runs again after a step whose output held a secret"
            )
        super().__init__(f"{'; '.join(sentences)}; confirm to repeat it")
        self.paths = [*repeated.interrupted, *repeated.masked, *repeated.after_masked]

    @classmethod
    def from_sentence(cls, sentence: str, paths: Sequence[str]) -> Self:
        """Return the error that another process has raised."""
        error = cls(RepeatedWork())
        error.args, error.paths = (sentence,), [*paths]
        return error


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more


async def read_history(store: "ExecutionStore", run_id: str) -> RunHistory:
    """Read the history of a run from its events.

    Raises:
        NotFoundError: there is no such run.
    """
    history = RunHistory(CarriedResults(store.resolve))
    after = 0
    while page := await store.events(run_id, after=after, limit=_PAGE):
        await asyncio.to_thread(history.note_all, page)
        after = page[-1].seq
    return history


def check_resumable(history: RunHistory, run_id: str) -> Created:
    """Refuse a run that cannot be resumed; return its `created` event.

    Raises:
        NotFoundError: there is no such run.
        ConflictError: the run has ended, or is not interrupted.
    """
    if history.created is None or history.last is None:
        raise RunNotFoundError(run_id)
    last = history.last.type
    check_status(run_id, last, history.created.imported_from)
    return history.created


def check_status(run_id: str, status: str, imported_from: str | None) -> None:
    """Check that a run of this status can be resumed.

    Raises:
        ConflictError: it has ended, a process runs it, or it was imported.
    """
    if status in TERMINAL_EVENTS:
        raise ConflictError(f"run {run_id} has already ended: it is {status}", code="run.ended")
    if status != "interrupted":
        raise ConflictError(f"run {run_id} is not interrupted: another process runs it", code="run.going")
    if imported_from is not None:
        raise ConflictError(f"run {run_id} was imported, and cannot be resumed; rerun it", code="run.imported")


async def repeated_work(
    store: "ExecutionStore",
    load: Callable[[Created], Awaitable["LoadedWorkflow"]],
    plan: WorkflowPlan,
    carried: CarriedResults,
    held: Callable[[], Awaitable[Set[str]]] | None = None,
) -> RepeatedWork:
    """Return the steps whose work a resume would repeat without need, or at a risk.

    Args:
        held: returns the paths of steps that another machine does; a resume joins them.
    """
    steps = {step.id: step for step in every_step(plan)}
    opened = [(path, step) for path in sorted(carried.open) if (step := steps.get(declared_id(path))) is not None]
    found = RepeatedWork(
        [
            path
            for path, step in opened
            if path not in carried.masked and not step.idempotent and not _is_continued(step, path, carried)
        ],
        [path for path, step in opened if path in carried.masked and not _is_derived(step, path)],
    )
    if found.interrupted and held is not None:
        joined = await held()
        found.interrupted = [path for path in found.interrupted if path not in joined]
    for path, wait in carried.waits.items():
        if path in carried.open and wait.child_id is not None:
            history = await read_history(store, wait.child_id)
            if history.created is not None and not history.ended:
                child = (await load(history.created)).plan
                inner = await repeated_work(store, load, child, history.carried)
                found.interrupted += [f"{path} > {each}" for each in inner.interrupted]
                found.masked += [f"{path} > {each}" for each in inner.masked]
    return found


def may_run_twice(plan: WorkflowPlan, record: ExecutionRecord, asked: str | None) -> list[str]:
    """Return the same for a rerun, from the record of the earlier run.

    Args:
        asked: id or path of the step to rerun; naming it confirms it.
    """
    if record.status != "interrupted":
        return []
    once = {step.id for step in every_step(plan) if not step.idempotent and step.type not in _CONTINUED_TYPES}
    return [
        step.path
        for step in record.step_results
        if step.status == "running"
        and step.step_id in once
        and not step.iterations
        and asked not in (step.step_id, step.path)
    ]


def cancel_events(record: ExecutionRecord, history: RunHistory, by: str, now: datetime) -> list[ExecutionEvent]:
    """Return the events that cancel an interrupted run without running any step.

    Durations end at the last heartbeat of the process that died.
    """
    last = history.last.timestamp if history.last is not None else now
    at = max(now, last)
    run: dict[str, Json] = {"run_id": record.id, "timestamp": at}
    events: list[ExecutionEvent] = [CancelRequested(by=by, **run)]
    for step in sorted(record.step_results, key=lambda step: step.path, reverse=True):  # inner steps first
        where = {"step_id": step.step_id, "path": step.path, **run}
        if step.status in ("running", "waiting"):
            events.append(StepCancelled(duration=history.carried.worked_for(step.path) * 1000, **where))
        elif step.status == "pending":
            events.append(
                StepSkipped(
                    step_name=step.step_name,
                    step_type=step.step_type,
                    parent=step.parent,
                    reason=CANCELLED.reason,
                    because_failed=CANCELLED.because_failed,
                    **where,
                )
            )
    return [*events, Cancelled(duration=history.carried.ran * 1000, **run)]


def every_step(plan: WorkflowPlan) -> list[StepPlan]:
    """Return all steps of a plan, inner ones included."""
    found: list[StepPlan] = []
    todo = [*plan.steps, *plan.finally_]
    while todo:
        step = todo.pop()
        found.append(step)
        todo += step.inside
    return found


def inputs_with_secrets(plan: WorkflowPlan, stored: Json, given: Mapping[str, Json]) -> dict[str, Json]:
    """Return the stored inputs of a run with the secret ones from `given`.

    Raises:
        UsageError: a secret input is missing.
    """
    return restore_secrets(stored, given, plan.secret_inputs)


def _is_derived(step: StepPlan, path: str) -> bool:
    """Return whether a masked step can run again without confirmation.

    It only computes its output, or it asks a person again.
    """
    is_whole_for_each = step.for_each is not None and not path.endswith("]")
    return step.type in CONTAINER_TYPES | DERIVED_TYPES or is_whole_for_each


def _is_continued(step: StepPlan, path: str, carried: CarriedResults) -> bool:
    """Return whether a resume continues an attempt of a step in place of a new one."""
    return step.type in _CONTINUED_TYPES or path in carried.planned or path in carried.caught
