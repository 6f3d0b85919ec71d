"""Computed defaults: defaults of inputs that are expressions."""

from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.schema.json_schema import as_list, as_object
from wftui.model.text.raw_text import next_mark

COMPUTED = "computedDefault"
"""Key of a property, in place of `default`, in the schema that frontends and checks of values get."""


def computed_defaults(schema: Mapping[str, Json]) -> dict[str, str]:
    """Return the defaults of inputs that are expressions, in order.

    Those of nested properties are plain texts.
    """
    properties = as_object(schema.get("properties"))
    found = {name: as_object(each).get("default") for name, each in properties.items()}
    return {name: default for name, default in found.items() if isinstance(default, str) and next_mark(default, 0)}


def computed_names(schema: Mapping[str, Json]) -> frozenset[str]:
    """Return the inputs whose default is computed.

    Args:
        schema: as `with_computed_apart` returns it.
    """
    properties = as_object(schema.get("properties"))
    return frozenset(name for name, each in properties.items() if COMPUTED in as_object(each))


def with_computed_apart(schema: Mapping[str, Json]) -> dict[str, Json]:
    """Return an input schema in which inputs with a computed default are optional."""
    computed = computed_defaults(schema)
    if not computed:
        return schema if isinstance(schema, dict) else dict(schema)
    properties: dict[str, Json] = {}
    for name, each in as_object(schema["properties"]).items():
        properties[name] = each if name not in computed else _apart(as_object(each), computed[name])
    made: dict[str, Json] = {**schema, "properties": properties}
    if "required" in schema:
        made["required"] = [
            name for name in as_list(schema["required"]) if not (isinstance(name, str) and name in computed)
        ]
    return made


def _apart(schema: Mapping[str, Json], default: str) -> dict[str, Json]:
    made = {key: value for key, value in schema.items() if key != "default"}
    description = made.get("description")
    before = f"{description.rstrip('. ')}. " if isinstance(description, str) and description else ""
    made["description"] = f"{before}Default: {default}"
    return {**made, COMPUTED: default}
