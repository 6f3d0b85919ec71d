"""Fields of a form by schema."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wftui.model.base import Json
from wftui.model.forms.building import MAX_DEPTH, MAX_FIELDS, form_of, needs_input
from wftui.model.forms.fields import FormField
from wftui.model.schema.json_schema import MISSING


def fields_of(schema: Json) -> tuple[FormField, ...]:
    form = form_of(schema)
    assert form.kind == "group"
    return form.fields


def field(contents: Json, **around: Json) -> FormField:
    (only,) = fields_of({"type": "object", "properties": {"x": contents}, **around})
    return only


@pytest.mark.parametrize(
    ("contents", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"type": ["string", "null"]}, "text"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        ({"pattern": "^v"}, "text"),
        ({"type": "string", "maxLength": 300}, "multiline"),
        ({"type": "string", "maxLength": 299}, "text"),
        ({"type": "string", "default": "a\nb"}, "multiline"),
        ({"type": "string", "contentMediaType": "text/markdown"}, "multiline"),
        ({"type": "integer"}, "integer"),
        ({"type": ["integer", "number"]}, "number"),
        ({"minimum": 1}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({"enum": ["a", 1, True]}, "choice"),
        ({"const": "a"}, "choice"),
        ({"type": "null"}, "choice"),
        ({"oneOf": [{"const": 1}, {"enum": [2], "description": "two"}]}, "choice"),
        ({"type": "array", "items": {"type": "string"}}, "list"),
        ({"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}, "list"),
        ({"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b"]}}, "choices"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "group"),
        ({"$ref": "#/$defs/town"}, "text"),
        ({}, "json"),
        (True, "json"),
        ({"type": "object"}, "map"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "map"),
        ({"type": "object", "additionalProperties": False}, "json"),
        ({"type": "object", "patternProperties": {"^a": {"type": "string"}}}, "map"),
        ({"type": "object", "required": ["a"]}, "group"),
        ({"type": "array"}, "list"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, "list"),
        ({"type": "array", "items": {"type": "object"}}, "list"),
        ({"type": "array", "items": False}, "json"),
        ({"type": "array", "prefixItems": [{"type": "string"}]}, "tuple"),
        ({"type": "array", "items": [{"type": "string"}]}, "tuple"),
        ({"type": ["string", "integer"]}, "json"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "json"),
        ({"anyOf": [{"type": "string", "title": "A"}, {"type": "integer", "title": "B"}]}, "union"),
        ({"type": "string", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, "text"),
        ({"type": ["string", "object"]}, "union"),
        ({"oneOf": [{"type": "string"}, {"type": "array"}]}, "union"),
        ({"oneOf": [{"type": "string"}, {"type": "array"}, {"type": "null"}]}, "union"),
        ({"$ref": "https://example.org/elsewhere"}, "json"),
        ({"$ref": "#/$defs/nowhere"}, "json"),
    ],
)
def test_kind_of_field(contents: Json, kind: str) -> None:
    assert field(contents, **{"$defs": {"town": {"type": "string"}}}).kind == kind


def test_field_reflects_the_schema() -> None:
    schema = {
        "properties": {
            "weeks": {
                "$ref": "#/$defs/count",
                "title": "Weeks back",
                "description": "How many weeks are counted.",
                "default": 12,
            },
            "day": {"type": "string", "format": "date"},
        },
        "required": ["day"],
        "$defs": {"count": {"type": "integer", "title": "Count", "minimum": 1, "maximum": 520, "multipleOf": 2}},
    }
    weeks, day = fields_of(schema)
    assert (weeks.label, weeks.description, weeks.default) == ("Weeks back", "How many weeks are counted.", 12)
    assert (weeks.hints, weeks.step, weeks.minimum, weeks.maximum) == (("1 to 520", "in steps of 2"), 2, 1, 520)
    assert (weeks.required, day.required) == (False, True)
    assert (day.label, day.default, day.hints, day.examples) == ("day", MISSING, ("date",), ("2026-11-22",))


@pytest.mark.parametrize(
    ("limits", "hint"),
    [
        ({"maximum": 2147483647}, "at most 2147483647"),
        ({"minimum": 0, "maximum": 9223372036854775807}, "0 to 9223372036854775807"),
        ({"minimum": 10**400}, "at least 1e+400"),
        ({"exclusiveMinimum": 5.0, "maximum": 1e300}, "more than 5, at most 1e+300"),
        ({"multipleOf": 1e-7}, "in steps of 1e-07"),
    ],
)
def test_limits_are_shown_with_all_their_digits(limits: Json, hint: str) -> None:
    assert field({"type": "number", **limits}).hints == (hint,)


def test_choices_have_labels_and_descriptions() -> None:
    titled = field({"oneOf": [{"const": "p", "title": "Production", "description": "The real one"}, {"const": 2}]})
    assert [(choice.value, choice.label, choice.description) for choice in titled.choices] == [
        ("p", "Production", "The real one"),
        (2, "2", ""),
    ]
    named = field({"enum": ["a", None, "b"], "enumNames": ["First", "None", "Second"]})
    assert [choice.label for choice in named.choices] == ["First", "Second"]
    assert named.nullable


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (["größe", 1], ['"größe"', "1"]),
        (["a", "1", "true"], ["a", "1", "true"]),
        ([True, "true", 1, "1"], ["true", '"true"', "1", '"1"']),
        (["", " ", "a b", "a\tb"], ['""', '" "', "a b", '"a\\tb"']),
    ],
)
def test_choices_that_look_alike_are_distinguished(values: list[Json], labels: list[str]) -> None:
    assert [choice.label for choice in field({"enum": values}).choices] == labels
    assert [choice.label for choice in field({"oneOf": [{"const": value} for value in values]}).choices] == labels


def test_null_is_offered_only_where_it_is_allowed() -> None:
    assert field({"type": ["integer", "null"]}).nullable
    assert field({"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": "null"}]}).nullable
    assert not field({"type": "integer"}).nullable
    assert not field({"allOf": [{"type": ["string", "null"]}, {"type": "string"}]}).nullable
    assert field({"type": "number", "default": None}).default is MISSING


def test_secret_fields_by_write_only_or_format_include_nested_ones() -> None:
    assert field({"type": "string", "format": "password"}).secret
    assert field({"type": "integer", "writeOnly": True}).secret
    login = field({"type": "object", "writeOnly": True, "properties": {"key": {"type": "string"}}})
    assert login.fields[0].secret


def test_parts_of_all_of_make_one_group() -> None:
    fields = fields_of(
        {
            "allOf": [{"$ref": "#/$defs/named"}, {"properties": {"size": {"type": "integer"}}, "required": ["name"]}],
            "$defs": {"named": {"properties": {"name": {"type": "string"}, "size": {"minimum": 3}}}},
        }
    )
    assert [(each.name, each.kind, each.required) for each in fields] == [
        ("name", "text", True),
        ("size", "integer", False),
    ]
    assert fields[1].minimum == 3


@pytest.mark.parametrize(
    "more",
    [{"additionalProperties": {"type": "string"}}, {"patternProperties": {"^x-": {}}}],
)
def test_inputs_without_a_field_are_rows_of_name_and_value(more: Json) -> None:
    *_, last = fields_of({"properties": {"x": {"type": "string"}}, **more})
    assert (last.kind, last.rest) == ("map", True)


def test_required_property_without_a_schema_has_a_field() -> None:
    _, last = fields_of({"properties": {"x": {"type": "string"}}, "required": ["unnamed"]})
    assert (last.name, last.kind, last.required) == ("unnamed", "json", True)


def test_recursive_schema_is_built_level_by_level() -> None:
    schema = {
        "$ref": "#/$defs/node",
        "$defs": {"node": {"properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/node"}}}},
    }
    name, following = fields_of(schema)
    for _ in range(3):
        assert (name.kind, following.kind) == ("text", "union")
        (variant,) = following.variants
        name, following = variant.field.fields
    assert fields_of({"$ref": "#"}) == ()


def test_depth_and_number_of_fields_are_bounded() -> None:
    deep: Json = {"type": "string"}
    for _ in range(MAX_DEPTH + 5):
        deep = {"properties": {"in": deep}}
    depth, inner = 0, form_of(deep)
    while inner.kind == "group":
        depth, inner = depth + 1, inner.fields[0]
    assert (depth, inner.kind) == (MAX_DEPTH, "json")

    level: Json = {"type": "string"}
    definitions = {"l0": {"properties": {f"p{i}": {"type": "string"} for i in range(20)}}}
    for depth in range(1, 5):
        definitions[f"l{depth}"] = {"properties": {f"p{i}": {"$ref": f"#/$defs/l{depth - 1}"} for i in range(20)}}
    level = form_of({"$ref": "#/$defs/l4", "$defs": definitions})

    def count(some: FormField) -> int:
        return 1 + sum(count(each) for each in some.fields)

    assert count(level) < MAX_FIELDS + 20 * MAX_DEPTH


def test_form_without_fields() -> None:
    assert not needs_input({})
    assert not needs_input({"type": "object", "properties": {}})
    assert not needs_input({"type": "object", "additionalProperties": False})
    assert needs_input({"properties": {"a": {}}})
    assert needs_input({"type": "object", "additionalProperties": {"type": "string"}})
    assert needs_input({"oneOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]})
    assert needs_input({"type": "array"})


KEYWORDS = st.sampled_from(
    [
        "type",
        "properties",
        "items",
        "enum",
        "anyOf",
        "allOf",
        "oneOf",
        "required",
        "default",
        "$ref",
        "title",
        "minimum",
        "format",
        "pattern",
        "const",
        "examples",
        "additionalProperties",
        "if",
        "maxLength",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["string", "object", "array", "#", "#/items", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS | st.sampled_from(["a", "b"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(KEYWORDS, ANYTHING, max_size=5))
def test_any_schema_at_all_gives_a_form(schema: Json) -> None:
    assert form_of(schema) is not None


@pytest.mark.parametrize(
    ("bounds", "hint"),
    [
        ({}, ()),
        ({"minItems": 0}, ()),
        ({"minItems": 1}, ()),
        ({"minItems": 2}, ("at least 2 items",)),
        ({"maxItems": 1}, ("at most 1 item",)),
        ({"maxItems": 2}, ("at most 2 items",)),
        ({"minItems": 0, "maxItems": 3}, ("at most 3 items",)),
        ({"minItems": 1, "maxItems": 3}, ("1 to 3 items",)),
        ({"minItems": 3, "maxItems": 3}, ("3 items",)),
    ],
)
def test_hint_on_the_number_of_items(bounds: Json, hint: tuple[str, ...]) -> None:
    assert isinstance(bounds, dict)
    assert field({"type": "array", "items": {"type": "string"}, **bounds}).hints == hint


@pytest.mark.parametrize(
    ("schema", "hint"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, ("text or whole number",)),
        ({"anyOf": [{"type": "boolean"}, {"type": "number"}, {"type": "null"}]}, ("number or true or false",)),
        ({}, ("JSON",)),
    ],
)
def test_field_of_several_types_names_them(schema: Json, hint: tuple[str, ...]) -> None:
    made = field(schema)
    assert (made.kind, made.hints) == ("json", hint)
