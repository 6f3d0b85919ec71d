"""Runs: start, follow, cancel, answer, resume, rerun.

Imports, file access and computation run in threads; the event loop stays free.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from wftui.model.errors import UserError
from wftui.workbench.past_runs.run_reader import RunReader

if TYPE_CHECKING:
    from datetime import datetime

    from wftui.compiler.compiler import WorkflowCompiler
    from wftui.engine.host.executor import WorkflowExecutor
    from wftui.engine.restart.restart_plan import StepDecision
    from wftui.model.base import Json
    from wftui.model.listing import WorkflowOutline
    from wftui.model.run.actions import RunAction
    from wftui.model.run.events import ExecutionEvent
    from wftui.model.run.record import ExecutionRecord
    from wftui.store.execution_store import ExecutionStore


class RunService(RunReader):
    """`workbench.runs`: the runs of this and any other process on the same database.

    Methods raise `NotFoundError` if there is no such run, and `UserError` if the database cannot be used.

    Args:
        store: opens the store on first use.
        executor: starts the engine on first use.
        started: the engine if it is running, for calls that need not start it.
        user_id: the user who starts, cancels and answers where a call does not name one (`by`).
    """

    def __init__(
        self,
        store: Callable[[], Awaitable[ExecutionStore]],
        executor: Callable[[], Awaitable[WorkflowExecutor]],
        compiler: Callable[[], WorkflowCompiler],
        *,
        started: Callable[[], WorkflowExecutor | None],
        user_id: str,
    ) -> None:
        super().__init__(store)
        self._executor = executor
        self._compiler = compiler
        self._started = started
        self._user_id = user_id

    async def start(
        self,
        workflow_id: str,
        inputs: Mapping[str, Json],
        *,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
        key: str | None = None,
        by: str | None = None,
    ) -> str:
        """Start a run in this process; return its id once it is recorded.

        Args:
            connections: by the name in the workflow, the user's connection to use instead.
            pool: pool for all steps that can run on workers, or `here`; None: as the workflow says.
            key: makes it safe to repeat this call: with the same key and inputs, a user gets the same run back.

        Raises:
            CompileFailed: the workflow has errors. Invalid inputs are recorded as a failed run.
            ConflictError: the key has started another workflow, or with other inputs.
            UsageError: the key is empty or too long, or the pool has no valid name.
        """
        executor = await self._executor()
        from wftui.model.run.record import ExecutionRequest

        request = ExecutionRequest(
            workflow_id=workflow_id,
            inputs=dict(inputs),
            user_id=self._by(by),
            connections=dict(connections or {}),
            pool=pool,
            start_key=key,
        )
        return await executor.start(request)

    async def rerun(
        self,
        run_id: str,
        inputs: Mapping[str, Json],
        *,
        reuse: bool,
        from_step: str | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
        confirmed: bool = False,
        by: str | None = None,
    ) -> str:
        """Rerun a workflow with the inputs of an earlier run; return the new run's id.

        The workflow is compiled as it is now.

        Args:
            inputs: override those of the earlier run; must include secret ones, which are never stored.
            reuse: take over every step that neither failed nor depends on a change; see `plan_restart`.
            from_step: with `reuse`: id or path of a step to run, with all that follows.
            complete: with `reuse`: `inputs` are complete; drop other inputs of the earlier run.
            connections: as for `start`, in addition to those of the earlier run.
            pool: as for `start`; None: as for the earlier run.
            confirmed: with `reuse`: rerun interrupted steps with `"idempotent": false`.

        Raises:
            NotFoundError: there is no such run or step.
            ConflictError: with `reuse`: the earlier run is still running.
            ConfirmationNeeded: with `reuse`: steps that may not run twice were interrupted.
            UsageError: a secret input is missing.
            CompileFailed: the workflow has errors.
        """
        executor = await self._executor()
        if reuse:
            return await executor.rerun(
                run_id,
                from_step=from_step,
                inputs=inputs,
                complete=complete,
                connections=connections,
                pool=pool,
                user_id=self._by(by),
                confirmed=confirmed,
            )
        record = await self.record(run_id, whole=True)
        from wftui.engine.primitives.secret_inputs import masked, restore_secrets
        from wftui.model.run.record import ExecutionRequest

        loaded = await asyncio.to_thread(lambda: self._compiler().load(record.workflow_id))
        secret = loaded.plan.secret_inputs
        whole = restore_secrets(masked({**record.inputs, **inputs}, secret), inputs, secret)
        request = ExecutionRequest(
            workflow_id=record.workflow_id,
            inputs=whole,
            user_id=self._by(by),
            parent_id=record.id,
            connections=dict(connections or {}),
            inherited_connections=record.connections,
            pool=record.pool if pool is None else pool,
        )
        return await executor.start(request)

    async def plan_restart(
        self,
        run_id: str,
        inputs: Mapping[str, Json],
        *,
        from_step: str | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
    ) -> list[StepDecision]:
        """Return which steps `rerun` with `reuse` would reuse or run, and why."""
        from wftui.engine.restart.restart_plan import with_usual_times
        from wftui.workbench.past_runs.comparison_service import usual_times

        executor = await self._executor()
        found = await executor.plan_restart(
            run_id, from_step=from_step, inputs=inputs, complete=complete, connections=connections, pool=pool
        )
        record = await self.head(run_id)
        usual = await usual_times(await self._store(), record.workflow_id)
        return with_usual_times(found.decisions, {path: each.p50 for path, each in usual.items()})

    async def secrets_to_ask(self, run_id: str, *, resume: bool) -> tuple[WorkflowOutline, dict[str, Json]] | None:
        """Return the secret inputs to enter again before a resume or rerun.

        Secret inputs are never stored.

        Args:
            resume: for a resume, by the plan of the run; else for a rerun of its current workflow.

        Returns:
            The workflow with a schema of these inputs only, and their known parts; None if there are none.
        """
        from wftui.engine.primitives.secret_inputs import missing_secrets_form
        from wftui.model.listing import WorkflowOutline
        from wftui.model.schema.secret_schema import secret_pointers

        record = await self.head(run_id, whole=True)
        if resume:  # its workflow may have changed, or be broken
            name = record.workflow_id
            outline = WorkflowOutline(id=name, name=name, input_schema=dict(await self.input_schema(run_id)))
        else:
            outline = await asyncio.to_thread(lambda: self._compiler().outline(record.workflow_id))
        asked = missing_secrets_form(outline.input_schema, record.inputs, secret_pointers(outline.input_schema))
        return (outline.model_copy(update={"input_schema": asked[0]}), asked[1]) if asked else None

    async def input_schema(self, run_id: str) -> Mapping[str, Json]:
        """Return the input schema of a run's own plan, not of the current workflow."""
        return (await (await self._executor()).stored_plan(run_id)).input_schema

    async def plan_resume(self, run_id: str) -> list[StepDecision]:
        """Return which steps `resume` would reuse or run, and why.

        Raises:
            ConflictError: it has ended, or another process runs it.
        """
        from wftui.engine.restart.inner_effects import InnerEffects
        from wftui.engine.restart.resume import check_status
        from wftui.engine.restart.resume_decisions import plan_resume

        record = await self.record(run_id)
        check_status(run_id, record.status, record.imported_from)
        executor = await self._executor()
        inner = InnerEffects(await self._store(), lambda child: executor.stored_plan(child.id))
        plan = await executor.stored_plan(run_id)
        return plan_resume(record, plan, await inner.interrupted(record)).decisions

    async def left_running(self, run_id: str) -> list[str]:
        """Describe the orphan processes of an interrupted run; resume and cancel end them."""
        from wftui.engine.restart.orphan_processes import describe_orphans

        return await describe_orphans(await self._store(), run_id)

    async def resume(
        self, run_id: str, inputs: Mapping[str, Json], *, confirmed: bool = False, by: str | None = None
    ) -> None:
        """Resume an interrupted run in this process; finished steps do not run again.

        Args:
            inputs: its secret inputs, which are never stored.
            confirmed: rerun interrupted steps with `"idempotent": false`.

        Raises:
            ConflictError: it has ended, or another process runs it.
            ConfirmationNeeded: steps that may not run twice were interrupted.
            UsageError: a secret input is missing.
        """
        from wftui.engine.host.start_options import StartOptions

        options = StartOptions(confirmed=confirmed, by=self._by(by))
        await (await self._executor()).resume(run_id, inputs, options)

    async def cancel(self, run_id: str, *, by: str | None = None) -> None:
        """Request the cancellation of a run of any process.

        A second request skips the grace period.

        Raises:
            ConflictError: the run has ended.
        """
        await (await self._executor()).cancel(run_id, by=self._by(by))

    async def answer(self, run_id: str, path: str, *, approved: bool, data: Json = None, by: str | None = None) -> None:
        """Answer the approval that a step waits for, in a run of any process.

        Args:
            path, data: path of the step, data for its form.

        Raises:
            NotFoundError: the step is not waiting for approval.
            UsageError: the data does not match the form, or contains a secret that would be stored on its way to
                another process.
            ConflictError: the approval has already been answered.
        """
        executor = await self._executor()
        await executor.answer(run_id, path, approved=approved, data=data, by=self._by(by))

    @staticmethod
    def actions(record: ExecutionRecord) -> list[RunAction]:
        """Return the actions of a run; a disabled one has a reason."""
        from wftui.model.run.actions import run_actions

        return run_actions(record)

    async def wait(self, run_id: str) -> ExecutionRecord:
        """Wait for a run of this process to end; return its record."""
        return await (await self._executor()).wait(run_id)

    async def until_end(self, run_id: str) -> None:
        """Wait until a run of any process has ended or is interrupted.

        Raises:
            NotFoundError: there is no such run.
            UserError: it ran in this process and ended because its events could not be stored.
        """
        executor = self._started()
        if executor is not None:
            await executor.until_end(run_id)
        else:
            await (await self._store()).until_end(run_id)

    async def follow(
        self, run_id: str, after: int = 0, *, despite_full: bool = False, past_interruption: bool = False
    ) -> AsyncIterator[list[ExecutionEvent]]:
        """Yield a run's events in batches, stored ones first, then live, until it ends.

        Args:
            despite_full: when a run of this process cannot be recorded any more, wait until its record says so.
            past_interruption: an interrupted run does not end the stream: it may be resumed.

        Raises:
            UserError: without `despite_full`, it ended because its events could not be stored.
        """
        store, executor = await self._store(), self._started()
        stream = store.follow(run_id, after=after, past_interruption=past_interruption)
        if executor is not None and not despite_full and not past_interruption:
            stream = executor.get_event_stream(run_id, after)
        async for batch in stream:
            yield batch

    async def live_record(self, run_id: str) -> ExecutionRecord | None:
        """Return the record of a run of this process, without reading it; None of others."""
        if self._started() is None:
            return None
        try:
            return await (await self._store()).live_record(run_id)
        except UserError:  # its events cannot be stored: the reader meets the same error, and reports it
            return None

    def running(self) -> list[str]:
        """Return the ids of the runs of this process."""
        return executor.running() if (executor := self._started()) else []

    def time_of(self, run_id: str) -> datetime | None:
        """Return the time by the clock of a run of this process, or None."""
        return executor.time_of(run_id) if (executor := self._started()) else None

    def _by(self, by: str | None) -> str:
        return self._user_id if by is None else by
