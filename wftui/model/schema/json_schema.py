"""JSON Schema access: the draft, the targets of references, the parts that apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.schema.memoized import memoized

if TYPE_CHECKING:
    from jsonschema.protocols import Validator
    from referencing._core import Resolver as ReferenceResolver


class _Missing(Enum):
    """An enumeration, as its member stays the same object in copies."""

    MISSING = "missing"


MISSING: Any = _Missing.MISSING
"""No value, where None would be JSON's null."""


def declared_draft(schema: Json) -> type[Validator] | None:
    """Return the jsonschema class of `$schema`; None if absent or unknown."""
    from jsonschema import validators

    if not isinstance(schema, Mapping) or not isinstance(schema.get("$schema"), str):
        return None
    found: type[Validator] | None = validators.validator_for({"$schema": schema["$schema"]}, default=None)  # type: ignore[arg-type]  # stubs
    return found


@memoized
def validator_class(schema: Json) -> type[Validator]:
    """Return the jsonschema class for a schema's draft.

    `$schema` decides. Without one, it is the first of 2020-12, draft 7 and draft 4 in whose terms the schema is valid,
    so that older forms (`items` as a list, `exclusiveMinimum: true`) keep working.
    """
    from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator

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
    """A schema inside a document, with the means to follow its references.

    Attributes:
        contents: the schema: an object, true or false.
        resolver: knows the document, and the base address in force at this place.
    """

    contents: Json
    resolver: ReferenceResolver[Any]

    @classmethod
    def root(cls, schema: Json) -> SchemaNode:
        """Return the whole document; references outside of it are never fetched."""
        from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # has no stubs
        from referencing import jsonschema as drafts

        draft = declared_draft(schema)
        specification = (
            drafts.specification_with(draft.META_SCHEMA["$schema"]) if draft is not None else drafts.DRAFT202012
        )
        return cls(schema, REGISTRY.resolver_with_root(specification.create_resource(schema)))

    def below(self, contents: Json) -> SchemaNode:
        """Return a schema inside this one."""
        address = contents.get("$id") if isinstance(contents, Mapping) else None
        if not isinstance(address, str) or address.startswith("#"):
            return SchemaNode(contents, self.resolver)
        from referencing import jsonschema as drafts

        return SchemaNode(contents, self.resolver.in_subresource(drafts.DRAFT202012.create_resource(contents)))

    def follow(self, reference: str) -> SchemaNode | None:
        """Return the target of a `$ref`; None if it is not in the document."""
        from referencing import exceptions

        try:
            found = self.resolver.lookup(reference)
        except (
            exceptions.Unresolvable,
            AttributeError,
            TypeError,
            ValueError,
        ):  # the latter if the schema is malformed
            return None
        return SchemaNode(found.contents, found.resolver)

    def target(self) -> SchemaNode | None:
        """Return the target of the `$ref` or `$dynamicRef`; None without one."""
        for keyword in ("$ref", "$dynamicRef"):
            reference = as_object(self.contents).get(keyword)
            if isinstance(reference, str):
                return self.follow(reference)
        return None


def facets(node: SchemaNode) -> Iterator[SchemaNode]:
    """Yield the schema objects that all apply to a value, nearest first.

    These are the schema itself, the target of its `$ref`, the members of its `allOf`, and the only choice of an
    `anyOf` or `oneOf` besides null (`X or null`). Each is yielded once, so recursive schemas end.
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
    """Return whether a schema allows null and nothing else."""
    contents = as_object(schema)
    return contents.get("type") in ("null", ["null"]) or contents.get("const", MISSING) is None


def accepts_null(node: SchemaNode) -> bool:
    """Return whether the schema allows null."""
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
    """Return the default, or MISSING; a null that is not allowed means MISSING."""
    for facet in facets(node):
        if "default" in facet.contents:
            default = facet.contents["default"]
            return MISSING if default is None and not accepts_null(node) else default
    return MISSING


def as_list(value: Json) -> list[Json]:
    """Return the value if it is a list, else []: foreign schemas hold anything."""
    return value if isinstance(value, list) else []


def as_object(value: Json) -> Mapping[str, Json]:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}
