"""Secret values in a JSON Schema: `"writeOnly": true` or `"format": "password"`."""

from collections.abc import Iterator, Mapping

from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.schema.json_schema import SchemaNode, as_list, as_object

MAX_DEPTH = 8
"""Levels that are distinguished; in a recursive schema, everything deeper counts as secret."""
ANY = "*"
"""Every item of a list, or every property, in a path."""

_ONE_OF_THEM = ("allOf", "anyOf", "oneOf")
_PERHAPS = ("if", "then", "else")
_ANY_PART = (
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "additionalProperties",
    "unevaluatedProperties",
)


def secret_pointers(schema: Mapping[str, Json]) -> list[str]:
    """Return the sorted JSON Pointers of secret values; `*` is every item or property."""
    # Most schemas have none, and a closer look needs jsonschema.
    text = str(schema)
    if "writeOnly" not in text and "password" not in text:
        return []
    return sorted({pointer_to(path) for path in secret_paths(SchemaNode.root(schema))})


def secret_paths(node: SchemaNode) -> Iterator[tuple[str, ...]]:
    """Yield the paths of possible secrets in a value, over all its forms."""
    if holds_secret(node):
        yield from _below(node, ())


def holds_secret(node: SchemaNode) -> bool:
    """Return whether a value of the schema can hold a secret, or be one."""
    seen: set[int] = set()
    todo = [node]
    while todo:
        next_one = todo.pop()
        if id(next_one.contents) not in seen:
            seen.add(id(next_one.contents))
            if _says_secret(next_one):
                return True
            todo += _forms(next_one)
            todo += [inner for _, inner in _parts(next_one)]
    return False


def _below(node: SchemaNode, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    forms = _all_forms(node)
    if any(map(_says_secret, forms)):
        yield path or (ANY,)
        return
    for form in forms:
        for key, inner in _parts(form):
            if holds_secret(inner):
                if len(path) + 1 < MAX_DEPTH:
                    yield from _below(inner, (*path, key))
                else:
                    yield (*path, key)


def _says_secret(node: SchemaNode) -> bool:
    contents = as_object(node.contents)
    return contents.get("writeOnly") is True or contents.get("format") == "password"


def _all_forms(node: SchemaNode) -> list[SchemaNode]:
    """Return the schema and all others that can apply to the same value."""
    found: dict[int, SchemaNode] = {}
    todo = [node]
    while todo:
        next_one = todo.pop()
        if id(next_one.contents) not in found:
            found[id(next_one.contents)] = next_one
            todo += _forms(next_one)
    return list(found.values())


def _forms(node: SchemaNode) -> Iterator[SchemaNode]:
    contents = as_object(node.contents)
    target = node.target()
    if target is not None:
        yield target
    for keyword in _ONE_OF_THEM:
        yield from map(node.below, as_list(contents.get(keyword)))
    for keyword in _PERHAPS:
        if keyword in contents:
            yield node.below(contents[keyword])
    for keyword in ("dependentSchemas", "dependencies"):
        yield from map(node.below, as_object(contents.get(keyword)).values())


def _parts(node: SchemaNode) -> Iterator[tuple[str, SchemaNode]]:
    """Yield (key, schema) of the values inside."""
    contents = as_object(node.contents)
    for name, inner in as_object(contents.get("properties")).items():
        yield name, node.below(inner)
    for inner in as_object(contents.get("patternProperties")).values():
        yield ANY, node.below(inner)
    for keyword in _ANY_PART:
        if isinstance(contents.get(keyword), dict):
            yield ANY, node.below(contents[keyword])
    for keyword in ("prefixItems", "items"):
        for index, inner in enumerate(as_list(contents.get(keyword))):
            yield str(index), node.below(inner)
