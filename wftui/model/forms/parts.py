"""Attributes of a field, from the facets of its schema."""

from collections.abc import Sequence
from dataclasses import replace

from wftui.model.base import Json
from wftui.model.forms.fields import FormField
from wftui.model.schema import facets as schema_facets
from wftui.model.schema.facets import Facets, ValueChoice
from wftui.model.schema.json_schema import SchemaNode, as_list, as_object
from wftui.model.schema.secret_schema import holds_secret

_LONGEST_NAME = 16
"""Length of the patterns of names that are shown."""


def simple_field(parts: Facets, field: FormField, types: set[str] | None) -> FormField:
    """Return a field for a scalar; for JSON if the schema allows several types."""
    if types == {"string"}:
        return replace(field, kind="multiline" if schema_facets.wants_lines(parts) and not field.secret else "text")
    if types == {"boolean"}:
        return replace(field, kind="boolean")
    if types in ({"integer"}, {"number"}):
        step = schema_facets.number(parts, "multipleOf")
        return replace(
            field,
            kind="integer" if types == {"integer"} else "number",
            step=step if step and step > 0 else 1,
            minimum=schema_facets.number(parts, "minimum"),
            maximum=schema_facets.number(parts, "maximum"),
        )
    if types == set():
        return replace(field, kind="choice", choices=(ValueChoice(None, "null"),), nullable=False)
    return field


def merged(nodes: Sequence[SchemaNode]) -> SchemaNode:
    """Return one schema for a property that several facets describe."""
    return nodes[0] if len(nodes) == 1 else nodes[0].below({"allOf": [node.contents for node in nodes]})


def speaks_of_null(parts: Facets) -> bool:
    """Return whether null can be intended: untyped schemas accept it by accident."""
    return any(part.contents.keys() & {"type", "enum", "const"} for part in parts)


def is_secret(parts: Facets) -> bool:
    """Return whether a value is a secret."""
    return any(part.contents.get("writeOnly") is True or part.contents.get("format") == "password" for part in parts)


def properties_of(part: SchemaNode) -> dict[str, Json]:
    """Return the schemas of the properties that may be given."""
    named = as_object(part.contents.get("properties"))
    return {name: contents for name, contents in named.items() if contents is not False}


def leading_items(parts: Facets) -> list[SchemaNode]:
    """Return the schemas of the first items."""
    for part in parts:
        for keyword in ("prefixItems", "items"):
            listed = as_list(part.contents.get(keyword))
            if listed:
                return [part.below(each) for each in listed]
    return []


def others_of(parts: Facets) -> tuple[Json, SchemaNode | None]:
    """Return the schema of properties without a name, and the facet that has it."""
    if not parts:
        return True, None
    for part in parts:
        patterns = [*as_object(part.contents.get("patternProperties")).values()]
        others = part.contents.get("additionalProperties")
        if patterns and others is False:
            return (patterns[0] if len(patterns) == 1 else {"anyOf": patterns}), part
        if patterns:
            return True, part
        if others is not None:
            return others, part
    return True, parts[0]


def name_hints(parts: Facets) -> tuple[str, ...]:
    """Return a hint on the names in a map."""
    patterns = [name for part in parts for name in as_object(part.contents.get("patternProperties"))]
    return (f"names like {' or '.join(patterns)}",) if patterns and len(" ".join(patterns)) <= _LONGEST_NAME else ()


def takes_others(parts: Facets) -> bool:
    """Return whether the schema describes properties that it does not name."""
    return any(
        as_object(part.contents.get("additionalProperties")) or as_object(part.contents.get("patternProperties"))
        for part in parts
    )


def hides_others(part: SchemaNode) -> bool:
    """Return whether a property without a name in the schema can be secret."""
    others = {key: value for key, value in part.contents.items() if key not in _OF_OTHER_FACETS}
    return holds_secret(part.below(others))


_OF_OTHER_FACETS = frozenset({"properties", "$ref", "$dynamicRef", "allOf"})


def rest_field(pair: FormField, *, alone: bool, bindable: bool) -> FormField:
    """Return the field of all other properties, with rows like `pair`."""
    return FormField(
        name="",
        kind="map",
        label="Inputs" if alone else "More",
        description="" if alone else "Further properties.",
        item=pair,
        types=frozenset({"object"}),
        rest=True,
        secret=pair.fields[1].secret,
        bindable=bindable,
    )
