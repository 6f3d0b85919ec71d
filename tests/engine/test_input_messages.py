"""Errors of step inputs of the wrong type name the fields, for every step type."""

import re
from typing import Any

import pytest
from steps.foreign_answers import OF_EACH_TYPE

from wftui.engine.primitives.failures import parse_input
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepType
from wftui.steps.registry.step_registry import builtin_registry

WITH_MODEL = [each for each in builtin_registry().types() if each.input_model is not None]
PYDANTIC = re.compile(
    r"NoneType|Input should|[Vv]alid (?:string|integer|dictionary|list|boolean|number)|permitted|Field required|"
    r"validation error|instance of|model_type|'str'|'int'|literal|union",
)


def refused(step_type: StepType[Any], given: dict[str, Json]) -> str | None:
    try:
        parse_input(step_type.input_model, given)
    except WorkflowError as error:
        assert error.type == "validation.input"
        return error.message
    return None


@pytest.mark.parametrize("step_type", WITH_MODEL, ids=lambda each: each.word)
def test_messages_hide_pydantic_models(step_type: StepType[Any]) -> None:
    example = dict(step_type.example)
    messages = [refused(step_type, {**example, "not_a_field": 1}), refused(step_type, {})]
    for field in step_type.input_schema()["properties"]:
        for value in OF_EACH_TYPE:
            messages.append(refused(step_type, {**example, field: value}))
    told = [each for each in messages if each is not None]
    assert told
    for message in told:
        assert not PYDANTIC.search(message), message
        assert message.startswith("the input is not valid: "), message
