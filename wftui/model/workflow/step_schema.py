"""The JSON Schema of one step for a form: common keys and the input of its type."""

from collections.abc import Mapping, Sequence

from wftui.model.base import Json
from wftui.model.workflow.definition import Step

_COMMON = ("when", "forEach", "needs", "join", "retry", "timeout", "onError", "disabled", "idempotent", "name", "note")
"""The common keys of steps, in the order of the form."""
_LOOP = ("until", "while", "maxIterations", "onLimit", "delay")
_LONG = frozenset({"script", "code", "query", "template", "prompt", "system", "text", "html", "content", "message"})
"""Texts to edit over several lines."""


def step_schema(step_type: str, input_schema: Mapping[str, Json] | None, connections: Sequence[str]) -> dict[str, Json]:
    """Return the schema of a step's form.

    Args:
        step_type: its type; the contents of containers are only in the source.
        input_schema: of the type's input; None without one, or for an unknown type.
        connections: names to choose from, for a type that takes a connection.
    """
    whole = Step.model_json_schema(by_alias=True)
    known: dict[str, Json] = whole["$defs"]["Step"]["properties"]
    definitions: dict[str, Json] = {f"step_{name}": _own(part) for name, part in whole["$defs"].items()}
    properties: dict[str, Json] = {}
    if input_schema is not None:
        parts = _plain(dict(input_schema))
        definitions |= parts.pop("$defs", {})
        fields = parts.get("properties", {})
        parts["properties"] = {name: _roomy(name, field) for name, field in fields.items()}
        properties["input"] = {**parts, "description": ""}
    if connections:
        properties["connection"] = {"enum": list(connections), "description": known["connection"]["description"]}
    for name in (*(_LOOP if step_type == "loop" else ()), *_COMMON):
        properties[name] = _own(known[name])
    properties["needs"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": known["needs"]["description"],
    }
    return {"type": "object", "properties": properties, "$defs": definitions}


def _roomy(name: str, field: Json) -> Json:
    """Return the field, over several lines if it holds long text."""
    return field | {"contentMediaType": "text/plain"} if name in _LONG and "enum" not in field else field


def _own(schema: Json) -> Json:
    """Return the schema with references that no step type's own can hide."""
    return _plain(schema, prefix="step_")


def _plain(schema: Json, prefix: str = "") -> Json:
    """Return a schema for a form: names as in the file, absent instead of null."""
    if isinstance(schema, list):
        return [_plain(each, prefix) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _plain(value, prefix) for key, value in schema.items() if not _is_noise(key, value)}
    if "$ref" in found:
        found["$ref"] = str(found["$ref"]).replace("#/$defs/", f"#/$defs/{prefix}")
    branches = [each for each in found.get("anyOf", ()) if each != {"type": "null"}]
    if len(branches) == 1:
        found.pop("anyOf")
        return {**branches[0], **found}
    return found | {"anyOf": branches} if branches else found


def _is_noise(key: str, value: Json) -> bool:
    """Return whether an entry is a title made from the name, or a null default."""
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)
