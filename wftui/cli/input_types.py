"""Types of inputs, from any place in a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wftui.model.base import Json

if TYPE_CHECKING:
    from wftui.model.schema.json_schema import SchemaNode

_LEAD_ON = ("$ref", "allOf", "anyOf", "oneOf")
_FORMS = ("anyOf", "oneOf")
_DEEPEST = 4
"""Levels of lists and objects whose types are looked up: schemas may be recursive."""


def typed(whole: Mapping[str, Json], schema: Json) -> Json:
    """Return an input's schema with its references and branches merged in.

    These are types, items, properties, required names and listed values, of the schema and of those inside.
    """
    if not _leads_on(schema):
        return schema
    from wftui.model.schema.json_schema import SchemaNode

    return _typed(SchemaNode.root(whole).below(schema), _DEEPEST)


def _leads_on(schema: Json) -> bool:
    """Return whether a schema has parts elsewhere; most need no imports."""
    if not isinstance(schema, Mapping):
        return False
    properties = schema.get("properties")
    inner = [schema.get("items"), *(properties.values() if isinstance(properties, Mapping) else ())]
    return not schema.keys().isdisjoint(_LEAD_ON) or any(_leads_on(each) for each in inner)


def _typed(node: SchemaNode, levels: int) -> Json:
    from wftui.model.schema.facets import types
    from wftui.model.schema.json_schema import accepts_null, as_list, as_object, facets

    if not isinstance(node.contents, Mapping) or not levels:
        return node.contents
    made: dict[str, Json] = dict(node.contents)
    parts = list(facets(node))
    allowed = types(parts)
    if allowed is not None:
        made["type"] = sorted(allowed | ({"null"} if accepts_null(node) else set()))
    for part in reversed(parts):  # the nearest last
        made.update({key: part.contents[key] for key in ("enum", "const", "required") if key in part.contents})
        for key in _FORMS:
            forms = as_list(part.contents.get(key))
            if len(forms) > 1:
                made[key] = [_typed(part.below(form), levels - 1) for form in forms]
        if "items" in part.contents:
            made["items"] = _typed(part.below(part.contents["items"]), levels - 1)
        inner = as_object(part.contents.get("properties"))
        if inner:
            known = {name: _typed(part.below(each), levels - 1) for name, each in inner.items()}
            made["properties"] = {**as_object(made.get("properties")), **known}
    return made
