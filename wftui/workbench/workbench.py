"""Workflows and runs, as a face asks for them: open, compile, run, follow, cancel, re-run, history.

Everything that imports, reads files or computes runs in a thread; the event loop stays free.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.model.clock import Clock, utc_now
from wftui.model.errors import NotFoundError, UserError
from wftui.workbench.connections import ConnectionsDesk, stored_connections
from wftui.workbench.retention import RetentionDesk
from wftui.workbench.settings import Settings
from wftui.workbench.steps import StepsDesk
from wftui.workbench.user_settings import UserSettingsDesk
from wftui.workspace.files import SourceFile, Workspace

if TYPE_CHECKING:
    from wftui.compiler.compiler import LoadedWorkflow, WorkflowCompiler
    from wftui.compiler.fixes import AppliedFix
    from wftui.engine.executor import WorkflowExecutor
    from wftui.engine.restart import StepDecision
    from wftui.model.base import Json
    from wftui.model.compilation import CompilationResult
    from wftui.model.events import ExecutionEvent
    from wftui.model.execution import (
        CleanupReport,
        ExecutionFilters,
        ExecutionPage,
        ExecutionRecord,
        StepResult,
        ValueRef,
    )
    from wftui.model.listing import AttentionItem, RecentInputs, RunAction, WorkflowOutline, WorkflowRow
    from wftui.steps.catalogue import StepCatalogue
    from wftui.store.execution_store import ExecutionStore
    from wftui.store.lookout import Lookout


class Workbench:
    """The one facade under all faces."""

    def __init__(self, settings: Settings, *, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.clock = clock
        self.workspace = Workspace(settings.tables)
        self.connections = ConnectionsDesk(settings.user_id, changed=self._forget_checks)
        self.steps = StepsDesk(self.catalogue, self.compiler, changed=self._forget_checks)
        self.user_settings = UserSettingsDesk(settings)
        self.retention = RetentionDesk(self.store, clock)
        self._opening = asyncio.Lock()
        self._store: ExecutionStore | None = None
        self._lookout: Lookout | None = None
        self._catalogue: StepCatalogue | None = None
        self._compiler: WorkflowCompiler | None = None
        self._executor: WorkflowExecutor | None = None
        self._checked: dict[str, tuple[str, CompilationResult]] = {}

    # --- opening and closing

    async def store(self) -> ExecutionStore:
        """The history, opened at the first call; from then on runs whose process has died become `interrupted`.

        Raises:
            UserError: when the database cannot be used; the sentence says why.
        """
        async with self._opening:
            if self._store is None:
                await asyncio.to_thread(importlib.import_module, "wftui.store.execution_store")
                from wftui.store.execution_store import ExecutionStore
                from wftui.store.lookout import Lookout

                self._store = await ExecutionStore.open(
                    self.settings.database, clock=self.clock, durability=self.settings.durability
                )
                self._lookout = Lookout(self._store)
                await self._lookout.begin()
            return self._store

    @property
    def notice(self) -> str | None:
        """What a person must be told of the database that was opened, such as that a damaged one was set aside."""
        return self._store.notice if self._store else None

    async def executor(self) -> WorkflowExecutor:
        """The engine, started at the first call."""
        store = await self.store()
        await self.retention.begin()
        async with self._opening:
            if self._executor is None:
                await asyncio.to_thread(importlib.import_module, "wftui.engine.executor")
                from wftui.engine.executor import WorkflowExecutor

                self._executor = WorkflowExecutor(
                    store,
                    self.catalogue(),
                    self._load,
                    load_stored=self.compiler().load_text,
                    folder_of=lambda workflow_id: self.workspace.source_path(workflow_id).parent,
                    clock=self.clock,
                )
            return self._executor

    def compiler(self) -> WorkflowCompiler:
        """The compiler over this workspace."""
        if self._compiler is None:
            from wftui.compiler.compiler import WorkflowCompiler

            self._compiler = WorkflowCompiler(
                self.workspace, self.catalogue(), self.clock, connections=stored_connections()
            )
        return self._compiler

    def catalogue(self) -> StepCatalogue:
        """The step types of this workspace."""
        if self._catalogue is None:
            from wftui.steps.catalogue import workspace_catalogue

            self._catalogue = workspace_catalogue(self.workspace.root)
        return self._catalogue

    async def close(self, *, cancel: bool = False) -> None:
        """End: cancel the runs of this process, or wait until they are done; then close the database."""
        if self._executor is not None:
            await self._executor.close(cancel=cancel)
            self._executor = None
        try:
            await self.retention.end()
        finally:
            if self._lookout is not None:
                await self._lookout.end()
                self._lookout = None
            if self._store is not None:
                await self._store.close()
                self._store = None

    # --- workflows

    async def workflows(self) -> list[WorkflowRow]:
        """All workflows with their compile state and their runs in numbers, sorted by id."""
        rows = await asyncio.to_thread(lambda: [self._row(workflow_id) for workflow_id in self.workspace.ids()])
        stats = await (await self.store()).stats()
        for row in rows:
            if row.id in stats:
                row.stats = stats[row.id]
        return rows

    async def read_source(self, workflow_id: str) -> SourceFile:
        """A workflow's JSON as it is on disk."""
        return await asyncio.to_thread(self.workspace.read, workflow_id)

    async def save_source(self, workflow_id: str, text: str, expected: str | None) -> SourceFile:
        """Write a workflow's JSON, unless someone else changed it (`ConflictError`)."""
        return await asyncio.to_thread(self.workspace.write, workflow_id, text, expected)

    async def create(self, workflow_id: str) -> SourceFile:
        """A new workflow from the smallest useful source."""
        from wftui.workspace.template import new_source

        return await asyncio.to_thread(self.workspace.write, workflow_id, new_source(workflow_id), None)

    async def duplicate(self, workflow_id: str, new_id: str) -> SourceFile:
        """A copy of a workflow under a new id."""
        return await asyncio.to_thread(self.workspace.duplicate, workflow_id, new_id)

    async def rename(self, workflow_id: str, new_id: str) -> SourceFile:
        """A workflow under another id; its runs keep the old one."""
        return await asyncio.to_thread(self.workspace.rename, workflow_id, new_id)

    async def delete(self, workflow_id: str) -> Path:
        """Move a workflow to the workspace's trash; returns where it is now."""
        return await asyncio.to_thread(self.workspace.delete, workflow_id)

    async def check(self, workflow_id: str, text: str) -> CompilationResult:
        """Everything wrong with a source text; writes nothing."""
        return await asyncio.to_thread(lambda: self.compiler().check(workflow_id, text))

    async def compile(self, workflow_id: str) -> CompilationResult:
        """Check a workflow on disk and write its Python and the registry."""
        return await asyncio.to_thread(lambda: self.compiler().compile(workflow_id))

    async def fix(self, workflow_id: str) -> list[AppliedFix]:
        """Apply the safe fixes to a workflow on disk, changing only the bytes they mean to; returns them."""
        source = await self.read_source(workflow_id)
        from wftui.compiler.fixes import apply_safe_fixes

        compiler = self.compiler()
        text, applied = await asyncio.to_thread(
            apply_safe_fixes, source.text, lambda changed: compiler.check(workflow_id, changed)
        )
        if applied:
            await self.save_source(workflow_id, text, source.etag)
        return applied

    async def compile_all(self) -> list[CompilationResult]:
        """`compile` for every workflow; one broken workflow does not stop the others."""
        return await asyncio.to_thread(lambda: self.compiler().compile_all())

    async def outline(self, workflow_id: str, text: str | None = None) -> WorkflowOutline:
        """Steps and input schema of a workflow, from its file or from a text being edited.

        Raises:
            CompileFailed: when it has errors.
        """
        return await asyncio.to_thread(lambda: self.compiler().outline(workflow_id, text))

    # --- runs

    async def start(
        self,
        workflow_id: str,
        inputs: Mapping[str, Json],
        *,
        parent_id: str | None = None,
        connections: Mapping[str, str] | None = None,
    ) -> str:
        """Start a run; returns its id once it is recorded. It goes on in this process, whatever the caller does.

        Args:
            connections: names of the user's connections to take in the place of those the workflow names.

        Raises:
            CompileFailed: when the workflow has errors. Invalid inputs are a recorded, failed run.
        """
        executor = await self.executor()
        from wftui.model.execution import ExecutionRequest

        request = ExecutionRequest(
            workflow_id=workflow_id,
            inputs=dict(inputs),
            user_id=self.settings.user_id,
            parent_id=parent_id,
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
        confirmed: bool = False,
    ) -> str:
        """Run a workflow as it is now with the inputs of an earlier run, its parent; returns the new run's id.

        Args:
            inputs: in the place of those of the earlier run; secret ones, which are never stored, must be among them.
            keep: take over every step that neither failed nor depends on a change; see `plan_restart`.
            from_step: with `keep`: id or path of a step to run again, with all that follows.
            confirmed: with `keep`: run again what was running when the process died and says `"idempotent": false`.

        Raises:
            NotFoundError: there is no such run or step.
            ConflictError: with `keep`: the earlier run is still going.
            ConfirmationNeeded: with `keep`: steps that may not run twice were running when the process died.
            UsageError: a secret input is missing.
            CompileFailed: when the workflow has errors.
        """
        executor = await self.executor()
        if keep:
            return await executor.rerun(
                run_id, from_step=from_step, inputs=inputs, user_id=self.settings.user_id, confirmed=confirmed
            )
        record = await self.record(run_id, whole=True)
        from wftui.engine.secret_inputs import masked, restored

        secret = (await asyncio.to_thread(self._load, record.workflow_id)).plan.secret_inputs
        whole = restored(masked({**record.inputs, **inputs}, secret), inputs, secret)
        return await self.start(record.workflow_id, whole, parent_id=record.id, connections=record.connections)

    async def plan_restart(
        self, run_id: str, inputs: Mapping[str, Json], *, from_step: str | None = None
    ) -> list[StepDecision]:
        """What `rerun` with `keep` would keep and what it would run again, and why."""
        return (await (await self.executor()).plan_restart(run_id, from_step=from_step, inputs=inputs)).decisions

    async def secrets_to_ask(self, run_id: str, *, resume: bool) -> tuple[WorkflowOutline, dict[str, Json]] | None:
        """What a person must give again, because it is never stored, before a run can go on or be repeated.

        Args:
            resume: the run is to go on, with the inputs it began with; else its workflow as it is now is to run again.

        Returns:
            The workflow with a schema of these inputs alone, and what is known of them; None when there are none.
        """
        from wftui.engine.secret_inputs import questions
        from wftui.model.listing import WorkflowOutline
        from wftui.model.secret_schema import secret_pointers

        record = await self.head(run_id, whole=True)
        if resume:  # its workflow may be another by now, or broken
            name = record.workflow_id
            outline = WorkflowOutline(id=name, name=name, input_schema=dict(await self.input_schema(run_id)))
        else:
            outline = await self.outline(record.workflow_id)
        asked = questions(outline.input_schema, record.inputs, secret_pointers(outline.input_schema))
        return (outline.model_copy(update={"input_schema": asked[0]}), asked[1]) if asked else None

    async def input_schema(self, run_id: str) -> Mapping[str, Json]:
        """What the inputs of a run had to fit when it began, whatever its workflow says by now."""
        return await (await self.executor()).input_schema(run_id)

    async def plan_resume(self, run_id: str) -> list[StepDecision]:
        """What `resume` would keep and what it would run, and why."""
        from wftui.engine.resume_plan import plan_resume

        return plan_resume(await self.record(run_id))

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
        await (await self.executor()).resume(run_id, inputs=inputs, confirmed=confirmed)

    async def wait(self, run_id: str) -> ExecutionRecord:
        """The record of a run of this process, once it has ended."""
        return await (await self.executor()).wait(run_id)

    async def until_end(self, run_id: str) -> None:
        """Wait until a run, of this or another process, has ended or is interrupted; nothing of it is read.

        Raises:
            NotFoundError: there is no such run.
            UserError: it runs here, and ended because its events could not be stored.
        """
        if self._executor is not None:
            await self._executor.until_end(run_id)
        else:
            await (await self.store()).until_end(run_id)

    async def follow(self, run_id: str, after: int = 0) -> AsyncIterator[list[ExecutionEvent]]:
        """A run's events in batches: those stored first, then live, until it ends. Works for runs of any process."""
        store = await self.store()
        async for batch in store.follow(run_id, after=after):
            yield batch

    async def record(self, run_id: str, *, whole: bool = False) -> ExecutionRecord:
        """A run as it stands; `whole` puts big values in the place of their references.

        Of very many finished iterations it holds the newest; `steps` reads the others.

        Raises:
            NotFoundError: there is no such run.
        """
        store = await self.store()
        return await self._existing(run_id, await store.get(await store.find(run_id)), whole=whole)

    async def head(self, run_id: str, *, whole: bool = False) -> ExecutionRecord:
        """`record` without the steps: quick, however many there are."""
        store = await self.store()
        return await self._existing(run_id, await store.head(await store.find(run_id)), whole=whole)

    async def _existing(self, run_id: str, record: ExecutionRecord | None, *, whole: bool) -> ExecutionRecord:
        if record is None:  # a cleanup was faster than this reader
            raise NotFoundError(f"there is no run {run_id}", code="run.not_found")
        return await (await self.store()).resolve_record(record) if whole else record

    async def run_steps(
        self, run_id: str, paths: Sequence[str], *, whole: bool = False, after: int = 0, until: int | None = None
    ) -> list[StepResult]:
        """The steps at some addresses, each with all inside it, read from the stored events.

        Args:
            whole: put big values in the place of their references.
            after, until: numbers of events between which all of theirs lie, where that is known.

        Raises:
            NotFoundError: there is no such run, or no step at any of the addresses.
        """
        store = await self.store()
        run_id = await store.find(run_id)
        found = await store.steps(run_id, paths, after=after, until=until)
        if not found:
            raise NotFoundError(f"run {run_id} has no step {', '.join(paths)}", code="step.not_found")
        return [await store.resolve_step(step) for step in found] if whole else found

    async def find_run(self, text: str) -> str:
        """The run id that a unique beginning or end of it, or `last`, means."""
        return await (await self.store()).find(text)

    async def child_of(self, run_id: str, path: str) -> str | None:
        """The run of a sub-workflow that a step of a run started, the newest of several; None when there is none."""
        return await (await self.store()).child_of(run_id, path)

    async def events(self, run_id: str, *, after: int = 0, limit: int = 1000) -> list[ExecutionEvent]:
        """A page of a run's stored events, in order."""
        return await (await self.store()).events(run_id, after=after, limit=limit)

    async def value(self, ref: ValueRef) -> Json:
        """A big value."""
        return await (await self.store()).value(ref)

    async def value_text(self, ref: ValueRef | str, offset: int = 0) -> tuple[str, int | None]:
        """A stretch of a big value's JSON text and the offset of the next (None at the end), for paging."""
        return await (await self.store()).value_text(ref, offset)

    async def cancel(self, run_id: str) -> None:
        """Ask for a cancel, of a run of this or any other process. A second ask does not wait for the grace period."""
        await (await self.executor()).cancel(run_id, by=self.settings.user_id)

    async def answer(self, run_id: str, path: str, *, approved: bool, data: Json = None) -> None:
        """Answer the approval a step waits for, of a run of this or any other process."""
        executor = await self.executor()
        await executor.answer(run_id, path, approved=approved, data=data, by=self.settings.user_id)

    async def history(
        self, filters: ExecutionFilters | None = None, *, limit: int = 50, cursor: str | None = None
    ) -> ExecutionPage:
        """A page of runs, newest first."""
        return await (await self.store()).list(filters, limit=limit, cursor=cursor)

    async def cleanup(
        self,
        older_than: datetime | None,
        *,
        keep: int | None = None,
        workflow_id: str | None = None,
        dry_run: bool = False,
    ) -> CleanupReport:
        """Remove finished runs from the history, whatever the settings keep; a live run is never touched."""
        store = await self.store()
        return await store.cleanup(older_than, keep=keep, workflow_id=workflow_id, dry_run=dry_run)

    async def recent_inputs(self, workflow_id: str, limit: int = 5) -> list[RecentInputs]:
        """Different inputs of the last runs, newest first."""
        store = await self.store()
        from wftui.model.execution import ExecutionFilters
        from wftui.model.listing import RecentInputs

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
        store = await self.store()
        from wftui.model.execution import ExecutionFilters
        from wftui.model.listing import AttentionItem

        running = await store.list(ExecutionFilters(status=["running", "interrupted"]), limit=limit)
        failed = await store.list(ExecutionFilters(status=["failed"]), limit=limit)
        items = [AttentionItem(run=run, kind="approval") for run in running.executions if run.waiting]
        items += [AttentionItem(run=run, kind="interrupted") for run in running.executions if run.status != "running"]
        return items + [AttentionItem(run=run, kind="failed") for run in failed.executions]

    def running(self) -> list[str]:
        """Ids of the runs that this process is running."""
        return self._executor.running() if self._executor else []

    @staticmethod
    def actions(record: ExecutionRecord) -> list[RunAction]:
        """What may be done to a run, and why not where not."""
        from wftui.model.run_actions import run_actions

        return run_actions(record)

    # --- the parts behind

    def _load(self, workflow_id: str) -> LoadedWorkflow:
        return self.compiler().load(workflow_id)

    def _forget_checks(self) -> None:
        """What a workflow is checked against has changed, such as the connections or the catalogue."""
        self._checked.clear()

    def _row(self, workflow_id: str) -> WorkflowRow:
        try:
            source = self.workspace.read(workflow_id)
        except UserError as error:  # one that cannot be read must not hide the others
            from wftui.model.listing import WorkflowRow

            return WorkflowRow(id=workflow_id, name=workflow_id, description=str(error), state="errors", errors=1)
        known = self._checked.get(workflow_id)
        if known is None or known[0] != source.etag:
            known = source.etag, self.compiler().check(workflow_id, source.text)
            self._checked[workflow_id] = known
        return self.compiler().row(source, known[1])
