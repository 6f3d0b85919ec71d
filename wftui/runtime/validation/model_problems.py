"""Sentences for what a pydantic model refuses, in the words of its JSON Schema."""

from collections.abc import Mapping
from functools import lru_cache

from pydantic import BaseModel, ValidationError

from wftui.model.base import Json, WireModel
from wftui.model.json.pointers import pointer_to
from wftui.runtime.validation.validator import MAX_PROBLEMS, FieldProblem, validate_inputs

_SCHEMAS = 256
_OPENINGS = {"Value error, ": "", "Input should ": "The value should "}


def model_problems(model: type[BaseModel | WireModel], value: Json, error: ValidationError) -> list[FieldProblem]:
    """Return what is wrong with a value, at most `MAX_PROBLEMS`.

    The schema says it, where it refuses the value; else the validator of the model that does.
    """
    by_schema = validate_inputs(_schema_of(model), value)[1]
    if by_schema:
        return by_schema
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [FieldProblem(pointer_to(each["loc"]), _sentence(each)) for each in found[:MAX_PROBLEMS]]


def _sentence(problem: Mapping[str, Json]) -> str:
    message = str(problem["msg"])
    for opening, instead in _OPENINGS.items():
        if message.startswith(opening):
            message = instead + message.removeprefix(opening)
    return message[:1].upper() + message[1:]


@lru_cache(maxsize=_SCHEMAS)
def _schema_of(model: type[BaseModel | WireModel]) -> dict[str, Json]:
    """Return the JSON Schema of a model; many items of a forEach may fail."""
    return model.model_json_schema(by_alias=True)
