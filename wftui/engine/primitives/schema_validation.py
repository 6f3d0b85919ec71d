"""Validation against JSON Schemas.

Unless it is trivial, in a thread: big values and patterns take long.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from wftui.engine.primitives.failures import problems_error
from wftui.model.base import Json
from wftui.runtime.plan import StepPlan
from wftui.runtime.validation.plain import fill_plain
from wftui.runtime.workflow_errors import WorkflowError


async def check_inputs(
    schema: Mapping[str, Any], inputs: Mapping[str, Json]
) -> tuple[dict[str, Json], WorkflowError | None]:
    """Return the inputs with defaults, and an error with all invalid fields or None."""
    return await _check(schema, dict(inputs), "validation.inputs", "the workflow's input")


async def check_answer(form: Mapping[str, Any], data: Json) -> tuple[Json, WorkflowError | None]:
    """Return an answer with defaults, and an error with all invalid fields or None."""
    return await _check(form, data, "validation.answer", "the answer")


async def _check(
    schema: Mapping[str, Any] | bool, value: Any, error_type: str, what: str
) -> tuple[Any, WorkflowError | None]:
    if (plain := fill_plain(schema, value)) is not None:
        return plain[0], None
    return await asyncio.to_thread(_checked, schema, value, error_type, what)


def _checked(
    schema: Mapping[str, Any] | bool, value: Json, error_type: str, what: str
) -> tuple[Json, WorkflowError | None]:
    from wftui.runtime.validation.validator import validate_inputs

    filled, found = validate_inputs(schema, value)
    problems = [{"pointer": each.pointer, "message": each.message} for each in found]
    return filled, problems_error(error_type, what, problems) if problems else None


async def check_output(step: StepPlan, output: Json) -> None:
    """Check a step's output against its `outputSchema`, without applying defaults.

    Raises:
        WorkflowError: type `validation.output`, with every invalid position.
    """
    if step.output_schema is None:
        return
    _, error = await _check(step.output_schema, output, "validation.output", "the output")
    if error is not None:
        raise error
