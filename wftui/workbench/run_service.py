"""Runs, as a face asks for them: start, follow, look at, cancel, answer, go on, run again, and those that were.

Everything that imports, reads files or computes runs in a thread; the event loop stays free.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from wftui.model.errors import NotFoundError, RunNotFoundError

if TYPE_CHECKING:
    from wftui.compiler.compiler import WorkflowCompiler
    from wftui.engine.host.executor import WorkflowExecutor
    from wftui.engine.restart.plan import StepDecision
    from wftui.model.base import Json
    from wftui.model.listing import AttentionItem, RecentInputs, WorkflowOutline
    from wftui.model.run.actions import RunAction
    from wftui.model.run.events import ExecutionEvent
    from wftui.model.run.record import ExecutionRecord
    from wftui.model.run.steps import StepResult, ValueRef
    from wftui.model.run.summary import ExecutionFilters, ExecutionPage
    from wftui.store.execution_store import ExecutionStore


class RunService:
    """`workbench.runs`: the runs of this and of any other process on the same database.

    Whoever names a run that does not exist meets `NotFoundError`; where the database cannot be used, `UserError`.

    Args:
        store: the history, opened at the first call.
        executor: the engine, started at the first call.
        started: the engine if it was started, for questions that need not start it.
        user_id: who starts, cancels and answers.
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
        self._store = store
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
    ) -> str:
        """Start a run; returns its id once it is recorded. It goes on in this process, whatever the caller does.

        Args:
            connections: names of the user's connections to take in the place of those the workflow names.

        Raises:
            CompileFailed: when the workflow has errors. Invalid inputs are a recorded, failed run.
        """
        executor = await self._executor()
        from wftui.model.run.record import ExecutionRequest

        request = ExecutionRequest(
            workflow_id=workflow_id,
            inputs=dict(inputs),
            user_id=self._user_id,
            connections=dict(connections or {}),
        )
        return await executor.start(request)

    async def rerun(
        self,
        run_id: str,
        inputs: Mapping[str, Json],
        *,
        keep: bool,
        from_step: str | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
        confirmed: bool = False,
    ) -> str:
        """Run a workflow as it is now with the inputs of an earlier run, its parent; returns the new run's id.

        Args:
            inputs: in the place of those of the earlier run; secret ones, which are never stored, must be among them.
            keep: take over every step that neither failed nor depends on a change; see `plan_restart`.
            from_step: with `keep`: id or path of a step to run again, with all that follows.
            complete: with `keep`: `inputs` are all there are; those of the earlier run that are not among them go.
            connections: as for `start`, on top of those that the earlier run was given.
            confirmed: with `keep`: run again what was running when the process died and says `"idempotent": false`.

        Raises:
            NotFoundError: there is no such run or step.
            ConflictError: with `keep`: the earlier run is still going.
            ConfirmationNeeded: with `keep`: steps that may not run twice were running when the process died.
            UsageError: a secret input is missing.
            CompileFailed: when the workflow has errors.
        """
        executor = await self._executor()
        if keep:
            return await executor.rerun(
                run_id,
                from_step=from_step,
                inputs=inputs,
                complete=complete,
                connections=connections,
                user_id=self._user_id,
                confirmed=confirmed,
            )
        record = await self.record(run_id, whole=True)
        from wftui.engine.primitives.secret_inputs import masked, restored
        from wftui.model.run.record import ExecutionRequest

        loaded = await asyncio.to_thread(lambda: self._compiler().load(record.workflow_id))
        secret = loaded.plan.secret_inputs
        whole = restored(masked({**record.inputs, **inputs}, secret), inputs, secret)
        request = ExecutionRequest(
            workflow_id=record.workflow_id,
            inputs=whole,
            user_id=self._user_id,
            parent_id=record.id,
            connections=dict(connections or {}),
            inherited_connections=record.connections,
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
    ) -> list[StepDecision]:
        """What `rerun` with `keep` and the same arguments would keep and what it would run again, and why."""
        executor = await self._executor()
        found = await executor.plan_restart(
            run_id, from_step=from_step, inputs=inputs, complete=complete, connections=connections
        )
        return found.decisions

    async def secrets_to_ask(self, run_id: str, *, resume: bool) -> tuple[WorkflowOutline, dict[str, Json]] | None:
        """What a person must give again, because it is never stored, before a run can go on or be repeated.

        Args:
            resume: the run is to go on, with the inputs it began with; else its workflow as it is now is to run again.

        Returns:
            The workflow with a schema of these inputs alone, and what is known of them; None when there are none.
        """
        from wftui.engine.primitives.secret_inputs import questions
        from wftui.model.listing import WorkflowOutline
        from wftui.model.schema.secret_schema import secret_pointers

        record = await self.head(run_id, whole=True)
        if resume:  # its workflow may be another by now, or broken
            name = record.workflow_id
            outline = WorkflowOutline(id=name, name=name, input_schema=dict(await self.input_schema(run_id)))
        else:
            outline = await asyncio.to_thread(lambda: self._compiler().outline(record.workflow_id))
        asked = questions(outline.input_schema, record.inputs, secret_pointers(outline.input_schema))
        return (outline.model_copy(update={"input_schema": asked[0]}), asked[1]) if asked else None

    async def input_schema(self, run_id: str) -> Mapping[str, Json]:
        """What the inputs of a run had to fit when it began, whatever its workflow says by now."""
        return await (await self._executor()).input_schema(run_id)

    async def plan_resume(self, run_id: str) -> list[StepDecision]:
        """What `resume` would keep and what it would run, and why."""
        from wftui.engine.restart.resume_plan import plan_resume

        return plan_resume(await self.record(run_id)).decisions

    async def left_running(self, run_id: str) -> list[str]:
        """What an interrupted run has left running on this machine, in sentences; to go on, or give it up, ends it."""
        from wftui.engine.restart.orphan_processes import describe_orphans

        return await describe_orphans(await self._store(), run_id)

    async def resume(self, run_id: str, inputs: Mapping[str, Json], *, confirmed: bool = False) -> None:
        """Go on with an interrupted run in this process: nothing that has ended runs again.

        Args:
            inputs: its secret inputs, which are never stored.
            confirmed: run again what was running and says `"idempotent": false`.

        Raises:
            ConflictError: it has ended, or a process runs it.
            ConfirmationNeeded: steps that may not run twice were running when the process died.
            UsageError: a secret input is missing.
        """
        from wftui.engine.host.starting import StartOptions

        await (await self._executor()).resume(run_id, inputs, StartOptions(confirmed=confirmed))

    async def cancel(self, run_id: str) -> None:
        """Ask for a cancel, of a run of this or any other process. A second ask does not wait for the grace period.

        Raises:
            ConflictError: it has ended.
        """
        await (await self._executor()).cancel(run_id, by=self._user_id)

    async def answer(self, run_id: str, path: str, *, approved: bool, data: Json = None) -> None:
        """Answer the approval a step waits for, of a run of this or any other process.

        Args:
            path: address of the step.
            data: what was filled into its form.

        Raises:
            NotFoundError: the step waits for no approval.
            UsageError: the data does not fit its form, or holds a secret that would have to be stored on its way to
                another process.
            ConflictError: somebody else was quicker.
        """
        executor = await self._executor()
        await executor.answer(run_id, path, approved=approved, data=data, by=self._user_id)

    @staticmethod
    def actions(record: ExecutionRecord) -> list[RunAction]:
        """What may be done to a run, and why not where not."""
        from wftui.model.run.actions import run_actions

        return run_actions(record)

    async def wait(self, run_id: str) -> ExecutionRecord:
        """The record of a run of this process, once it has ended."""
        return await (await self._executor()).wait(run_id)

    async def until_end(self, run_id: str) -> None:
        """Wait until a run, of this or another process, has ended or is interrupted; nothing of it is read.

        Raises:
            NotFoundError: there is no such run.
            UserError: it runs here, and ended because its events could not be stored.
        """
        executor = self._started()
        if executor is not None:
            await executor.until_end(run_id)
        else:
            await (await self._store()).until_end(run_id)

    async def follow(self, run_id: str, after: int = 0) -> AsyncIterator[list[ExecutionEvent]]:
        """A run's events in batches: those stored first, then live, until it ends. Works for runs of any process."""
        store = await self._store()
        async for batch in store.follow(run_id, after=after):
            yield batch

    async def record(self, run_id: str, *, whole: bool = False) -> ExecutionRecord:
        """A run as it stands; `whole` puts big values in the place of their references.

        Of very many finished iterations it holds the newest; `steps` reads the others.

        Raises:
            NotFoundError: there is no such run.
        """
        store = await self._store()
        return await self._existing(run_id, await store.get(await store.find(run_id)), whole=whole)

    async def head(self, run_id: str, *, whole: bool = False) -> ExecutionRecord:
        """`record` without the steps: quick, however many there are."""
        store = await self._store()
        return await self._existing(run_id, await store.head(await store.find(run_id)), whole=whole)

    async def steps(
        self, run_id: str, paths: Sequence[str], *, whole: bool = False, after: int = 0, until: int | None = None
    ) -> list[StepResult]:
        """The steps at some addresses, each with all inside it, read from the stored events.

        Args:
            whole: put big values in the place of their references.
            after, until: numbers of events between which all of theirs lie, where that is known.

        Raises:
            NotFoundError: there is no such run, or no step at any of the addresses.
        """
        store = await self._store()
        run_id = await store.find(run_id)
        found = await store.steps(run_id, paths, after=after, until=until)
        if not found:
            raise NotFoundError(f"run {run_id} has no step {', '.join(paths)}", code="step.not_found")
        return [await store.resolve_step(step) for step in found] if whole else found

    async def find(self, text: str) -> str:
        """The run id that a unique beginning or end of it, or `last`, means.

        Raises:
            UsageError: it fits more than one run.
        """
        return await (await self._store()).find(text)

    async def child_of(self, run_id: str, path: str) -> str | None:
        """The run of a sub-workflow that a step of a run started, the newest of several; None when there is none."""
        return await (await self._store()).child_of(run_id, path)

    async def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> list[ExecutionEvent]:
        """A page of a run's stored events, in order."""
        return await (await self._store()).events(run_id, after=after, limit=limit)

    async def value(self, ref: ValueRef) -> Json:
        """A big value."""
        return await (await self._store()).value(ref)

    async def value_text(self, ref: ValueRef | str, offset: int = 0) -> tuple[str, int | None]:
        """A stretch of a big value's JSON text and the offset of the next (None at the end), for paging."""
        return await (await self._store()).value_text(ref, offset)

    async def history(
        self, filters: ExecutionFilters | None = None, *, limit: int = 50, cursor: str | None = None
    ) -> ExecutionPage:
        """A page of runs, newest first.

        Args:
            cursor: `next` of the page before.

        Raises:
            UsageError: that is no cursor.
        """
        return await (await self._store()).list(filters, limit=limit, cursor=cursor)

    async def recent_inputs(self, workflow_id: str, limit: int = 5) -> list[RecentInputs]:
        """Different inputs of the last runs, newest first."""
        store = await self._store()
        from wftui.model.listing import RecentInputs
        from wftui.model.run.summary import ExecutionFilters

        found: list[RecentInputs] = []
        for summary in (await store.list(ExecutionFilters(workflow_id=workflow_id), limit=limit * 4)).executions:
            inputs = await store.inputs_of(summary.id)
            if inputs and all(inputs != other.inputs for other in found):
                when = f"{summary.started_at:%Y-%m-%d %H:%M}" if summary.started_at else ""
                found.append(RecentInputs(label=f"{when} · {summary.status}", inputs=inputs))
            if len(found) == limit:
                break
        return found

    async def attention(self, limit: int = 50) -> list[AttentionItem]:
        """Runs that need a person, newest first: approvals that wait, interrupted and failed runs."""
        store = await self._store()
        from wftui.model.listing import AttentionItem
        from wftui.model.run.summary import ExecutionFilters

        running = await store.list(ExecutionFilters(status=["running", "interrupted"]), limit=limit)
        failed = await store.list(ExecutionFilters(status=["failed"]), limit=limit)
        items = [AttentionItem(run=run, kind="approval") for run in running.executions if run.waiting]
        items += [AttentionItem(run=run, kind="interrupted") for run in running.executions if run.status != "running"]
        return items + [AttentionItem(run=run, kind="failed") for run in failed.executions]

    def running(self) -> list[str]:
        """Ids of the runs that this process is running."""
        executor = self._started()
        return executor.running() if executor else []

    async def _existing(self, run_id: str, record: ExecutionRecord | None, *, whole: bool) -> ExecutionRecord:
        if record is None:  # a cleanup was faster than this reader
            raise RunNotFoundError(run_id)
        return await (await self._store()).resolve_record(record) if whole else record
