"""Values against a JSON Schema: defaults for what is absent, and every problem as a sentence at its place.

The one way in wftui to check inputs, answers and outputs. No sentence ever holds the value itself, so one about a
secret can be stored and shown. A big value or a hostile `pattern` takes its time: call from a thread, never on an event
loop.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice

from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.schema.json_schema import MISSING, SchemaNode, as_list, as_object, default_of, facets, validator_class

MAX_PROBLEMS = 200

MAX_DEFAULTS = 10_000
"""Defaults that are filled into one value, beyond which the schema is refused."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one value: its JSON Pointer ("" is the whole) and a sentence for people."""

    pointer: str
    message: str


def validate_inputs(schema: Json, value: Json) -> tuple[Json, list[FieldProblem]]:
    """Fill in defaults and check.

    Nothing is raised: a schema that is itself broken is a problem at "". What cannot be checked (see
    `unchecked_parts`) accepts anything, so that no schema is a dead end.

    Returns:
        The value with the defaults of absent properties filled in (the given one is left as it is), and its problems
        in the order of the schema, at most MAX_PROBLEMS.
    """
    broken = schema_problems(schema)
    if broken:
        place = broken[0].pointer or "the top"
        return value, [FieldProblem("", f"The schema itself is not valid, at {place}: {broken[0].message}")]
    try:
        filled = with_defaults(schema, value)
        return filled, list(islice(_problems(schema, filled), MAX_PROBLEMS))
    except TooManyDefaultsError:
        sentence = f"The schema's defaults make more than {MAX_DEFAULTS:,} values; give the objects they stand for."
        return value, [FieldProblem("", sentence)]
    except RecursionError:
        return value, [FieldProblem("", "The schema refers to itself without end, or the value is nested too deeply.")]


def schema_problems(schema: Json) -> list[FieldProblem]:
    """What makes a schema invalid in its own draft; pointers lead into the schema."""
    from wftui.runtime.validation.messages import sentences

    draft = validator_class(schema)
    errors = draft(draft.META_SCHEMA).iter_errors(schema)
    return list(islice(_distinct(sentences(errors)), MAX_PROBLEMS))


def unchecked_parts(schema: Json) -> list[FieldProblem]:
    """What a valid schema asks for but nobody checks here; pointers lead into the schema.

    These are references that lead out of it (nothing is ever fetched) and patterns that Python cannot read.
    """
    return list(islice(_unchecked(SchemaNode.root(schema), ()), MAX_PROBLEMS))


def with_defaults(schema: Json, value: Json) -> Json:
    """Return the value with the defaults of absent properties filled in, at every depth; null counts as present.

    Inside a default, a schema that refers to itself is filled in once.

    Raises:
        TooManyDefaultsError: more than MAX_DEFAULTS would be filled in.
    """
    return _Defaults().fill(SchemaNode.root(schema), value, frozenset())


class TooManyDefaultsError(Exception):
    """Defaults that lead to more defaults without a reasonable end."""


class _Defaults:
    """Fills in the defaults of one value.

    `creating` are the schemas that the default being filled in has passed: one that leads to itself would be filled in
    as often as its properties can be ordered.
    """

    def __init__(self) -> None:
        self._left = MAX_DEFAULTS

    def fill(self, node: SchemaNode, value: Json, creating: frozenset[int]) -> Json:
        """Return the value with defaults."""
        if isinstance(value, Mapping):
            return self._object(node, value, creating)
        if isinstance(value, list):
            return [self._item(node, index, item, creating) for index, item in enumerate(value)]
        return value

    def _object(self, node: SchemaNode, value: Mapping[str, Json], creating: frozenset[int]) -> dict[str, Json]:
        filled = dict(value)
        for facet in facets(node):
            properties = as_object(facet.contents.get("properties"))
            for name, contents in properties.items():
                child = facet.below(contents)
                if name in filled:
                    filled[name] = self.fill(child, filled[name], creating)
                    continue
                default = default_of(child)
                if default is MISSING:
                    continue
                passed = {id(each.contents) for each in facets(child) if "properties" in each.contents}
                if not passed or not passed <= creating:
                    self._count()
                    filled[name] = self.fill(child, deepcopy(default), creating | passed)
            others = facet.contents.get("additionalProperties")
            if isinstance(others, Mapping):
                for name in filled.keys() - properties.keys():
                    filled[name] = self.fill(facet.below(others), filled[name], creating)
        return filled

    def _item(self, node: SchemaNode, index: int, item: Json, creating: frozenset[int]) -> Json:
        for facet in facets(node):
            items = facet.contents.get("items")
            leading = as_list(facet.contents.get("prefixItems")) or as_list(items)
            contents = leading[index] if index < len(leading) else items
            if isinstance(contents, Mapping):
                item = self.fill(facet.below(contents), item, creating)
        return item

    def _count(self) -> None:
        if not self._left:
            raise TooManyDefaultsError
        self._left -= 1


def _problems(schema: Json, value: Json) -> Iterator[FieldProblem]:
    from wftui.runtime.patterns.bounded_search import BoundedSearch
    from wftui.runtime.validation.messages import sentences
    from wftui.runtime.validation.rules import build_validator

    with BoundedSearch() as search:
        yield from _distinct(sentences(build_validator(schema, search).iter_errors(value)))


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
        sentence = f'"{reference}" is not part of this schema and is not fetched: what it asks for is not checked.'
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
