"""Invalid defaults make no valid value invalid, and are errors only if filled in."""

from pathlib import Path
from typing import Any

import pytest
from compiler.compiler_helpers import compiler_of, found, step, text_of, workflow, write

from wftui.model.base import Json
from wftui.runtime.validation.validator import validate_inputs

NEEDS_HOST: dict[str, Json] = {
    "type": "object",
    "properties": {"host": {"type": "string"}, "port": {"type": "integer", "default": 25}},
    "required": ["host"],
}


WRONG_INSIDE: dict[str, Json] = {"type": ["object", "null"], "properties": {"n": {"type": "integer", "default": "x"}}}


@pytest.mark.parametrize(
    ("schema", "value", "filled"),
    [
        ({"properties": {"mail": {**NEEDS_HOST, "default": {}}}}, {}, {}),
        (
            {"properties": {"mail": {**NEEDS_HOST, "default": {}}}},
            {"mail": {"host": "h"}},
            {"mail": {"host": "h", "port": 25}},
        ),
        ({"properties": {"mail": {**NEEDS_HOST, "default": {"host": "h"}}}}, {}, {"mail": {"host": "h", "port": 25}}),
        ({"properties": {"n": {"type": "integer", "default": "x"}, "m": {"default": 1}}}, {}, {"m": 1}),
        (
            {"properties": {"o": {"default": {}, "properties": {"n": {"type": "integer", "default": "x"}}}}},
            {},
            {"o": {}},
        ),
        (
            {"properties": {"a": {"default": 1}, "b": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"b": 2},
            {"b": 2},
        ),
        ({"properties": {"a": {"default": 1}}, "maxProperties": 1, "additionalProperties": True}, {"b": 2}, {"b": 2}),
        ({"items": {"properties": {"n": {"type": "integer", "default": "x"}, "m": {"default": 1}}}}, [{}], [{"m": 1}]),
    ],
)
def test_a_valid_value_stays_valid(schema: dict[str, Any], value: Json, filled: Json) -> None:
    assert validate_inputs(schema, value) == (filled, [])


def test_required_property_needs_a_valid_default() -> None:
    schema = {"properties": {"n": {"type": "integer", "default": "x"}}, "required": ["n"]}
    [problem] = validate_inputs(schema, {})[1]
    assert problem.pointer == "/n"


@pytest.mark.parametrize(
    ("schema", "severity"),
    [
        ({"properties": {"n": {"type": "integer", "default": "x"}}}, "error"),
        ({"properties": {"n": {"allOf": [{"type": "integer", "default": "x"}]}}}, "error"),
        ({"$defs": {"n": {"type": "integer", "default": "x"}}, "properties": {"n": {"$ref": "#/$defs/n"}}}, "error"),
        ({"properties": {"o": {"default": {}, **WRONG_INSIDE}}}, "error"),
        ({"properties": {"o": WRONG_INSIDE}, "required": ["o"]}, "error"),
        ({"properties": {"o": {"properties": {"p": WRONG_INSIDE}, "required": ["p"]}}, "required": ["o"]}, "error"),
        ({"properties": {"l": {"items": WRONG_INSIDE, "default": [{}]}}}, "error"),
        ({"properties": {"o": WRONG_INSIDE}}, "warning"),
        ({"properties": {"o": {"default": {"n": 1}, **WRONG_INSIDE}}}, "warning"),
        ({"properties": {"o": {"properties": {"p": WRONG_INSIDE}}}, "required": ["o"]}, "warning"),
        ({"properties": {"o": {"additionalProperties": WRONG_INSIDE}}}, "warning"),
        ({"properties": {"l": {"items": WRONG_INSIDE}}}, "warning"),
        ({"properties": {"l": {"items": {"type": "integer", "default": "x"}}}}, "warning"),
        ({"$defs": {"n": {"type": "integer", "default": "x"}}, "properties": {"n": {}}}, "warning"),
        ({"properties": {"n": {"not": {"type": "integer", "default": "x"}}}}, "warning"),
        ({"properties": {"n": {}}, "minProperties": 1, "default": {}}, "warning"),
        ({"properties": {"n": {"anyOf": [{"type": "integer", "default": "x"}, {"type": "string"}]}}}, "warning"),
    ],
)
def test_a_default_is_an_error_where_it_is_filled_in(schema: dict[str, Any], severity: str) -> None:
    name = next(iter(schema["properties"]))
    source = workflow(
        step("a", input={"x": f"{{{{ inputs.{name} | default(1) }}}}"}), inputSchema={"type": "object", **schema}
    )
    [diagnostic] = [each for each in found(source) if each.code == "schema.default"]
    assert diagnostic.severity == severity


def test_a_default_of_an_output_schema_is_never_filled_in() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "default": "x"}}}
    [diagnostic] = found(workflow(step("a", input={"m": 1}, outputSchema=schema)))
    assert (diagnostic.code, diagnostic.severity) == ("schema.default", "warning")


def test_a_call_may_leave_out_what_has_a_wrong_default(tmp_path: Path) -> None:
    inner = {"type": "object", "properties": {"o": WRONG_INSIDE}, "additionalProperties": False}
    child = workflow(step("a", input={"x": "{{ inputs.o | default(1) }}"}), inputSchema=inner)
    write(tmp_path, {**child, "id": "inner"}, "inner")
    call = {"id": "call", "type": "workflow", "input": {"workflow": "inner", "inputs": {"o": {}}}}
    assert compiler_of(tmp_path).check("flow", text_of(workflow(call))).errors == []
