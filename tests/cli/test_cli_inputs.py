"""`-i` values are typed by their schema, wherever the type is in it."""

import argparse
import json
from pathlib import Path
from typing import Any

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
        "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}},
        "sizes": {"allOf": [{"type": "array", "items": {"$ref": "#/$defs/size"}}]},
        "loose": {"type": "array", "items": {"type": ["integer", "null"]}},
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
        ("tags=1,2", ["1", "2"]),
        ("sizes=1,2", [1, 2]),
        ("loose=1,null", [1, None]),
    ],
)
def test_a_type_behind_a_reference_is_found(pair: str, value: Json) -> None:
    assert list(read(pair).values()) == [value]


def test_invalid_referenced_value_is_named_by_type() -> None:
    with pytest.raises(UsageError, match="expected a whole number"):
        read("size=big")


def test_a_list_of_several_types_is_refused_with_an_example() -> None:
    with pytest.raises(UsageError, match="write it like -i loose=1,2"):
        read("loose=1,b")


def typed_as(schema: Json, *texts: str) -> Json:
    whole: dict[str, Json] = {"type": "object", "properties": {"x": schema}}
    pairs = [f"x={text}" for text in texts]
    return read_inputs(argparse.Namespace(input=None, pairs=pairs), whole)["x"]


def list_of(kind: str) -> dict[str, Json]:
    return {"type": "array", "items": {"type": kind}}


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        *[({"type": "boolean"}, word, True) for word in ("yes", "Yes", "true", "True", "on", "y")],
        *[({"type": "boolean"}, word, False) for word in ("no", "NO", "false", "False", "off", "n")],
        ({"type": "integer"}, " 5 ", 5),
        ({"type": "integer"}, "+05", 5),
        ({"type": "integer"}, "-3", -3),
        ({"type": "integer"}, "1e3", 1000),
        ({"type": "number"}, ".5", 0.5),
        ({"type": "number"}, "5", 5),
        ({"type": ["number", "null"]}, "null", None),
        (list_of("string"), "a,b", ["a", "b"]),
        (list_of("string"), '"a, b",c', ["a, b", "c"]),
        (list_of("string"), "c , 'a,b'", ["c", "a,b"]),
        (list_of("string"), "it's,'tis", ["it's", "'tis"]),
        (list_of("string"), "a, b", ["a", "b"]),
        (list_of("string"), "a", ["a"]),
        (list_of("string"), "", []),
        (list_of("string"), "1,true,null", ["1", "true", "null"]),
        (list_of("string"), '["a, b"]', ["a, b"]),
        (list_of("string"), '"a, b","c"', ["a, b", "c"]),
        (list_of("integer"), "1,2", [1, 2]),
        (list_of("boolean"), "yes,no", [True, False]),
        ({"type": "array"}, "1,b", [1, "b"]),
        ({"type": "array", "items": {"enum": ["1", "b"]}}, "1,b", ["1", "b"]),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({"enum": ["1", "yes"]}, "1", "1"),
        ({"const": "7"}, "7", "7"),
        ({"type": "string"}, "a,b", "a,b"),
        ({"type": "string"}, "@@ada", "@ada"),
        ({"type": "string"}, "a@b", "a@b"),
        (list_of("string"), "@@ada,@bob", ["@ada", "@bob"]),
        ({}, "yes", "yes"),
        ({"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "yes", True),
        ({"oneOf": [{"type": "integer"}, {"type": "null"}]}, "null", None),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "yes", "yes"),
    ],
)
def test_values_are_parsed_as_users_expect(schema: Json, text: str, value: Json) -> None:
    found = typed_as(schema, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("schema", "text", "sentence"),
    [
        ({"type": "boolean"}, "maybe", "expected yes or no; write it like -i x=yes"),
        ({"type": "boolean"}, "1", "expected yes or no"),
        ({"type": "integer"}, "true", "expected a whole number; write it like -i x=5"),
        ({"type": "integer"}, "1.5", "expected a whole number"),
        ({"type": "integer"}, "1e999", "expected a whole number"),
        ({"type": "number"}, "1,5", "expected a number; write it like -i x=1.5"),
        ({"type": "number"}, "NaN", "expected a number"),
        (list_of("integer"), "1,b", "expected a list of whole numbers; write it like -i x=1,2"),
        (list_of("object"), "a,b", """expected a list of objects; write it like -i x='[{"name": "value"}]'"""),
        (list_of("string"), '"a,b', "expected a list; write it like -i x=a,b"),
        (list_of("string"), '["a"', "expected a list; write it like -i x=a,b"),
        ({"type": "object"}, "a=b", """expected an object; write it like -i x='{"name": "value"}'"""),
        ({"type": "object"}, "[1]", "expected an object"),
        ({"type": ["integer", "boolean"]}, "x", "expected yes or no or a whole number"),
        ({"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "x", "expected yes or no or a whole number"),
        ({"type": "object"}, '{"a": 1, "a": 2}', "-i x has the key 'a' more than once"),
        ({"type": "array"}, '[{"a": 1, "a": 2}]', "-i x has the key 'a' more than once"),
        ({}, '{"a": {"b": 1, "b": 2}}', "-i x has the key 'b' more than once"),
        ({"type": "string"}, "@nowhere/at/all", "for a text that begins with @, write -i x=@@nowhere/at/all"),
    ],
)
def test_invalid_value_explains_the_syntax(schema: Json, text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        typed_as(schema, text)
    assert sentence in str(caught.value)
    assert caught.value.code == "usage.input"


def test_only_lists_accept_repeated_options() -> None:
    assert typed_as(list_of("string"), "a", "b,c") == ["a", "b", "c"]
    with pytest.raises(UsageError, match="-i x is given 2 times; only a list may be"):
        typed_as({"type": "string"}, "a", "b")


def test_a_byte_order_mark_is_not_part_of_a_value(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbf5")
    assert typed_as({"type": "integer"}, f"@{tmp_path / 'a'}") == 5
    (tmp_path / "b").write_bytes(b'\xef\xbb\xbf{"x": "1"}')
    for given in (f"@{tmp_path / 'b'}", '\ufeff{"x": "1"}'):
        assert read_inputs(argparse.Namespace(input=given, pairs=[]), {}) == {"x": "1"}


def test_a_key_twice_in_the_whole_input_is_refused() -> None:
    for text in ('{"x": 1, "x": 2}', '{"a": [{"x": 1, "x": 1}]}'):
        with pytest.raises(UsageError, match="--input has the key 'x' more than once"):
            read_inputs(argparse.Namespace(input=text, pairs=[]), {})


def test_the_name_of_a_file_as_the_whole_input_is_explained(tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text("{}")
    with pytest.raises(UsageError, match=f"for a file, write --input @{tmp_path}/in.json"):
        read_inputs(argparse.Namespace(input=f"{tmp_path}/in.json", pairs=[]), {})


@pytest.mark.parametrize("kind", ["null", "boolean", "integer", "number", "array", "object"])
@pytest.mark.parametrize("value", [None, True, 0, -7, 1.5, 1e300, [], [1, "a,b"], ["x"], {}, {"a": [1]}])
def test_json_of_a_type_is_always_understood(kind: str, value: Any) -> None:
    types = {"null": type(None), "boolean": bool, "integer": int, "number": int | float, "array": list, "object": dict}
    fits = isinstance(value, types[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if fits:
        assert typed_as({"type": kind}, json.dumps(value)) == value
