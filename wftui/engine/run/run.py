"""One run: created → started → steps → finally → completed, failed or cancelled."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from wftui.connections.secret_forms import MINIMUM_LENGTH
from wftui.engine.primitives.cancellation import Stopped, StopScope
from wftui.engine.primitives.failures import describe_outside
from wftui.engine.primitives.outcome import Failure
from wftui.engine.primitives.schema_validation import check_inputs
from wftui.engine.primitives.secret_inputs import masked, refuse_short_secrets, secret_texts
from wftui.engine.run.computed import compute_defaults, compute_outputs, compute_vars
from wftui.engine.run.preflight import Preflight
from wftui.engine.run.state.approvals import ApprovalReply, validate_reply
from wftui.engine.run.state.carried_results import RunHistory
from wftui.engine.run.state.run_context import RunContext
from wftui.engine.run.steps.frame import Frame
from wftui.engine.run.steps.step_runner import StepRunner
from wftui.engine.run.turn import take_turn
from wftui.engine.run.unmet_requirements import UnresolvedError
from wftui.model.base import Json, format_timestamp
from wftui.model.errors import ConflictError, UsageError
from wftui.model.json.big_values import freed, keeping_big_values
from wftui.model.run.events import (
    Cancelled,
    CancelRequested,
    Completed,
    Created,
    ExecutionEvent,
    Failed,
    Log,
    Resumed,
    Started,
)
from wftui.model.run.record import ExecutionRequest
from wftui.model.run.steps import ExecutionError
from wftui.runtime.json_values import ensure_json
from wftui.runtime.language.derived_secrets import watch
from wftui.runtime.plan import repeated_infos, step_infos
from wftui.runtime.scope import Scope
from wftui.runtime.workflow_errors import WorkflowError

OrphanCleanup = Callable[[Callable[[str], Awaitable[None]]], Awaitable[None]]
"""Cleanup before the first step; it reports to the run's log."""


class Run:
    """A run in this process.

    Its end is decided once, by the last step or by a cancel, whichever comes first.

    Args:
        orphan_cleanup: called before the first step.
    """

    def __init__(
        self, context: RunContext, request: ExecutionRequest, orphan_cleanup: OrphanCleanup | None = None
    ) -> None:
        self.context = context
        self._request = request
        self._orphan_cleanup = orphan_cleanup
        self._inputs: dict[str, Json] = {}
        self._vars: dict[str, Json] | None = None
        self._invalid: WorkflowError | None = None
        self._default_error: ExecutionError | None = None
        self._begun = self._here_since = context.now()
        self._ran = 0.0  # seconds in earlier processes
        self._main = StopScope()
        self._finally = StopScope()
        self._in_finally = False
        self._cancelled = False
        self._decided = False
        self._started = False
        self._resolved = False
        self._number = 1

    @property
    def id(self) -> str:
        """Id of the run."""
        return self.context.run_id

    @property
    def ended(self) -> bool:
        """True once the end of the run has been decided."""
        return self._decided

    async def create(self, plan_hash: str | None) -> None:
        """Record the creation of the run and wait for the commit.

        Raises:
            UsageError: the inputs are not JSON and cannot be recorded, or a secret is too short.
        """
        context, plan, request = self.context, self.context.plan, self._request
        try:
            await ensure_json(request.inputs, "validation.inputs", "the input")
        except WorkflowError as error:
            raise UsageError(error.message, code=error.type) from None
        inputs, self._default_error = await compute_defaults(plan, request.inputs, self._scope())
        await self._take_inputs(inputs)
        refuse_short_secrets(self._inputs, plan.secret_inputs)
        await context.emitter.emit(
            Created(
                run_id=self.id,
                timestamp=self._begun,
                workflow_id=plan.id,
                workflow_version=plan.version,
                workflow_hash=plan.source_hash,
                plan=plan_hash,
                rules=context.rules,
                user_id=request.user_id,
                inputs=masked(self._inputs, plan.secret_inputs),
                parent_id=request.parent_id,
                parent_path=request.parent_path,
                connections=request.chosen_connections,
                pool=request.pool,
                start_key=request.start_key,
                steps=step_infos(plan),
                repeated=repeated_infos(plan) or None,
            )
        )

    async def restore(self, history: RunHistory, inputs: Mapping[str, Json]) -> None:
        """Restore a run of an earlier process, in place of `create`.

        Args:
            history: of the run.
            inputs: of the run, with secrets.

        Raises:
            UnresolvedError: a requirement of its steps is missing. The run stays interrupted.
        """
        assert history.created is not None
        self.context.rules = history.created.rules or 1
        self._begun = history.created.timestamp
        self._ran = history.carried.ran
        self._number = history.resumptions + 2
        self._started = history.started
        self.context.warnings = history.carried.warnings()
        if history.vars is not None:
            self._vars = await history.carried.resolve(history.vars)
        await self._take_inputs(inputs)
        if history.cancel_requested:
            self._cancelled = True
            self._main.stop()
        elif self._invalid is None and (item := await self._resolve()):
            await self.context.resources.close(self.context.settings.grace, self.note)
            raise UnresolvedError(item.message)
        self._resolved = True

    async def resume(self, by: str | None = None) -> None:
        """Record who resumes a restored run, and wait for the commit."""
        await self.context.emitter.emit(Resumed(run_id=self.id, timestamp=self.context.now(), by=by))

    async def run(self) -> None:
        """Run from `created` to the end.

        Raises:
            RunBroken: the run can no longer be recorded.
        """
        with keeping_big_values():
            try:
                await self._run()
            except asyncio.CancelledError as raised:
                if (task := asyncio.current_task()) is None or task.cancelling():
                    raise
                await self._fail(raised)  # of a step type, whose library cancels itself
            except Exception as raised:  # noqa: BLE001  (an error outside the steps fails this run)
                await self._fail(raised)

    async def _fail(self, raised: BaseException) -> None:
        """Fail the run for an error outside its steps, such as in the preflight check.

        Raises:
            BaseException: the error itself, if the end had already been decided.
        """
        if self._decided:
            raise raised
        await self.context.resources.close(self.context.settings.grace, self.note)
        await self._end(Failed(error=describe_outside(raised), **self._stamp()))

    async def _run(self) -> None:
        if self._default_error is not None:
            await self._end(Failed(error=self._default_error, **self._stamp()))
            return
        if self._invalid is not None:
            await self._end(Failed(error=describe_outside(self._invalid), **self._stamp()))
            return
        if not self._resolved and not await self._pass_preflight():
            return
        outputs: dict[str, Json] | None = None
        watch(self.context.emitter.redactor)
        wrong = await self._compute_vars()
        if wrong is None and not self._cancelled:
            try:
                if not await self._take_turn():
                    return
            except Exception as raised:  # noqa: BLE001  (a group that cannot be evaluated fails the run)
                wrong = describe_outside(raised, "/concurrency/group", self.context.plan)
        if not self._started:
            await self.context.emitter.emit(
                Started(run_id=self.id, timestamp=self.context.now(), vars=self._vars or None)
            )
        try:
            if wrong is not None:
                raise Failure(wrong)
            if self._orphan_cleanup is not None:
                await self._orphan_cleanup(self.note)
            await self._load_secrets()
            outputs, error = await self._steps()
        except Failure as failure:
            error = failure.error
        except Exception as raised:  # noqa: BLE001  (an error of the engine fails this run)
            error = describe_outside(raised)
        finally:
            await self.context.resources.close(self.context.settings.grace, self.note)
            if self.context.workers is not None:
                await self.context.workers.end_run(self.id)
        await self._abandon_children()
        # No await between this decision and its event.
        if self._cancelled:
            await self._end(Cancelled(**self._stamp()))
        elif error is not None:
            await self._end(Failed(error=error, outputs=outputs, **self._stamp()))
        else:
            await self._end(Completed(outputs=outputs, warnings=self.context.warnings, **self._stamp()))

    async def cancel(self, by: str) -> None:
        """Cancel the run: stop its steps, then run `finally`.

        A second cancel stops everything at once, `finally` included.

        Raises:
            ConflictError: the run has ended.
            RunBroken: the run is stopped, but this cannot be recorded.
        """
        if self._decided:
            raise ConflictError(f"run {self.id} has already ended", code="run.ended")
        again, self._cancelled = self._cancelled, True
        try:
            await self.context.emitter.emit(CancelRequested(run_id=self.id, timestamp=self.context.now(), by=by))
        finally:  # stop the steps even with a full disk
            if again:
                self._main.force()
                self._finally.force()
            else:
                self._main.stop()
                if self._in_finally:
                    self._finally.start_timer(self.context.settings.finally_limit)

    async def answer(self, path: str, approved: bool, data: Json, by: str) -> None:
        """Answer the pending approval of a step, or the one it will ask for again.

        Raises:
            NotFoundError: the step has no pending approval.
            UsageError: the data does not fit the form.
        """
        context = self.context
        before = context.carried.waits.get(path)
        if before is not None and before.reason == "approval" and not context.approvals.is_open(path):
            fits = await validate_reply(await context.carried.resolve(before.form), data) if approved else data
            context.approvals.keep(path, ApprovalReply(approved, by, fits))
        else:
            await context.approvals.answer(path, approved, data, by)

    async def _abandon_children(self) -> None:
        """Cancel runs that an earlier process started for a step but no step has rejoined."""
        if self.context.children is not None:
            for child_id in self.context.carried.children():
                await self.context.children.abandon(child_id)

    async def note(self, message: str) -> None:
        """Add a warning to the run's log."""
        await self.context.emitter.emit(
            Log(run_id=self.id, timestamp=self.context.now(), level="warn", message=message)
        )

    async def _take_inputs(self, inputs: Mapping[str, Json]) -> None:
        plan = self.context.plan
        self._inputs, self._invalid = await check_inputs(plan.input_schema, inputs)
        for secret in secret_texts(self._inputs, plan.secret_inputs):
            self.context.emitter.redactor.add(secret)

    async def _pass_preflight(self) -> bool:
        """Run the preflight check; return False when it has failed the run."""
        item: ExecutionError | None = None
        with suppress(Stopped):  # cancelled: the steps of `finally` resolve their needs themselves
            item = await self._resolve()
        if item is None or self._cancelled:
            return True
        await self.context.resources.close(self.context.settings.grace, self.note)
        await self._end(Failed(error=item, **self._stamp()))
        return False

    async def _resolve(self) -> ExecutionError | None:
        """Run the preflight check; return an error with the missing requirements, or None.

        Raises:
            Stopped: the run was cancelled during the check.
        """
        preflight = Preflight(self.context, self._scope())
        if not self._request.connections and not preflight.has_work():
            return None
        return await self._main.wait(asyncio.ensure_future(preflight.resolve(self._request.connections)))

    async def _take_turn(self) -> bool:
        """Wait for the turn in the concurrency group; return False if the run has ended."""
        before, error = self.context.now(), None
        try:
            error = await take_turn(self.context, self._scope(), self._main)
        except Stopped:
            if self._started:
                return True  # its steps have to end in order
        else:
            if error is None:
                self._here_since += self.context.now() - before  # a wait before the start is not work
                return True
        await self.context.resources.close(self.context.settings.grace, self.note)
        await self._end(Cancelled(error=error, **self._stamp()))
        return False

    async def _load_secrets(self) -> None:
        """Resolve connections to mask their secrets before a step can print one."""
        with suppress(Stopped):
            await self._main.wait(asyncio.ensure_future(self.context.connections.resolve_all()))
        short = self.context.emitter.redactor.short
        if short:
            one = "a secret of this run is" if short == 1 else f"{short} secrets of this run are"
            await self.note(
                f"{one} shorter than {MINIMUM_LENGTH} characters: masked as a word of its own, not as part of one"
            )

    async def _steps(self) -> tuple[dict[str, Json], ExecutionError | None]:
        """Run the steps, then `finally`; return the outputs and the first failure."""
        plan = self.context.plan
        runner = StepRunner(self.context)
        frame = Frame(self._scope(), self._main)
        if plan.timeout is not None and not all(step.id in self.context.carried.ends for step in plan.steps):
            # After a resume, earlier running time counts, time without a process does not.
            self._main.start_timer(plan.timeout - self.context.carried.ran)
        result = await runner.run_body(plan.steps, frame)
        self._main.close()
        error = result.error
        if error is None and self._main.timed_out:
            error = ExecutionError(
                type="timeout", message=f"the run took longer than its timeout of {plan.timeout:g} s"
            )
        scope, untidy = frame.scope, None
        if plan.finally_:
            self._in_finally = True
            if self._main.stopped:
                self._finally.start_timer(self.context.settings.finally_limit)
            # `finally` starts in spite of a stop or failure of the steps.
            frame.halted = False
            status = "cancelled" if self._cancelled else "failed" if error is not None else "completed"
            known = {**frame.scope.run, "status": status, "error": error.to_wire() if error is not None else None}
            last = Frame(replace(frame.scope, run=known), self._finally, outer=frame)
            untidy = (await runner.run_body(plan.finally_, last, fail_fast=False)).error
            self._finally.close()
            scope = last.scope
        # After `finally`: outputs may read its steps, too.
        outputs, bad_output = await compute_outputs(plan, scope)
        result.output = None
        for _ in freed(frame.take_big()):
            await self.context.yield_point.reach()
        return outputs, error or bad_output or untidy

    async def _compute_vars(self) -> ExecutionError | None:
        """Compute the variables, unless they were recorded; return an error or None."""
        if self._vars is not None or not self.context.plan.vars:
            return None
        self._vars, error = await compute_vars(self.context.plan, self._scope())
        return error

    def _scope(self) -> Scope:
        environment = self.context.environment
        return Scope(
            inputs=self._inputs,
            locals={"vars": self._vars} if self._vars is not None else {},
            run={
                "id": self.id,
                "startedAt": format_timestamp(self._begun),
                "attempt": self._number,
                "workflowId": self.context.plan.id,
            },
            secrets=self.context.connections.secrets,
            env={name: environment[name] for name in self.context.plan.env if name in environment},
        )

    def _stamp(self) -> dict[str, Json]:
        return {
            "run_id": self.id,
            "timestamp": self.context.now(),
            "duration": self._ran * 1000 + self.context.since(self._here_since),
        }

    async def _end(self, event: ExecutionEvent) -> None:
        self._decided = True
        await self.context.emitter.emit_last(event)
