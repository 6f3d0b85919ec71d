"""Values computed before and after the steps: defaults, variables, outputs."""

from collections.abc import Mapping
from dataclasses import replace

from wftui.engine.primitives.conditions import evaluate
from wftui.engine.primitives.failures import describe_outside
from wftui.engine.primitives.schema_validation import check_inputs
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.run.steps import ExecutionError
from wftui.runtime.json_values import ensure_json
from wftui.runtime.plan import WorkflowPlan
from wftui.runtime.scope import Scope


async def compute_defaults(
    plan: WorkflowPlan, inputs: Mapping[str, Json], scope: Scope
) -> tuple[Mapping[str, Json], ExecutionError | None]:
    """Return inputs with their computed defaults, and the first error or None.

    Args:
        scope: the names they may read, without the inputs.
    """
    absent = [name for name in plan.input_defaults if name not in inputs]
    if not absent:
        return inputs, None
    computed: dict[str, Json] = {}
    known, _invalid = await check_inputs(plan.input_schema, inputs)  # with the other defaults
    for name in absent:
        try:
            value = await evaluate(plan.input_defaults[name], replace(scope, inputs={**known, **computed}))
            await ensure_json(value, "binding.not_json", f"the default of {name}")
        except Exception as error:  # noqa: BLE001  (a default that cannot be computed fails the run)
            pointer = pointer_to(["inputSchema", "properties", name, "default"])
            return inputs, describe_outside(error, pointer, plan)
        computed[name] = value
    return {**inputs, **computed}, None


async def compute_vars(plan: WorkflowPlan, scope: Scope) -> tuple[dict[str, Json], ExecutionError | None]:
    """Return the variables, up to the first error, and that error or None."""
    values: dict[str, Json] = {}
    for name, bind in plan.vars.items():
        try:
            value = await evaluate(bind, replace(scope, locals={"vars": values}))
            await ensure_json(value, "binding.not_json", f"the variable {name}")
        except Exception as error:  # noqa: BLE001  (a variable that cannot be computed fails the run)
            return values, describe_outside(error, f"/vars/{name}", plan)
        values[name] = value
    return values, None


async def compute_outputs(plan: WorkflowPlan, scope: Scope) -> tuple[dict[str, Json], ExecutionError | None]:
    """Return the outputs, null for those with an error, and the first error or None."""
    outputs: dict[str, Json] = {}
    first: ExecutionError | None = None
    for name, bind in plan.outputs.items():
        try:
            value = await evaluate(bind, scope)
            await ensure_json(value, "output.not_json", "the output")
            outputs[name] = value
        except Exception as error:  # noqa: BLE001  (an output that cannot be computed fails the run)
            outputs[name] = None
            first = first or describe_outside(error, f"/outputs/{name}", plan)
    return outputs, first
