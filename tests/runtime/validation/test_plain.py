"""Validation without jsonschema accepts what jsonschema accepts."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.model.base import Json
from wftui.runtime.validation.plain import fill_plain
from wftui.runtime.validation.validator import validate_inputs

_NAMES = st.sampled_from(["a", "b", "c"])
_WORDS = st.sampled_from(["", "x", "yy", "long text", "\U0001f600"])
_NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, 1.0, -2.5, float("inf"), float("nan")])
_SCALARS = _WORDS | _NUMBERS | st.booleans() | st.none()
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=8
)
_SIZES = st.integers(-1, 3) | st.sampled_from([True, 1.0])


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    optional: dict[str, st.SearchStrategy[Any]] = {
        "default": _SCALARS | st.just({"a": 1}),
        "title": _WORDS | st.just(1),
        "enum": st.lists(_WORDS, max_size=3) | st.just(["x", 1]),
        "minLength": _SIZES,
        "maxLength": _SIZES,
        "minimum": _NUMBERS,
        "maximum": _NUMBERS,
        "format": st.just("date"),
        "properties": st.dictionaries(_NAMES, inner, max_size=3),
        "required": st.lists(_NAMES, max_size=2),
        "additionalProperties": st.booleans() | st.just({}),
        "items": inner,
    }
    kinds = st.sampled_from(
        ["object", "object", "string", "integer", "number", "boolean", "array", "null", "no", ["string"]]
    )
    return st.fixed_dictionaries({"type": kinds}, optional=optional)


_PARTS = st.fixed_dictionaries(
    {
        "type": st.just("object"),
        "properties": st.dictionaries(_NAMES, st.recursive(st.just({}), _schemas, max_leaves=3)),
    },
    optional={"required": st.lists(_NAMES, max_size=2), "additionalProperties": st.booleans()},
)


@settings(max_examples=60)
@given(_PARTS, st.dictionaries(_NAMES, _VALUES, max_size=3))
def test_what_fits_a_plain_schema_fits_it_for_jsonschema(schema: Json, value: Json) -> None:
    found = fill_plain(schema, value)
    if found is not None:
        filled, problems = validate_inputs(schema, value)
        assert problems == []
        assert repr(found[0]) == repr(filled)


@pytest.mark.parametrize(
    ("schema", "value", "filled"),
    [
        ({}, {"a": [1]}, {"a": [1]}),
        ({"type": "object"}, {}, {}),
        ({"properties": {"n": {"type": "integer", "minimum": 1, "default": 3}}}, {}, {"n": 3}),
        ({"required": ["s"], "properties": {"s": {"type": "string", "enum": ["x"]}}}, {"s": "x"}, {"s": "x"}),
        ({"properties": {"l": {"type": "array", "items": {"type": "number"}}}}, {"l": [1, 0.5]}, {"l": [1, 0.5]}),
        (
            {"properties": {"o": {"type": "object", "properties": {"b": {"type": "boolean", "default": True}}}}},
            {"o": {}},
            {"o": {"b": True}},
        ),
    ],
)
def test_usual_schemas_are_plain(schema: dict[str, Json], value: Json, filled: Json) -> None:
    assert fill_plain({"type": "object", **schema} if schema else schema, value) == (filled,)


@pytest.mark.parametrize("deep", [True, False])
def test_a_big_value_is_left_to_a_thread(deep: bool) -> None:
    schema: dict[str, Json] = {"type": "array"}
    if deep:
        for _ in range(30):
            schema = {"type": "array", "items": schema}
    assert fill_plain(schema, [] if deep else [0] * 2_000) is None
