"""Schemas are checked by their content, whatever was checked before."""

from typing import Any

from jsonschema.validators import Draft4Validator, Draft202012Validator

from wftui.model.schema.json_schema import validator_class
from wftui.runtime.validation.validator import schema_problems, validate_inputs


def test_a_schema_that_was_changed_in_place_is_checked_again() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
    assert schema_problems(schema) == ()
    assert validator_class(schema) is Draft202012Validator
    schema["properties"]["n"]["exclusiveMinimum"] = True
    assert validator_class(schema) is Draft4Validator
    schema["properties"]["n"]["type"] = "whole"
    assert [each.pointer for each in schema_problems(schema)][:1] == ["/properties/n/type"]
    assert validate_inputs(schema, {"n": 1})[1]


def test_numbers_and_lists_are_not_taken_for_their_likes() -> None:
    assert schema_problems({"minimum": 1, "title": "one"}) == ()
    assert schema_problems({"minimum": True, "title": "one"}) != ()
    assert schema_problems({"enum": ["a"]}) == ()
    assert schema_problems({"enum": ("a",)}) != ()


def test_more_schemas_than_are_remembered() -> None:
    schemas: list[Any] = [{"type": "object", "maxProperties": number - 1} for number in range(1030)]
    expected = [bool(schema_problems(schema)) for schema in schemas]
    assert [bool(schema_problems(schema)) for schema in reversed(schemas)] == expected[::-1]
    assert expected == [True, *[False] * 1029]
