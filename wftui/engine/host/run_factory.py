"""Run factory: creates runs from the configuration of the executor and a request."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wftui.connections.own_secrets import own_secrets
from wftui.connections.redaction import Redactor
from wftui.engine.connections.run_connections import RunConnections
from wftui.engine.host.child_runs import ChildRuns
from wftui.engine.host.group_queue import SharedGroupQueue
from wftui.engine.host.pools import in_pool
from wftui.engine.host.start_options import RunStarter, StartOptions
from wftui.engine.primitives.cancellation import Slots
from wftui.engine.primitives.emitter import Emitter
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.run.run import Run
from wftui.engine.run.state.carried_results import CarriedResults
from wftui.engine.run.state.leaf_work import LeafWork
from wftui.engine.run.state.run_context import RunContext
from wftui.model.clock import Clock, Elapsed, SteadyClock, elapsed_seconds
from wftui.model.run.record import ExecutionRequest
from wftui.runtime.plan import WorkflowPlan
from wftui.steps.api.step_type import StepTypes
from wftui.workspace.locate import current_folder

if TYPE_CHECKING:
    from wftui.connections.connections import Connections

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore


class RunFactory:
    """Factory of the runs of one executor, which also runs their sub-workflows.

    Relative paths of its runs start in the working directory of the program.
    """

    def __init__(
        self,
        starter: RunStarter,
        store: ExecutionStore,
        step_types: StepTypes,
        folder_of: Callable[[str], Path] | None,
        connections: Connections | None,
        clock: Clock,
        settings: EngineSettings,
        elapsed: Elapsed = elapsed_seconds,
        workers: LeafWork | None = None,
    ) -> None:
        self._starter = starter
        self._store = store
        self._step_types = step_types
        self._folder_of = folder_of
        self._connections = connections
        self._clock = clock
        self._elapsed = elapsed
        self._settings = settings
        self._workers = workers
        self._working_directory = current_folder()

    def in_pool(self, plan: WorkflowPlan, pool: str | None) -> WorkflowPlan:
        """Return a plan with its steps in a pool; unchanged without one."""
        return in_pool(plan, pool, self._step_types)

    def new(self, run_id: str, plan: WorkflowPlan, request: ExecutionRequest, options: StartOptions) -> Run:
        """Return a run that has not started, its steps in the requested pool."""
        plan = self.in_pool(plan, request.pool)
        if options.part_of is None:
            connections = RunConnections(
                plan, request.chosen_connections, Redactor(own_secrets(os.environ)), self._connections
            )
        else:
            connections = options.part_of.of(plan)
        clock = SteadyClock(self._clock, self._elapsed, not_before=options.not_before)
        context = RunContext(
            plan=plan,
            step_types=self._step_types,
            emitter=Emitter(run_id, self._store, connections.redactor, clock),
            wall=self._clock,
            settings=self._settings,
            slots=Slots(plan.max_parallel),
            environment={**os.environ, "WFTUI_USER": request.user_id},
            working_directory=self._working_directory,
            folder=self._folder_of(plan.id) if self._folder_of else None,
            connections=connections,
            children=ChildRuns(
                self._starter,
                self._store,
                request,
                run_id,
                options.depth,
                options.waited_by,
                self._settings.max_depth,
                step_types=self._step_types,
                connections=connections,
                confirmed=options.confirmed,
            ),
            group_queue=SharedGroupQueue(self._starter, self._store, run_id, options.waited_by),
            workers=self._workers,
            carried=options.carried or CarriedResults(),
        )
        return Run(context, request, options.orphan_cleanup)
