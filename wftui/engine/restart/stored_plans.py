"""The workflow of a run as it was when the run began, which is what a resume goes on with."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from wftui.model.errors import NotFoundError, RunNotFoundError, UserError
from wftui.model.run.events import Created
from wftui.runtime.plan import WorkflowPlan

if TYPE_CHECKING:
    from wftui.compiler.compiler import LoadedWorkflow
    from wftui.store.execution_store import ExecutionStore

LoadStored = Callable[[str, str, str], "LoadedWorkflow"]
"""Gives the plan of a run from (workflow id, source, code) as stored; called in a thread."""


class StoredPlans:
    """The plans that the database keeps for its runs."""

    def __init__(self, store: "ExecutionStore", load: LoadStored | None) -> None:
        self._store = store
        self._load = load

    async def of_run(self, run_id: str) -> "LoadedWorkflow":
        """The workflow of a run.

        Raises:
            NotFoundError: there is no such run, or no plan of it.
        """
        first = await self._store.events(run_id, limit=1)
        if not first or not isinstance(first[0], Created):
            raise RunNotFoundError(run_id)
        return await self.of(first[0])

    async def plan_before(self, run_id: str) -> WorkflowPlan | None:
        """The plan of a run, to compare another with it; None when this program cannot make it any more."""
        try:
            return (await self.of_run(run_id)).plan
        except UserError:
            return None

    async def of(self, created: Created) -> "LoadedWorkflow":
        """The workflow of a run that began so.

        Raises:
            NotFoundError: its plan is not stored.
        """
        if created.plan is None or self._load is None:
            raise NotFoundError(f"run {created.run_id} has no stored plan", code="plan.not_found")
        source, code = await self._store.get_plan(created.plan)
        return await asyncio.to_thread(self._load, created.workflow_id, source, code)
