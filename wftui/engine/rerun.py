"""Preparing a re-run: the earlier run, the workflow as it is now, and what of the one fits the other."""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wftui.engine.restart import RestartPlan, plan_restart
from wftui.engine.secret_inputs import masked
from wftui.engine.validation import check_inputs
from wftui.model.base import Json
from wftui.model.execution import ExecutionRecord
from wftui.runtime.plan import WorkflowPlan

if TYPE_CHECKING:
    from wftui.compiler.compiler import LoadedWorkflow
    from wftui.store.execution_store import ExecutionStore


@dataclass(slots=True)
class Rerun:
    """A re-run that has been planned.

    Attributes:
        record: the earlier run, with its big values in place.
        inputs: of the new run, secret ones masked.
    """

    record: ExecutionRecord
    loaded: "LoadedWorkflow"
    inputs: dict[str, Json]
    restart: RestartPlan


async def prepare_rerun(
    store: "ExecutionStore",
    load: "Callable[[str], LoadedWorkflow]",
    record: ExecutionRecord,
    from_step: str | None,
    inputs: Mapping[str, Json],
    before: WorkflowPlan | None,
    *,
    complete: bool = False,
) -> Rerun:
    """Plan to run a workflow again.

    Args:
        before: the workflow as the earlier run had it; None where that cannot be had any more.
        from_step: id or path of a step to run again whatever became of it.
        inputs: in the place of those of the earlier run.
        complete: `inputs` are all there are, so that those of the earlier run that are not among them go.

    Raises:
        NotFoundError: there is no such step.
        UserError: the workflow does not exist or has errors.
    """
    whole = await store.resolve_record(record)
    loaded = await asyncio.to_thread(load, record.workflow_id)
    plan = loaded.plan
    filled, _invalid = await check_inputs(plan.input_schema, {**({} if complete else whole.inputs), **inputs})
    hidden = masked(filled, plan.secret_inputs)
    environment = dict(os.environ)
    restart = await asyncio.to_thread(
        lambda: plan_restart(plan, whole, inputs=hidden, environment=environment, from_step=from_step, before=before)
    )
    return Rerun(whole, loaded, hidden, restart)
