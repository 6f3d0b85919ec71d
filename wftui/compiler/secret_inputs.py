"""Which inputs are never shown: those whose schema says `writeOnly` or `format: password`."""

from collections.abc import Mapping

from wftui.model.base import Json
from wftui.model.json_schema import SchemaNode
from wftui.model.pointers import pointer_to
from wftui.model.secret_schema import secret_paths


def secret_pointers(schema: Mapping[str, Json]) -> list[str]:
    """JSON Pointers, into the inputs, of secret values, sorted; `*` stands for every item of a list or object."""
    # Most schemas have none, and looking closely means importing jsonschema.
    text = str(schema)
    if "writeOnly" not in text and "password" not in text:
        return []
    return sorted({pointer_to(path) for path in secret_paths(SchemaNode.root(schema))})
