"""Run context: objects shared by all parts of one run."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Protocol

from wftui.engine.connections.run_connections import RunConnections
from wftui.engine.primitives.cancellation import Slots
from wftui.engine.primitives.emitter import Emitter
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.primitives.tasks import CooperativeYield
from wftui.engine.run.state.approvals import PendingApprovals
from wftui.engine.run.state.carried_results import CarriedResults
from wftui.engine.run.state.leaf_work import LeafWork
from wftui.engine.run.state.run_resources import RunResources
from wftui.model.base import Json
from wftui.model.clock import Clock, utc_now
from wftui.model.data_class import dataclass
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import RULES_REVISION, StepPlan, WorkflowPlan
from wftui.steps.api.child_call import ChildCall
from wftui.steps.api.step_type import StepTypes


class ChildRunner(Protocol):
    """Runner of the sub-workflows of one run.

    Cancelling `until_end` or `rejoin` cancels the child, and so does cancelling `start` if the child is waited for.
    """

    async def plan(self, workflow_id: str) -> WorkflowPlan | None:
        """Return the current plan of a workflow, or None when it cannot run."""

    async def start(
        self,
        workflow_id: str,
        inputs: Mapping[str, Json],
        path: str,
        call: ChildCall,
        started: Callable[[str], Awaitable[None]],
    ) -> str:
        """Start a workflow for a step and return its id; `started` gets it, too."""

    async def is_run_of(self, child_id: str, workflow_id: str, inputs: Mapping[str, Json]) -> bool:
        """Return whether an earlier child is a run of this workflow with these inputs."""

    async def until_end(self, child_id: str) -> ExecutionRecord:
        """Wait for the end of a child and return its record, with its outputs."""

    async def resume(self, child_id: str, inputs: Mapping[str, Json]) -> None:
        """Resume a child of an earlier process if it is interrupted."""

    async def rejoin(self, child_id: str, inputs: Mapping[str, Json]) -> ExecutionRecord:
        """Wait for a child of an earlier process, resuming it if interrupted."""

    async def abandon(self, child_id: str) -> None:
        """Cancel a child of an earlier process that no step has rejoined."""


class GroupQueue(Protocol):
    """Queue of a run in its concurrency group."""

    async def enter(self, group: str) -> list[str]:
        """Enter the queue of a group at its end; return the runs ahead."""

    async def ahead(self) -> list[str]:
        """Return the runs that are still ahead."""

    async def wait_for(self, run_id: str) -> None:
        """Wait for the end of a run ahead, or for some seconds."""

    async def cancel(self, run_id: str) -> None:
        """Cancel a run ahead."""


@dataclass(slots=True, kw_only=True)
class RunContext:
    """Context of one run, shared by its steps and containers.

    Attributes:
        folder: folder of the workflow's file, if it has one.
        children: runner of sub-workflows; None without a workspace (`python workflow.py`).
        workers: does the leaf steps of pools; None: there is nothing to reach workers through.
        group_queue: for the concurrency group; None without a database.
        prepared: results of `prepare` of step types, by step id.
        carried: results of an earlier process or run.
        wall: time of day, for waits until a time that a user names.
        warnings: number of failures that `onError` or `onItemError` handled.
        rules: revision of the rules that the run began under.
    """

    plan: WorkflowPlan
    step_types: StepTypes
    emitter: Emitter
    settings: EngineSettings
    slots: Slots
    environment: Mapping[str, str]
    working_directory: Path
    folder: Path | None
    connections: RunConnections
    children: ChildRunner | None = None
    group_queue: GroupQueue | None = None
    workers: LeafWork | None = None
    prepared: dict[str, Json] = field(default_factory=dict)
    carried: CarriedResults = field(default_factory=CarriedResults)
    random: Random = field(default_factory=Random)
    approvals: PendingApprovals = field(default_factory=PendingApprovals)
    resources: RunResources = field(default_factory=RunResources)
    yield_point: CooperativeYield = field(default_factory=CooperativeYield)
    warnings: int = 0
    rules: int = RULES_REVISION
    wall: Clock = utc_now

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self.emitter.run_id

    def now(self) -> datetime:
        """Return the time of the run's clock, in UTC."""
        return self.emitter.now()

    def about(self, step: StepPlan, path: str) -> dict[str, Json]:
        """Return the fields of every event of a step: run, step and timestamp."""
        return {
            "run_id": self.emitter.run_id,
            "timestamp": self.emitter.now(),
            "step_id": step.id,
            "path": path,
        }

    def begun(self, path: str) -> datetime:
        """Return the time of the run's clock from which the duration of a step counts.

        After a resume it is earlier than now by the time that earlier processes worked on the step.
        """
        return self.now() - timedelta(seconds=self.carried.worked_for(path))

    def since(self, begun: datetime) -> float:
        """Return the milliseconds since a time of the run's clock, which never goes back."""
        return max(0.0, (self.now() - begun).total_seconds() * 1000)
