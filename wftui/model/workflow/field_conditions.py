"""Schemas of fields that depend on others: arguments of a tool, child inputs."""

from collections.abc import Mapping

from wftui.model.base import Json

ADDRESS = "urn:wftui:form:"
"""Beginning of the `$id` of a schema inside the form's, so that its references stay its own."""


def choice_of(field: str, values: list[str]) -> dict[str, Json]:
    """Return a schema by which a field has one of some values."""
    return {"properties": {field: {"enum": values}}}


def when_chosen(field: str, value: str, fields: Mapping[str, Mapping[str, Json]]) -> dict[str, Json]:
    """Return a schema that gives fields their own schemas once another has a value."""
    owned = {
        name: {**schema, "$id": f"{ADDRESS}{field}:{value}:{name}"} if "$ref" in str(schema) else dict(schema)
        for name, schema in fields.items()
    }
    test = {"properties": {field: {"const": value}}, "required": [field]}
    return {"if": test, "then": {"properties": owned}}
