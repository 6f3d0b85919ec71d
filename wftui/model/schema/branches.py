"""The parts of a schema that apply to some values only: variants and conditions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wftui.model.base import Json
from wftui.model.schema import facets as schema_facets
from wftui.model.schema.facets import TYPE_LABELS, Facets, literal
from wftui.model.schema.json_schema import SchemaNode, as_list, as_object, facets, is_null_schema
from wftui.model.schema.matching import SchemaMatcher

_MOST_NESTED = 5
"""Conditions inside conditions that are followed."""
_REPEATED = frozenset({"$ref", "$dynamicRef", "allOf"})
"""Keywords whose targets are parts of their own."""
_OF_THE_WHOLE = frozenset({"default", "title", "description", "examples"})
_NAMES = re.compile("[/:#]")
"""Separators in front of the name of a definition."""
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


@dataclass(frozen=True, slots=True)
class SchemaBranch:
    """One of the schemas of a `oneOf` or `anyOf`, or one of the types of a value.

    Attributes:
        parts: all facets of a value of this form, its own first.
        own: how many of them are its own.
        constants: the values of properties that tell it from the others.
        place: its index in the keyword's list; None for a type.
        among: the list of the keyword.
    """

    label: str
    description: str
    node: SchemaNode
    parts: Facets
    own: int
    constants: Mapping[str, Json]
    place: int | None = None
    among: Json = None


def listed(parts: Facets) -> list[SchemaBranch]:
    """Return the forms of a value that the schema lists; [] without a choice."""
    for part in parts:
        for keyword in ("oneOf", "anyOf"):
            among = as_list(part.contents.get(keyword))
            found = [(place, part.below(each)) for place, each in enumerate(among) if not is_null_schema(each)]
            if len(found) > 1 and _are_forms([node for _, node in found]):
                base = [_without(each, keyword if each is part else "") for each in parts]
                return _named([_branch(node, place, among, base) for place, node in found])
    return []


def offer_null(parts: Facets) -> bool:
    """Return whether null is one of the forms; an untyped form accepts it by accident."""
    for part in parts:
        for keyword in ("oneOf", "anyOf"):
            for each in as_list(part.contents.get(keyword)):
                contents = [as_object(facet.contents) for facet in facets(part.below(each))]
                if is_null_schema(each) or any(each.keys() & {"type", "enum", "const"} for each in contents):
                    return True
    return False


def _are_forms(nodes: Sequence[SchemaNode]) -> bool:
    """Return whether the forms of a value need fields of their own."""
    if not any(node.contents is not True and schema_facets.requires_more(node.contents) for node in nodes):
        return False
    titles = {schema_facets.text(list(facets(node)), "title") for node in nodes} - {""}
    return len(titles) > 1 or not all(_is_scalar(node) for node in nodes)


def _is_scalar(node: SchemaNode) -> bool:
    parts = list(facets(node))
    found = schema_facets.types(parts)
    if found is None:
        for part in parts:
            for keyword in ("oneOf", "anyOf"):
                among = as_list(part.contents.get(keyword))
                if among:
                    return all(is_null_schema(each) or _is_scalar(part.below(each)) for each in among)
        values = schema_facets.choices(parts)
        return values is not None and not any(isinstance(each.value, dict | list) for each in values)
    return found <= _SCALARS


def scalar_types(parts: Facets) -> set[str]:
    """Return the types of a value whose forms are all simple, or an empty set."""
    found: set[str] = set()
    for part in parts:
        for keyword in ("oneOf", "anyOf"):
            for each in as_list(part.contents.get(keyword)):
                inner = list(facets(part.below(each)))
                types = {"null"} if is_null_schema(each) else schema_facets.types(inner) or scalar_types(inner)
                if not types or not types <= _SCALARS | {"null"}:
                    return set()
                found |= types - {"null"}
    return found


def _branch(node: SchemaNode, place: int, among: Json, base: Facets) -> SchemaBranch:
    own = list(facets(node))
    constants = _constants(own)
    values = ", ".join(literal(value) for value in constants.values())
    reference = _NAMES.split(str(as_object(node.contents).get("$ref", "")))[-1]
    label = schema_facets.text(own, "title") or values or reference or _kind(own)
    return SchemaBranch(
        label, schema_facets.text(own, "description"), node, [*own, *base], len(own), constants, place, among
    )


def _constants(parts: Facets) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for part in parts:
        for name, contents in as_object(part.contents.get("properties")).items():
            values = schema_facets.choices(list(facets(part.below(contents)))) or ()
            if len(values) == 1:
                found.setdefault(name, values[0].value)
    return found


def _kind(parts: Facets) -> str:
    """Return what a form without a name is called, by its type or its properties."""
    types = schema_facets.types(parts) or set()
    names = [name for part in parts for name in as_object(part.contents.get("properties"))]
    if types == {"object"} and names:
        return ", ".join(names[:3])
    if types == {"array"}:
        items = next((part for part in parts if isinstance(part.contents.get("items"), Mapping)), None)
        inner = _kind(list(facets(items.below(items.contents["items"])))) if items is not None else ""
        return f"list of {inner}" if inner and "," not in inner and inner != "value" else "list"
    return " or ".join(TYPE_LABELS[each] for each in sorted(types) if each in TYPE_LABELS) or "value"


def _named(found: list[SchemaBranch]) -> list[SchemaBranch]:
    """Number the branches with the same label."""
    labels = [each.label for each in found]
    return [
        each
        if labels.count(each.label) == 1
        else SchemaBranch(
            f"{each.label} {labels[: index + 1].count(each.label)}",
            each.description,
            each.node,
            each.parts,
            each.own,
            each.constants,
            each.place,
            each.among,
        )
        for index, each in enumerate(found)
    ]


def by_type(parts: Facets) -> list[SchemaBranch]:
    """Return a form for each type, if the value may be an object or a list as well."""
    types = schema_facets.types(parts) or set()
    if len(types) < 2 or types <= _SCALARS:
        return []
    base = [_without(each, "") for each in parts]
    made = []
    for name in sorted(types, key=list(TYPE_LABELS).index):
        node = parts[0].below({"type": name})
        made.append(SchemaBranch(TYPE_LABELS[name], "", node, [node, *base], 1, {}))
    return made


def _without(part: SchemaNode, keyword: str) -> SchemaNode:
    """Return a facet without a keyword, and without the keywords about the whole."""
    left_out = _REPEATED | _OF_THE_WHOLE | {keyword}
    return SchemaNode({key: value for key, value in part.contents.items() if key not in left_out}, part.resolver)


def has_conditions(parts: Facets) -> bool:
    """Return whether the properties of an object depend on its value."""
    return any(
        keyword in part.contents for part in parts for keyword in ("if", "dependentSchemas", "dependencies")
    ) or any(as_object(part.contents.get("dependentRequired")) for part in parts)


@dataclass(frozen=True, slots=True)
class Applied:
    """A schema that applies to an object by its value.

    Attributes:
        part: the schema.
        deciding: the properties that decided; their fields stay as they are.
    """

    part: SchemaNode
    deciding: frozenset[str]


def applied(parts: Facets, value: Mapping[str, Json], matcher: SchemaMatcher) -> tuple[list[Applied], set[str]]:
    """Return the conditional schemas that apply to an object, and required names."""
    found: list[Applied] = []
    required: set[str] = set()
    todo = list(_conditional(parts, value, matcher, required))
    for _ in range(_MOST_NESTED):
        if not todo:
            break
        inner = [Applied(facet, each.deciding) for each in todo for facet in facets(each.part)]
        found += inner
        todo = list(_conditional([each.part for each in inner], value, matcher, required))
        todo += [each for facet in inner for each in _chosen(facet, value, matcher)]
    return found, required


def named_properties(node: SchemaNode) -> dict[str, Json]:
    """Return the schemas of the properties that any part of a schema names.

    One that several parts describe has no type here; one that is only required has none either.
    """
    found: dict[str, Json] = {}
    seen: set[int] = set()
    todo = [node]
    while todo:
        for part in facets(todo.pop()):
            if id(part.contents) in seen:
                continue
            seen.add(id(part.contents))
            contents = part.contents
            for name, inner in as_object(contents.get("properties")).items():
                found[name] = inner if name not in found else True
            depending = [as_object(contents.get(each)) for each in ("dependentRequired", "dependencies")]
            lists = [contents.get("required"), *(each for names in depending for each in names.values())]
            for name in (name for names in lists for name in as_list(names) if isinstance(name, str)):
                found.setdefault(name, True)
            leading = [*as_list(contents.get("anyOf")), *as_list(contents.get("oneOf"))]
            leading += [contents[name] for name in ("then", "else") if name in contents]
            leading += [*as_object(contents.get("dependentSchemas")).values()]
            leading += [*as_object(contents.get("dependencies")).values()]
            todo += [part.below(each) for each in leading if isinstance(each, Mapping)]
    return found


def _conditional(
    parts: Facets, value: Mapping[str, Json], matcher: SchemaMatcher, required: set[str]
) -> Iterator[Applied]:
    for part in parts:
        contents = part.contents
        if "if" in contents:
            test = part.below(contents["if"])
            branch = contents.get("then" if matcher.fits(test, dict(value)) else "else")
            if branch is not None:
                yield Applied(part.below(branch), _looked_at(test))
        for name, needed in as_object(contents.get("dependentRequired")).items():
            required |= {each for each in as_list(needed) if isinstance(each, str)} if name in value else set()
        for keyword in ("dependentSchemas", "dependencies"):
            for name, then in as_object(contents.get(keyword)).items():
                if name not in value:
                    continue
                if isinstance(then, list):
                    required |= {each for each in then if isinstance(each, str)}
                else:
                    yield Applied(part.below(then), frozenset({name}))


def _looked_at(test: SchemaNode) -> frozenset[str]:
    return frozenset(name for part in facets(test) for name in as_object(part.contents.get("properties")))


def _chosen(around: Applied, value: Mapping[str, Json], matcher: SchemaMatcher) -> Iterator[Applied]:
    """Yield the forms of a conditional `oneOf` that the deciding properties choose."""
    for keyword in ("oneOf", "anyOf"):
        for each in as_list(around.part.contents.get(keyword)):
            node = around.part.below(each)
            for part in facets(node):
                properties = as_object(part.contents.get("properties"))
                deciding = {name: properties[name] for name in around.deciding if name in properties}
                if deciding and matcher.fits(part.below({"properties": deciding}), dict(value)):
                    yield Applied(node, around.deciding)
                    break
