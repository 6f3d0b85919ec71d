"""Step context: the engine's implementation of the `StepContext` that a step gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from wftui.connections.redaction import Redactor
from wftui.engine.primitives.secret_inputs import answered_secrets
from wftui.engine.run.state.run_context import RunContext
from wftui.engine.run.steps.step_logger import StepLogger
from wftui.model.base import Json, format_timestamp
from wftui.model.clock import Clock
from wftui.model.run.events import StepAnswered, StepMoved, StepTaken, StepWaiting
from wftui.model.run.steps import LogLevel, Waiting
from wftui.runtime.json_values import if_small
from wftui.runtime.plan import REJECTION_FAILS, StepPlan
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.child_call import WAITED, ChildCall
from wftui.steps.api.prepare_context import KeptT
from wftui.steps.api.step_type import StepSite
from wftui.steps.process.process_mark import ProcessMark

if TYPE_CHECKING:
    from wftui.steps.api.step_model import Answer

_TIMEOUT_ANSWERS = {"reject": False, "approve": True}
_RECHECK_SECONDS = 5.0  # timers stand still while a machine sleeps, and the time of day may be set


class EngineStepContext:
    """`StepContext` of one attempt of a leaf step; it releases its slot in waits.

    Attributes:
        connection: the resolved connection of this step with secrets in clear; None without one.
    """

    def __init__(self, context: RunContext, step: StepPlan, path: str, attempt: int) -> None:
        self._context = context
        self._step = step
        self._path = path
        self._attempt = attempt
        self.connection: Mapping[str, Json] | None = None
        self._cancelled = asyncio.Event()
        self._logger = StepLogger(context.emitter, context.settings, step.id, path)
        self._waits = 0
        self._closed = False

    @property
    def holds_slot(self) -> bool:
        """True while this attempt is running, not waiting."""
        return not self._waits

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._context.run_id

    @property
    def execution_id(self) -> str:
        """Name of `run_id` in wftui 0.1."""
        return self.run_id

    @property
    def workflow_id(self) -> str:
        """Id of the workflow."""
        return self._context.plan.id

    @property
    def path(self) -> str:
        """Address of this step."""
        return self._path

    @property
    def attempt(self) -> int:
        """Number of this attempt, from 1."""
        return self._attempt

    @property
    def idempotency_key(self) -> str:
        """Key `run/step`, the same for every attempt and after a resume."""
        return f"{self._context.run_id}/{self._path}"

    @property
    def working_directory(self) -> Path:
        """Base of the relative paths of this run."""
        return self._context.working_directory

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment for child processes."""
        mark = ProcessMark(self._context.run_id, self._path, self._attempt)
        return {**self._context.environment, **mark.variables()}

    @property
    def prepared(self) -> Json:
        """Result of `prepare` for this step."""
        return self._context.prepared.get(self._step.id)

    @property
    def site(self) -> StepSite:
        """Position of this step: folder, connection and step types."""
        return StepSite(self._context.folder, self._step.connection, self._context.step_types)

    @property
    def cancelled(self) -> asyncio.Event:
        """Event that is set when this attempt must end."""
        return self._cancelled

    @property
    def redactor(self) -> Redactor:
        """The secrets of the run."""
        return self._context.emitter.redactor

    @property
    def user(self) -> str:
        """Id of the user of the run."""
        return self._context.environment.get("WFTUI_USER", "")

    def now(self) -> datetime:
        """Return the time of the run's clock, in UTC."""
        return self._context.now()

    async def wait_for_worker(self, pool: str, unfit: str | None) -> None:
        """Record that no worker of a pool can do the attempt; `taken_by` ends the wait."""
        await self._emit_waiting(Waiting(reason="worker", pool=pool, unfit=unfit))

    async def taken_by(self, worker: str, before: str | None, *, at_once: bool) -> None:
        """Record the worker that does the attempt now, and the one it was taken from."""
        about = self._context.about(self._step, self._path)
        event = StepTaken(**about, worker=worker) if before is None else StepMoved(**about, from_=before, to=worker)
        if at_once:
            self._context.emitter.hold(event)
        else:
            await self._context.emitter.emit(event)

    def log(self, message: str, level: LogLevel = "info", stream: Literal["stdout", "stderr", "log"] = "log") -> None:
        """Log one or more lines; never blocks."""
        self._logger.log(message, level, stream)

    async def drain_log(self) -> None:
        """Wait while more is logged than stored."""
        await self._logger.drain()

    def progress(self, fraction: float, message: str | None = None) -> None:
        """Report the progress of the step."""
        self._logger.progress(fraction, message)

    async def connect(self, name: str) -> Mapping[str, Json]:
        """Return another connection of the workflow, with secrets in clear.

        Raises:
            WorkflowError: it cannot be resolved (types `connection.*`).
        """
        found = await self._context.connections.get(name)
        if found is None:
            raise WorkflowError("connection.missing", f"there is no connection {name}")
        return found

    def keep_secret(self, secret: str) -> None:
        """Mask a text from now on."""
        self._context.connections.keep_secret(secret)

    def redact(self, value: Json) -> Json:
        """Return a value with every secret of the run masked."""
        return self._context.emitter.redactor.redact(value)

    def keep(self, key: str, make: Callable[[], KeptT]) -> KeptT:
        """Return the resource with this key that all steps of the run share."""
        return self._context.resources.keep(key, make)

    async def close(self) -> None:
        """Flush the log and drop later messages."""
        self._closed = True
        await self._logger.close()

    async def sleep_until(self, moment: datetime, *, by_wall_clock: bool = False) -> datetime:
        """Wait until a time and return it; after a resume, the time of the first wait."""
        before = self._waited_for("delay")
        if before is not None and before.until is not None:
            moment = before.until
        clock = self._context.wall if by_wall_clock else self.now
        async with self._waiting(Waiting(reason="delay", until=moment)):
            while (left := _left(moment, clock)) > 0:  # noqa: ASYNC110  (it waits for a time, not a state)
                await asyncio.sleep(left)
        return moment

    async def ask(
        self,
        prompt: str,
        form: Mapping[str, Any] | None,
        wait: float | None,
        on_timeout: str,
        on_reject: Literal["fail", "continue"] = "continue",
    ) -> Answer:
        """Request an approval.

        Raises:
            WorkflowError: `timeout` without an answer in time and with `on_timeout` `fail`; `approval.rejected` with
                `on_reject` `fail`; `approval.nobody` when no user can answer and the wait has no limit.
        """
        if self._context.rules < REJECTION_FAILS:
            on_reject = "continue"
        answer = await self._ask(prompt, form, wait, on_timeout, on_reject)
        return answer.unless_rejected() if on_reject == "fail" else answer

    async def _ask(
        self,
        prompt: str,
        form: Mapping[str, Any] | None,
        wait: float | None,
        on_timeout: str,
        on_reject: Literal["fail", "continue"],
    ) -> Answer:
        if wait is None and not self._context.approvals.answerable:
            raise WorkflowError("approval.nobody", f"no user can answer here ({prompt}); use `wftui run`")
        from wftui.steps.api.step_model import Answer

        until = self.now() + timedelta(seconds=wait) if wait is not None else None
        known = self._context.carried.answers.pop(self._path, None)
        before = self._waited_for("approval")
        # A reply from before a resume answers that prompt only: the step may ask something else this time.
        again = before is not None and before.prompt == self.redact(prompt)
        if before is not None and again:
            data = await self._context.carried.resolve(known.data) if known is not None else None
            # Secrets in an answer are not stored, so the step asks again.
            if known is not None and known.approved is not None and not answered_secrets(form, data):
                at = format_timestamp(known.timestamp)
                return Answer(approved=known.approved, by=known.by or "", at=at, data=data)
            until = before.until
        reply = self._context.approvals.ask(self._path, form, again=again)
        try:
            question = Waiting(
                reason="approval",
                until=until,
                prompt=prompt,
                form=dict(form) if form else None,
                on_reject="fail" if on_reject == "fail" else None,
            )
            async with self._waiting(question):
                while not reply.done() and (left := _left(until, self.now)) > 0:
                    await asyncio.wait({reply}, timeout=left)
        finally:
            self._context.approvals.close(self._path)
        if reply.done():
            answered = reply.result()
            for secret in answered_secrets(form, answered.data):
                self.keep_secret(secret)
            answer = Answer(
                approved=answered.approved, by=answered.by, at=format_timestamp(self.now()), data=answered.data
            )
        elif on_timeout in _TIMEOUT_ANSWERS:
            at = format_timestamp(self.now())
            answer = Answer(approved=_TIMEOUT_ANSWERS[on_timeout], by="timeout", at=at)
        else:
            raise WorkflowError("timeout", "no answer in time")
        await self._answered(approved=answer.approved, by=answer.by, data=answer.data)
        return answer

    async def run_workflow(self, workflow_id: str, inputs: Mapping[str, Json], call: ChildCall = WAITED) -> Json:
        """Run another workflow as a child of this run and return its outputs, or its id.

        Raises:
            WorkflowError: it cannot be started, failed (with its error type), or was cancelled separately.
        """
        children = self._context.children
        if children is None:
            raise WorkflowError("workflow.unavailable", "a single workflow file cannot run other workflows")

        async def started(child_id: str) -> None:
            await self._emit_waiting(Waiting(reason="child" if call.wait else "start", child_id=child_id))

        # A child from before a resume belongs to that call only: the step may run another workflow this time.
        earlier = self._context.carried.child_of(self._path)
        again = earlier is not None and await children.is_run_of(earlier, workflow_id, inputs)
        record = None
        async with self._without_slot():
            if earlier is not None and again:
                del self._context.carried.waits[self._path]
                await started(earlier)
                child_id = earlier
            else:
                child_id = await children.start(workflow_id, inputs, self._path, call, started)
            if call.wait:
                record = await (children.rejoin(child_id, inputs) if again else children.until_end(child_id))
            elif again:
                await children.resume(child_id, inputs)
        await self._answered()
        if record is None:
            return {"executionId": child_id}
        if record.status == "completed":
            return record.outputs
        details = {"executionId": record.id, "outputs": if_small(record.outputs)}
        if record.error is None:
            raise WorkflowError(
                "workflow.cancelled", f"run {record.id} of {workflow_id} was cancelled", details=details
            )
        message = f"run {record.id} of {workflow_id} failed: {record.error.message}"
        raise WorkflowError(record.error.type, message, details=details)

    def _waited_for(self, reason: str) -> Waiting | None:
        """Return the wait of an earlier process, if it has this reason; only once."""
        before = self._context.carried.waits.get(self._path)
        return self._context.carried.waits.pop(self._path) if before is not None and before.reason == reason else None

    @asynccontextmanager
    async def _waiting(self, waiting: Waiting) -> AsyncIterator[None]:
        await self._emit_waiting(waiting)
        async with self._without_slot():
            yield
        if waiting.reason != "approval":
            await self._answered()

    @asynccontextmanager
    async def _without_slot(self) -> AsyncIterator[None]:
        """Release the slot during a wait; take one again unless the attempt ends."""
        self._waits += 1
        if self._waits == 1:
            self._context.slots.release()
        yield
        if self._waits == 1 and not self._closed:
            await self._context.slots.acquire()
        self._waits -= 1

    async def _emit_waiting(self, waiting: Waiting) -> None:
        await self._logger.flush()
        await self._context.emitter.emit(
            StepWaiting(
                run_id=self.run_id,
                timestamp=self.now(),
                step_id=self._step.id,
                path=self._path,
                waiting=waiting,
            )
        )

    async def _answered(self, approved: bool | None = None, by: str | None = None, data: Json = None) -> None:
        await self._context.emitter.emit(
            StepAnswered(
                run_id=self.run_id,
                timestamp=self.now(),
                step_id=self._step.id,
                path=self._path,
                approved=approved,
                by=by,
                data=data,
            )
        )


def _left(timestamp: datetime | None, clock: Clock) -> float:
    """Return the seconds to sleep before the next look at the clock."""
    return _RECHECK_SECONDS if timestamp is None else min(_RECHECK_SECONDS, (timestamp - clock()).total_seconds())
