"""`-i` values are typed by their schema, wherever the type stands in it."""

import argparse

import pytest

from wftui.cli.inputs import read_inputs
from wftui.model.base import Json
from wftui.model.errors import UsageError

SCHEMA: dict[str, Json] = {
    "type": "object",
    "$defs": {"tag": {"type": "string"}, "size": {"$ref": "#/$defs/number"}, "number": {"type": "integer"}},
    "properties": {
        "tag": {"$ref": "#/$defs/tag"},
        "size": {"$ref": "#/$defs/size"},
        "maybe": {"anyOf": [{"$ref": "#/$defs/tag"}, {"type": "null"}]},
        "both": {"allOf": [{"$ref": "#/$defs/tag"}]},
        "any": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
    },
}


def read(*pairs: str) -> dict[str, Json]:
    return read_inputs(argparse.Namespace(input=None, pairs=list(pairs)), SCHEMA)


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("tag=42", "42"),
        ("tag=true", "true"),
        ("size=42", 42),
        ("maybe=42", "42"),
        ("maybe=null", None),
        ("both=42", "42"),
        ("any=42", 42),
    ],
)
def test_a_type_behind_a_reference_is_found(pair: str, value: Json) -> None:
    assert list(read(pair).values()) == [value]


def test_invalid_referenced_value_is_named_by_type() -> None:
    with pytest.raises(UsageError, match="expected integer"):
        read("size=big")
