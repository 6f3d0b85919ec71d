"""Check the JSON Schemas inside a workflow, and their defaults."""

import functools
import json
from collections.abc import Iterator, Mapping, Set
from typing import TYPE_CHECKING

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.nodes import StepNode, WorkflowTree
from wftui.model.base import Json
from wftui.model.json.pointers import pointer_parts, pointer_to
from wftui.model.schema.computed_defaults import with_computed_apart
from wftui.model.schema.json_schema import as_object
from wftui.model.text.suggestions import did_you_mean, mistyped
from wftui.model.workflow.compilation import Fix, PatchOperation

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")


def check_schemas(tree: WorkflowTree) -> Iterator[Diagnostic]:
    """Check `inputSchema`."""
    schema = tree.raw.get("inputSchema")
    if isinstance(schema, dict):
        if schema.get("type", "object") != "object":
            fix = patches.replace("change it to object", "/inputSchema/type", "object")
            message = "the type of inputSchema must be object; declare each input under properties"
            yield Diagnostic("schema.root", message, "/inputSchema/type", field="inputSchema.type", fixes=(fix,))
        yield from _check(with_computed_apart(schema), "/inputSchema", "inputSchema", None, fills=True)
        yield from _without_properties(schema)


_OF_OBJECTS = frozenset(
    {
        *("properties", "patternProperties", "additionalProperties", "propertyNames", "dependentSchemas"),
        *("unevaluatedProperties", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$dynamicRef"),
        *("$defs", "definitions", "dependencies", "dependentRequired", "default", "const", "examples", "enum"),
    }
)
"""Keywords of a schema that says something of the members of an object."""


def _without_properties(schema: dict[str, Json]) -> Iterator[Diagnostic]:
    """Yield a warning if the inputs are written where keywords belong."""
    members: dict[str, Json] = {}
    for key, each in schema.items():
        if isinstance(each, dict) and each.keys() & {"type", "enum"}:
            members[key] = each
        elif isinstance(each, str) and each in _TYPES and key not in ("type", "title", "description", "format"):
            members[key] = {"type": each}
    if not members or schema.keys() & _OF_OBJECTS:
        return
    first = next(iter(members))
    around = {key: each for key, each in schema.items() if key not in members}
    fix = patches.replace("move it to properties", "/inputSchema", {"type": "object", **around, "properties": members})
    message = f"{first!r} is not a keyword of JSON Schema, so this declares no input; inputs belong in properties"
    at = "/inputSchema" + pointer_to([first])
    yield Diagnostic("schema.root", message, at, "warning", part="key", field=f"inputSchema.{first}", fixes=(fix,))


def check_output_schema(node: StepNode) -> Iterator[Diagnostic]:
    """Check the `outputSchema` of a step."""
    if isinstance(node.step.output_schema, dict):
        yield from _check(node.step.output_schema, node.at("outputSchema"), "outputSchema", node, fills=False)


def _check(
    schema: dict[str, Json], pointer: str, field: str, node: StepNode | None, *, fills: bool
) -> Iterator[Diagnostic]:
    """Yield the errors of a schema; `fills` tells whether values get its defaults."""
    step_id = node.id or None if node is not None else None
    for code, at, message, severity in _cached_errors(json.dumps(schema), fills):
        target = pointer + at
        name = field + at.replace("/", ".")
        fixes: tuple[Fix, ...] = ()
        if code == "schema.type" and (guess := _nearest_type(schema, at)):
            message += did_you_mean(guess)
            fixes = (patches.replace(f"change it to {guess}", target, guess),)
        elif code == "schema.invalid" and (required := _required_apart(schema, pointer, at)) is not None:
            fixes = (required,)
        elif code == "schema.default":
            fixes = (patches.remove("remove the default", target),)
        yield Diagnostic(
            code,
            message,
            target,
            "warning" if severity == "warning" else "error",
            step_id=step_id,
            field=name,
            fixes=fixes,
        )


@functools.lru_cache(maxsize=2_000)
def _cached_errors(text: str, fills: bool) -> tuple[tuple[str, str, str, str], ...]:
    return tuple(_schema_errors(json.loads(text), fills))


def _schema_errors(schema: Json, fills: bool) -> Iterator[tuple[str, str, str, str]]:
    """Yield code, pointer, message and severity of each error in a schema."""
    from wftui.runtime.patterns.bounded_search import BoundedSearch
    from wftui.runtime.validation.rules import build_validator
    from wftui.runtime.validation.validator import filled_defaults, schema_problems, unchecked_parts

    broken = schema_problems(schema)
    for diagnostic in broken:
        code = "schema.type" if diagnostic.pointer.endswith("/type") else "schema.invalid"
        message = f"{diagnostic.pointer.rpartition('/')[2] or 'the schema'}: {diagnostic.message.rstrip('.')}"
        if code == "schema.type":
            message = f"type must be one of {', '.join(_TYPES)}"
        yield code, diagnostic.pointer, message, "error"
    if broken:
        return
    for diagnostic in unchecked_parts(schema):
        yield "schema.unchecked", diagnostic.pointer, diagnostic.message.rstrip("."), "warning"
    try:
        with BoundedSearch() as search:
            filled = filled_defaults(schema) if fills else set()
            yield from _defaults(build_validator(schema, search), schema, (), filled)
    except RecursionError:
        yield "schema.invalid", "", "the schema refers to itself endlessly", "error"


def _defaults(
    validator: "Validator", schema: Json, path: tuple[str | int, ...], filled: Set[int]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the defaults that do not match their schema: an error where they are used.

    Args:
        filled: ids of the schemas whose default fills in a property; elsewhere it is only a note.
    """
    from wftui.runtime.validation.messages import sentences
    from wftui.runtime.validation.validator import subschemas

    if not isinstance(schema, Mapping):
        return
    if schema.get("default") is not None:
        errors = validator.evolve(schema=schema).iter_errors(schema["default"])
        for at, sentence in sentences(errors):
            where = f" at {at[1:].replace('/', '.')}" if at else ""
            message = f"the default does not match its schema{where}: {sentence[:1].lower()}{sentence[1:].rstrip('.')}"
            yield (
                "schema.default",
                pointer_to((*path, "default")),
                message,
                "error" if id(schema) in filled else "warning",
            )
            break
    for step, inner in subschemas(type(validator), schema):
        yield from _defaults(validator, inner, (*path, *step), filled)


def _required_apart(schema: Json, pointer: str, at: str) -> Fix | None:
    """Return the fix of `"required": true` in a property, which goes to the object."""
    *around, properties, name, keyword = ["", "", "", *pointer_parts(at)][-max(3, at.count("/")) :]
    if properties != "properties" or keyword != "required":
        return None
    owner = schema
    for part in around:
        owner = owner.get(part) if isinstance(owner, dict) else None
    members = as_object(as_object(owner).get("properties"))
    given, listed = as_object(members.get(name)).get("required"), as_object(owner).get("required")
    if not isinstance(given, bool) or not isinstance(listed, list | None):
        return None
    patch = [PatchOperation(op="remove", path=pointer + at)]
    base = pointer + pointer_to([*around, "required"])
    if given and listed is None:
        patch.append(PatchOperation(op="add", path=base, value=[name]))
    elif given and isinstance(listed, list) and name not in listed:
        patch.append(PatchOperation(op="add", path=f"{base}/-", value=name))
    return Fix(title=f"list {name} in required" if given else "remove required", patch=patch)


def _nearest_type(schema: Json, pointer: str) -> str | None:
    current = schema
    for part in pointer.split("/")[1:]:
        if not isinstance(current, Mapping):
            return None
        current = current.get(part.replace("~1", "/").replace("~0", "~"))
    aliases = {
        "int": "integer",
        "str": "string",
        "bool": "boolean",
        "float": "number",
        "list": "array",
        "dict": "object",
    }
    return aliases.get(current) or mistyped(current, _TYPES) if isinstance(current, str) else None
