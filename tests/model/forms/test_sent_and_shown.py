"""A form and the command under it send the same, for generated schemas and edits."""

import argparse
import json
import shlex

from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.cli.inputs import read_inputs
from wftui.model.base import Json
from wftui.model.forms.addresses import every_node, text_problems
from wftui.model.forms.building import form_of
from wftui.model.forms.command import run_command
from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Items
from wftui.model.forms.nodes import FormNode, Leaf
from wftui.model.forms.state import build_form
from wftui.model.forms.unions import Union
from wftui.model.forms.ways import ways_of
from wftui.model.json.equality import is_same
from wftui.model.schema.json_schema import MISSING
from wftui.runtime.validation.validator import validate_inputs

TEXTS = st.sampled_from(
    ["", "a", "true", "null", "5", "@f", '"q"', "a=b", "ä b", "{", "1e999", "\x1b[1m", "a\n", "\x7f\x9b\u202e"]
)
SCALAR: st.SearchStrategy[dict[str, Json]] = st.one_of(
    st.builds(lambda text: {"type": "string", "default": text}, TEXTS),
    st.sampled_from(
        [
            {"type": "string"},
            {"type": ["string", "null"]},
            {"type": ["string", "null"], "default": None},
            {"type": "integer"},
            {"type": "integer", "default": 0},
            {"type": "number", "default": 1.5},
            {"type": "number", "multipleOf": 0.01},
            {"type": "boolean"},
            {"type": "boolean", "default": False},
            {"enum": [True, "true", 1, "1", 1.5, "1.5", None, "null", "", 0, False]},
            {"enum": [[1], ["1"], [True], {"a": 1}]},
            {"type": "number", "multipleOf": 0.1, "default": 0.3},
            {"type": "integer", "default": 123456789012345678901234567890},
            {"type": ["string", "null"], "default": "null"},
            {"type": ["object", "null", "string"]},
            {"enum": ["x", "y"], "default": "y"},
            {"type": ["string", "integer"]},
            {},
            {"default": {"any": []}},
        ]
    ),
)


def _composed(inner: st.SearchStrategy[dict[str, Json]]) -> st.SearchStrategy[dict[str, Json]]:
    names = st.sampled_from(["a", "b", "c", "a=b", "-x", "", "\x9b"])
    group = st.builds(
        lambda properties, needed, more: {
            "type": "object",
            "properties": properties,
            "required": [name for name in needed if name in properties],
            **more,
        },
        st.dictionaries(names, inner, min_size=1, max_size=3),
        st.sets(names, max_size=2).map(sorted),
        st.sampled_from(
            [
                {},
                {"default": {}},
                {"default": {"a": 1}},
                {"additionalProperties": {"type": "integer"}},
                {"dependentRequired": {"a": ["b"]}},
                {"dependentSchemas": {"a": {"properties": {"d": {"type": "string", "default": "dd"}}}}},
                {
                    "if": {"properties": {"a": {"const": "a"}}, "required": ["a"]},
                    "then": {"properties": {"e": {"type": "integer", "default": 7}}},
                    "else": {"properties": {"f": {"type": "array", "items": {"type": "string"}}}},
                },
            ]
        ),
    )
    return st.one_of(
        group,
        st.builds(lambda item: {"type": "array", "items": item}, inner),
        st.builds(
            lambda first, second: {"items": [first, second], "additionalItems": {"type": "string"}}, inner, inner
        ),
        st.builds(lambda item: {"additionalProperties": {"type": "array", "items": item}}, inner),
        st.builds(lambda item: {"type": "array", "items": item, "default": []}, inner),
        st.just({"type": "array", "items": {"type": "string"}, "default": ["a", ""]}),
        st.just({"type": ["array", "null"], "items": {"type": "integer"}, "default": None}),
        st.just({"type": "array", "uniqueItems": True, "items": {"enum": ["a", 1, True]}, "default": [1]}),
        st.builds(lambda first, second: {"prefixItems": [first, second], "items": {"type": "integer"}}, inner, inner),
        st.builds(lambda value: {"type": "object", "additionalProperties": value}, inner),
        st.builds(lambda first, second: {"oneOf": [first, second, {"type": "null"}]}, inner, inner),
        st.builds(
            lambda first, second: {
                "anyOf": [
                    {"properties": {"kind": {"const": "first"}, "x": first}, "required": ["kind"]},
                    {"properties": {"kind": {"const": "second"}, "y": second}, "required": ["kind"]},
                ]
            },
            inner,
            inner,
        ),
    )


SCHEMAS = st.recursive(SCALAR, _composed, max_leaves=6)
FORMS = _composed(SCHEMAS).filter(lambda schema: schema.get("type") == "object" or "anyOf" in schema)


def read_back(schema: Json, line: str) -> dict[str, Json]:
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", dest="pairs", action="append", default=[])
    parser.add_argument("--input")
    return read_inputs(parser.parse_args(shlex.split(line)[3:]), schema)


def edit(node: FormNode, data: st.DataObject) -> None:
    """Do to a node one of the things that a person can do to it."""
    match node:
        case Leaf():
            how = data.draw(st.sampled_from(["type", "clear", "null", "empty"]))
            if how == "type" and not node.field.choices and node.field.kind != "boolean":
                node.type_text(data.draw(TEXTS | st.sampled_from(["0", "1.50", "[1]", '{"z": 1}'])))
            elif node.field.choices or node.field.kind == "boolean":
                values = [choice.value for choice in node.field.choices] or [True, False]
                chosen = data.draw(st.sampled_from(values))
                node.give([chosen] if node.field.kind == "choices" else chosen)
            elif how == "null" and node.field.nullable:
                node.give(None)
            elif how == "empty" and node.field.takes_text:
                node.give("")
            else:
                node.give(MISSING)
        case Group():
            if data.draw(st.booleans()) and node.field.nullable:
                node.give_null()
            else:
                node.clear()
        case Items():
            how = data.draw(st.sampled_from(["add", "add", "remove", "clear", "null"]))
            if how == "add":
                node.add()
            elif how == "remove" and node.nodes:
                node.remove(node.nodes[0])
            elif how == "null" and node.field.nullable:
                node.give_null()
            else:
                node.clear()
        case Union():
            if data.draw(st.booleans()):
                node.choose(data.draw(st.integers(0, len(node.field.variants) - 1)))
            else:
                node.clear()


@settings(max_examples=60)
@given(FORMS, st.data())
def test_command_sends_what_the_form_sends(schema: dict[str, Json], data: st.DataObject) -> None:
    root = build_form(form_of(schema))
    for _ in range(data.draw(st.integers(0, 6))):
        node = data.draw(st.sampled_from(list(every_node(root))))
        ways = list(ways_of(node))
        if ways and node.parent is not None and not node.field.fixed and data.draw(st.booleans()):
            data.draw(st.sampled_from(ways)).take()
        else:
            edit(node, data)
        for each in list(every_node(root)):
            if isinstance(each, Group):
                each.follow()
    if list(text_problems(root)):
        return  # it is not sent
    sent = root.collect()
    assert isinstance(sent, dict)
    there, problems = validate_inputs(schema, sent)
    if problems:
        return  # it is not sent: the form shows them
    line = run_command(["wftui", "run", "flow"], root)
    assert line.isprintable(), "a terminal would act on it"
    shown = read_back(schema, line)
    here, other_problems = validate_inputs(schema, shown)
    assert is_same(there, here), f"{json.dumps(schema)}\n{json.dumps(sent)}\n{line}\n{json.dumps(shown)}"
    assert not other_problems


def test_a_value_of_no_form_is_sent_as_json_where_the_forms_have_types() -> None:
    either = {"anyOf": [{"properties": {"x": {"type": "string"}}}, {"properties": {"y": {"type": "string"}}}]}
    schema: dict[str, Json] = {"type": "object", "properties": {"a": either}, "default": {"a": 1}}
    root = build_form(form_of(schema))
    line = run_command(["wftui", "run", "flow"], root)
    assert read_back(schema, line) == root.collect() == {"a": 1}
