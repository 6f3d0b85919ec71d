"""Options for starting runs, and the executor's interface for sub-workflows."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol

from wftui.engine.connections.run_connections import RunConnections
from wftui.engine.run.run import OrphanCleanup
from wftui.engine.run.state.carried_results import CarriedResults
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.runtime.plan import WorkflowPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOptions:
    """Options of a start, resume or rerun.

    Attributes:
        depth: number of runs from the top-level run to this one, included.
        waited_by: runs that wait for the end of this one: its parent, the parent's, and so on.
        part_of: connections of the parent run, shared with their secrets.
        carried: results of an earlier process or run, which are not computed again.
        confirmed: run steps with `"idempotent": false` again that were running when the process died.
        orphan_cleanup: called before the first step.
        not_before: time of the newest event of a run that is resumed; its clock starts no earlier.
        by: the user who resumes a run.
        accept: called with the compiled plan before anything is recorded; raises to refuse it.
        announce: called with the run's id once it is recorded, before its first step.
    """

    depth: int = 1
    waited_by: frozenset[str] = frozenset()
    part_of: RunConnections | None = None
    carried: CarriedResults | None = None
    confirmed: bool = False
    by: str | None = None
    orphan_cleanup: OrphanCleanup | None = None
    accept: Callable[[WorkflowPlan], None] | None = None
    announce: Callable[[str], Awaitable[None]] | None = None
    not_before: datetime | None = None


class RunStarter(Protocol):
    """Interface of `WorkflowExecutor` for running sub-workflows."""

    async def plan(self, workflow_id: str) -> WorkflowPlan:
        """Return the current plan of a workflow."""

    async def start(self, request: ExecutionRequest, options: StartOptions) -> str:
        """Start a run and return its id once it is recorded."""

    async def resume(self, run_id: str, inputs: Mapping[str, Json], options: StartOptions) -> None:
        """Resume an interrupted run."""

    async def stored_plan(self, run_id: str) -> WorkflowPlan:
        """Return the plan of a run as it was when the run began."""

    async def cancel(self, run_id: str, by: str) -> None:
        """Cancel a run."""

    async def until_end(self, run_id: str) -> None:
        """Wait for the end of a run."""

    async def wait(self, run_id: str) -> ExecutionRecord:
        """Wait for the end of a run and return its record."""
