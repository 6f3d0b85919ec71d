"""JSON Schema validation: defaults for absent values, errors as sentences.

The only way in wftui to validate inputs, answers and outputs. No sentence contains the value itself, so that one about
a secret can be stored and shown. A big value or a hostile `pattern` takes time: call it from a thread, never on an
event loop.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.schema.json_schema import MISSING, SchemaNode, as_list, as_object, default_of, facets, validator_class
from wftui.model.schema.memoized import memoized

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from wftui.runtime.validation.messages import Chosen

MAX_PROBLEMS = 200

_SCHEMA_MAPS = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}
)
_SCHEMA_KEYS = frozenset({"then", "else", "contentSchema"})
_VALUE_KEYS = frozenset({"const", "enum"})

MAX_DEFAULTS = 10_000
"""Most defaults filled into one value; beyond it, the schema is refused."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """An error of one value: JSON Pointer ("" is the whole) and sentence."""

    pointer: str
    message: str


def validate_inputs(schema: Json, value: Json, chosen: "Chosen | None" = None) -> tuple[Json, list[FieldProblem]]:
    """Fill in defaults and validate.

    Nothing is raised: an invalid schema is a problem at "". What cannot be checked (see
    `unchecked_parts`) accepts anything, so that no schema is a dead end.

    Args:
        chosen: the forms that a person chose where the schema has several.

    Returns:
        The value with the defaults of absent properties filled in (the given one is left as it is), and its problems
        in the order of the schema, at most MAX_PROBLEMS.
    """
    broken = schema_problems(schema)
    if broken:
        place = broken[0].pointer or "the top"
        return value, [FieldProblem("", f"The schema itself is not valid, at {place}: {broken[0].message}")]
    try:
        return _filled_and_checked(schema, value, chosen)
    except TooManyDefaultsError:
        sentence = f"The schema's defaults make more than {MAX_DEFAULTS:,} values; enter the objects instead."
        return value, [FieldProblem("", sentence)]
    except RecursionError:
        return value, [FieldProblem("", "The schema refers to itself endlessly, or the value is nested too deeply.")]


def _filled_and_checked(schema: Json, value: Json, chosen: "Chosen | None") -> tuple[Json, list[FieldProblem]]:
    """Fill in the defaults that leave a valid value valid, and validate."""
    defaults = _Defaults()
    filled = defaults.fill(SchemaNode.root(schema), value, frozenset())
    problems = list(islice(_problems(schema, filled, chosen), MAX_PROBLEMS))
    if not problems or not defaults.filled or next(_problems(schema, value), None) is not None:
        return filled, problems
    without: set[tuple[str | int, ...]] = set()
    while problems:
        wrong: set[tuple[str | int, ...]] = set()
        for each in problems:
            around = [path for path in defaults.filled if _is_within(each.pointer, pointer_to(path))]
            wrong |= {max(around, key=len)} if around else set()
        if not wrong:
            return value, []
        without |= wrong
        defaults = _Defaults(without)
        filled = defaults.fill(SchemaNode.root(schema), value, frozenset())
        problems = list(islice(_problems(schema, filled), MAX_PROBLEMS))
    return filled, []


def _is_within(pointer: str, place: str) -> bool:
    return pointer == place or pointer.startswith(f"{place}/")


@memoized
def schema_problems(schema: Json) -> Sequence[FieldProblem]:
    """Return the errors of a schema in its own draft; pointers lead into the schema.

    The draft says nothing about the values of unknown keys. A schema among them counts if a reference leads to it.
    """
    draft = validator_class(schema)
    found = tuple(islice(_distinct(_meta_errors(draft, schema)), MAX_PROBLEMS))
    return found or tuple(islice(_distinct(_reference_errors(draft, schema)), MAX_PROBLEMS))


def subschemas(draft: type["Validator"], schema: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """Yield the path and contents of the schemas directly inside a schema.

    Only keys of the draft hold schemas: another one may hold anything.
    """
    for key, value in as_object(schema).items():
        if key in _SCHEMA_MAPS:
            yield from (((key, name), inner) for name, inner in as_object(value).items())
        elif key in _SCHEMA_KEYS or (key in draft.VALIDATORS and key not in _VALUE_KEYS):
            members = enumerate(value) if isinstance(value, list) else ()
            yield from (((key, index), inner) for index, inner in members if isinstance(inner, Mapping))
            if isinstance(value, Mapping):
                yield (key,), value


def unchecked_parts(schema: Json) -> list[FieldProblem]:
    """Return the parts of a valid schema that are not checked, with pointers.

    These are references that lead out of it (nothing is ever fetched) and patterns that Python cannot read.
    """
    return list(islice(_unchecked(SchemaNode.root(schema), ()), MAX_PROBLEMS))


def with_defaults(schema: Json, value: Json) -> Json:
    """Return the value with defaults for absent properties; null counts as present.

    Inside a default, a recursive schema is filled in once.

    Raises:
        TooManyDefaultsError: beyond MAX_DEFAULTS.
    """
    return _Defaults().fill(SchemaNode.root(schema), value, frozenset())


def filled_defaults(schema: Json) -> Set[int]:
    """Return the ids of the schemas whose default is filled in where nothing is given.

    Required objects without a default have to be given, so they count as there. Elsewhere, nobody may ever see a
    default, and one that does not fit is left out.
    """
    root = SchemaNode.root(schema)
    defaults = _Defaults()
    with suppress(TooManyDefaultsError):  # a value of such a schema is refused
        defaults.fill(root, _least(root, frozenset()), frozenset())
    return defaults.used


def _least(node: SchemaNode, above: frozenset[int]) -> dict[str, Json]:
    """Return an object with the objects that are required and have no default."""
    parts = [each for each in facets(node) if id(each.contents) not in above]
    within = above | {id(each.contents) for each in parts}
    required = {name for part in parts for name in as_list(part.contents.get("required")) if isinstance(name, str)}
    found: dict[str, Json] = {}
    for part in parts:
        for name, contents in as_object(part.contents.get("properties")).items():
            inner = part.below(contents)
            if name in required and default_of(inner) is MISSING:
                found[name] = _least(inner, within)
    return found


class TooManyDefaultsError(Exception):
    """Defaults that lead to too many more defaults."""


@dataclass(frozen=True, slots=True)
class _Property:
    """A property of a schema and its default.

    Attributes:
        passed: ids of the schemas with properties that the default's own objects meet.
        holder: id of the schema object that has the default.
    """

    schema: SchemaNode
    default: Json
    passed: frozenset[int]
    holder: int


@dataclass(frozen=True, slots=True)
class _Facet:
    """The parts of one schema object that lead to defaults."""

    properties: Mapping[str, _Property]
    others: SchemaNode | None
    leading: Sequence[SchemaNode]
    items: SchemaNode | None

    def item(self, index: int) -> SchemaNode | None:
        """Return the schema of an item."""
        return self.leading[index] if index < len(self.leading) else self.items


class _Defaults:
    """Filler of the defaults of one value.

    `creating` are the schemas above the current default: a recursive one would otherwise be filled in once per order of
    its properties. Each schema is read once, as a recursive one is met at many places.

    Args:
        without: paths of properties whose defaults are left out.

    Attributes:
        filled: paths of the properties that were filled in.
        used: ids of the schemas that hold the defaults.
    """

    def __init__(self, without: Collection[tuple[str | int, ...]] = ()) -> None:
        self.filled: list[tuple[str | int, ...]] = []
        self.used: set[int] = set()
        self._without = without
        self._left = MAX_DEFAULTS
        self._schemas: dict[int, list[_Facet]] = {}
        self._facets: dict[int, _Facet] = {}

    def fill(self, node: SchemaNode, value: Json, creating: frozenset[int], path: tuple[str | int, ...] = ()) -> Json:
        """Return the value with defaults."""
        if isinstance(value, Mapping):
            return self._object(node, value, creating, path)
        if isinstance(value, list):
            return [self._item(node, index, item, creating, (*path, index)) for index, item in enumerate(value)]
        return value

    def _object(
        self, node: SchemaNode, value: Mapping[str, Json], creating: frozenset[int], path: tuple[str | int, ...]
    ) -> dict[str, Json]:
        filled = dict(value)
        for facet in self._read(node):
            for name, each in facet.properties.items():
                if name in filled:
                    filled[name] = self.fill(each.schema, filled[name], creating, (*path, name))
                elif (
                    each.default is not MISSING
                    and not (each.passed and each.passed <= creating)
                    and not (self._without and (*path, name) in self._without)
                ):
                    self._count()
                    self.filled.append((*path, name))
                    self.used.add(each.holder)
                    below = creating | each.passed
                    filled[name] = self.fill(each.schema, deepcopy(each.default), below, (*path, name))
            if facet.others is not None:
                for name in filled.keys() - facet.properties.keys():
                    filled[name] = self.fill(facet.others, filled[name], creating, (*path, name))
        return filled

    def _item(
        self, node: SchemaNode, index: int, item: Json, creating: frozenset[int], path: tuple[str | int, ...]
    ) -> Json:
        for facet in self._read(node):
            schema = facet.item(index)
            if schema is not None:
                item = self.fill(schema, item, creating, path)
        return item

    def _count(self) -> None:
        if not self._left:
            raise TooManyDefaultsError
        self._left -= 1

    def _read(self, node: SchemaNode) -> list[_Facet]:
        """Return the parts of all schema objects that apply to a value."""
        key = id(node.contents)
        if key not in self._schemas:
            self._schemas[key] = [self._facet(each) for each in facets(node)]
        return self._schemas[key]

    def _facet(self, facet: SchemaNode) -> _Facet:
        key = id(facet.contents)
        if key not in self._facets:
            properties = {
                name: _property(facet.below(contents))
                for name, contents in as_object(facet.contents.get("properties")).items()
            }
            others = facet.contents.get("additionalProperties")
            self._facets[key] = _Facet(
                properties, facet.below(others) if isinstance(others, Mapping) else None, *_item_schemas(facet)
            )
        return self._facets[key]


def _property(schema: SchemaNode) -> _Property:
    default = default_of(schema)
    if default is MISSING:
        return _Property(schema, default, frozenset(), 0)
    holder = next(each.contents for each in facets(schema) if "default" in each.contents)
    return _Property(schema, default, frozenset(_passed(schema, default)), id(holder))


def _passed(node: SchemaNode, default: Json) -> Iterator[int]:
    """Yield the ids of the schemas with properties that a default meets.

    They apply to the default itself, to its items, or to its members under `additionalProperties`.
    """
    for facet in facets(node):
        properties = facet.contents.get("properties")
        if properties is not None:
            yield id(facet.contents)
        others = facet.contents.get("additionalProperties")
        if isinstance(default, Mapping) and isinstance(others, Mapping):
            for name in default.keys() - as_object(properties).keys():
                yield from _passed(facet.below(others), default[name])
        if isinstance(default, list) and default:
            leading, items = _item_schemas(facet)
            for index, item in enumerate(default):
                schema = leading[index] if index < len(leading) else items
                if schema is not None:
                    yield from _passed(schema, item)


def _item_schemas(facet: SchemaNode) -> tuple[list[SchemaNode], SchemaNode | None]:
    """Return the schemas of the first items, and that of the others."""
    items = facet.contents.get("items")
    leading = as_list(facet.contents.get("prefixItems")) or as_list(items)
    return [facet.below(each) for each in leading], facet.below(items) if isinstance(items, Mapping) else None


def _meta_errors(draft: type["Validator"], schema: Json) -> Iterator[tuple[str, str]]:
    from wftui.runtime.validation.messages import sentences

    return sentences(draft(draft.META_SCHEMA).iter_errors(schema))


def _reference_errors(draft: type["Validator"], schema: Json) -> Iterator[tuple[str, str]]:
    """Yield the errors of the schemas that references lead to, at the reference."""
    seen = {id(schema)}
    todo: list[tuple[SchemaNode, tuple[str | int, ...]]] = [(SchemaNode.root(schema), ())]
    while todo:
        node, path = todo.pop()
        todo += [(node.below(inner), (*path, *step)) for step, inner in subschemas(draft, node.contents)]
        if not isinstance(as_object(node.contents).get("$ref", ""), str):  # draft 4 says nothing about it
            yield pointer_to((*path, "$ref")), "A reference must be text."
        target = node.target()
        if target is None or id(target.contents) in seen:
            continue
        seen.add(id(target.contents))
        errors = list(_meta_errors(draft, target.contents))
        for pointer, message in errors:
            place = pointer or "its top"
            yield pointer_to((*path, "$ref")), f"The schema that it leads to is not valid, at {place}: {message}"
        if not errors:
            todo.append((target, (*path, "$ref")))


def _problems(schema: Json, value: Json, chosen: "Chosen | None" = None) -> Iterator[FieldProblem]:
    from wftui.runtime.patterns.bounded_search import BoundedSearch
    from wftui.runtime.validation.messages import sentences
    from wftui.runtime.validation.rules import build_validator

    with BoundedSearch() as search:
        yield from _distinct(sentences(build_validator(schema, search).iter_errors(value), chosen))


def _distinct(found: Iterator[tuple[str, str]]) -> Iterator[FieldProblem]:
    seen: set[tuple[str, str]] = set()
    for pair in found:
        if pair not in seen:
            seen.add(pair)
            yield FieldProblem(*pair)


def _unchecked(node: SchemaNode, path: tuple[str | int, ...]) -> Iterator[FieldProblem]:
    contents = node.contents
    if isinstance(contents, list):
        for index, item in enumerate(contents):
            yield from _unchecked(node.below(item), (*path, index))
    if not isinstance(contents, Mapping):
        return
    reference = contents.get("$ref")
    if isinstance(reference, str) and node.follow(reference) is None:
        sentence = f'"{reference}" is not part of this schema and is never fetched, so it is not checked.'
        yield FieldProblem(pointer_to((*path, "$ref")), sentence)
    patterns = [("pattern", contents.get("pattern"))]
    patterns += [("patternProperties", name) for name in as_object(contents.get("patternProperties"))]
    for keyword, pattern in patterns:
        problem = _regex_problem(pattern) if isinstance(pattern, str) else None
        if problem:
            yield FieldProblem(pointer_to((*path, keyword)), f"This pattern is not checked: {problem}.")
    for key, member in contents.items():
        if key not in ("const", "enum", "default", "examples"):
            yield from _unchecked(node.below(member), (*path, key))


def _regex_problem(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return None
