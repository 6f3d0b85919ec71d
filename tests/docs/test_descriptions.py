"""Every key of a workflow file and every field of an output has a description."""

from collections.abc import Iterator
from typing import Any

import pytest

from wftui.compiler.schema import workflow_schema
from wftui.connections.connection_kinds import KINDS, ConnectionValues
from wftui.model.base import Json
from wftui.steps.api.step_type import StepType
from wftui.steps.registry.step_registry import builtin_registry

STEP_TYPES = builtin_registry()


def properties(schema: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every property at any depth with its path; conditions (`if`) declare none."""
    if isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from properties(inner, f"{path}/{index}")
    elif isinstance(schema, dict):
        for key, inner in schema.items():
            if key == "if":
                continue
            if key == "properties" and not path.endswith("/properties"):
                yield from ((f"{path}/{key}/{name}", field) for name, field in inner.items())
            yield from properties(inner, f"{path}/{key}")


def has_description(field: Json) -> bool:
    return isinstance(field, dict) and bool(field.get("description"))


def described_elsewhere(path: str) -> bool:
    """Return whether a definition only repeats keys of others, to require them."""
    return path.startswith("/$defs/NeededInput")


def undescribed(schema: Json) -> list[str]:
    """Paths of the properties without a description."""
    return [path for path, field in properties(schema) if not (described_elsewhere(path) or has_description(field))]


def test_every_key_of_a_workflow_file_has_a_description() -> None:
    schema = workflow_schema(STEP_TYPES)
    assert len(list(properties(schema))) > 200
    assert undescribed(schema) == []


@pytest.mark.parametrize("step_type", STEP_TYPES.types(), ids=lambda step_type: step_type.word)
def test_every_field_of_an_output_has_a_description(step_type: StepType[Any]) -> None:
    assert undescribed(dict(step_type.output_schema)) == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.word)
def test_every_value_of_a_connection_has_a_description(kind: type[ConnectionValues]) -> None:
    assert undescribed(kind.model_json_schema(by_alias=True)) == []
