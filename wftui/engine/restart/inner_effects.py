"""Effects of the sub-workflows that a resume or rerun would run again."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from wftui.engine.restart.repeated_effects import acting_once, has_acted
from wftui.engine.restart.restart_plan import InnerEffect
from wftui.engine.restart.resume import every_step, may_run_twice
from wftui.model.errors import UserError
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.summary import ExecutionSummary
from wftui.runtime.plan import WorkflowPlan

if TYPE_CHECKING:
    from wftui.store.execution_store import ExecutionStore

PlanOf = Callable[[ExecutionSummary], Awaitable[WorkflowPlan]]
"""Returns the plan by which a sub-workflow runs again, or raises a UserError."""
_AT_ONCE = 500
"""Runs for which the store is asked at once."""


class _Place(NamedTuple):
    """The place of a child below a run.

    Attributes:
        caller: path of the step of that run.
        steps: the steps that lead to it, `deploy > pay > `.
        is_open: it, and what leads to it, is interrupted.
    """

    caller: str
    steps: str
    is_open: bool


class InnerEffects:
    """Reader of the effects inside the children of a run.

    The events of children are read together; the record of one only if it is interrupted, and its plan has a step that
    acts once.
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
        found: list[InnerEffect] = []
        above: Mapping[str, _Place | None] = {run_id: None}
        seen = {run_id}
        while above:
            below: dict[str, _Place] = {}
            for ids in _batches(above):
                children = [each for each in await self._store.children(ids) if each.id not in seen]
                places = {}
                for child in children:
                    assert child.parent_id is not None and child.parent_path is not None
                    outer, caller, is_open = above[child.parent_id], child.parent_path, child.status == "interrupted"
                    if outer is not None:
                        places[child.id] = _Place(outer.caller, f"{outer.steps}{caller} > ", outer.is_open and is_open)
                    elif runs_again(caller):
                        places[child.id] = _Place(caller, f"{caller} > ", is_open)
                found += await self._inside([child for child in children if child.id in places], places)
                below |= places
            seen |= below.keys()
            above = below
        return found

    async def _inside(self, children: Sequence[ExecutionSummary], places: Mapping[str, _Place]) -> list[InnerEffect]:
        """Return the effects in some runs themselves."""
        plans = {}
        for child in children:
            try:
                plan = await self._plan_of(child)
            except UserError:  # the calling step will fail with it
                continue
            if acting_once(plan):
                plans[child.id] = plan
        has_ended = {child.id for child in children if child.status != "interrupted"}
        ended = {run_id: acting_once(plan) for run_id, plan in plans.items() if run_id in has_ended}
        begun = await self._store.begun_steps(ended) if ended else {}
        found = []
        for child in children:
            if child.id not in plans:
                continue
            plan, place = plans[child.id], places[child.id]
            steps = _acted(plan, begun.get(child.id, ()))
            if child.status == "interrupted":
                steps = await self._in_record(child.id, plan)
            found += [
                InnerEffect(place.caller, f"{place.steps}{path}", is_open and place.is_open)
                for path, is_open in steps.items()
            ]
        return found

    async def _in_record(self, run_id: str, plan: WorkflowPlan) -> dict[str, bool]:
        """Return the steps of an interrupted run that acted, and whether they ran."""
        record = await self._store.get(run_id, window=None)
        if record is None:
            return {}
        once, opened = acting_once(plan), set(may_run_twice(plan, record, None))
        steps = (step for step in record.step_results if step.step_id in once and has_acted(step))
        return {step.path: step.path in opened for step in steps}


def _acted(plan: WorkflowPlan, begun: Sequence[tuple[str, str]]) -> dict[str, bool]:
    """Return the steps that have acted, of those that have begun; none still runs."""
    once = acting_once(plan)
    repeated = {step.id for step in every_step(plan) if step.for_each is not None}  # their items act
    return {path: False for path, step_id in begun if step_id in once and (step_id not in repeated or path[-1] == "]")}


def _batches(ids: Mapping[str, object]) -> Iterator[list[str]]:
    left = iter(ids)
    while batch := list(islice(left, _AT_ONCE)):
        yield batch
