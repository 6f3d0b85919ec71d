"""Stored plans: the workflow of a run as it was at its start, for a resume."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from wftui.model.errors import ConflictError, NotFoundError, RunNotFoundError, UserError
from wftui.model.run.events import Created
from wftui.runtime.plan import RULES_REVISION, WorkflowPlan

if TYPE_CHECKING:
    from wftui.compiler.module_run import LoadedWorkflow
    from wftui.store.execution_store import ExecutionStore

LoadStored = Callable[[str, str], "LoadedWorkflow"]
"""Compiles the stored source of a run, given with its workflow id; called in a thread."""


class StoredPlans:
    """Plans of runs in the database."""

    def __init__(self, store: "ExecutionStore", load: LoadStored | None) -> None:
        self._store = store
        self._load = load

    async def of_run(self, run_id: str) -> "LoadedWorkflow":
        """Return the workflow of a run.

        Raises:
            NotFoundError: there is no such run, or no plan of it.
        """
        first = await self._store.events(run_id, limit=1)
        if not first or not isinstance(first[0], Created):
            raise RunNotFoundError(run_id)
        return await self.of(first[0])

    async def plan_before(self, run_id: str) -> WorkflowPlan | None:
        """Return the plan of a run for a comparison, or None when it cannot be loaded."""
        try:
            return (await self.of_run(run_id)).plan
        except UserError:
            return None

    async def of(self, created: Created) -> "LoadedWorkflow":
        """Return the workflow of a run with this `created` event.

        Raises:
            NotFoundError: its plan is not stored.
            ConflictError: it began under rules that only a newer wftui knows.
        """
        if created.plan is None or self._load is None:
            raise NotFoundError(f"run {created.run_id} has no stored plan", code="plan.not_found")
        rules = created.rules or 1
        if rules > RULES_REVISION:
            raise ConflictError(
                f"run {created.run_id} began under rules {rules} of a newer wftui; this one knows rules up to"
                f" {RULES_REVISION}",
                code="rules.unknown",
            )
        source, _code = await self._store.get_plan(created.plan)
        return await asyncio.to_thread(self._load, created.workflow_id, source)
