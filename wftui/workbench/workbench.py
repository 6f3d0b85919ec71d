"""The facade under all frontends: the services and the parts they share."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from wftui.model.clock import Clock, Elapsed, elapsed_seconds, utc_now
from wftui.model.errors import UserError
from wftui.workbench.run_service import RunService
from wftui.workbench.shared_property import shared_property
from wftui.workbench.workbench_settings import Settings, compilation_cache, readable_by_others

if TYPE_CHECKING:
    from wftui.compiler.cache.cache_file import CompilationCache
    from wftui.compiler.compiler import WorkflowCompiler
    from wftui.engine.host.executor import WorkflowExecutor
    from wftui.steps.registry.step_registry import StepRegistry
    from wftui.store.execution_store import ExecutionStore
    from wftui.store.stale_run_monitor import StaleRunMonitor
    from wftui.workbench.past_runs.comparison_service import ComparisonService
    from wftui.workbench.past_runs.record_service import RecordService
    from wftui.workbench.past_runs.retention_service import RetentionService
    from wftui.workbench.past_runs.search_service import SearchService
    from wftui.workbench.past_runs.statistics_service import StatisticsService
    from wftui.workbench.past_runs.transfer_service import TransferService
    from wftui.workbench.setup.connection_service import ConnectionService
    from wftui.workbench.setup.doctor_service import DoctorService
    from wftui.workbench.setup.notification_service import NotificationService
    from wftui.workbench.setup.settings_service import SettingsService
    from wftui.workbench.setup.token_service import TokenService
    from wftui.workbench.setup.worker_service import WorkerService
    from wftui.workbench.source_service import SourceService
    from wftui.workbench.step_service import StepService
    from wftui.workbench.trial_service import TrialService
    from wftui.workbench.workflow_service import WorkflowService
    from wftui.workers.remote_work import RemoteWork
    from wftui.workspace.files import Workspace

    _OpeningStore = Coroutine[Any, Any, ExecutionStore]
    _OpenStore = Callable[[], _OpeningStore]


class Workbench:
    """The services of a workspace and a database.

    Shared parts and most services are created on first use: a start imports few of them.

    Attributes:
        runs: start, follow, inspect, cancel, answer, resume and rerun runs.
        clock: the time of day.
        elapsed: seconds since some start, which no change of the time of day moves.
    """

    def __init__(self, settings: Settings, *, clock: Clock = utc_now, elapsed: Elapsed = elapsed_seconds) -> None:
        self.settings = settings
        self.clock = clock
        self.elapsed = elapsed
        self._report_opening: Callable[[str], None] = lambda _: None
        self._on_own_loop: Callable[[_OpenStore], _OpeningStore] | None = None
        self.runs = RunService(
            self.store, self.executor, self.compiler, started=lambda: self._executor, user_id=settings.user_id
        )
        self._opening = asyncio.Lock()
        self._store: ExecutionStore | None = None
        self._readable: str | None = None
        self._monitor: StaleRunMonitor | None = None
        self._executor: WorkflowExecutor | None = None
        self._workers: RemoteWork | None = None

    @shared_property
    def workspace(self) -> Workspace:
        """The files of the workspace."""
        from wftui.workspace.files import Workspace

        # A folder becomes a workspace if it was named for this command; settings given in code name it, too.
        origin = self.settings.origins.get("tables", "--tables")
        return Workspace(self.settings.tables, adopt=origin == "--tables")

    @shared_property
    def workflows(self) -> WorkflowService:
        """List, read, save, check and compile the workflows of the workspace."""
        from wftui.compiler.cache.unchanged import UnchangedWorkflows
        from wftui.workbench.workflow_service import WorkflowService

        unchanged = UnchangedWorkflows(self.workspace, self._cache, os.environ, self.clock)
        return WorkflowService(self.workspace, self.compiler, self.store, unchanged)

    @shared_property
    def sources(self) -> SourceService:
        """Unsaved text of editors, and earlier versions of workflows."""
        from wftui.workbench.source_service import SourceService

        return SourceService(self.workspace, self.store)

    @shared_property
    def trials(self) -> TrialService:
        """Trials of single steps, which are stored nowhere."""
        from wftui.workbench.trial_service import TrialService

        return TrialService(self.workspace, self.compiler, self.step_registry, self.store, self.clock, self.elapsed)

    @shared_property
    def records(self) -> RecordService:
        """Runs at their newest or any earlier event, and their logs."""
        from wftui.workbench.past_runs.record_service import RecordService

        return RecordService(self.store)

    @shared_property
    def retention(self) -> RetentionService:
        """The removal of old runs."""
        from wftui.workbench.past_runs.retention_service import RetentionService

        return RetentionService(self.store, self.clock)

    @shared_property
    def notifications(self) -> NotificationService:
        """Notifications about runs, by the user's program."""
        from wftui.workbench.setup.notification_service import NotificationService

        return NotificationService()

    @shared_property
    def comparisons(self) -> ComparisonService:
        """Two runs side by side."""
        from wftui.workbench.past_runs.comparison_service import ComparisonService

        return ComparisonService(self.store)

    @shared_property
    def statistics(self) -> StatisticsService:
        """Success, durations and errors of many runs."""
        from wftui.workbench.past_runs.statistics_service import StatisticsService

        return StatisticsService(self.store, self.clock)

    @shared_property
    def search(self) -> SearchService:
        """Text in logs and values of many runs."""
        from wftui.workbench.past_runs.search_service import SearchService

        return SearchService(self.store)

    @shared_property
    def transfer(self) -> TransferService:
        """Runs as files."""
        from wftui.workbench.past_runs.transfer_service import TransferService

        return TransferService(self.store, self.place)

    @shared_property
    def steps(self) -> StepService:
        """The step types."""
        from wftui.workbench.step_service import StepService

        return StepService(self.step_registry, self.compiler, changed=self._forget_compilations)

    @shared_property
    def connections(self) -> ConnectionService:
        """The user's connections, accounts and secrets."""
        from wftui.workbench.setup.connection_service import ConnectionService

        return ConnectionService(self.settings.user_id)

    @shared_property
    def user_settings(self) -> SettingsService:
        """The user's settings."""
        from wftui.workbench.setup.settings_service import SettingsService

        return SettingsService(self.settings)

    @shared_property
    def workers(self) -> WorkerService:
        """The workers of pools."""
        from wftui.workbench.setup.worker_service import WorkerService

        return WorkerService(self.settings.workers)

    @shared_property
    def tokens(self) -> TokenService:
        """The access tokens of the HTTP server."""
        from wftui.workbench.setup.token_service import TokenService

        return TokenService(self.settings.database, self.clock)

    @shared_property
    def doctor(self) -> DoctorService:
        """Examination and repair of the user's files."""
        from wftui.workbench.setup.doctor_service import DoctorService

        return DoctorService(self.settings, self.store, self.workspace.ids, self.workflows.check_written)

    async def store(self) -> ExecutionStore:
        """Return the store; the first call opens it and starts the stale-run monitor.

        Raises:
            UserError: the database cannot be used; the message says why.
        """
        if self._store is not None and not self._opening.locked():
            return self._store
        if self._on_own_loop is not None:
            return await self._on_own_loop(self._open_store)
        return await self._open_store()

    async def _open_store(self) -> ExecutionStore:
        async with self._opening:
            if self._store is None:
                await asyncio.to_thread(importlib.import_module, "wftui.store.execution_store")
                from wftui.steps.process.scratch import remove_leftovers
                from wftui.store.execution_store import ExecutionStore
                from wftui.store.log_segments import LogLimits
                from wftui.store.stale_run_monitor import StaleRunMonitor

                self._store = await ExecutionStore.open(
                    self.settings.database,
                    clock=self.clock,
                    durability=self.settings.durability,
                    log_limits=LogLimits(_bytes(self.settings.logs.run_mb), _bytes(self.settings.logs.history_mb)),
                    tell=self._report_opening,
                )
                self.notifications.begin(self._store)
                self._monitor = StaleRunMonitor(self._store)
                await self._monitor.begin()
                self._readable = await asyncio.to_thread(readable_by_others, self.settings.database)
                await asyncio.to_thread(remove_leftovers)
                if self._on_own_loop is not None:
                    await self._store.open_readers()
            return self._store

    @property
    def place(self) -> tuple[str, ...]:
        """The options that lead a command to this workbench."""
        return self.settings.place

    @property
    def server(self) -> str | None:
        """None: the workbench is on this machine."""
        return None

    @property
    def read_only(self) -> str | None:
        """None: changes are allowed; `workbench.read_only` has a workbench without."""
        return None

    @property
    def local(self) -> Workbench:
        """The workbench itself."""
        return self

    @property
    def notice(self) -> str | None:
        """A message about the user's files, such as that a damaged database was set aside."""
        notices = [self._store.notice if self._store else None, self._readable]
        return ". ".join(notice for notice in notices if notice) or None

    @property
    def unusable(self) -> UserError | None:
        """The error of every further write to a replaced or updated database."""
        return self._store.unusable if self._store else None

    def open_on(self, call: Callable[[_OpenStore], _OpeningStore]) -> None:
        """Open the store through a call to its own loop, whichever loop asks."""
        self._on_own_loop = call

    def report_opening_to(self, report: Callable[[str], None]) -> None:
        """Report what takes long in opening the database, in a thread."""
        self._report_opening = report

    async def executor(self) -> WorkflowExecutor:
        """Return the executor; the first call starts it and automatic retention."""
        store = await self.store()
        await self.retention.begin()
        async with self._opening:
            if self._executor is None:
                await asyncio.to_thread(importlib.import_module, "wftui.engine.host.executor")
                from wftui.engine.host.executor import WorkflowExecutor
                from wftui.engine.primitives.engine_settings import EngineSettings
                from wftui.workers.remote_work import RemoteWork

                self._workers = RemoteWork(self.settings.workers)
                self._executor = WorkflowExecutor(
                    store,
                    self.step_registry(),
                    self.workflows.load,
                    load_stored=lambda workflow_id, text: self.compiler().load_stored(workflow_id, text),
                    folder_of=lambda workflow_id: self.workspace.source_path(workflow_id).parent,
                    clock=self.clock,
                    elapsed=self.elapsed,
                    settings=EngineSettings(workers=self.settings.workers, place=self.place),
                    workers=self._workers,
                )
            return self._executor

    @shared_property
    def _cache(self) -> CompilationCache:
        return compilation_cache(self.workspace.root)

    @shared_property
    def _compiler(self) -> WorkflowCompiler:
        from wftui.compiler.compiler import WorkflowCompiler
        from wftui.workbench.setup.connection_service import stored_connections

        return WorkflowCompiler(
            self.workspace,
            self.step_registry(),
            self.clock,
            stored_connections(),
            os.environ,
            self._cache,
            self.settings.workers,
        )

    def compiler(self) -> WorkflowCompiler:
        """Return the compiler of this workspace."""
        return self._compiler

    def _forget_compilations(self) -> None:
        if "_compiler" in self.__dict__:
            self._compiler.forget()

    @shared_property
    def _step_registry(self) -> StepRegistry:
        from wftui.steps.registry.step_registry import workspace_registry

        return workspace_registry(self.workspace.root)

    def step_registry(self) -> StepRegistry:
        """Return the step types of this workspace."""
        return self._step_registry

    async def close(self, *, cancel: bool = False) -> None:
        """Cancel the runs of this process, or wait for them; then close the database."""
        if self._executor is not None:
            await self._executor.close(cancel=cancel)
            self._executor = None
        if self._workers is not None:
            await self._workers.close()
            self._workers = None
        try:
            await self.retention.end()
        finally:
            if self._monitor is not None:
                await self._monitor.end()
                self._monitor = None
            await self.notifications.end()
            if self._store is not None:
                await self._store.close()
                self._store = None


def _bytes(megabytes: int | None) -> int | None:
    return None if megabytes is None else megabytes * 1024 * 1024
