"""Checks against JSON Schemas, in a thread: a hostile pattern may take long, and big values do."""

import asyncio
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from wftui.engine.failures import problems_error
from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.runtime.plan import StepPlan

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_TAKES_NOTHING: tuple[Mapping[str, Any], ...] = ({}, {"type": "object"}, {"type": "object", "properties": {}})


async def check_inputs(
    schema: Mapping[str, Any], inputs: Mapping[str, Json]
) -> tuple[dict[str, Json], WorkflowError | None]:
    """The inputs with defaults applied, and the error with all problems per field, or None."""
    if not inputs and schema in _TAKES_NOTHING:
        return {}, None  # without loading jsonschema: most of the time of a short run
    return await asyncio.to_thread(_checked, schema, dict(inputs), "validation.inputs", "the workflow's input")


async def check_answer(form: Mapping[str, Any], data: Json) -> tuple[Json, WorkflowError | None]:
    """The data of an answer with defaults applied, and the error with all problems per field, or None."""
    return await asyncio.to_thread(_checked, form, data, "validation.answer", "the answer")


def _checked(schema: Mapping[str, Any], value: Json, error_type: str, what: str) -> tuple[Json, WorkflowError | None]:
    from wftui.runtime.validation import validate_inputs

    filled, found = validate_inputs(schema, value)
    problems = [{"pointer": each.pointer, "message": each.message} for each in found]
    return filled, problems_error(error_type, what, problems) if problems else None


class OutputSchemas:
    """The `outputSchema`s of one run, each prepared once."""

    def __init__(self) -> None:
        self._prepared: dict[str, Validator] = {}

    async def check(self, step: StepPlan, output: Json) -> None:
        """Raise when a step's output does not follow its `outputSchema`.

        Raises:
            WorkflowError: type `validation.output`, with every place that is wrong.
        """
        problems = await asyncio.to_thread(self._problems, step, output)
        if problems:
            raise problems_error("validation.output", "the output", problems)

    def _problems(self, step: StepPlan, output: Json) -> list[Mapping[str, Json]]:
        from wftui.runtime.validation import MAX_PROBLEMS
        from wftui.runtime.validation_messages import sentences
        from wftui.runtime.validation_rules import build_validator

        validator = self._prepared.get(step.id)
        if validator is None:
            validator = self._prepared[step.id] = build_validator(step.output_schema)
        found = islice(sentences(validator.iter_errors(output)), MAX_PROBLEMS)
        return [{"pointer": pointer, "message": message} for pointer, message in found]
