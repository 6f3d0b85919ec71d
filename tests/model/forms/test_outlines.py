# ruff: noqa: E501  (tables, several cases per line)
"""Fields of schemas, ways to give values, results of texts: read the snapshot."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace

import pytest
from syrupy.assertion import SnapshotAssertion

from wftui.model.base import Json
from wftui.model.forms.addresses import every_node, leaves, pointer_of, text_problems
from wftui.model.forms.building import form_of
from wftui.model.forms.fields import FormField
from wftui.model.forms.groups import Group
from wftui.model.forms.lists import Items, Pairs
from wftui.model.forms.nodes import FormNode
from wftui.model.forms.secrets import covered
from wftui.model.forms.state import build_form, rebuild_form
from wftui.model.forms.unions import Union
from wftui.model.forms.ways import bind, ways_of
from wftui.model.schema.json_schema import MISSING

TREE: Json = {"properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/tree"}}, "required": ["name"]}
KINDS: Json = {
    "oneOf": [
        {"title": "Round", "description": "A circle.", "properties": {"kind": {"const": "circle"}, "r": {"type": "number", "default": 1}}, "required": ["kind"]},
        {"properties": {"kind": {"const": "square"}, "side": {"type": "number"}, "r": {"type": "string"}}, "required": ["kind", "side"]},
        {"type": "string", "minLength": 2}, {"type": "array", "items": {"type": "integer"}}, {"type": "null"}, {"const": 5}, True,
    ]
}  # fmt: skip
INPUTS: dict[str, Json] = {
    "text": {"type": "string", "title": "A text", "description": "What it is.", "default": "d", "minLength": 2, "maxLength": 9, "examples": ["e", 3]},
    "exact": {"type": "string", "minLength": 4, "maxLength": 4, "pattern": "^a", "format": "date"},
    "long": {"type": "string", "maxLength": 1000, "format": "uri"}, "multi": {"type": "string", "format": "textarea"},
    "secret": {"type": "string", "writeOnly": True}, "password": {"type": "string", "format": "password", "default": "x"},
    "nullable": {"type": ["string", "null"], "default": None}, "odd_case-name": {"type": ["integer", "null"], "minimum": 1, "maximum": 9},
    "float": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10, "multipleOf": 0.5}, "below": {"type": "integer", "maximum": 3},
    "above": {"type": "number", "minimum": 2.5, "default": 7}, "exclusive": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 7},
    "truth": {"type": "boolean"}, "truth_null": {"type": ["boolean", "null"], "default": True}, "one": {"enum": ["a", "b", 3, None], "default": "b"},
    "titled": {"oneOf": [{"const": "a", "title": "First", "description": "It is first."}, {"const": "b"}]}, "constant": {"const": "c"},
    "some": {"type": "array", "uniqueItems": True, "items": {"enum": ["x", "y"]}, "default": ["x"], "minItems": 1, "maxItems": 2},
    "list": {"type": "array", "items": {"type": "string", "title": "Item"}, "minItems": 1}, "list_of_lists": {"items": {"items": {"type": "integer"}}},
    "exactly": {"type": "array", "minItems": 2, "maxItems": 2, "uniqueItems": True}, "any_list": {"type": "array"}, "objects": {"items": {"properties": {"a": {}, "b": {"type": "integer"}}, "required": ["b"]}},
    "pair": {"prefixItems": [{"type": "string"}, {"title": "Unit"}], "items": False}, "open": {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}}, "named": {"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": False},
    "group": {"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "integer", "default": 3}}, "required": ["x"], "minProperties": 1},
    "both": {"properties": {"x": {"type": "string"}}, "additionalProperties": {"type": "string"}}, "free": {"type": "object"}, "closed": {"type": "object", "additionalProperties": False},
    "anything": {}, "either": {"type": ["string", "integer"]}, "three": {"type": ["object", "array", "string"]}, "never": False, "kinds": KINDS, "tree": {"$ref": "#/$defs/tree"},
    "all": {"allOf": [{"properties": {"p": {"type": "string"}}}, {"properties": {"q": {"type": "string"}}, "required": ["p"]}]}, "gone": {"$ref": "#/$defs/none"},
    "number_or_null": {"anyOf": [{"type": "number", "minimum": 2}, {"type": "null"}]}, "hidden": {"properties": {"key": {"type": "string", "writeOnly": True}, "o": {"type": "string"}}},
    "when": {"properties": {"a": {"enum": ["x", "y"], "default": "x"}}, "if": {"properties": {"a": {"const": "x"}}}, "then": {"properties": {"b": {"type": "string"}}, "required": ["b"]}, "else": {"properties": {"c": {"type": "integer", "default": 2}}}},
    "computed": {"type": "string", "default": "{{ run.id }}"}, "read_only": {"type": "string", "readOnly": True}, "old": {"type": "string", "deprecated": True},
}  # fmt: skip
SCHEMA: Json = {"type": "object", "properties": INPUTS, "required": ["text", "list", "group"], "$defs": {"tree": TREE}}

ROOTS: list[Json] = [
    {}, True, {"type": "object", "additionalProperties": {"type": "string"}}, {"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}},
    {"properties": {"name": {"type": "string"}}, "oneOf": [{"title": "A", "properties": {"a": {"type": "string"}}}, {"title": "B", "properties": {"b": {}}}]},
    {"properties": {"a": {"type": "string"}}, "dependentRequired": {"a": ["b"]}, "dependentSchemas": {"a": {"properties": {"c": {"default": 1}}}}},
    {"$ref": "#/$defs/tree", "$defs": {"tree": TREE}}, {"type": "array", "items": {"type": "string"}},
]  # fmt: skip
PLAIN = FormField(name="", kind="text", label="")
TEXTS = [
    "",
    " ",
    "a",
    "ab",
    "42",
    "-1.5",
    "1e3",
    "1e999",
    "true",
    "null",
    "[1, 2]",
    '{"a": 1}',
    "{]",
    "{{ x }}",
    "x" * 20,
]
VALUES: list[Json] = [
    None,
    True,
    3,
    2.5,
    "a",
    "c",
    ["x"],
    ["z"],
    [1, "m"],
    {},
    {"x": "v", "z": 1},
    {"kind": "square"},
    {"kind": "circle", "r": 2},
]


def outline(field: FormField, depth: int = 0) -> Iterator[str]:
    """Differences from a plain text field, and the fields inside."""
    own = []
    for each in fields(FormField):
        value = getattr(field, each.name)
        if value == getattr(PLAIN, each.name) or each.name in ("fields", "item", "variants", "live", "base", "shape"):
            continue
        value = sorted(value) if isinstance(value, frozenset) else value
        own.append(str(value) if each.name == "kind" else f"{each.name}={value!r}")
    yield "  " * depth + " ".join(own)
    if depth > 4:
        return
    for inner in field.fields:
        yield from outline(inner, depth + 1)
    if field.item is not None:
        yield from outline(replace(field.item, name=field.item.name or "(item)"), depth + 1)
    for variant in field.variants:
        yield f"{'  ' * depth}  | {variant.label}: {variant.description} {dict(variant.constants)} {variant.place}"
        yield from outline(variant.field, depth + 2)
    for name, other in (("base", field.base), ("shape", field.shape)):
        if other is not None:
            yield f"{'  ' * depth}  {name}"
            yield from outline(other, depth + 2)


def shown(value: Json) -> str:
    return "absent" if value is MISSING else json.dumps(value, ensure_ascii=False)


def root_of(name: str, *, required: bool = False) -> Group:
    """The form of one of the inputs alone."""
    more: Json = {"required": [name]} if required else {}
    root = build_form(form_of({"properties": {name: INPUTS[name]}, "$defs": {"tree": TREE}, **more}))
    assert isinstance(root, Group)
    return root


def states(root: FormNode) -> str:
    """The value of a form, its texts and what is wrong with them."""
    texts = [f"{pointer_of(each)}={each.text!r}" for each in leaves(root) if each.text]
    problems = [f"{pointer_of(node)}! {problem}" for node, problem in text_problems(root)]
    return "  ".join([shown(root.collect()), *texts, *problems])


def test_fields_of_schemas(snapshot: SnapshotAssertion) -> None:
    lines = [line for schema in [SCHEMA, *ROOTS] for line in outline(form_of(schema))]
    assert "\n".join(lines) == snapshot


@pytest.mark.parametrize("required", [False, True])
def test_ways_to_give_a_value(required: bool, snapshot: SnapshotAssertion) -> None:
    lines = []
    for name in INPUTS:
        root = root_of(name, required=required)
        lines.append(f"{name}: {states(root)} {'differs' if root.differs() else ''}".rstrip())
        for number in range(len(list(ways_of(root.nodes[0]))) if root.nodes else 0):
            root = root_of(name, required=required)
            way = list(ways_of(root.nodes[0]))[number]
            taken = way.take()
            lines.append(
                f"  {way.label} ({way.description}): {states(root)}, then {[each.label for each in ways_of(taken)]}"
            )
        root = root_of(name, required=required)
        for node in list(every_node(root)):
            if isinstance(node, Union):
                for place in range(len(node.field.variants)):
                    node.choose(place)
                    lines.append(f"  choose {place}: {states(root)}")
            elif isinstance(node, Items | Pairs):
                added = node.add()
                lines.append(f"  add: {states(root)} {[pointer_of(each) for each in every_node(added)]}")
    assert "\n".join(lines) == snapshot


def test_texts_in_fields(snapshot: SnapshotAssertion) -> None:
    lines = []
    for name in INPUTS:
        told: dict[str, list[str]] = {}
        for text in TEXTS:
            root = root_of(name)
            for leaf in list(leaves(root)):
                leaf.type_text(text)
            root.follow()
            told.setdefault(states(root).replace(repr(text), "TEXT").replace(shown(text), "TEXT"), []).append(text)
        lines += [f"{name}  {texts}: {state}" for state, texts in told.items()]
    assert "\n".join(lines) == snapshot


def test_values_in_fields(snapshot: SnapshotAssertion) -> None:
    lines = []
    for name in INPUTS:
        form = form_of({"properties": {name: INPUTS[name]}, "$defs": {"tree": TREE}})
        for value in VALUES:
            root = rebuild_form(form, {name: value})
            assert root.collect() == {name: value}
            kinds = [f"{type(each).__name__} {each.field.kind} {pointer_of(each)}" for each in every_node(root)][1:]
            lines.append(f"{name} {shown(value)}: {', '.join(kinds)}; {states(root)}; {covered(root)}")
    assert "\n".join(lines) == snapshot


@pytest.mark.parametrize("bare", [False, True])
def test_expressions_as_values(bare: bool, snapshot: SnapshotAssertion) -> None:
    lines = []
    for name in INPUTS:
        form = form_of({"properties": {name: INPUTS[name]}, "$defs": {"tree": TREE}}, bindable=True)
        for value in (MISSING, "c", [1], {"x": "v"}):
            root = rebuild_form(form, {} if value is MISSING else {name: value})
            for node in list(every_node(root))[1:3]:
                found = bind(node, "run.id" if bare else "{{ run.id }}", bare=bare)
                told = "kept" if found is None else f"{found[0].field.kind} becomes {found[1].field.kind}"
                lines.append(f"{name} {shown(value)} {pointer_of(node)}: {told}, {shown(root.collect())}")
    assert "\n".join(dict.fromkeys(lines)) == snapshot
