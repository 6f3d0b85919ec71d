"""Required input fields of steps, in the schema of workflow.json."""

from collections.abc import Mapping
from typing import Any

_WORKFLOW, _STEP, _HANDLER = "NeededInputOfWorkflow", "NeededInput", "NeededInputInHandlers"
_RAISES = {"required": ["type", "message"]}
"""Fields that a `fail` needs outside of handlers, where there is no error to raise again."""


def needed_input(rules: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return definitions, and the keywords of the whole schema that use them.

    They apply to workflows without `defaults.types.TYPE.input`, which may give any field, so they are apart from the
    schema of a step.

    Args:
        rules: keywords of JSON Schema for the input of each step type.
    """
    types = [_typed(word, rule) for word, rule in rules.items() if rule]
    definitions = {
        _STEP: {**_inside(_STEP), "allOf": [*types, _typed("fail", _RAISES)]},
        _HANDLER: {**_inside(_HANDLER), "allOf": types},
        _WORKFLOW: {"properties": {"steps": _list_of(_STEP), "finally": _list_of(_STEP)}},
    }
    gives_none = {"additionalProperties": {"not": {"required": ["input"]}}}
    return definitions, {
        "if": {"properties": {"defaults": {"properties": {"types": gives_none}}}},
        "then": {"$ref": f"#/$defs/{_WORKFLOW}"},
    }


def _typed(word: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule of a step type, which requires an input unless `{}` is valid."""
    needed: dict[str, Any] = {"properties": {"input": {**rule}}}
    if rule.keys() & {"required", "oneOf"}:
        needed["required"] = ["input"]
    return {"if": {"properties": {"type": {"const": word}}, "required": ["type"]}, "then": needed}


def _inside(name: str) -> dict[str, Any]:
    """Return the schema of the steps inside a step."""
    body = {"properties": {"steps": _list_of(name)}}
    handlers = {"properties": {"steps": _list_of(_HANDLER)}}
    return {
        "properties": {
            "steps": _list_of(name),
            "cases": {"items": body},
            "default": body,
            "branches": {"items": body},
            "catch": {"items": handlers},
        }
    }


def _list_of(name: str) -> dict[str, Any]:
    return {"items": {"$ref": f"#/$defs/{name}"}}
