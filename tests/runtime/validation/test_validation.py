"""Inputs against a schema: defaults, and a sentence at the place of each problem."""

import cProfile
import json
import threading
from copy import deepcopy

import pytest
from helpers import PATIENCE
from hypothesis import given, settings
from hypothesis import strategies as st

from wftui.model.base import Json
from wftui.runtime.patterns import bounded_search
from wftui.runtime.validation.validator import (
    MAX_PROBLEMS,
    schema_problems,
    unchecked_parts,
    validate_inputs,
    with_defaults,
)


def problems(schema: Json, value: Json) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for problem in validate_inputs(schema, value)[1]:
        found.setdefault(problem.pointer, []).append(problem.message)
    return found


def one_field(contents: Json, value: Json) -> list[str]:
    return problems({"properties": {"x": contents}}, {"x": value}).get("/x", [])


def test_defaults_fill_absent_values_and_keep_null() -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"default": "main"},
            "nothing": {"type": ["string", "null"], "default": "text"},
            "server": {
                "type": "object",
                "properties": {"port": {"default": 80}},
                "default": {"host": "localhost"},
            },
            "jobs": {"type": "array", "items": {"$ref": "#/$defs/job"}},
            "optional": {"anyOf": [{"$ref": "#/$defs/job"}, {"type": "null"}]},
            "untouched": {"type": "object", "properties": {"deep": {"default": 1}}},
        },
        "$defs": {"job": {"type": "object", "properties": {"tries": {"default": 3}}}},
    }
    given_value: Json = {"nothing": None, "jobs": [{}, {"tries": 1}], "optional": {}}
    kept = deepcopy(given_value)
    filled, found = validate_inputs(schema, given_value)
    assert found == []
    assert filled == {
        "name": "main",
        "nothing": None,
        "server": {"host": "localhost", "port": 80},
        "jobs": [{"tries": 3}, {"tries": 1}],
        "optional": {"tries": 3},
    }
    assert given_value == kept


def test_disallowed_null_default_is_ignored() -> None:
    schema = {
        "properties": {"a": {"type": "number", "default": None}, "b": {"type": ["number", "null"], "default": None}}
    }
    assert validate_inputs(schema, {}) == ({"b": None}, [])


def test_recursive_default_is_bounded() -> None:
    schema = {"properties": {"child": {"$ref": "#", "default": {}}}}
    assert validate_inputs(schema, {}) == ({"child": {}}, [])


@pytest.mark.parametrize("count", [1, 8, 40, 200])
def test_defaults_of_a_recursive_schema_grow_with_its_properties(count: int) -> None:
    """Each property may contain each other: unlimited filling would be factorial."""
    names = [f"p{number}" for number in range(count)]
    schema = {"properties": {name: {"$ref": "#", "default": {}} for name in names}}
    filled, problems = validate_inputs(schema, {})
    assert problems == []
    assert list(filled) == names
    assert all(value in ({}, {name: {} for name in names}) for value in filled.values())


def test_defaults_that_double_at_each_level_are_refused_with_a_reason() -> None:
    twice = {"type": "object", "properties": {"l": {"$ref": "#/$defs/d0", "default": {}}}}
    definitions = {
        f"d{level}": {"properties": {side: {"$ref": f"#/$defs/d{level + 1}", "default": {}} for side in ("l", "r")}}
        for level in range(30)
    } | {"d30": {}}
    value, problems = validate_inputs({**twice, "$defs": definitions}, {})
    assert value == {}
    assert [problem.pointer for problem in problems] == [""]
    assert "defaults make more than 10,000 values" in problems[0].message


def recursive_schemas(count: int) -> dict[str, Json]:
    """Return recursive schemas through each keyword that defaults follow."""
    names = [f"p{number}" for number in range(count)]

    def each(contents: Json) -> Json:
        return dict.fromkeys(names, contents)

    back: Json = {"$ref": "#", "default": {}}
    one_each = {name: {"properties": {name: back}} for name in names}
    dynamic = {"$dynamicAnchor": "top", "properties": each({"$dynamicRef": "#top", "default": {}})}
    return {
        "$ref": {"properties": each(back)},
        "$dynamicRef": dynamic,
        "allOf around": {"properties": each({"allOf": [{"$ref": "#"}], "default": {}})},
        "allOf of all": {"allOf": [{"properties": {name: back}} for name in names]},
        "allOf of definitions": {"$defs": one_each, "allOf": [{"$ref": f"#/$defs/{name}"} for name in names]},
        "or null": {"properties": each({"anyOf": [{"$ref": "#"}, {"type": "null"}], "default": {}})},
        "items": {"properties": each({"type": "array", "items": {"$ref": "#"}, "default": [{}, {}]})},
        "prefixItems": {"properties": each({"type": "array", "prefixItems": [{"$ref": "#"}], "default": [{}]})},
        "additionalProperties": {"properties": each({"additionalProperties": {"$ref": "#"}, "default": {"x": {}}})},
        "between": {"properties": each({"properties": {"inner": back}, "default": {}})},
        "default with members": {"properties": each({"$ref": "#", "default": each({})})},
        "ring": {
            "$ref": "#/$defs/d0",
            "$defs": {
                f"d{level}": {"properties": each({"$ref": f"#/$defs/d{(level + 1) % count}", "default": {}})}
                for level in range(count)
            },
        },
        "all of all": {
            "$ref": "#/$defs/p0",
            "$defs": {
                name: {"properties": {other: {"$ref": f"#/$defs/{other}", "default": {}} for other in names}}
                for name in names
            },
        },
    }


@pytest.mark.parametrize("count", [2, 8, 12, 40])
@pytest.mark.parametrize("name", recursive_schemas(1))
def test_every_recursive_schema_is_filled_or_refused_with_a_reason(name: str, count: int) -> None:
    filled, problems = validate_inputs(json.loads(json.dumps(recursive_schemas(count)[name])), {})
    if count == 2 or name not in ("ring", "all of all"):
        assert problems == []
        assert list(filled) == [f"p{number}" for number in range(count)]
        assert len(json.dumps(filled)) < 100 * count * count
    else:
        assert filled == {}
        assert [problem.pointer for problem in problems] == [""]
        assert "defaults make more than 10,000 values" in problems[0].message


@pytest.mark.parametrize("count", [20, 80])
def test_a_recursive_schema_is_read_once(count: int) -> None:
    """Reading it for each filled-in object took 18 seconds with 120 properties."""
    schema = json.loads(json.dumps(recursive_schemas(count)["default with members"]))
    assert validate_inputs(schema, {})[1] == []
    profile = cProfile.Profile()
    filled = profile.runcall(with_defaults, schema, {})
    assert len(json.dumps(filled)) > 10 * count * count
    lookups = [each.callcount for each in profile.getstats() if getattr(each.code, "co_name", "") == "target"]
    assert 0 < sum(lookups) < 20 * count


def test_list_inside_a_default_keeps_its_own_default() -> None:
    node = {"properties": {"children": {"items": {"$ref": "#/$defs/node"}, "default": []}}}
    schema = {"$defs": {"node": node}, "properties": {"tree": {"$ref": "#/$defs/node", "default": {}}}}
    assert validate_inputs(schema, {}) == ({"tree": {"children": []}}, [])


def test_shared_part_is_filled_at_both_levels() -> None:
    common = {"properties": {"tries": {"default": 3}}}
    inner = {"allOf": [{"$ref": "#/$defs/common"}], "properties": {"host": {"default": "h"}}, "default": {}}
    schema = {"$defs": {"common": common}, "properties": {"outer": {**inner, "properties": {"inner": inner}}}}
    assert validate_inputs(schema, {})[0] == {"outer": {"inner": {"tries": 3, "host": "h"}, "tries": 3}}


@pytest.mark.parametrize(
    ("contents", "value", "sentence"),
    [
        ({"type": "integer"}, "x", "Expected a whole number, but this is text."),
        ({"type": "integer"}, 1.5, "Expected a whole number, but this is a number with decimals."),
        (
            {"type": ["integer", "null"]},
            True,
            "Expected a whole number or null, but this is a truth value (true or false).",
        ),
        ({"enum": ["a", "b"]}, "c", 'Must be one of "a", "b".'),
        ({"const": 4}, 5, "Must be exactly 4."),
        ({"minimum": 1}, 0, "Must be at least 1."),
        ({"exclusiveMinimum": 1}, 1, "Must be more than 1."),
        ({"minLength": 1}, "", "Must not be empty."),
        ({"minLength": 3}, "ab", "Needs at least 3 characters, has 2."),
        ({"maxItems": 1}, [1, 2], "May have at most 1 item, has 2."),
        ({"uniqueItems": True}, [1, 1], "Has duplicate items."),
        ({"pattern": "^v"}, "1", "Must match the pattern ^v"),
        ({"format": "date"}, "22.11.2026", "Not a valid date; write it like 2026-11-22."),
        ({"format": "time"}, "13:37:00", "Not a valid time with offset; write it like 13:37:00Z."),
        (
            {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            [],
            "Expected text or a whole number, but this is a list.",
        ),
        ({"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}, "c", 'Must be one of "a", "b".'),
        ({"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]}, 1, "Must be at least 3."),
        ({"anyOf": [False, {"minimum": 3}]}, 1, "Must be at least 3."),
        (False, 1, "No value is allowed here."),
    ],
)
def test_problem_is_a_sentence_at_its_field(contents: Json, value: Json, sentence: str) -> None:
    assert one_field(contents, value) == [sentence]


def test_missing_and_unknown_properties_are_located() -> None:
    schema = {"properties": {"repo": {}, "a/b": {}}, "required": ["repo", "a/b"], "additionalProperties": False}
    assert problems(schema, {"reop": 1}) == {
        "/repo": ["A value is required."],
        "/a~1b": ["A value is required."],
        "/reop": ['"reop" is not known here. Did you mean "repo"?'],
    }


def test_choice_is_distinguished_by_its_constant() -> None:
    def form(kind: str) -> Json:
        return {
            "type": "object",
            "properties": {"kind": {"const": kind}, "size": {"type": "integer"}},
            "required": ["kind", "size"],
        }

    schema = {"properties": {"shape": {"oneOf": [form("circle"), form("square")]}}}
    assert problems(schema, {"shape": {"kind": "square", "size": "big"}}) == {
        "/shape/size": ["Expected a whole number, but this is text."]
    }


def test_problems_are_reported_together_and_bounded() -> None:
    schema = {"properties": {"list": {"items": {"type": "integer"}}}}
    assert len(validate_inputs(schema, {"list": ["x"] * 10_000})[1]) == MAX_PROBLEMS


@settings(max_examples=5)
@given(st.text(min_size=6, alphabet="XYZ"))
def test_messages_omit_the_value(secret: str) -> None:
    schemas: list[Json] = [
        {"type": "integer"},
        {"enum": ["a"]},
        {"const": 1},
        {"maxLength": 1},
        {"pattern": "^q"},
        {"format": "date"},
        {"not": {}},
        {"anyOf": [{"type": "integer"}, {"maxLength": 2}]},
        {"oneOf": [{}, {}]},
        False,
    ]
    for contents in schemas:
        (message,) = one_field(contents, secret)
        assert secret not in message
    (message,) = one_field({"uniqueItems": True}, [secret, secret])
    assert secret not in message


def test_older_drafts_are_understood_without_being_named() -> None:
    assert one_field({"type": "array", "items": [{"type": "string"}]}, [1]) == []
    assert problems({"properties": {"x": {"items": [{"type": "string"}]}}}, {"x": [1]}) == {
        "/x/0": ["Expected text, but this is a number."]
    }
    assert one_field({"minimum": 1, "exclusiveMinimum": True}, 1) == ["Must be more than 1."]


def test_unchecked_keywords_accept_anything_and_are_named() -> None:
    schema = {
        "properties": {
            "far": {"$ref": "https://example.org/schema.json"},
            "odd": {"type": "string", "pattern": r"\p{L}+"},
        },
        "required": ["far"],
    }
    assert problems(schema, {"far": 1, "odd": "1"}) == {}
    assert [part.pointer for part in unchecked_parts(schema)] == ["/properties/far/$ref", "/properties/odd/pattern"]


def test_broken_schema_is_a_sentence() -> None:
    schema = {"properties": {"x": {"type": "strnig"}}}
    assert [problem.pointer for problem in schema_problems(schema)] == ["/properties/x/type"]
    ((problem,),) = (validate_inputs(schema, {})[1],)
    assert problem.pointer == ""
    assert problem.message.startswith("The schema itself is not valid, at /properties/x/type: ")


def test_self_referencing_schema_is_a_clear_error() -> None:
    (problem,) = validate_inputs({"$ref": "#"}, {})[1]
    assert problem.message.startswith("The schema refers to itself endlessly")


def test_explosive_pattern_is_stopped_without_blocking_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    beats = 0
    done = threading.Event()

    def beat() -> None:
        nonlocal beats
        while not done.wait(0.01):
            beats += 1

    other = threading.Thread(target=beat)
    other.start()
    try:
        schema = {"properties": {"x": {"items": {"pattern": "^(a+)+$"}}}}
        for seconds in (0.8, 20.0, 200.0):  # more where the other thread had few turns
            monkeypatch.setattr(bounded_search, "SECONDS", seconds)
            sentences = problems(schema, {"x": ["a" * 40 + "!"] * 5})
            if beats > 20:
                break
    finally:
        done.set()
        other.join()
    sentence = "The pattern of the schema takes too long on this value; rewrite the pattern."
    assert sentences == {f"/x/{index}": [sentence] for index in range(5)}
    assert beats > 20


def test_nested_repeats_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_search, "SECONDS", PATIENCE)
    pattern = "^([a-z0-9]+)(-[a-z0-9]+)*$"
    assert one_field({"pattern": pattern}, "my-first-flow") == []
    assert one_field({"pattern": pattern}, "My Flow") == [f"Must match the pattern {pattern}"]
    assert one_field({"items": {"pattern": pattern}}, ["a-b"] * 200) == []


def test_property_names_are_matched_by_patterns() -> None:
    schema = {"patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": False}
    assert problems(schema, {"x-a": 1}) == {}
    assert problems(schema, {"x-a": "1", "y": 2}) == {
        "/x-a": ["Expected a whole number, but this is text."],
        "/y": ['"y" is not known here.'],
    }


def test_false_schema_rejects_everything() -> None:
    assert one_field({"anyOf": [False, False]}, 1) == ["No value is allowed here."]
    assert one_field(False, 1) == ["No value is allowed here."]


@pytest.mark.parametrize("factor", [4, 4.0, 0.5])
def test_multiples_beyond_floats_are_exact(factor: float) -> None:
    assert one_field({"multipleOf": factor}, 10**400) == []
    assert one_field({"multipleOf": factor}, 10**400 + 1) == (
        [] if factor < 1 else [f"Must be a multiple of {factor}."]
    )
