"""Preparation of a rerun: compare the earlier run with the current workflow."""

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from wftui.engine.primitives.schema_validation import check_inputs
from wftui.engine.primitives.secret_inputs import masked
from wftui.engine.restart.rerun_decisions import plan_restart
from wftui.engine.restart.restart_plan import RestartPlan
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.run.record import ExecutionRecord
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
        record: the earlier run, with big values resolved.
        inputs: of the new run, with masked secrets.
    """

    record: ExecutionRecord
    loaded: "LoadedWorkflow"
    inputs: dict[str, Json]
    restart: RestartPlan


async def prepare_rerun(
    store: "ExecutionStore",
    load: "Callable[[str], LoadedWorkflow]",
    record: ExecutionRecord,
    asked: RerunRequest,
    before: WorkflowPlan | None,
) -> Rerun:
    """Plan a rerun.

    Args:
        before: the plan of the earlier run; None when it is no longer available.

    Raises:
        NotFoundError: there is no such step.
        UserError: the workflow does not exist or has errors.
    """
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
    return Rerun(whole, loaded, hidden, restart)
