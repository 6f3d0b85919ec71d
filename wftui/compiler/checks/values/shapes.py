"""Shapes of values before a run: JSON types and members, from schema or code."""

import functools
from collections.abc import Callable, Iterable, Mapping

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.json.pointers import key_or_position, pointer_parts
from wftui.model.schema.json_schema import as_list, as_object, is_null_schema

ALL_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
_MAX_FOLLOWED = 32


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """One possible form of a value.

    Attributes:
        schema: a JSON Schema without choices at its top.
        root: the document its references lead into.
        members: of an object from an expression, the shape of each member, computed on demand.
        items: of a list from an expression, the shape of its items.
    """

    schema: Json
    root: Json = None
    members: "Mapping[str, Callable[[], Shape]] | None" = None
    items: "Shape | None" = None


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The possible forms of a value; without any, nothing is known."""

    alternatives: tuple[Alternative, ...] = ()

    @property
    def types(self) -> frozenset[str] | None:
        """The possible JSON types; None if unknown."""
        if not self.alternatives:
            return None
        found: set[str] = set()
        for each in self.alternatives:
            types = _types_of(each.schema)
            if types is None:
                return None
            found |= types
        return frozenset(found)

    def without_null(self) -> "Shape":
        """Return the shape without null, unless null is its only form."""
        kept = tuple(each for each in self.alternatives if not is_null_schema(each.schema))
        return Shape(kept) if kept else self


@dataclass(frozen=True, slots=True)
class NoMember:
    """A member that a value cannot have.

    Attributes:
        known: the members it has.
        types: the types of a value that has no members at all.
    """

    known: tuple[str, ...] = ()
    types: frozenset[str] = frozenset()


UNKNOWN = Shape()


def of_schema(schema: Json, root: Json | None = None) -> Shape:
    """Return the shape of a JSON Schema; `root` is its document if it is only a part."""
    return Shape(tuple(_expanded(schema, schema if root is None else root, _MAX_FOLLOWED)))


@functools.lru_cache(maxsize=256)
def of_types(*types: str) -> Shape:
    """Return the shape of a value of one of these JSON types."""
    return of_schema({"type": list(types)})


def of_literal(value: Json) -> Shape:
    """Return the shape of a literal."""
    if isinstance(value, dict):
        return of_members({key: functools.partial(of_literal, entry) for key, entry in value.items()})
    return of_types(_type_of(value))


def of_members(members: Mapping[str, Callable[[], Shape]]) -> Shape:
    """Return the shape of an object with exactly these members, each computed lazily."""
    return Shape((Alternative({"type": "object"}, members=members),))


def of_items(item: Shape) -> Shape:
    """Return the shape of a list of such items."""
    return Shape((Alternative({"type": "array"}, items=item),))


def union(shapes: Iterable[Shape]) -> Shape:
    """Return the shape of a value that has one of several shapes."""
    found: list[Alternative] = []
    for shape in shapes:
        if not shape.alternatives:
            return UNKNOWN
        found += [each for each in shape.alternatives if each not in found]
    return Shape(tuple(found))


def types_at(shape: Shape, pointer: str) -> frozenset[str] | None:
    """Return the JSON types at a pointer into a value; None if unknown."""
    for part in pointer_parts(pointer):
        inner = member(shape, key_or_position(part))
        if isinstance(inner, NoMember):
            return None
        shape = inner
    return shape.types


def item_of(shape: Shape) -> Shape:
    """Return the shape of the items of a list."""
    found: list[Shape] = []
    for each in shape.alternatives:
        schema = as_object(each.schema)
        if "array" not in (_types_of(each.schema) or ALL_TYPES):
            continue
        if each.items is not None:
            found.append(each.items)
            continue
        if schema.get("prefixItems") or not isinstance(schema.get("items"), dict):
            return UNKNOWN
        found.append(of_schema(schema["items"], each.root))
    return union(found) if found else UNKNOWN


def member(shape: Shape, key: str | int) -> "Shape | NoMember":
    """Return the shape under a key or position; NoMember when no form has one."""
    if not shape.alternatives:
        return UNKNOWN
    if len(shape.alternatives) == 1:
        return _member_of(shape.alternatives[0], key)
    found: list[Shape] = []
    known: dict[str, None] = {}
    types: set[str] = set()
    for each in shape.without_null().alternatives:
        inner = _member_of(each, key)
        if isinstance(inner, NoMember):
            known.update(dict.fromkeys(inner.known))
            types |= inner.types
        else:
            found.append(inner)
    return union(found) if found else NoMember(tuple(known), frozenset(types))


def _member_of(each: Alternative, key: str | int) -> "Shape | NoMember":
    if each.members is not None and isinstance(key, str):
        return each.members[key]() if key in each.members else NoMember(tuple(each.members))
    if each.items is not None and isinstance(key, int):
        return each.items
    return _schema_member(each, key)


@functools.lru_cache(maxsize=20_000)
def _schema_member(each: Alternative, key: str | int) -> "Shape | NoMember":
    schema = as_object(each.schema)
    types = _types_of(each.schema)
    if isinstance(key, int):
        if types is not None and not types & {"array", "string"}:
            return NoMember(types=types)
        return item_of(Shape((each,))) if types is None or "array" in types else of_types("string")
    if types is not None and "object" not in types:
        return NoMember(types=types)
    properties = as_object(schema.get("properties"))
    if key in properties:
        return NoMember(tuple(properties)) if properties[key] is False else of_schema(properties[key], each.root)
    if schema.get("patternProperties"):
        return UNKNOWN
    others = schema.get("additionalProperties")
    if others is False:
        return NoMember(tuple(properties))
    return of_schema(others, each.root) if isinstance(others, dict) else UNKNOWN


def _expanded(schema: Json, root: Json, budget: int) -> list[Alternative]:
    """Return the possible forms of a schema; an empty list if too little is known."""
    if not isinstance(schema, Mapping) or budget <= 0:
        return []
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target = _followed(root, reference)
        return [] if target is None else _expanded(target, root, budget - 1)
    if any(key in schema for key in ("allOf", "if", "not", "$dynamicRef", "dependentSchemas", "unevaluatedProperties")):
        members = as_list(schema.get("allOf"))
        if len(members) == 1 and not schema.keys() - {"allOf", "title", "description", "default"}:
            return _expanded(members[0], root, budget - 1)
        return [Alternative({"type": schema["type"]}, root)] if "type" in schema and "allOf" not in schema else []
    for keyword in ("anyOf", "oneOf"):
        choices = as_list(schema.get(keyword))
        if choices:
            if schema.get("properties") or schema.get("required"):
                return []
            made = [_expanded(choice, root, budget - 1) for choice in choices]
            return [] if not all(made) else [each for forms in made for each in forms]
    return [Alternative(schema, root)]


def _followed(root: Json, reference: str) -> Json | None:
    """Return the target of a local reference."""
    if not reference.startswith("#"):
        return None
    current: Json = root
    for part in reference[1:].split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not (isinstance(current, Mapping) and name in current):
            return None
        current = current[name]
    return current


def _types_of(schema: Json) -> frozenset[str] | None:
    if not isinstance(schema, Mapping):
        return None
    if "const" in schema:
        return frozenset({_type_of(schema["const"])})
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return frozenset(_type_of(value) for value in schema["enum"])
    declared = schema.get("type")
    if isinstance(declared, str):
        return frozenset({declared})
    if isinstance(declared, list) and declared:
        return frozenset(str(each) for each in declared)
    return None


def _type_of(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"
