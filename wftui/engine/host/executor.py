"""WorkflowExecutor: starts, resumes, reruns, cancels and answers runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.engine.host.local_runs import LocalRuns, UnrecordedError
from wftui.engine.host.other_processes import OtherProcessRuns, refusing_late_answers
from wftui.engine.host.pools import check_pool
from wftui.engine.host.run_factory import RunFactory
from wftui.engine.host.start_keys import run_of_start_key
from wftui.engine.host.start_options import StartOptions
from wftui.engine.primitives.emitter import RunBroken
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.primitives.tasks import complete_despite_cancel
from wftui.engine.restart.orphan_processes import end_all_orphans, end_orphans
from wftui.engine.restart.rerun import RerunRequest, prepare_rerun
from wftui.engine.restart.restart_plan import RestartPlan
from wftui.engine.restart.resume import (
    ConfirmationNeeded,
    check_resumable,
    every_step,
    inputs_with_secrets,
    read_history,
    repeated_work,
)
from wftui.engine.restart.seed_results import seed_results
from wftui.engine.restart.stored_plans import LoadStored, StoredPlans
from wftui.engine.run.run import Run
from wftui.engine.run.state.leaf_work import LeafWork
from wftui.model.base import Json
from wftui.model.clock import Clock, Elapsed, elapsed_seconds, utc_now
from wftui.model.errors import ConflictError, RunNotFoundError, UserError
from wftui.model.run.events import ExecutionEvent
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.model.run.record_index import WINDOW
from wftui.runtime.plan import WorkflowPlan
from wftui.steps.api.step_type import StepTypes
from wftui.store.run_ids import new_id
from wftui.store.sqlite.store_errors import RunExistsError

if TYPE_CHECKING:
    from datetime import datetime

    from wftui.compiler.module_run import LoadedWorkflow
    from wftui.connections.connections import Connections
    from wftui.store.execution_store import ExecutionStore

_USUAL = StartOptions()
_ID_ATTEMPTS = 3


class WorkflowExecutor:
    """Executor of workflows in this process, with each run in its own task.

    Args:
        load: compiles a workflow and returns its plan; called in a thread.
        load_stored: loads the stored plan of a run; required for resume.
        folder_of: returns the folder of a workflow's file.
        connections: the user's connections; default: those in the user's folder.
        settings: limits of the engine.
        workers: does the leaf steps of pools.
    """

    def __init__(
        self,
        store: ExecutionStore,
        step_types: StepTypes,
        load: Callable[[str], LoadedWorkflow],
        *,
        load_stored: LoadStored | None = None,
        folder_of: Callable[[str], Path] | None = None,
        connections: Connections | None = None,
        clock: Clock = utc_now,
        elapsed: Elapsed = elapsed_seconds,
        settings: EngineSettings | None = None,
        workers: LeafWork | None = None,
    ) -> None:
        self._store = store
        self._load = load
        self._stored = StoredPlans(store, load_stored)
        self._clock = clock
        self._workers = workers
        settings = settings or EngineSettings()
        self._runs = RunFactory(self, store, step_types, folder_of, connections, clock, settings, elapsed, workers)
        self._running = LocalRuns(store, settings.place)
        self._busy: set[str] = set()  # interrupted runs that are being resumed or cleaned up
        self._other_processes = OtherProcessRuns(store, clock, self.cancel, workers)

    # --- starting

    async def start(self, request: ExecutionRequest, options: StartOptions = _USUAL) -> str:
        """Start a run and return its id once it is recorded.

        With a `start_key` that the user has started a run with, that run's id is returned.

        Raises:
            UserError: it does not exist or has errors, the pool has no valid name, or the inputs are not JSON.
                Inputs that do not match the schema give a recorded, failed run.
            ConflictError: the run of the `start_key` is one of another workflow, or has other inputs.
        """
        check_pool(request.pool)
        if (before := await run_of_start_key(self._store, request, self.stored_plan)) is not None:
            return before
        loaded = await asyncio.to_thread(self._load, request.workflow_id)
        if options.accept is not None:
            options.accept(loaded.plan)

        async def make(new_id: str) -> Run:
            return self._runs.new(new_id, loaded.plan, request, options)

        try:
            return await self._create(make, loaded, options)
        except RunExistsError:  # of the same key, at the same time
            if (before := await run_of_start_key(self._store, request, self.stored_plan)) is None:
                raise
            return before

    async def resume(
        self, run_id: str, inputs: Mapping[str, Json] | None = None, options: StartOptions = _USUAL
    ) -> None:
        """Resume an interrupted run in this process, with its stored plan.

        Ended steps do not run again.

        Args:
            inputs: its secret inputs, which are not stored; others are ignored.
            options: `confirmed`, `by`, `depth` and `part_of`.

        Raises:
            NotFoundError: there is no such run.
            ConflictError: it has ended, or a process runs it.
            ConfirmationNeeded: steps that may not run twice were running when the process died, or completed steps
                have to run again for an output that held a secret.
            UsageError: a secret input is missing.
            UnresolvedError: a requirement of the remaining steps is missing; the run stays interrupted.
        """
        if self._running.get(run_id) is not None or run_id in self._busy:
            raise ConflictError(f"run {run_id} is already running in this process", code="run.going")
        self._busy.add(run_id)
        try:
            await self._resume(run_id, inputs or {}, options)
        finally:
            self._busy.discard(run_id)

    async def _resume(self, run_id: str, inputs: Mapping[str, Json], options: StartOptions) -> None:
        await self._store.recover()  # its process may have died a moment ago
        history = await read_history(self._store, run_id)
        created = check_resumable(history, run_id)
        plan = (await self._stored.of(created)).plan
        if not options.confirmed:
            held = None if self._workers is None else partial(self._workers.held, run_id)
            if repeated := await repeated_work(self._store, self._stored.of, plan, history.carried, held):
                raise ConfirmationNeeded(repeated)
        whole = inputs_with_secrets(plan, await self._store.resolve(created.inputs), inputs)
        request = ExecutionRequest(
            workflow_id=created.workflow_id,
            user_id=created.user_id,
            parent_id=created.parent_id,
            inherited_connections=created.connections,
            pool=created.pool,
        )
        options = replace(
            options,
            carried=history.carried,
            not_before=history.last.timestamp if history.last is not None else None,
            orphan_cleanup=lambda report: end_orphans(run_id, history.carried, report),
        )
        run = self._runs.new(run_id, plan, request, options)
        await run.restore(history, whole)
        await complete_despite_cancel(self._claim_and_launch(run, history.last_seq, options.by))

    async def _claim_and_launch(self, run: Run, last_seq: int, by: str | None) -> None:
        """Claim a restored run for this process and start it."""
        await self._store.claim(run.id)
        try:
            if await self._store.events(run.id, after=last_seq, limit=1):
                await self._store.release(run.id)
                raise ConflictError(f"run {run.id} was resumed by another process in the meantime", code="run.going")
            await run.resume(by)
        except RunBroken as broken:
            self._running.release_later(run.id)
            raise UnrecordedError(str(broken)) from broken
        self._running.launch(run)

    async def stored_plan(self, run_id: str) -> WorkflowPlan:
        """Return the plan of a run as it was at its start.

        Raises:
            NotFoundError: there is no such run.
        """
        return (await self._stored.of_run(run_id)).plan

    async def plan_restart(
        self,
        run_id: str,
        *,
        from_step: str | None = None,
        inputs: Mapping[str, Json] | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
    ) -> RestartPlan:
        """Return what `rerun` with the same arguments would reuse and run, and why.

        Raises:
            NotFoundError: there is no such run or step.
            UserError: the workflow does not exist or has errors, or the pool has no valid name.
        """
        check_pool(pool)
        record = await self._record(run_id, window=None)
        asked = RerunRequest(from_step, inputs or {}, connections or {}, complete=complete)
        found = await prepare_rerun(self._store, self._load, self._stored, record, asked)
        plan = self._runs.in_pool(found.loaded.plan, record.pool if pool is None else pool)
        found.restart.name_pools({step.id: step.pool for step in every_step(plan)})
        return found.restart

    async def rerun(
        self,
        run_id: str,
        *,
        from_step: str | None = None,
        inputs: Mapping[str, Json] | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
        pool: str | None = None,
        user_id: str = "",
        confirmed: bool = False,
    ) -> str:
        """Run the current workflow with results of an earlier run; return the new id.

        `plan_restart` decides what is reused. The earlier run does not change; it is the parent of the new one.

        Args:
            from_step: id or path of the step to rerun, with all that follow; None: from failed or changed steps.
            inputs: inputs that replace those of the earlier run; secret ones must be given again.
            complete: `inputs` is complete: other inputs of the earlier run are dropped.
            connections: names of the user's connections that replace those the workflow names, in addition to those
                of the earlier run.
            pool: pool for all steps that can run on workers, or `here`; None: as for the earlier run.
            confirmed: rerun steps with `"idempotent": false` that were running when the earlier process died, and
                completed steps for outputs that held a secret.

        Raises:
            NotFoundError: there is no such run or step.
            ConflictError: the earlier run has not ended.
            ConfirmationNeeded: steps that may not run twice were running when its process died, or completed steps
                have to run again for outputs that held a secret.
            UserError: the workflow does not exist or has errors, or a secret input is missing.
        """
        check_pool(pool)
        record = await self._record(run_id, window=None)
        if record.status in ("pending", "running"):
            raise ConflictError(f"run {run_id} is still running; wait for it to finish", code="run.going")
        asked = RerunRequest(from_step, inputs or {}, connections or {}, complete=complete)
        found = await prepare_rerun(self._store, self._load, self._stored, record, asked)
        if (repeated := found.repeated) and not confirmed:
            raise ConfirmationNeeded(repeated)
        request = found.request(user_id, record.pool if pool is None else pool)
        # The orphan processes of an interrupted run must not run beside the same steps.
        cleanup = partial(self._end_orphans, run_id) if record.status == "interrupted" else None
        options = StartOptions(orphan_cleanup=cleanup)

        async def make(new_id: str) -> Run:
            now = self._clock()
            carried = await asyncio.to_thread(seed_results, found.record, found.restart.reused, new_id, now)
            return self._runs.new(new_id, found.loaded.plan, request, replace(options, carried=carried))

        return await self._create(make, found.loaded, options)

    async def _end_orphans(self, run_id: str, tell: Callable[[str], Awaitable[None]]) -> None:
        """End the orphan processes of an interrupted run, unless it is resumed here."""
        if self._running.get(run_id) is None and run_id not in self._busy:
            self._busy.add(run_id)
            try:
                await end_all_orphans(self._store, run_id, tell)
            finally:
                self._busy.discard(run_id)

    async def execute(self, request: ExecutionRequest) -> ExecutionRecord:
        """Start a run and wait for its end; raises the errors of `start` and `wait`."""
        return await self.wait(await self.start(request))

    async def plan(self, workflow_id: str) -> WorkflowPlan:
        """Return the current plan of a workflow.

        Raises:
            UserError: it does not exist or has errors.
        """
        return (await asyncio.to_thread(self._load, workflow_id)).plan

    def running(self) -> list[str]:
        """Return the ids of the runs in this process, oldest first."""
        return self._running.ids()

    def time_of(self, run_id: str) -> datetime | None:
        """Return the time by the clock of a run of this process, or None."""
        return self._running.time_of(run_id)

    async def wait(self, run_id: str) -> ExecutionRecord:
        """Wait for the end of a run and return its record; raises what `until_end` raises."""
        await self.until_end(run_id)
        return await self._record(run_id)

    async def until_end(self, run_id: str) -> None:
        """Wait for the end of a run of any process.

        Raises:
            NotFoundError: there is no such run.
            UnrecordedError: it ended because its events could not be stored.
        """
        await self._running.until_end(run_id)

    def get_event_stream(self, run_id: str, after: int = 0) -> AsyncIterator[list[ExecutionEvent]]:
        """Return batches of events until the end; raises what `until_end` raises."""
        return self._running.follow(run_id, after)

    # --- requests to a run

    async def cancel(self, run_id: str, by: str = "") -> None:
        """Cancel a run of any process.

        A second cancel skips the grace period. An interrupted run ends without running anything, not even `finally`.

        Raises:
            NotFoundError: there is no such run.
            ConflictError: it has ended.
            UnrecordedError: it is stopped, but this cannot be recorded.
        """
        run = self._running.get(run_id)
        if run is None:
            await self._other_processes.cancel(run_id, by)
            return
        try:
            await run.cancel(by)
        except RunBroken as broken:
            raise UnrecordedError(str(broken)) from broken

    async def answer(self, run_id: str, path: str, *, approved: bool, data: Json = None, by: str = "") -> None:
        """Answer the pending approval of a step, in a run of any process.

        Raises:
            NotFoundError: there is no such run, or the step has no pending approval.
            UsageError: the data does not match the form, or holds a secret that would have to be stored on its way to
                another process.
            ConflictError: it was already answered.
        """
        run = self._running.get(run_id)
        async with refusing_late_answers(self._store, run_id, path):
            if run is None:
                await self._other_processes.answer(run_id, path, approved, data, by)
            else:
                await run.answer(path, approved, data, by)

    async def close(self, cancel: bool = False) -> None:
        """Wait for the end of the runs of this process, optionally cancelling them."""
        await self._running.close(cancel)

    # --- inside

    async def _record(self, run_id: str, *, window: int | None = WINDOW) -> ExecutionRecord:
        record = await self._store.get(run_id, window=window)
        if record is None:
            raise RunNotFoundError(run_id)
        return record

    async def _create(
        self, make: Callable[[str], Awaitable[Run]], loaded: LoadedWorkflow, options: StartOptions
    ) -> str:
        """Record a run under a new id and start it; return the id."""
        plan_hash = await self._store.put_plan(loaded.source, loaded.code)
        attempt = 1
        while True:
            run = await make(new_id(self._clock))
            try:
                await complete_despite_cancel(self._begin(run, plan_hash, options))
                return run.id
            except RunExistsError:  # another process drew the same id in the same millisecond
                if attempt == _ID_ATTEMPTS:
                    raise
                attempt += 1

    async def _begin(self, run: Run, plan_hash: str, options: StartOptions) -> None:
        try:
            await run.create(plan_hash)
        except RunBroken as broken:
            # Nothing of the run is recorded, so the error is that of the store, as for its plan just before.
            cause = broken.__cause__
            raise (cause if isinstance(cause, UserError) else UnrecordedError(str(broken))) from broken
        try:
            if options.announce is not None:
                await options.announce(run.id)
        finally:
            self._running.launch(run)
