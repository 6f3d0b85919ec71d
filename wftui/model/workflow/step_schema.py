"""The JSON Schemas of two forms: a step with the input of its type, a workflow."""

from collections.abc import Mapping, Sequence

from wftui.model.base import Json
from wftui.model.workflow.definition import Step, Workflow

_FIRST = (
    "when",
    "forEach",
    "needs",
    "join",
    "retry",
    "timeout",
    "onError",
    "disabled",
    "idempotent",
    "pool",
    "name",
    "note",
)
"""The first common keys of steps in the form; all others follow in the order of the format."""
_FIRST_OF_WORKFLOW = ("name", "description", "version", "inputSchema", "outputs", "connections", "env", "labels")
_LOOP = ("until", "while", "maxIterations", "onLimit", "delay")
_OWN = frozenset({"id", "type", "input", "connection"})
"""Keys with fields of their own: `R` renames a step."""
_BRANCHES = {"cases": "Case", "branches": "Branch", "catch": "Catch"}
"""Definitions of the branches of a step."""
_PREFIX = "step:"
"""Prefix of the definitions of the format among those of a step type."""
_LONG = frozenset({"script", "code", "query", "template", "prompt", "system", "text", "html", "content", "message"})
"""Texts to edit over several lines."""


def step_schema(
    step_type: str,
    input_schema: Mapping[str, Json] | None,
    connections: Sequence[str],
    *,
    others: Sequence[str] = (),
    conditions: Sequence[Json] = (),
) -> dict[str, Json]:
    """Return the schema of a step's form.

    Args:
        step_type: its type; the steps of containers are not in the form.
        input_schema: of the type's input; None without one, or for an unknown type.
        connections: names to choose from, for a type that takes a connection.
        others: ids of the steps that it can need.
        conditions: schemas that its input has to meet as well (`field_conditions`).
    """
    whole = Step.model_json_schema(by_alias=True)
    known: dict[str, Json] = whole["$defs"]["Step"]["properties"]
    definitions: dict[str, Json] = {f"{_PREFIX}{name}": _own(part) for name, part in whole["$defs"].items()}
    properties: dict[str, Json] = {}
    if input_schema is not None:
        parts = _plain(dict(input_schema))
        definitions |= parts.pop("$defs", {})
        fields = parts.get("properties", {})
        parts["properties"] = {name: _roomy(name, field) for name, field in fields.items()}
        if conditions:
            parts["allOf"] = [*parts.get("allOf", ()), *conditions]
        properties["input"] = {**parts, "description": ""}
    if connections:
        properties["connection"] = {"enum": list(connections), "description": known["connection"]["description"]}
    for name in branch_keys(step_type):
        properties[name] = _branches(name, whole)
    for name in common_keys(step_type, whole):
        properties[name] = _own(known[name])
    properties["catch"] = _branches("catch", whole)
    properties["needs"] = {
        "type": "array",
        "items": {"enum": list(others)} if others else {"type": "string"},
        "description": known["needs"]["description"],
    }
    return {"type": "object", "properties": properties, "$defs": definitions}


def common_keys(step_type: str, schema: Mapping[str, Json]) -> list[str]:
    """Return the keys of a step that its form shows besides those of its type.

    Args:
        step_type: `loop` has more keys than other types.
        schema: that of the model of a step. Keys that hold steps are left out: lists of steps have keys of their own.
    """
    properties = schema["$defs"]["Step"]["properties"]
    shown = [name for name in properties if name not in _OWN and not _holds_steps(properties[name], schema["$defs"])]
    loop = [name for name in _LOOP if name in shown]
    others = [name for name in shown if name not in (*_FIRST, *loop)]
    return [*(loop if step_type == "loop" else ()), *(name for name in _FIRST if name in shown), *others]


def branch_keys(step_type: str) -> list[str]:
    """Return the keys of the branches that only a type of containers has."""
    return {"switch": ["cases", "default"], "race": ["branches"]}.get(step_type, [])


def _branches(key: str, schema: Mapping[str, Json]) -> Json:
    """Return the schema of the branches of a step, without the steps in them."""
    description = schema["$defs"]["Step"]["properties"][key]["description"]
    if key == "default":
        return {"type": "boolean", "description": description}
    branch = _own(schema["$defs"][_BRANCHES[key]])
    fields = {name: each for name, each in branch["properties"].items() if name != "steps"}
    required = [name for name in branch.get("required", ()) if name != "steps"]
    item = {"type": "object", "properties": fields, "required": required, "additionalProperties": False}
    return {"type": "array", "items": item, "description": description}


def workflow_schema() -> dict[str, Json]:
    """Return the schema of the form of a workflow, without its steps and its id."""
    whole = Workflow.model_json_schema(by_alias=True)
    definitions = {f"{_PREFIX}{name}": _own(part) for name, part in whole["$defs"].items()}
    properties = {
        name: _own(part)
        for name, part in whole["properties"].items()
        if name not in ("format", "id") and not _holds_steps(part, whole["$defs"])
    }
    definitions[_INPUT_SCHEMA] = _INPUT
    properties["inputSchema"] = {**_INPUTS, "description": properties["inputSchema"]["description"]}
    order = [*(name for name in _FIRST_OF_WORKFLOW if name in properties), *properties]
    return {"type": "object", "properties": {name: properties[name] for name in order}, "$defs": definitions}


def _holds_steps(schema: Json, definitions: Mapping[str, Json]) -> bool:
    """Return whether a value of a schema contains steps."""
    if isinstance(schema, list):
        return any(_holds_steps(each, definitions) for each in schema)
    if not isinstance(schema, Mapping):
        return False
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name == "Step" or (name and _holds_steps(definitions[name], definitions)):
        return True
    return any(_holds_steps(each, definitions) for key, each in schema.items() if key != "$ref")


_KINDS = ("string", "integer", "number", "boolean", "array", "object")
_INPUT_SCHEMA = f"{_PREFIX}InputSchema"
_EACH_INPUT = {"$ref": f"#/$defs/{_INPUT_SCHEMA}"}
_OF_KIND: dict[str, dict[str, Json]] = {
    "string": {
        "format": {"type": "string", "description": "Format of a text: date, email, uri, file-path."},
        "minLength": {"type": "integer", "minimum": 0, "description": "Least characters of a text."},
        "maxLength": {"type": "integer", "minimum": 0, "description": "Most characters of a text."},
        "pattern": {"type": "string", "description": "Regular expression that a text must match."},
    },
    "number": {
        "minimum": {"type": "number", "description": "Smallest number."},
        "maximum": {"type": "number", "description": "Largest number."},
    },
    "boolean": {},
    "array": {
        "minItems": {"type": "integer", "minimum": 0, "description": "Least items of a list."},
        "maxItems": {"type": "integer", "minimum": 0, "description": "Most items of a list."},
        "items": {**_EACH_INPUT, "title": "Items", "description": "Schema of each item of a list."},
    },
    "object": {
        "properties": {
            "type": "object",
            "title": "Fields",
            "additionalProperties": _EACH_INPUT,
            "description": "Schema of each field of an object, by its name.",
        },
        "required": {
            "type": "array",
            "title": "Required fields",
            "items": {"type": "string"},
            "description": "Names of the fields that an object must have.",
        },
    },
}
_OF_KIND["integer"] = _OF_KIND["number"]
"""Keywords that mean something for one kind of value only; the form shows them with it."""


def _only_for(kind: str) -> Json:
    """Return the condition that shows the keywords of a kind, and values of that kind."""
    values: dict[str, Json] = {"default": {"type": kind}}
    if kind not in ("boolean", "array", "object"):
        values["enum"] = {"type": "array", "items": {"type": kind}}
    shown = {"properties": {**values, **_OF_KIND[kind]}}
    return {"if": {"properties": {"type": {"const": kind}}, "required": ["type"]}, "then": shown}


_INPUT = {
    "type": "object",
    "properties": {
        "type": {"enum": list(_KINDS), "description": "Kind of the value."},
        "title": {"type": "string", "description": "Label in the run form; absent: its name."},
        "description": {"type": "string", "description": "Explanation in the run form."},
        "default": {"description": "Value when none is given."},
        "enum": {"type": "array", "items": {}, "description": "The values to choose from."},
        "writeOnly": {"type": "boolean", "description": "Secret: never shown or stored."},
    },
    "allOf": [_only_for(kind) for kind in _KINDS],
}
_INPUTS = {
    "type": "object",
    "title": "Inputs",
    "properties": {
        "properties": {
            "type": "object",
            "title": "Inputs",
            "additionalProperties": _EACH_INPUT,
            "description": "By the name in expressions: inputs.name.",
        },
        "required": {
            "type": "array",
            "title": "Required inputs",
            "items": {"type": "string"},
            "description": "Names of the inputs without which no run starts.",
        },
    },
}
"""Fields of an `inputSchema`; other keywords of JSON Schema are kept as they are."""


def _roomy(name: str, field: Json) -> Json:
    """Return the field, over several lines if it holds long text."""
    return field | {"contentMediaType": "text/plain"} if name in _LONG and "enum" not in field else field


def _own(schema: Json) -> Json:
    """Return the schema with references that no step type's own can hide."""
    return _plain(schema, prefix=_PREFIX)


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
