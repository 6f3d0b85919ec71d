"""Secret values by schema, in every form of a value."""

from typing import Any

import pytest

from wftui.model.base import Json
from wftui.model.forms.building import form_of
from wftui.model.forms.command import run_command
from wftui.model.forms.fields import as_json_field
from wftui.model.forms.secrets import covered
from wftui.model.forms.state import build_form
from wftui.model.schema.secret_schema import secret_pointers

SECRET: dict[str, Json] = {"writeOnly": True}


@pytest.mark.parametrize(
    ("schema", "pointers"),
    [
        ({"properties": {"t": SECRET, "p": {"type": "string", "format": "password"}, "n": {}}}, ["/p", "/t"]),
        ({"properties": {"t": {"writeOnly": False, "format": "email"}, "password": {"type": "string"}}}, []),
        ({"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": SECRET}}, ["/a"]),
        ({"allOf": [{"properties": {"t": SECRET}}], "anyOf": [{"properties": {"u": SECRET}}, {}]}, ["/t", "/u"]),
        ({"properties": {"a": {"oneOf": [{"properties": {"k": SECRET}}, {"items": SECRET}]}}}, ["/a/*", "/a/k"]),
        ({"if": {}, "then": {"properties": {"t": SECRET}}, "else": {"properties": {"u": SECRET}}}, ["/t", "/u"]),
        ({"dependentSchemas": {"a": {"properties": {"t": SECRET}}}}, ["/t"]),
        ({"patternProperties": {"^s_": SECRET}}, ["/*"]),
        ({"additionalProperties": {"properties": {"k": SECRET}}}, ["/*/k"]),
        ({"unevaluatedProperties": SECRET}, ["/*"]),
        (
            {"properties": {"a": {"prefixItems": [{}, SECRET], "items": {"properties": {"k": SECRET}}}}},
            ["/a/*/k", "/a/1"],
        ),
        ({"properties": {"a": {"contains": SECRET}}}, ["/a/*"]),
        (SECRET, ["/*"]),
    ],
)
def test_every_place_where_a_secret_can_be_is_found(schema: dict[str, Any], pointers: list[str]) -> None:
    assert secret_pointers({"type": "object", **schema}) == pointers


def test_values_below_the_depth_limit_are_secret_as_a_whole() -> None:
    tree = {"properties": {"key": SECRET, "children": {"items": {"$ref": "#/$defs/tree"}}, "name": {}}}
    found = secret_pointers(
        {"type": "object", "properties": {"root": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": tree}}
    )
    assert "/root/children/*/children/*/key" in found
    assert "/root/children/*/children/*/children/*/children" in found
    assert not any(pointer.endswith("name") for pointer in found)


@pytest.mark.parametrize(
    "schema",
    [
        {"oneOf": [{"type": "object", "properties": {"k": SECRET}}, {"type": "array", "items": SECRET}]},
        {"type": "array", "prefixItems": [SECRET]},
        {"type": ["object", "string"], "additionalProperties": SECRET},
    ],
)
def test_json_field_is_secret_if_it_can_hold_a_secret(schema: dict[str, Any]) -> None:
    form = form_of(
        {"type": "object", "properties": {"a": schema, "b": {"oneOf": [{"type": "object"}, {"type": "array"}]}}}
    )
    a, b = (as_json_field(field) for field in form.fields[:2])
    assert (a.kind, a.secret) == ("json", True)
    assert (b.kind, b.secret) == ("json", False)


def test_additional_properties_are_secret_if_any_can_be() -> None:
    named = {"type": "object", "properties": {"token": SECRET, "who": {"type": "string"}}}
    open_ended = form_of({**named, "additionalProperties": {"type": "string"}}).fields[-1]
    assert (open_ended.rest, open_ended.secret) == (True, False)
    patterns = {"patternProperties": {"^a": {"type": "string"}, "^b": SECRET}}
    hidden = form_of({**named, **patterns}).fields[-1]
    assert (hidden.rest, hidden.secret) == (True, True)


@pytest.mark.parametrize(
    "more",
    [
        {"if": {"required": ["who"]}, "then": {"properties": {"pin": SECRET}}},
        {"oneOf": [{"properties": {"pin": SECRET}, "required": ["pin"]}, {"required": ["other"], "minProperties": 1}]},
    ],
)
def test_value_whose_condition_is_not_met_may_be_secret(more: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"token": SECRET}, **more}
    root = build_form(form_of(schema), {"pin": "1234567", "other": 1})
    assert "1234567" not in run_command(["wftui"], root)
    assert "1234567" not in str(covered(root)[0])
