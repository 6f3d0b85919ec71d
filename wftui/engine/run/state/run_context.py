"""What all parts of one run share."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
from wftui.engine.run.state.run_resources import RunResources
from wftui.model.base import Json
from wftui.model.clock import Clock, utc_now
from wftui.model.run.record import ExecutionRecord
from wftui.runtime.plan import StepPlan, WorkflowPlan
from wftui.steps.api.step_type import StepTypes


class ChildRunner(Protocol):
    """Sub-workflows of one run. Cancelling `run` or `rejoin` cancels the child."""

    async def plan(self, workflow_id: str) -> WorkflowPlan | None:
        """Another workflow as it is now; None when it cannot run."""

    async def run(
        self, workflow_id: str, inputs: Mapping[str, Json], path: str, started: Callable[[str], Awaitable[None]]
    ) -> ExecutionRecord:
        """Run another workflow for the step at `path`; `started` is called with the child's id once it is recorded."""

    async def is_run_of(self, child_id: str, workflow_id: str, inputs: Mapping[str, Json]) -> bool:
        """Whether a child that an earlier process started is a run of that workflow with these inputs."""

    async def rejoin(self, child_id: str, inputs: Mapping[str, Json]) -> ExecutionRecord:
        """Wait for a child that an earlier process started, resuming it where that is needed."""

    async def abandon(self, child_id: str) -> None:
        """End a child that an earlier process started and that no step has rejoined."""


@dataclass(slots=True, kw_only=True)
class RunContext:
    """The parts of one run that its steps, containers and contexts use.

    Attributes:
        folder: where the workflow's file is; None when it comes from no folder.
        children: how to run a sub-workflow; None where there is no workspace (`python workflow.py`).
        prepared: what step types found for their steps before the run started, by the steps' ids.
        carried: what an earlier process, or an earlier run, has done already.
        wall: the time of day, for waits until a time that a user names.
        warnings: failures so far that `onError` or `onItemError` handled.
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
    prepared: dict[str, Json] = field(default_factory=dict)
    carried: CarriedResults = field(default_factory=CarriedResults)
    random: Random = field(default_factory=Random)
    approvals: PendingApprovals = field(default_factory=PendingApprovals)
    shared: RunResources = field(default_factory=RunResources)
    yield_point: CooperativeYield = field(default_factory=CooperativeYield)
    warnings: int = 0
    wall: Clock = utc_now

    @property
    def run_id(self) -> str:
        """The run."""
        return self.emitter.run_id

    def now(self) -> datetime:
        """The run's clock, in UTC."""
        return self.emitter.now()

    def about(self, step: StepPlan, path: str) -> dict[str, Json]:
        """What every event of a step says: of which run and step it tells, and when it came."""
        return {
            "run_id": self.emitter.run_id,
            "timestamp": self.emitter.now(),
            "step_id": step.id,
            "path": path,
        }

    def since(self, begun: datetime) -> float:
        """Return the milliseconds since a time of the run's clock, which never goes back."""
        return max(0.0, (self.now() - begun).total_seconds() * 1000)
