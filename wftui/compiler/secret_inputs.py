"""Which inputs are never shown: those whose schema says `writeOnly` or `format: password`."""

from collections.abc import Iterator, Mapping

from wftui.model.base import Json
from wftui.model.json_schema import SchemaNode, as_list, as_object, facets
from wftui.model.pointers import pointer_to

MAX_DEPTH = 8
"""Levels that are looked into; a schema may refer to itself without end."""


def secret_pointers(schema: Mapping[str, Json]) -> list[str]:
    """JSON Pointers, into the inputs, of secret values, sorted; `*` stands for every item of a list."""
    # Most schemas have none, and looking closely means importing jsonschema.
    text = str(schema)
    if "writeOnly" not in text and "password" not in text:
        return []
    return sorted({pointer_to(path) for path in _secrets(SchemaNode.root(schema), ())})


def _secrets(node: SchemaNode, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if len(path) > MAX_DEPTH:
        return
    for facet in facets(node):
        schema = facet.contents
        if path and (schema.get("writeOnly") is True or schema.get("format") == "password"):
            yield path
            return
        for name, inner in as_object(schema.get("properties")).items():
            yield from _secrets(facet.below(inner), (*path, name))
        for keyword in ("items", "additionalProperties"):
            if isinstance(schema.get(keyword), Mapping):
                yield from _secrets(facet.below(schema[keyword]), (*path, "*"))
        for inner in as_list(schema.get("prefixItems")):
            yield from _secrets(facet.below(inner), (*path, "*"))
