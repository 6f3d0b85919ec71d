"""Variants, conditions and tuples: fields of a value, and effects of its changes."""

from wftui.model.base import Json
from wftui.model.forms.addresses import node_at, pointer_of
from wftui.model.forms.building import MAX_DEPTH, form_of
from wftui.model.forms.fields import FormField, holds_secrets
from wftui.model.forms.groups import Group, Tuple
from wftui.model.forms.nodes import Leaf
from wftui.model.forms.state import build_form, rebuild_form
from wftui.model.forms.unions import Union
from wftui.model.forms.ways import skeleton, ways_of
from wftui.model.json.equality import is_same
from wftui.model.schema.json_schema import MISSING


def form(schema: Json, value: Json = MISSING) -> Group:
    root = build_form(form_of(schema), value)
    assert isinstance(root, Group)
    return root


def names(group: Group) -> list[str]:
    return [node.field.name for node in group.nodes]


def type_into(root: Group, pointer: str, text: str) -> None:
    leaf = node_at(root, pointer)
    assert isinstance(leaf, Leaf)
    leaf.type_text(text)
    root.follow()


SHAPES: Json = {
    "properties": {
        "shape": {
            "oneOf": [
                {
                    "properties": {
                        "kind": {"const": "circle"},
                        "color": {"type": "string"},
                        "radius": {"type": "number", "default": 1},
                    },
                    "required": ["kind"],
                },
                {
                    "properties": {
                        "kind": {"const": "square"},
                        "color": {"type": "string"},
                        "side": {"type": "number"},
                    },
                    "required": ["kind", "side"],
                },
                {"type": "string", "title": "by name"},
                {"type": "null"},
            ]
        }
    }
}


def test_variant_is_chosen_with_constants_and_defaults_and_keeps_what_both_have() -> None:
    root = form(SHAPES)
    shape = node_at(root, "/shape")
    assert isinstance(shape, Union)
    assert [variant.label for variant in shape.field.variants] == ["circle", "square", "by name"]
    assert (root.collect(), shape.field.nullable) == ({}, True)
    shape.choose(0)
    assert root.collect() == {"shape": {"kind": "circle", "radius": 1}}
    type_into(root, "/shape/color", "red")
    shape.choose(1)
    assert root.collect() == {"shape": {"kind": "square", "color": "red"}}
    shape.choose(2)
    assert root.collect() == {}
    shape.clear()
    assert root.collect() == {}


def test_variant_of_a_value_is_found() -> None:
    for value, chosen in (
        ({"kind": "square", "side": 2}, 1),
        ({"kind": "square"}, 1),
        ({"side": [1]}, 1),
        ({"radius": 2}, 0),
        ("name", 2),
        ({"kind": "square", "more": 1}, 1),
    ):
        root = rebuild_form(form_of(SHAPES), {"shape": value})
        shape = node_at(root, "/shape") if not isinstance(value, str) else root.nodes[0]
        assert isinstance(shape, Union)
        assert (shape.chosen, root.collect()) == (chosen, {"shape": value})
    odd = rebuild_form(form_of(SHAPES), {"shape": [1]})
    assert odd.collect() == {"shape": [1]}


def test_properties_of_all_variants_are_shown_before_one_is_chosen() -> None:
    schema = {
        "properties": {"name": {"type": "string"}},
        "oneOf": [{"title": "A", "properties": {"a": {"type": "string"}}}, {"title": "B", "properties": {"b": {}}}],
    }
    root = build_form(form_of(schema))
    assert isinstance(root, Union)
    assert root.collect() == {}
    name = node_at(root, "/name")
    assert isinstance(name, Leaf)
    name.type_text("x")
    root.choose(0)
    assert [node.field.name for node in root.nodes[0].nodes] == ["name", "a"]
    assert root.collect() == {"name": "x"}


def _variants(**fields: Json) -> Json:
    """A schema of two variants, with these keywords for both."""
    forms = [{"properties": {name: {"type": "string"}}, "required": [name]} for name in ("a", "b")]
    return {"oneOf": forms, **fields}


def _shared(schema: Json, *, required: bool = False) -> FormField | None:
    """The fields that all variants of an input have."""
    whole = {"properties": {"to": schema}, "required": ["to"] if required else []}
    return form_of(whole).fields[0].base


def test_properties_of_all_variants_have_a_group() -> None:
    host: Json = {"type": "string", "default": "local"}
    own: Json = {"host": host, "key": {"type": "string", "writeOnly": True}}
    for required in (True, False):
        shared = _shared(_variants(title="Target", properties=own), required=required)
        assert shared is not None
        assert (shared.kind, shared.label, shared.required, shared.nullable) == ("group", "Target", required, False)
        assert (shared.secret, shared.hides) == (False, True), "a value in it is secret"
        assert [(each.name, each.secret, each.conditional) for each in shared.fields] == [
            ("host", False, True),
            ("key", True, True),
        ]
    shared = _shared(_variants(properties={"host": host}))
    assert shared is not None
    assert (shared.hides, holds_secrets(shared)) == (False, False)
    shared = _shared(_variants(properties={"host": host}, writeOnly=True))
    assert shared is not None
    assert [each.secret for each in shared.fields] == [True]
    around = form_of({"properties": {"all": {"writeOnly": True, "properties": {"to": _variants(properties=own)}}}})
    shared = around.fields[0].fields[0].base
    assert shared is not None
    assert [each.secret for each in shared.fields] == [True, True], "everything in a secret is one"
    assert _shared(_variants(additionalProperties={"type": "string"})) is None, "there are no names to show"
    assert form_of(_variants()).base is None
    assert _shared(_variants(properties={"x": host}, type=["object", "array"])) is None, "it may be a list"


def test_shared_properties_end_with_the_levels_of_a_form() -> None:
    kinds = []
    for levels in (MAX_DEPTH - 1, MAX_DEPTH):
        schema = _variants(properties={"host": {"type": "string"}})
        for _ in range(levels):
            schema = {"properties": {"in": schema}}
        field = form_of(schema)
        while field.kind == "group":
            field = field.fields[0]
        kinds.append((field.kind, field.base is not None))
    assert kinds == [("union", True), ("union", False)]


CONDITIONS: Json = {
    "properties": {"country": {"enum": ["DE", "US"], "default": "US"}, "card": {"type": "string"}},
    "if": {"properties": {"country": {"const": "DE"}}},
    "then": {"properties": {"plz": {"type": "string"}}, "required": ["plz"]},
    "else": {"properties": {"zip": {"type": "string", "default": "00000"}, "country": {"const": "US"}}},
    "dependentRequired": {"card": ["holder"]},
    "dependentSchemas": {"holder": {"properties": {"address": {"type": "string"}}}},
}


def test_fields_appear_and_go_with_the_value() -> None:
    root = form(CONDITIONS)
    assert (names(root), root.collect()) == (["country", "card", "zip"], {"country": "US", "zip": "00000"})
    type_into(root, "/zip", "12345")
    country = node_at(root, "/country")
    assert isinstance(country, Leaf)
    country.give("DE")
    assert root.follow()
    assert (names(root), root.collect()) == (["country", "card", "plz"], {"country": "DE"})
    assert node_at(root, "/country") is country, "what decides stays as it is"
    country.give("US")
    assert root.follow()
    assert root.collect() == {"country": "US", "zip": "12345"}, "what was typed comes back"
    type_into(root, "/card", "1234")
    assert names(root) == ["country", "card", "holder", "zip"]
    assert node_at(root, "/holder").field.required
    type_into(root, "/holder", "Ann")
    assert names(root) == ["country", "card", "holder", "zip", "address"]
    assert not root.follow()


def test_form_chosen_by_a_property_follows_it() -> None:
    """As in the forms of react-jsonschema-form: `dependencies` with `oneOf`."""
    schema: Json = {
        "properties": {"pets": {"enum": ["No", "Some"], "default": "No"}},
        "dependencies": {
            "pets": {
                "oneOf": [
                    {"properties": {"pets": {"enum": ["No"]}}},
                    {"properties": {"pets": {"enum": ["Some"]}, "age": {"type": "integer"}}, "required": ["age"]},
                ]
            }
        },
    }
    root = form(schema)
    assert names(root) == ["pets"]
    pets = node_at(root, "/pets")
    assert isinstance(pets, Leaf)
    pets.give("Some")
    assert root.follow()
    assert names(root) == ["pets", "age"]
    assert len(pets.field.choices) == 2


def test_values_of_fields_that_do_not_apply_are_kept() -> None:
    value = {"country": "DE", "zip": "1", "plz": "2"}
    assert rebuild_form(form_of(CONDITIONS), value).collect() == value


def test_tuple_has_a_field_for_each_place() -> None:
    schema: Json = {
        "properties": {"at": {"prefixItems": [{"type": "number"}, {"title": "Unit"}], "items": {"type": "integer"}}}
    }
    root = form(schema, {"at": [1.5, "m", 3, 4]})
    at = node_at(root, "/at")
    assert isinstance(at, Tuple)
    assert [node.field.label for node in at.nodes] == ["1", "Unit", "More"]
    assert root.collect() == {"at": [1.5, "m", 3, 4]}
    last = node_at(root, "/at/3")
    assert isinstance(last, Leaf)
    assert (last.value, pointer_of(last)) == (4, "/at/3")
    first = node_at(root, "/at/0")
    assert isinstance(first, Leaf)
    first.type_text("")
    assert [pointer_of(node) for node in at.gaps()] == ["/at/0"]
    short = form(schema, {"at": [1]})
    assert short.collect() == {"at": [1]}
    assert form(schema).collect() == {}
    closed = rebuild_form(form_of({"properties": {"at": {"prefixItems": [{}], "items": False}}}), {"at": [1, 2]})
    assert closed.collect() == {"at": [1, 2]}


def test_each_way_to_give_a_value() -> None:
    schema: Json = {
        "properties": {
            "text": {"type": ["string", "null"], "default": "d"},
            "list": {"type": "array", "items": {"properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]}},
            "group": {"properties": {"x": {"type": "string"}}},
            "map": {"additionalProperties": {"type": "string"}, "type": "object"},
        },
        "required": ["group"],
    }
    expected: dict[str, dict[str, Json]] = {
        "text": {"Absent": MISSING, "Default": "d", "Null": None, "Empty text": "", "As JSON": "d"},
        "list": {"Empty list": [], "As JSON": [{"a": 0}]},
        "group": {"Empty object": {}, "As JSON": {"x": ""}},
        "map": {"Empty object": {}, "As JSON": {"name": ""}},
    }
    for name, values in expected.items():
        for label, value in values.items():
            root = form(schema)
            node = next(each for each in root.nodes if each.field.name == name)
            ways = {way.label: way for way in ways_of(node)}
            assert set(ways) == set(values)
            taken = ways[label].take()
            collected = root.collect()
            assert isinstance(collected, dict)
            assert is_same(collected.get(name, "missing"), "missing" if value is MISSING else value), (name, label)
            back = {way.label: way for way in ways_of(taken)}
            if "In fields" in back:
                assert back["In fields"].take().field.kind == node.field.kind


def test_skeleton_of_a_recursive_schema_ends() -> None:
    tree = {"properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/t"}}, "required": ["name", "next"]}
    field: FormField = form_of({"$ref": "#/$defs/t", "$defs": {"t": tree}})
    assert str(skeleton(field)).count("name") <= 5
