"""Effects of the sub-workflows that a resume or rerun would run again."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wftui.engine.restart.repeated_effects import acting_once, has_acted
from wftui.engine.restart.restart_plan import InnerEffect
from wftui.engine.restart.resume import may_run_twice
from wftui.model.errors import UserError
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.summary import ExecutionFilters, ExecutionSummary
from wftui.runtime.plan import WorkflowPlan
from wftui.store.history.every_run import every_run

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore

PlanOf = Callable[[ExecutionSummary], Awaitable[WorkflowPlan]]
"""Returns the plan by which a sub-workflow runs again, or raises a UserError."""


class InnerEffects:
    """Reader of the effects inside the children of a run.

    The record of a child is read only if its plan has a step that acts once.
    """

    def __init__(self, store: "ExecutionStore", plan_of: PlanOf) -> None:
        self._store = store
        self._plan_of = plan_of

    async def repeated(self, record: ExecutionRecord, runs_again: Callable[[str], bool]) -> list[InnerEffect]:
        """Return the effects below the steps of a run that run again.

        Those of a step whose result was kept are in the runs that this one reran.
        """
        found = await self._below(record.id, runs_again)
        kept = {step.path for step in record.step_results if step.kept_from is not None}
        earlier = record.parent_id if record.parent_path is None else None
        seen = {record.id}  # an imported run may name itself
        while earlier is not None and earlier not in seen and kept:
            seen.add(earlier)
            found += await self._below(earlier, lambda path: path in kept and runs_again(path))
            run = await self._store.summary(earlier)
            earlier = run.parent_id if run is not None and run.parent_path is None else None
        return list(dict.fromkeys(found))

    async def interrupted(self, record: ExecutionRecord) -> list[InnerEffect]:
        """Return the effects in children that a resume continues."""
        opened = {step.path for step in record.step_results if step.status in ("running", "waiting")}
        return [each for each in await self._below(record.id, opened.__contains__) if each.interrupted]

    async def _below(self, run_id: str, runs_again: Callable[[str], bool]) -> list[InnerEffect]:
        found = []
        async for child in every_run(self._store, ExecutionFilters(parent_id=run_id)):
            caller = child.parent_path
            if caller is None or not runs_again(caller):
                continue
            own = await self._in_child(child)
            inner = await self._below(child.id, lambda _path: True)
            found += [
                InnerEffect(caller, f"{caller} > {each.path}", each.interrupted and child.status == "interrupted")
                for each in [*own, *inner]
            ]
        return found

    async def _in_child(self, child: ExecutionSummary) -> list[InnerEffect]:
        try:
            plan = await self._plan_of(child)
        except UserError:  # the calling step will fail with it
            return []
        once = acting_once(plan)
        record = await self._store.get(child.id, window=None) if once else None
        if record is None:
            return []
        opened = set(may_run_twice(plan, record, None))
        return [
            InnerEffect(step.path, step.path, step.path in opened)
            for step in record.step_results
            if step.step_id in once and has_acted(step)
        ]
