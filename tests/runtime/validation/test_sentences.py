# ruff: noqa: E501  (tables, several cases per line)
"""Sentences of JSON Schema keywords on values and schemas: read the snapshot."""

import json

from syrupy.assertion import SnapshotAssertion

from wftui.model.base import Json
from wftui.model.schema.formats import FORMATS
from wftui.model.workflow.durations import PATTERN
from wftui.runtime.validation.plain import fill_plain
from wftui.runtime.validation.validator import schema_problems, unchecked_parts, validate_inputs

VALUES: list[Json] = [
    None, True, 0, 1, 2.0, 2.5, -3, "", "a", "abc", "10s", "x" * 300, [], [1], [1, 1.0], ["a", 2, "b"], {},
    {"a": 1}, {"b": "x", "c": 2}, {"kind": "one", "a": 1}, {"kind": "two"}, {"kind": "x"}, {"x" * 300: 1},
]  # fmt: skip

A_NUMBER: Json = {"type": "object", "properties": {"a": {"type": "number", "minimum": 2}}, "required": ["a"]}
ONE: Json = {"properties": {"kind": {"const": "one"}, "a": {"type": "string"}}, "required": ["kind", "a"]}
TWO: Json = {"properties": {"kind": {"enum": ["two", "2"]}, "b": {"type": "string"}}, "required": ["kind", "b"]}

SCHEMAS: list[Json] = [
    *({"type": each} for each in ["string", "integer", "number", "boolean", "array", "object", "null"]),
    {"type": ["string", "integer", "null"]}, {"enum": ["a", 1, None]}, {"enum": list(range(5, 17))},
    {"enum": list(range(5, 18))}, {"enum": ["x" * 250]}, {"enum": []}, {"const": "x" * 300}, {"const": {"a": 1}},
    {"minimum": 1}, {"maximum": 1}, {"exclusiveMinimum": 1}, {"exclusiveMaximum": 1}, {"multipleOf": 2},
    {"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": True},
    {"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 1, "exclusiveMaximum": True},
    {"minLength": 1}, {"minLength": 2}, {"maxLength": 1}, {"maxLength": 2}, {"minItems": 1}, {"minItems": 2},
    {"maxItems": 1}, {"maxItems": 0}, {"uniqueItems": True}, {"minProperties": 1}, {"minProperties": 2},
    {"maxProperties": 1}, {"maxProperties": 0}, {"required": ["a", "b"]}, {"dependentRequired": {"b": ["a"]}},
    {"properties": {"a": False}}, {"properties": {"a": {"type": "string"}}, "additionalProperties": False},
    {"properties": {f"p{number}": {} for number in range(13)}, "additionalProperties": False},
    {"properties": {f"p{number}": {} for number in range(12)}, "additionalProperties": False},
    {"additionalProperties": False}, {"additionalProperties": {"type": "string"}}, {"propertyNames": {"maxLength": 1}},
    {"properties": {"kin": {}}, "additionalProperties": False}, {"patternProperties": {"^[ab]$": False}},
    {"patternProperties": {"(": False, "^k": {"type": "string"}}}, {"properties": {"a": {}}, "unevaluatedProperties": False},
    {"items": {"type": "integer"}}, {"prefixItems": [{}], "items": False}, {"items": False}, {"unevaluatedItems": False},
    {"prefixItems": [{"type": "string"}]}, {"contains": {"type": "string"}}, {"contains": {"const": 1}, "minContains": 2},
    {"contains": {"const": 1}, "maxContains": 1}, {"pattern": "^a"}, {"pattern": "("}, {"pattern": "^" + "a" * 250},
    {"pattern": PATTERN}, {"not": {"type": "string"}}, {"not": {}}, False, True, {"if": {"type": "string"}, "then": {"minLength": 2}},
    {"dependentSchemas": {"b": {"required": ["a"]}}}, {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    {"anyOf": [{"const": 1}, {"enum": ["a", "b"]}]}, {"anyOf": [{"type": "string", "minLength": 3}, {"type": "null"}]},
    {"anyOf": [A_NUMBER, {"type": "string"}]}, {"oneOf": [ONE, TWO]}, {"anyOf": [ONE, A_NUMBER, {"type": "string", "minLength": 2}]},
    {"oneOf": [{"type": "number"}, {"type": "integer"}]}, {"oneOf": [False, False]}, {"anyOf": [{"minimum": 5, "multipleOf": 7}, {"minimum": 9}]},
    {"anyOf": [{"properties": {"a": {"minimum": 5}}}, {"properties": {"a": {"multipleOf": 7}}}]}, {"allOf": [{"minLength": 2}, {"maxLength": 2}]},
    {"$ref": "#/$defs/n", "$defs": {"n": {"type": "number"}}}, {"$ref": "https://example.org/x"},
]  # fmt: skip

BROKEN: list[Json] = [
    {"type": "strnig"}, {"type": 3}, {"minLength": -1}, {"minLength": "x"}, {"properties": []}, {"required": "a"},
    {"required": ["a", "a"]}, {"enum": 3}, {"items": 3}, {"anyOf": []}, {"multipleOf": 0}, {"uniqueItems": 1},
    {"$ref": 3}, {"$schema": "http://json-schema.org/draft-04/schema#", "$ref": 3}, 3, "x", None, [],
    {"$ref": "#/x", "x": {"type": "strnig"}}, {"properties": {"a": {"$ref": "#/x/y"}}, "x": {"y": 3}},
    {"properties": {"a": {"$ref": "#/x"}}, "x": {"$ref": "#/y"}, "y": {"pattern": 3}}, {"items": [{"type": "no"}]},
    {"prefixItems": [{"type": "no"}]}, {"additionalProperties": {"minimum": "x"}}, {"allOf": [{"not": {"format": 3}}]},
    {"properties": {"a": {"default": {"type": "no"}}}}, {"const": {"type": "no"}}, {"x": {"type": "no"}},
    {"title": 3}, {"description": []}, {"properties": {"a": {"$ref": "#/$defs/no"}}},
    {"properties": {"a": {"pattern": "("}, "b": {"patternProperties": {"[": {}}}, "c": {"$ref": "other.json"}}},
    {"items": [{"pattern": "(?P<x"}], "default": {"pattern": "("}, "examples": [{"pattern": "("}], "const": {"$ref": "x"}},
]  # fmt: skip


def shown(value: Json) -> str:
    """The JSON text of a value, cut."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 150 else f"{text[:80]}…({len(text)})"


def test_sentences_of_values(snapshot: SnapshotAssertion) -> None:
    lines = []
    for schema in SCHEMAS:
        lines.append(shown(schema))
        told: dict[str, list[str]] = {}
        for value in VALUES:
            problems = validate_inputs({"properties": {"x": schema}}, {"x": value})[1]
            found = " ".join(f"{each.pointer.removeprefix('/x')[:20]} {each.message}".strip() for each in problems)
            told.setdefault(found or "fits", []).append(shown(value))
        lines.extend(f"  {found}  <- {', '.join(values)}" for found, values in told.items())
    assert "\n".join(lines) == snapshot


def test_sentences_of_formats(snapshot: SnapshotAssertion) -> None:
    texts = [
        "2026-02-29", "2026-02-28", "2026-02-28T10:00:00Z", "2026-02-28t10:00:00.5+01:00", "2026-02-28 10:00:00Z",
        "2026-02-28T10:00:00", "10:00:00Z", "10:00:00", "25:00:00Z", "P1D", "P", "PT1.5H", "a@b.example", "a@", "@b",
        "b.example", "-b.example", "b_c", "1.2.3.4", "1.2.3.400", "::1", "::g", "https://b.example/x?y#z", "b/c", "/b/c",
        "https://ä.example/", "a b", "{x}/y", "{x", "/a/b~1", "a~2", "/a~2", "1/a", "0#", "#", "^[a-z]+$", "(", "",
        "12345678-1234-1234-1234-123456789abc", "12345678123412341234123456789abc", "x" * 300,
    ]  # fmt: skip
    lines = []
    for name in FORMATS:
        told = [validate_inputs({"properties": {"x": {"format": name}}}, {"x": text})[1] for text in texts]
        fitting = [shown(text) for text, problems in zip(texts, told, strict=True) if not problems]
        messages = sorted({each.message for problems in told for each in problems})
        lines += [name, *(f"  {each}" for each in messages), f"  fits: {', '.join(fitting)}"]
    assert "\n".join(lines) == snapshot


def test_sentences_of_schemas(snapshot: SnapshotAssertion) -> None:
    lines = []
    for schema in [*BROKEN, *SCHEMAS]:
        broken = schema_problems(schema)
        unchecked = [] if broken else unchecked_parts(schema)
        if not broken and not unchecked:
            continue
        lines.append(shown(schema))
        lines.extend(f"  broken at {each.pointer}: {each.message}" for each in broken)
        lines.extend(f"  unchecked at {each.pointer}: {each.message}" for each in unchecked)
        lines.extend(f"  {each.pointer}: {each.message}" for each in validate_inputs(schema, {"a": 1})[1])
    assert "\n".join(lines) == snapshot


def test_values_of_plain_schemas(snapshot: SnapshotAssertion) -> None:
    """Values that pass without jsonschema, by schema."""
    lines = []
    for schema in SCHEMAS:
        whole: Json = {"type": "object", "properties": {"x": schema}}
        through = [shown(value) for value in VALUES if fill_plain(whole, {"x": value}) is not None]
        lines.append(f"{shown(schema)}  <- {', '.join(through) or 'none'}")
    assert "\n".join(lines) == snapshot
