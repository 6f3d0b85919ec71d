"""WorkflowExecutor: starts runs, owns their tasks, and passes on what other processes ask of them."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.connections.redaction import Redactor
from wftui.engine.approvals import fitting
from wftui.engine.cancel import Slots
from wftui.engine.core import RunCore
from wftui.engine.emit import Emitter, RunBroken
from wftui.engine.run import Run
from wftui.engine.settings import EngineSettings
from wftui.model.base import Json
from wftui.model.clock import Clock, utc_now
from wftui.model.errors import ConflictError, NotFoundError, UserError
from wftui.model.events import Cancelled, CancelRequested, ExecutionEvent, Interrupted
from wftui.model.execution import TERMINAL, ExecutionRecord, ExecutionRequest
from wftui.runtime.errors import WorkflowError
from wftui.steps.base import Catalogue
from wftui.store.ids import new_id

if TYPE_CHECKING:
    from wftui.compiler.compiler import LoadedWorkflow
    from wftui.store.execution_store import ExecutionStore
    from wftui.store.signals import Signal

_SIGNAL_SECONDS = 0.1  # how long a cancel from another process may take to arrive
_HEARTBEAT_SECONDS = 10.0


class UnrecordedError(UserError):
    """A run ended because its events could not be stored."""

    code = "run.unrecorded"


@dataclass(slots=True)
class _Running:
    run: Run
    task: "asyncio.Task[None]"
    depth: int


class WorkflowExecutor:
    """Runs workflows in this process; each run goes on in its own task, whatever its caller does.

    Args:
        load: compiles a workflow and gives its plan; called in a thread.
        settings: limits; the usual ones when absent.
    """

    def __init__(
        self,
        store: "ExecutionStore",
        catalogue: Catalogue,
        load: "Callable[[str], LoadedWorkflow]",
        *,
        clock: Clock = utc_now,
        settings: EngineSettings | None = None,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._load = load
        self._clock = clock
        self._settings = settings or EngineSettings()
        self._working_directory = Path.cwd()
        self._runs: dict[str, _Running] = {}
        self._broken: dict[str, RunBroken] = {}
        self._attendant: asyncio.Task[None] | None = None

    # --- starting

    async def start(self, request: ExecutionRequest) -> str:
        """Start a run; returns its id once it is recorded.

        Raises:
            UserError: the workflow does not exist or has errors, or the inputs are no JSON. Inputs that do not fit
                the schema are a recorded, failed run.
        """
        return await self._start(request, depth=1)

    async def execute(self, request: ExecutionRequest) -> ExecutionRecord:
        """Start a run and wait for its end; raises what `start` and `wait` raise."""
        return await self.wait(await self.start(request))

    def running(self) -> list[str]:
        """Ids of the runs that this process is running, oldest first."""
        return list(self._runs)

    async def wait(self, execution_id: str) -> ExecutionRecord:
        """The record of a run, of this or another process, once it has ended.

        Raises:
            NotFoundError: there is no such run.
            UnrecordedError: it ended because its events could not be stored.
        """
        running = self._runs.get(execution_id)
        if running is not None:
            await asyncio.shield(running.task)
        elif execution_id not in self._broken:
            async for _ in self._store.follow(execution_id):
                pass
        if execution_id in self._broken:
            raise UnrecordedError(str(self._broken[execution_id]))
        return await self._record(execution_id)

    def get_event_stream(self, execution_id: str, after: int = 0) -> AsyncIterator[list[ExecutionEvent]]:
        """A run's events in batches: those stored first, then live, until it ends."""
        return self._store.follow(execution_id, after=after)

    # --- asking something of a run

    async def cancel(self, execution_id: str, by: str = "") -> None:
        """Ask for a cancel, of a run of this or any other process; a second one does not wait for the grace period.

        Raises:
            NotFoundError: there is no such run.
            ConflictError: it has ended.
        """
        running = self._runs.get(execution_id)
        if running is not None:
            await running.run.cancel(by)
            return
        record = await self._record(execution_id)
        if record.status in TERMINAL:
            raise ConflictError(f"run {execution_id} has already ended: it is {record.status}")
        if record.status == "interrupted":
            await self._cancel_interrupted(execution_id, by)
        else:
            await self._store.signal(execution_id, "cancel", {"by": by})

    async def answer(self, execution_id: str, path: str, *, approved: bool, data: Json = None, by: str = "") -> None:
        """Answer the approval a step waits for, of a run of this or any other process.

        Raises:
            NotFoundError: there is no such run, or the step does not wait for an approval.
            UsageError: the data does not fit the form that was asked.
        """
        running = self._runs.get(execution_id)
        if running is not None:
            await running.run.answer(path, approved, data, by)
            return
        record = await self._record(execution_id)
        step = record.step(path)
        if step is None or step.waiting is None or step.waiting.reason != "approval":
            raise NotFoundError(f"step {path} of run {execution_id} does not wait for an approval")
        if approved:
            data = await fitting(await self._store.resolve(step.waiting.form), data)
        answer = {"path": path, "approved": approved, "data": data, "by": by}
        await self._store.signal(execution_id, "answer", answer)

    # --- starting and ending the program

    async def recover(self) -> list[str]:
        """Mark the runs whose process died as `interrupted`; returns their ids."""
        found = await self._store.orphans()
        for execution_id in found:
            message = "the process that ran it has ended"
            event = Interrupted(execution_id=execution_id, timestamp=self._clock(), message=message)
            await self._store.append([event], wait=True)
        return found

    async def close(self, cancel: bool = False) -> None:
        """Wait until the runs of this process have ended; with `cancel`, cancel them first."""
        while self._runs:
            runs = list(self._runs.values())
            if cancel:
                for running in runs:
                    if not running.run.ended:
                        await running.run.cancel("the program ends")
                cancel = False
            await asyncio.wait([running.task for running in runs])
        if self._attendant is not None:
            self._attendant.cancel()
            await asyncio.wait([self._attendant])
            self._attendant = None

    # --- inside

    async def _record(self, execution_id: str) -> ExecutionRecord:
        record = await self._store.get(execution_id)
        if record is None:
            raise NotFoundError(f"no run {execution_id}")
        return record

    async def _start(self, request: ExecutionRequest, depth: int) -> str:
        loaded = await asyncio.to_thread(self._load, request.workflow_id)
        execution_id = new_id(self._clock)

        async def run_child(
            workflow_id: str, inputs: Mapping[str, Json], started: Callable[[str], Awaitable[None]]
        ) -> ExecutionRecord:
            child = ExecutionRequest(
                workflow_id=workflow_id, inputs=dict(inputs), user_id=request.user_id, parent_id=execution_id
            )
            return await self._run_child(child, depth + 1, started)

        core = RunCore(
            plan=loaded.plan,
            catalogue=self._catalogue,
            emitter=Emitter(execution_id, self._store, Redactor(), self._clock),
            settings=self._settings,
            slots=Slots(loaded.plan.max_parallel),
            environment=dict(os.environ),
            working_directory=self._working_directory,
            run_child=run_child,
        )
        run = Run(core, request)
        try:
            await run.create(await self._store.put_plan(loaded.source, loaded.code))
        except RunBroken as broken:
            raise UnrecordedError(str(broken)) from broken
        self._runs[execution_id] = _Running(run, asyncio.create_task(self._drive(run)), depth)
        if self._attendant is None:
            self._attendant = asyncio.create_task(self._attend())
        return execution_id

    async def _drive(self, run: Run) -> None:
        try:
            await run.run()
        except RunBroken as broken:
            self._broken[run.id] = broken
            # Given up, it becomes `interrupted` at the next start of any program that can write to the database.
            with suppress(UserError):
                await self._store.release(run.id)
        finally:
            del self._runs[run.id]

    async def _run_child(
        self, request: ExecutionRequest, depth: int, started: Callable[[str], Awaitable[None]]
    ) -> ExecutionRecord:
        if depth > self._settings.max_depth:
            raise WorkflowError("workflow.depth", f"workflows call each other more than {depth - 1} deep")
        try:
            child_id = await self._start(request, depth)
        except UserError as error:
            raise WorkflowError("workflow.invalid", f"workflow {request.workflow_id} cannot run: {error}") from error
        try:
            await started(child_id)
            record = await self.wait(child_id)
        except asyncio.CancelledError:
            await self._cancel_child(child_id)
            raise
        record.outputs = await self._store.resolve(record.outputs)
        return record

    async def _cancel_child(self, child_id: str) -> None:
        """Cancel a child and wait for its end; cancelled once more while it waits, stop the child at once."""
        running = self._runs.get(child_id)
        if running is None or running.run.ended:
            return
        await running.run.cancel("its parent")
        try:
            await asyncio.shield(running.task)
        except asyncio.CancelledError:
            if not running.run.ended:
                await running.run.cancel("its parent")
            raise

    async def _cancel_interrupted(self, execution_id: str, by: str) -> None:
        await self._store.claim(execution_id)
        now = self._clock()
        events: list[ExecutionEvent] = [
            CancelRequested(execution_id=execution_id, timestamp=now, by=by),
            Cancelled(execution_id=execution_id, timestamp=now),
        ]
        await self._store.append(events, wait=True)

    async def _attend(self) -> None:
        """While there are runs: take what other processes ask of them, and give signs of life."""
        loop = asyncio.get_running_loop()
        beat_at = loop.time() + _HEARTBEAT_SECONDS
        while True:
            await asyncio.sleep(_SIGNAL_SECONDS)
            if not self._runs:
                continue
            for signal in await self._store.take_signals(list(self._runs)):
                await self._obey(signal)
            if loop.time() >= beat_at:
                await self._store.heartbeat()
                beat_at = loop.time() + _HEARTBEAT_SECONDS

    async def _obey(self, signal: "Signal") -> None:
        running = self._runs.get(signal.execution_id)
        if running is None or running.run.ended:
            return
        said = signal.payload
        try:
            if signal.kind == "cancel":
                await running.run.cancel(said["by"])
            else:
                await running.run.answer(said["path"], said["approved"], said["data"], said["by"])
        except UserError as error:
            await running.run.note(f"{signal.kind} from another process: {error}")
