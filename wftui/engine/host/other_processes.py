"""Requests to runs of other processes, and to interrupted runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from wftui.engine.primitives.secret_inputs import answered_secrets
from wftui.engine.primitives.tasks import complete_despite_cancel
from wftui.engine.restart.orphan_processes import end_orphans
from wftui.engine.restart.resume import cancel_events, read_history
from wftui.engine.run.state.approvals import validate_reply
from wftui.engine.run.state.leaf_work import LeafWork
from wftui.model.base import Json
from wftui.model.clock import Clock
from wftui.model.errors import ConflictError, NotFoundError, RunNotFoundError, UsageError, UserError
from wftui.model.run.events import ExecutionEvent, Log, StepAnswered
from wftui.model.run.record import TERMINAL, ExecutionRecord

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore

_HEARD_SECONDS = 5.0


class OtherProcessRuns:
    """Requests to runs of other processes, through the database.

    Args:
        cancel: cancels a run of any process, this one included.
        workers: does the leaf steps of pools.
    """

    def __init__(
        self,
        store: "ExecutionStore",
        clock: Clock,
        cancel: Callable[[str, str], Awaitable[None]],
        workers: LeafWork | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._cancel_any = cancel
        self._workers = workers

    async def cancel(self, run_id: str, by: str) -> None:
        """Request a cancel; end an interrupted run.

        Raises:
            NotFoundError: there is no such run.
            ConflictError: it has ended.
        """
        record = await self._record(run_id)
        if record.status in TERMINAL:
            raise ConflictError(f"run {run_id} has already ended: it is {record.status}", code="run.ended")
        if record.status == "interrupted":
            await complete_despite_cancel(self._end_interrupted(run_id, by))
        else:
            await self._store.signal(run_id, "cancel", {"by": by})

    async def answer(self, run_id: str, path: str, approved: bool, data: Json, by: str) -> None:
        """Answer the pending approval of a step.

        It returns when the answer has taken effect, at once for an interrupted run, and after some seconds without a
        reaction of the other process.

        Raises:
            NotFoundError: there is no such run, or the step has no pending approval.
            UsageError: the data does not match the form, or holds a secret that would have to be stored on its way to
                another process.
            ConflictError: it was already answered.
        """
        record = await self._record(run_id)
        step = record.step(path)
        if step is None or step.waiting is None or step.waiting.reason != "approval":
            raise NotFoundError(f"step {path} of run {run_id} is not waiting for approval", code="approval.none")
        form = await self._store.resolve(step.waiting.form)
        if approved:
            data = await validate_reply(form, data)
        if answered_secrets(form, data):
            message = (
                "the answer contains a secret, which is never stored; answer in the program that runs the workflow"
            )
            raise UsageError(message, code="approval.secret")
        answer = {"path": path, "approved": approved, "data": data, "by": by}
        await self._store.signal(run_id, "answer", answer)
        if record.status != "interrupted":
            await self._until_it_counts(record, path, approved, by)

    async def _until_it_counts(self, record: ExecutionRecord, path: str, approved: bool, by: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_HEARD_SECONDS):
                async for batch in self._store.follow(record.id, after=record.last_seq):
                    for event in batch:
                        if isinstance(event, StepAnswered) and event.path == path:
                            if (event.approved, event.by) == (approved, by):
                                return
                            raise _already_answered(event)

    async def _end_interrupted(self, run_id: str, by: str) -> None:
        """End an interrupted run and its sub-workflows without running any step.

        To run `finally`, resume the run and cancel it then.
        """
        await self._store.claim(run_id)
        record = await self._record(run_id)
        logs: list[ExecutionEvent] = []

        async def tell(message: str) -> None:
            logs.append(Log(run_id=run_id, timestamp=self._clock(), level="warn", message=message))

        history = await read_history(self._store, run_id)
        await end_orphans(run_id, history.carried, tell)
        if self._workers is not None and any(step.pool is not None for step in record.step_results):
            try:
                await self._workers.abandon(run_id)
            except UserError as error:
                await tell(f"its steps on workers may continue: {error}")
        await self._store.append([*logs, *cancel_events(record, history, by, self._clock())], wait=True)
        for step in record.step_results:
            if step.waiting is not None and step.waiting.reason == "child" and step.waiting.child_id is not None:
                with suppress(ConflictError, NotFoundError):  # it has ended, or was removed
                    await self._cancel_any(step.waiting.child_id, "its parent")

    async def _record(self, run_id: str) -> ExecutionRecord:
        record = await self._store.get(run_id)
        if record is None:
            raise RunNotFoundError(run_id)
        return record


@asynccontextmanager
async def refusing_late_answers(store: "ExecutionStore", run_id: str, path: str) -> AsyncIterator[None]:
    """Say who answered an approval, where there is none to answer any more.

    Raises:
        ConflictError: the approval has been answered; the message says by whom.
    """
    try:
        yield
    except NotFoundError as error:
        last = await _last_answer(store, run_id, path) if error.code == "approval.none" else None
        if last is None:
            raise
        raise _already_answered(last) from None


async def _last_answer(store: "ExecutionStore", run_id: str, path: str) -> StepAnswered | None:
    last, after = None, 0
    while page := await store.events(run_id, after=after):
        after = page[-1].seq
        for event in page:
            if isinstance(event, StepAnswered) and event.path == path and event.approved is not None:
                last = event
    return last


def _already_answered(answer: StepAnswered) -> ConflictError:
    done = "approved" if answer.approved else "rejected"
    message = f"step {answer.path} of run {answer.run_id} was already {done} by {answer.by or 'another user'}"
    return ConflictError(message, code="approval.answered")
