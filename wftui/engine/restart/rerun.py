"""Preparation of a rerun: compare the earlier run with the current workflow."""

import asyncio
import os
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from wftui.engine.primitives.schema_validation import check_inputs
from wftui.engine.primitives.secret_inputs import masked
from wftui.engine.restart.inner_effects import InnerEffects
from wftui.engine.restart.repeated_effects import with_inner_effects
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.engine.restart.restart_plan import InnerEffect, RepeatedWork, RestartPlan
from wftui.engine.restart.resume import inputs_with_secrets, may_run_twice
from wftui.engine.restart.reuse_checks import is_within
from wftui.engine.restart.stored_plans import StoredPlans
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.record import ExecutionRecord, ExecutionRequest
from wftui.model.run.summary import ExecutionSummary
from wftui.runtime.plan import WorkflowPlan

if TYPE_CHECKING:
    from wftui.compiler.module_run import LoadedWorkflow
    from wftui.store.execution_store import ExecutionStore


@dataclass(frozen=True, slots=True)
class RerunRequest:
    """Changes of a rerun against the earlier run.

    Attributes:
        from_step: id or path of a step that runs in any case.
        inputs: inputs that replace those of the earlier run.
        connections: names of the user's connections that replace those the workflow names.
        complete: `inputs` is complete: other inputs of the earlier run are dropped.
    """

    from_step: str | None
    inputs: Mapping[str, Json]
    connections: Mapping[str, str]
    complete: bool = False


@dataclass(slots=True)
class Rerun:
    """Planned rerun.

    Attributes:
        asked: the changes against the earlier run.
        record: the earlier run, with big values resolved.
        inputs: of the new run, with masked secrets.
        inner: effects of the sub-workflows that run again.
    """

    asked: RerunRequest
    record: ExecutionRecord
    loaded: "LoadedWorkflow"
    inputs: dict[str, Json]
    restart: RestartPlan
    inner: list[InnerEffect]

    @property
    def repeated(self) -> RepeatedWork:
        """Steps whose work the rerun would repeat without need, or at a risk."""
        interrupted = may_run_twice(self.loaded.plan, self.record, self.asked.from_step)
        interrupted += [each.path for each in self.inner if each.interrupted]
        return replace(self.restart.repeated, interrupted=interrupted)

    def request(self, user_id: str, pool: str | None) -> ExecutionRequest:
        """Return the request for the new run.

        Raises:
            UserError: a secret input is missing.
        """
        return ExecutionRequest(
            workflow_id=self.loaded.plan.id,
            inputs=inputs_with_secrets(self.loaded.plan, self.inputs, self.asked.inputs),
            user_id=user_id,
            parent_id=self.record.id,
            connections=dict(self.asked.connections),
            inherited_connections=self.record.connections,
            pool=pool,
        )


async def prepare_rerun(
    store: "ExecutionStore",
    load: "Callable[[str], LoadedWorkflow]",
    stored: StoredPlans,
    record: ExecutionRecord,
    asked: RerunRequest,
) -> Rerun:
    """Plan a rerun.

    Raises:
        NotFoundError: there is no such step.
        UserError: the workflow does not exist or has errors.
    """
    before = await stored.plan_before(record.id)
    whole = await store.resolve_record(record)
    loaded = await asyncio.to_thread(load, record.workflow_id)
    plan = loaded.plan
    inputs = {**({} if asked.complete else whole.inputs), **asked.inputs}
    filled, _invalid = await check_inputs(plan.input_schema, inputs)
    hidden = masked(filled, plan.secret_inputs)
    environment = dict(os.environ)
    others = {name for name, other in asked.connections.items() if other != record.connections.get(name, name)}
    restart = await asyncio.to_thread(
        lambda: plan_restart(
            plan,
            whole,
            inputs=hidden,
            environment=environment,
            from_step=asked.from_step,
            before=before,
            reconnected=others,
        )
    )
    inner = await _inner_effects(store, load, whole, set(restart.reused))
    return Rerun(asked, whole, loaded, hidden, with_inner_effects(restart, inner), inner)


async def _inner_effects(
    store: "ExecutionStore", load: "Callable[[str], LoadedWorkflow]", record: ExecutionRecord, kept: Set[str]
) -> list[InnerEffect]:
    """Return the effects of the sub-workflows that run again."""
    plans: dict[str, WorkflowPlan] = {}

    async def current_plan(child: ExecutionSummary) -> WorkflowPlan:
        if child.workflow_id not in plans:
            plans[child.workflow_id] = (await asyncio.to_thread(load, child.workflow_id)).plan
        return plans[child.workflow_id]

    return await InnerEffects(store, current_plan).repeated(record, lambda path: not is_within(path, kept))
