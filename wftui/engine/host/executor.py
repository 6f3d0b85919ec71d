"""WorkflowExecutor: starts runs, goes on with them and repeats them, and asks something of any."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.connections.connections import Connections
from wftui.engine.host.local_runs import LocalRuns, UnrecordedError
from wftui.engine.host.other_processes import OtherProcessRuns
from wftui.engine.host.run_factory import RunFactory
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
    inputs_with_secrets,
    may_have_run,
    may_run_twice,
    read_history,
)
from wftui.engine.restart.seed_results import seed_results
from wftui.engine.restart.stored_plans import LoadStored, StoredPlans
from wftui.engine.run.run import OrphanCleanup, Run
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
    from wftui.compiler.compiler import LoadedWorkflow
    from wftui.store.execution_store import ExecutionStore

_USUAL = StartOptions()
_ID_ATTEMPTS = 3


class WorkflowExecutor:
    """Runs workflows in this process; each run goes on in its own task, whatever its caller does.

    Args:
        load: compiles a workflow and gives its plan; called in a thread.
        load_stored: without it nothing can be resumed.
        folder_of: gives the folder of a workflow's file.
        connections: the user's connections; absent: those in the user's own folder.
        settings: limits; the usual ones when absent.
    """

    def __init__(
        self,
        store: "ExecutionStore",
        step_types: StepTypes,
        load: "Callable[[str], LoadedWorkflow]",
        *,
        load_stored: LoadStored | None = None,
        folder_of: Callable[[str], Path] | None = None,
        connections: Connections | None = None,
        clock: Clock = utc_now,
        elapsed: Elapsed = elapsed_seconds,
        settings: EngineSettings | None = None,
    ) -> None:
        self._store = store
        self._load = load
        self._stored = StoredPlans(store, load_stored)
        self._clock = clock
        self._runs = RunFactory(
            self, store, step_types, folder_of, connections, clock, settings or EngineSettings(), elapsed
        )
        self._running = LocalRuns(store)
        self._busy: set[str] = set()  # interrupted runs that something is being done to
        self._other_processes = OtherProcessRuns(store, clock, self.cancel)

    # --- starting

    async def start(self, request: ExecutionRequest, options: StartOptions = _USUAL) -> str:
        """Start a run; returns its id once it is recorded.

        Raises:
            UserError: the workflow does not exist or has errors, or the inputs are no JSON. Inputs that do not fit
                the schema are a recorded, failed run.
        """
        loaded = await asyncio.to_thread(self._load, request.workflow_id)

        async def make(new_id: str) -> Run:
            return self._runs.new(new_id, loaded.plan, request, options)

        return await self._create(make, loaded, options)

    async def resume(
        self, run_id: str, inputs: Mapping[str, Json] | None = None, options: StartOptions = _USUAL
    ) -> None:
        """Go on with an interrupted run in this process, with the plan it ran: nothing that has ended runs again.

        Args:
            inputs: its secret inputs, which are not stored; others are ignored.
            options: `confirmed`, `depth` and `part_of`.

        Raises:
            NotFoundError: there is no such run.
            ConflictError: it has ended, or a process runs it.
            ConfirmationNeeded: steps that may not run twice were running when the process died.
            UsageError: a secret input is not given.
            UnresolvedError: something that the steps left need is not there; the run stays as it is.
        """
        if self._running.get(run_id) is not None or run_id in self._busy:
            raise ConflictError(f"run {run_id} is running here", code="run.going")
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
        if not options.confirmed and (asked := await may_have_run(self._store, self._stored.of, plan, history.carried)):
            raise ConfirmationNeeded(asked)
        whole = inputs_with_secrets(plan, await self._store.resolve(created.inputs), inputs)
        request = ExecutionRequest(
            workflow_id=created.workflow_id,
            user_id=created.user_id,
            parent_id=created.parent_id,
            inherited_connections=created.connections,
        )
        options = replace(
            options,
            carried=history.carried,
            not_before=history.last.timestamp if history.last is not None else None,
            orphan_cleanup=lambda report: end_orphans(run_id, history.carried, report),
        )
        run = self._runs.new(run_id, plan, request, options)
        await run.restore(history, whole)
        await complete_despite_cancel(self._claim_and_launch(run, history.last_seq))

    async def _claim_and_launch(self, run: Run, last_seq: int) -> None:
        """Make a run that is ready to go on this process's, and let it begin."""
        await self._store.claim(run.id)
        try:
            if await self._store.events(run.id, after=last_seq, limit=1):
                await self._store.release(run.id)
                raise ConflictError(f"run {run.id} has gone on in another process meanwhile", code="run.going")
            await run.resume()
        except RunBroken as broken:
            self._running.release_later(run.id)
            raise UnrecordedError(str(broken)) from broken
        self._running.launch(run)

    async def input_schema(self, run_id: str) -> Mapping[str, Json]:
        """What a run's inputs had to fit when it began.

        Raises:
            NotFoundError: there is no such run.
        """
        return (await self._stored.of_run(run_id)).plan.input_schema

    async def plan_restart(
        self,
        run_id: str,
        *,
        from_step: str | None = None,
        inputs: Mapping[str, Json] | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
    ) -> RestartPlan:
        """What `rerun` with the same arguments would keep and run, and why.

        Raises:
            NotFoundError: there is no such run or step.
            UserError: the workflow does not exist or has errors.
        """
        record = await self._record(run_id, window=None)
        before = await self._stored.plan_before(run_id)
        asked = RerunRequest(from_step, inputs or {}, connections or {}, complete=complete)
        return (await prepare_rerun(self._store, self._load, record, asked, before)).restart

    async def rerun(
        self,
        run_id: str,
        *,
        from_step: str | None = None,
        inputs: Mapping[str, Json] | None = None,
        complete: bool = False,
        connections: Mapping[str, str] | None = None,
        user_id: str = "",
        confirmed: bool = False,
    ) -> str:
        """Run a workflow as it is now, keeping of an earlier run what `plan_restart` keeps; returns the new run's id.

        The earlier run stays as it is; the new one has it as its parent.

        Args:
            from_step: id or path of the step to run again, with all that follows; None: from what failed or changed.
            inputs: in the place of those of the earlier run; secret ones must be given again.
            complete: `inputs` are all there are, so that those of the earlier run that are not among them go.
            connections: names of the user's connections in the place of those the workflow names, on top of those that
                the earlier run was given.
            confirmed: run again what was running when an interrupted run's process died and says `"idempotent": false`.

        Raises:
            NotFoundError: there is no such run or step.
            ConflictError: the earlier run is still going.
            ConfirmationNeeded: steps that may not run twice were running when its process died.
            UserError: the workflow does not exist or has errors, or a secret input is not given.
        """
        record = await self._record(run_id, window=None)
        if record.status in ("pending", "running"):
            raise ConflictError(
                f"run {run_id} is still going, so nobody knows yet what it leaves to run again", code="run.going"
            )
        before = await self._stored.plan_before(run_id)
        asked = RerunRequest(from_step, inputs or {}, connections or {}, complete=complete)
        found = await prepare_rerun(self._store, self._load, record, asked, before)
        plan = found.loaded.plan
        if not confirmed and (twice := may_run_twice(plan, found.record, from_step)):
            raise ConfirmationNeeded(twice)
        request = ExecutionRequest(
            workflow_id=plan.id,
            inputs=inputs_with_secrets(plan, found.inputs, asked.inputs),
            user_id=user_id,
            parent_id=run_id,
            connections=dict(asked.connections),
            inherited_connections=record.connections,
        )
        cleanup: OrphanCleanup | None = None
        if record.status == "interrupted":  # its orphan processes must not run beside the same steps
            cleanup = partial(self._end_orphans, run_id)
        options = StartOptions(orphan_cleanup=cleanup)

        async def make(new_id: str) -> Run:
            now = self._clock()
            carried = await asyncio.to_thread(seed_results, found.record, found.restart.reused, new_id, now)
            return self._runs.new(new_id, plan, request, replace(options, carried=carried))

        return await self._create(make, found.loaded, options)

    async def _end_orphans(self, run_id: str, tell: Callable[[str], Awaitable[None]]) -> None:
        """End what an interrupted run has left running, unless it goes on here."""
        if self._running.get(run_id) is None and run_id not in self._busy:
            self._busy.add(run_id)
            try:
                await end_all_orphans(self._store, run_id, tell)
            finally:
                self._busy.discard(run_id)

    async def execute(self, request: ExecutionRequest) -> ExecutionRecord:
        """Start a run and wait for its end; raises what `start` and `wait` raise."""
        return await self.wait(await self.start(request))

    async def plan(self, workflow_id: str) -> WorkflowPlan:
        """A workflow as it is now.

        Raises:
            UserError: it does not exist or has errors.
        """
        return (await asyncio.to_thread(self._load, workflow_id)).plan

    def running(self) -> list[str]:
        """Ids of the runs that this process is running, oldest first."""
        return self._running.ids()

    async def wait(self, run_id: str) -> ExecutionRecord:
        """The record of a run, of this or another process, once it has ended; raises what `until_end` raises."""
        await self.until_end(run_id)
        return await self._record(run_id)

    async def until_end(self, run_id: str) -> None:
        """Wait until a run, of this or another process, has ended.

        Raises:
            NotFoundError: there is no such run.
            UnrecordedError: it ended because its events could not be stored.
        """
        await self._running.until_end(run_id)

    def get_event_stream(self, run_id: str, after: int = 0) -> AsyncIterator[list[ExecutionEvent]]:
        """A run's events in batches: those stored first, then live, until it ends."""
        return self._store.follow(run_id, after=after)

    # --- asking something of a run

    async def cancel(self, run_id: str, by: str = "") -> None:
        """Ask for a cancel, of a run of this or any other process; a second one does not wait for the grace period.

        A run that is interrupted is given up: nothing of it runs any more, its `finally` neither.

        Raises:
            NotFoundError: there is no such run.
            ConflictError: it has ended.
            UnrecordedError: it is stopped, but that cannot be recorded.
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
        """Answer the approval a step waits for, of a run of this or any other process.

        Raises:
            NotFoundError: there is no such run, or the step does not wait for an approval.
            UsageError: the data does not fit the form that was asked, or holds a secret that would have to be stored on
                its way to another process.
            ConflictError: in another process somebody else was quicker.
        """
        run = self._running.get(run_id)
        if run is None:
            await self._other_processes.answer(run_id, path, approved, data, by)
        else:
            await run.answer(path, approved, data, by)

    # --- ending the program

    async def close(self, cancel: bool = False) -> None:
        """Wait until the runs of this process have ended; with `cancel`, cancel them first."""
        await self._running.close(cancel)

    # --- inside

    async def _record(self, run_id: str, *, window: int | None = WINDOW) -> ExecutionRecord:
        record = await self._store.get(run_id, window=window)
        if record is None:
            raise RunNotFoundError(run_id)
        return record

    async def _create(
        self, make: Callable[[str], Awaitable[Run]], loaded: "LoadedWorkflow", options: StartOptions
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
            raise (
                broken.__cause__ if isinstance(broken.__cause__, UserError) else UnrecordedError(str(broken))
            ) from broken
        try:
            if options.announce is not None:
                await options.announce(run.id)
        finally:
            self._running.launch(run)
