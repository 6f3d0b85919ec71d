"""Input to a form, and the value that it makes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.base import Json
from wftui.model.forms.addresses import leaves, node_at, pointer_of, text_problems
from wftui.model.forms.building import form_of
from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Items, Pairs
from wftui.model.forms.nodes import FormNode, Leaf, as_json, replace_node
from wftui.model.forms.secrets import COVER, covered, forget_secrets, uncovered
from wftui.model.forms.state import build_form, rebuild_form
from wftui.model.forms.text import BIG, JsonError, format_value, is_big, parse_json
from wftui.model.schema.json_schema import MISSING


def filled(schema: Json, value: Json = MISSING) -> Group:
    root = build_form(form_of(schema), value)
    assert isinstance(root, Group)
    return root


def leaf(root: FormNode, pointer: str) -> Leaf:
    found = node_at(root, pointer)
    assert isinstance(found, Leaf)
    return found


def of(contents: Json) -> Json:
    return {"properties": {"x": contents}}


def test_absent_null_and_default_are_three_things() -> None:
    root = filled(
        {
            "properties": {
                "a": {"type": "string"},
                "n": {"type": ["string", "null"]},
                "d": {"type": "integer", "default": 3},
            }
        }
    )
    assert root.collect() == {"d": 3}
    leaf(root, "/n").give(None)
    leaf(root, "/a").type_text("text")
    assert root.collect() == {"a": "text", "n": None, "d": 3}
    leaf(root, "/a").type_text("")
    leaf(root, "/d").type_text("")
    assert root.collect() == {"n": None}


@pytest.mark.parametrize(
    ("contents", "text", "value"),
    [
        ({"type": "integer"}, " 42 ", 42),
        ({"type": "number"}, "1.5", 1.5),
        ({"type": "number"}, "2", 2),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "string"}, "42", "42"),
        ({}, '{"a": [1]}', {"a": [1]}),
        ({}, "words", "words"),
        ({}, "42", 42),
        ({}, '"42"', "42"),
        ({"type": ["string", "integer"]}, "null", None),
    ],
)
def test_text_and_value(contents: Json, text: str, value: Json) -> None:
    root = filled(of(contents))
    leaf(root, "/x").type_text(text)
    assert root.collect() == {"x": value}
    assert type(root.collect()["x"]) is type(value)


@pytest.mark.parametrize(
    ("contents", "text", "sentence"),
    [
        ({"type": "integer"}, "4.5", "Enter a whole number."),
        ({"type": "integer"}, "1" * 5000, "This number has too many digits."),
        ({"type": "integer"}, "٤", "Enter a whole number."),
        ({"type": "number"}, "nan", "Enter a number, with a point before decimals."),
        ({"type": "number"}, "1e999", "This number is too big."),
        (
            {"type": "object", "additionalProperties": False},
            "{]",
            "Not JSON: expected a key in double quotes, at line 1, column 2.",
        ),
        ({}, "[NaN]", "Not JSON: NaN is not a JSON number, at line 1, column 2."),
    ],
)
def test_invalid_text_is_kept_with_an_error(contents: Json, text: str, sentence: str) -> None:
    root = filled(of(contents))
    leaf(root, "/x").type_text(text)
    assert [(pointer_of(each), problem) for each, problem in text_problems(root)] == [("/x", sentence)]
    again = rebuild_form(form_of(of(contents)), root.collect())
    assert again.collect() == {"x": text}


def test_optional_group_exists_once_a_field_is_set() -> None:
    schema = of(
        {"properties": {"host": {"type": "string"}, "port": {"type": "integer", "default": 80}}, "required": ["host"]}
    )
    root = filled(schema)
    assert root.collect() == {}
    leaf(root, "/x/host").type_text("db")
    assert root.collect() == {"x": {"host": "db", "port": 80}}
    leaf(root, "/x/host").type_text("")
    assert root.collect() == {}
    assert filled({**schema, "required": ["x"]}).collect() == {"x": {"port": 80}}
    assert filled(schema, {"x": {}}).collect() == {"x": {"port": 80}}


def test_list_items_are_added_moved_and_removed() -> None:
    root = filled(of({"type": "array", "items": {"type": "string"}}))
    items = node_at(root, "/x")
    assert isinstance(items, Items)
    assert root.collect() == {}
    first, second = items.add("a"), items.add("b")
    blank = items.add()
    assert root.collect() == {"x": ["a", "b"]}
    assert items.move(second, -1)
    assert not items.move(second, -1)
    assert root.collect() == {"x": ["b", "a"]}
    assert pointer_of(first) == "/x/1"
    assert node_at(root, "/x/1") is first
    for node in (first, second, blank):
        items.remove(node)
    assert root.collect() == {}


def test_emptied_list_stays_empty_when_absence_differs() -> None:
    with_default = filled(of({"type": "array", "items": {"type": "string"}, "default": ["a"]}))
    items = node_at(with_default, "/x")
    assert isinstance(items, Items)
    items.remove(items.nodes[0])
    assert with_default.collect() == {"x": []}
    assert filled({**of({"type": "array", "items": {"type": "string"}}), "required": ["x"]}).collect() == {}


def test_required_list_starts_with_a_line_to_write_in() -> None:
    root = filled({**of({"type": "array", "items": {"type": "string"}}), "required": ["x"]})
    items = node_at(root, "/x")
    assert isinstance(items, Items)
    assert len(items.nodes) == 1


def test_value_of_another_shape_is_kept_in_a_field_for_json() -> None:
    schema = {
        "properties": {
            "group": {"properties": {"a": {"type": "string"}}},
            "list": {"type": "array", "items": {"type": "string"}},
            "choice": {"enum": ["a"]},
            "yes": {"type": "boolean"},
            "number": {"type": "integer"},
        }
    }
    odd = {"group": 5, "list": {"b": 1}, "choice": "z", "yes": 1, "number": "many", "unknown": [None]}
    root = rebuild_form(form_of(schema), odd)
    assert root.collect() == odd
    assert leaf(root, "/group").field.kind == "json"


def test_properties_without_a_field_travel_in_the_rest() -> None:
    root = filled(
        {"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}}, {"a": "1", "b": "2"}
    )
    assert root.collect() == {"a": "1", "b": "2"}
    leaf(root, "/b").type_text("3")
    assert root.collect() == {"a": "1", "b": "3"}
    pairs = root.nodes[-1]
    assert isinstance(pairs, Pairs)
    added = pairs.add({"name": "a", "value": "4"})
    assert [problem for _, problem in text_problems(root)] == ["This name has a field of its own."]
    pairs.remove(added)
    rest = as_json(pairs)
    replace_node(pairs, rest)
    rest.type_text('{"c": "5"}')
    assert root.collect() == {"a": "1", "c": "5"}
    rest.type_text("[1]")
    assert [problem for _, problem in text_problems(root)] == ["Write a JSON object: {…}."]


def test_pointer_without_field_finds_the_nearest_parent() -> None:
    root = filled(of({"properties": {"a": {"type": "string"}}}))
    assert node_at(root, "/x/b/c") is node_at(root, "/x")
    assert node_at(root, "/nowhere") is root
    assert node_at(root, "") is root


def test_secrets_are_hidden_and_restored() -> None:
    schema = {
        "properties": {
            "token": {"type": "string", "format": "password"},
            "pin": {"type": "integer", "writeOnly": True},
            "n": {"type": "string"},
        }
    }
    root = filled(schema, {"token": "hunter2", "pin": 1234, "n": "name"})
    shown, hidden = covered(root)
    assert "hunter2" not in json.dumps(shown)
    assert shown == {"token": COVER, "pin": f"{COVER} 2", "n": "name"}
    shown["n"] = "other"
    assert uncovered(shown, hidden) == {"token": "hunter2", "pin": 1234, "n": "other"}
    forget_secrets(root)
    assert root.collect() == {"n": "name"}


def test_json_error_has_line_and_column() -> None:
    with pytest.raises(JsonError) as caught:
        parse_json('{\n  "a": 1,\n  "b" 2\n}')
    assert (caught.value.line, caught.value.column) == (3, 7)
    with pytest.raises(JsonError) as caught:
        parse_json("[1,\n NaN]")
    assert (caught.value.line, caught.value.column) == (2, 2)
    with pytest.raises(JsonError):
        parse_json("[" * 100_000)
    with pytest.raises(JsonError, match="-1e400 is too big for a number") as caught:
        parse_json('{"a": [1.5,\n -1e400]}')
    assert (caught.value.line, caught.value.column) == (2, 2)
    with pytest.raises(JsonError, match="more than 4300 digits"):
        parse_json(f"[{'9' * 5000}]")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
EVERY_KIND = form_of(
    {
        "properties": {
            "a": {"type": "string"},
            "b": {"type": ["integer", "null"]},
            "c": {"enum": ["x", 1, None]},
            "d": {
                "type": "array",
                "items": {"type": "object", "properties": {"a": {"type": "string", "default": "z"}}},
            },
            "e": {"type": "object", "properties": {"a": {"type": "boolean", "default": True}, "b": {"type": "number"}}},
            "f": {},
            "h": {"additionalProperties": {"type": ["string", "null"]}, "type": "object"},
            "g": {"type": "array", "uniqueItems": True, "items": {"enum": ["x", "y"]}},
        }
    }
)


@given(st.dictionaries(st.sampled_from("abcdefgh"), JSON, max_size=8))
def test_any_value_survives_the_form(value: Json) -> None:
    root = rebuild_form(EVERY_KIND, value)
    assert root.collect() == value
    for each in leaves(root):
        is_name = each.parent is not None and isinstance(each.parent.parent, Pairs) and each.field.name == "name"
        assert is_name or node_at(root, pointer_of(each)) is each or each.value is MISSING


@given(JSON)
def test_json_field_text_round_trips(value: Json) -> None:
    (field,) = form_of(of({})).fields
    typed = Leaf(field, None, MISSING)
    typed.type_text(format_value(field, value))
    assert typed.value == value


def test_map_has_rows_of_name_and_value() -> None:
    root = filled(of({"type": "object", "additionalProperties": {"type": "integer"}}), {"x": {"a": 1}})
    pairs = node_at(root, "/x")
    assert isinstance(pairs, Pairs)
    assert leaf(root, "/x/a").text == "1"
    added = pairs.add()
    assert isinstance(added, Group)
    name, value = added.nodes
    assert isinstance(name, Leaf)
    assert isinstance(value, Leaf)
    value.type_text("2")
    assert [sentence for _, sentence in text_problems(root)] == ["Enter a name."]
    name.type_text("a")
    assert [sentence for _, sentence in text_problems(root)] == ["This name is used twice."]
    name.type_text("b")
    assert root.collect() == {"x": {"a": 1, "b": 2}}
    value.type_text("")
    assert [sentence for _, sentence in text_problems(root)] == ["Enter a value."]
    pairs.remove(added)
    pairs.remove(pairs.nodes[0])
    assert root.collect() == {}


def test_list_that_nobody_touched_is_absent() -> None:
    schema = of({"type": "array", "items": {"type": "string"}, "default": ["a"]})
    again = rebuild_form(form_of(schema), {})
    assert again.collect() == {}
    items = node_at(again, "/x")
    assert isinstance(items, Items)
    items.remove(items.add("b"))
    assert again.collect() == {"x": []}


def test_size_of_a_value_that_is_edited_as_text() -> None:
    assert not is_big([0] * (BIG // 2)), "an item counts as two characters"
    assert is_big([0] * (BIG // 2 + 1))
    assert not is_big("x" * BIG)
    assert is_big("x" * (BIG + 1))
    assert not is_big({"x" * (BIG - 1): True})
    assert is_big({"x" * BIG: True})


@pytest.mark.parametrize(("default", "differs"), [({}, True), ({"default": None}, False), ({"default": ["a"]}, True)])
def test_null_list_differs_from_another_default(default: Json, differs: bool) -> None:
    root = filled(of({"type": ["array", "null"], "items": {"type": "string"}, **default}), {"x": None})
    found = node_at(root, "/x")
    assert isinstance(found, Items)
    assert found.differs() is differs
