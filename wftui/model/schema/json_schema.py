"""Looking into a JSON Schema: which draft it is, where its references lead, and which parts apply to one value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from wftui.model.base import Json

if TYPE_CHECKING:
    from jsonschema.protocols import Validator
    from referencing._core import Resolver


class _Missing(Enum):
    """An enumeration, because its member stays the same object in copies."""

    MISSING = "missing"


MISSING: Any = _Missing.MISSING
"""Stands for "no value", where None would be JSON's null."""


def declared_draft(schema: Json) -> type[Validator] | None:
    """The jsonschema class of the draft that `$schema` names; None without one, or for one nobody knows."""
    from jsonschema.validators import validator_for

    if not isinstance(schema, Mapping) or not isinstance(schema.get("$schema"), str):
        return None
    found: type[Validator] | None = validator_for({"$schema": schema["$schema"]}, default=None)  # type: ignore[arg-type]  # stubs
    return found


def validator_class(schema: Json) -> type[Validator]:
    """The jsonschema class for the draft a schema is written in.

    `$schema` decides. Without one, it is the first of 2020-12, draft 7 and draft 4 in whose terms the schema is valid,
    so that older habits (`items` as a list, `exclusiveMinimum: true`) keep working.
    """
    from jsonschema.validators import Draft4Validator, Draft7Validator, Draft202012Validator

    declared = declared_draft(schema)
    if declared is not None:
        return declared
    drafts: tuple[type[Validator], ...] = (Draft202012Validator, Draft7Validator, Draft4Validator)
    for draft in drafts:
        if draft(draft.META_SCHEMA).is_valid(schema):
            return draft
    return drafts[0]


@dataclass(frozen=True, slots=True)
class SchemaNode:
    """A schema inside a document, with what is needed to follow its references.

    Attributes:
        contents: the schema: an object, true or false.
        resolver: knows the document, and the base address in force at this place.
    """

    contents: Json
    resolver: Resolver[Any]

    @classmethod
    def root(cls, schema: Json) -> SchemaNode:
        """The whole document. Addresses outside of it lead nowhere: nothing is ever fetched."""
        from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # has no stubs
        from referencing.jsonschema import DRAFT202012, specification_with

        draft = declared_draft(schema)
        specification = specification_with(draft.META_SCHEMA["$schema"]) if draft is not None else DRAFT202012
        return cls(schema, REGISTRY.resolver_with_root(specification.create_resource(schema)))

    def below(self, contents: Json) -> SchemaNode:
        """A schema that stands inside this one."""
        address = contents.get("$id") if isinstance(contents, Mapping) else None
        if not isinstance(address, str) or address.startswith("#"):
            return SchemaNode(contents, self.resolver)
        from referencing.jsonschema import DRAFT202012

        return SchemaNode(contents, self.resolver.in_subresource(DRAFT202012.create_resource(contents)))

    def follow(self, reference: str) -> SchemaNode | None:
        """The schema a `$ref` leads to; None when it cannot be found in the document."""
        from referencing.exceptions import Unresolvable

        try:
            found = self.resolver.lookup(reference)
        except (Unresolvable, AttributeError, TypeError, ValueError):  # the latter where the schema is malformed
            return None
        return SchemaNode(found.contents, found.resolver)

    def target(self) -> SchemaNode | None:
        """Where the `$ref` (or `$dynamicRef`) of this schema leads; None when it has none, or one to nowhere."""
        for keyword in ("$ref", "$dynamicRef"):
            reference = as_object(self.contents).get(keyword)
            if isinstance(reference, str):
                return self.follow(reference)
        return None


def facets(node: SchemaNode) -> Iterator[SchemaNode]:
    """The schema objects that all apply to a value of this schema, nearest first.

    These are the schema itself, what its `$ref` leads to, the members of its `allOf`, and the only choice that is not
    null of an `anyOf` or `oneOf` (`X or null`). Each is given once, so schemas that refer to themselves end.
    """
    yield from _facets(node, set())


def _facets(node: SchemaNode, seen: set[int]) -> Iterator[SchemaNode]:
    if not isinstance(node.contents, Mapping) or id(node.contents) in seen:
        return
    seen.add(id(node.contents))
    yield node
    target = node.target()
    if target is not None:
        yield from _facets(target, seen)
    for member in as_list(node.contents.get("allOf")):
        yield from _facets(node.below(member), seen)
    for keyword in ("anyOf", "oneOf"):
        choices = [choice for choice in as_list(node.contents.get(keyword)) if not is_null_schema(choice)]
        if len(choices) == 1:
            yield from _facets(node.below(choices[0]), seen)


def is_null_schema(schema: Json) -> bool:
    """Whether a schema says: null, and nothing else."""
    contents = as_object(schema)
    return contents.get("type") in ("null", ["null"]) or contents.get("const", MISSING) is None


def accepts_null(node: SchemaNode) -> bool:
    """Whether null is a value of the schema."""
    return _accepts_null(node, frozenset())


def _accepts_null(node: SchemaNode, seen: frozenset[int]) -> bool:
    contents = node.contents
    if not isinstance(contents, Mapping):
        return contents is not False
    if id(contents) in seen:
        return True
    seen |= {id(contents)}
    declared = contents.get("type", "null")
    if "null" not in (declared if isinstance(declared, list) else [declared]):
        return False
    if contents.get("const") is not None or None not in as_list(contents.get("enum", [None])):
        return False
    target = node.target()
    if target is not None and not _accepts_null(target, seen):
        return False
    if not all(_accepts_null(node.below(member), seen) for member in as_list(contents.get("allOf"))):
        return False
    for keyword in ("anyOf", "oneOf"):
        choices = as_list(contents.get(keyword))
        if choices and not any(_accepts_null(node.below(choice), seen) for choice in choices):
            return False
    return True


def default_of(node: SchemaNode) -> Json:
    """The default of a schema, or MISSING. `"default": null` where null is not allowed is a way to say "none"."""
    for facet in facets(node):
        if "default" in facet.contents:
            default = facet.contents["default"]
            return MISSING if default is None and not accepts_null(node) else default
    return MISSING


def as_list(value: Json) -> list[Json]:
    """The value if it is a list, else an empty one: schemas of strangers hold anything anywhere."""
    return value if isinstance(value, list) else []


def as_object(value: Json) -> Mapping[str, Json]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}
