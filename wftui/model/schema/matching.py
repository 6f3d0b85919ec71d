"""Tests of values against parts of a schema while a form is filled in.

They decide which fields a form shows, on every key: patterns that could take long count as met, and so do references
out of the schema. `runtime.validation` checks the values themselves.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from wftui.model.base import Json
from wftui.model.schema.json_schema import SchemaNode, validator_class

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

LONGEST_TEXT = 1_000
"""Characters of a text that a pattern is tried on."""
_REPEATED_GROUP = re.compile(r"\)[*+{]|\\\d")
"""Signs of a pattern that can take exponential time."""
_MOST_REPETITIONS = 3
_REPETITION = re.compile(r"(?<!\\)[*+{]")


class SchemaMatcher:
    """Tests values against schemas inside one document."""

    def __init__(self, schema: Json) -> None:
        self._schema = schema

    @cached_property
    def _tester(self) -> "Any | None":
        """Validator class; None if the document is not a valid schema."""
        draft = validator_class(self._schema)
        return _class(draft) if draft(draft.META_SCHEMA).is_valid(self._schema) else None

    def fits(self, node: SchemaNode, value: Json) -> bool:
        """Return whether a value is valid for a schema inside the document."""
        if not isinstance(node.contents, Mapping):
            return node.contents is not False
        if self._tester is None:
            return False
        try:
            return bool(self._tester(node.contents, _resolver=node.resolver).is_valid(value))
        except RecursionError:
            return False


@cache
def _class(draft: "type[Validator]") -> "type[Validator]":
    from jsonschema import validators

    ours: dict[str, Any] = {"pattern": _pattern}
    ours |= {name: _lenient(draft.VALIDATORS[name]) for name in ("$ref", "$dynamicRef") if name in draft.VALIDATORS}
    made: type[Validator] = validators.extend(draft, ours)  # type: ignore[no-untyped-call]  # untyped in the stubs
    return made


def _pattern(_validator: Any, pattern: str, instance: Json, _schema: Json) -> Iterator[Exception]:
    from jsonschema import ValidationError

    if isinstance(instance, str) and _is_quick(pattern, instance) and not re.search(pattern, instance):
        yield ValidationError("pattern")


@cache
def _is_simple(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return not _REPEATED_GROUP.search(pattern) and len(_REPETITION.findall(pattern)) <= _MOST_REPETITIONS


def _is_quick(pattern: str, text: str) -> bool:
    return len(text) <= LONGEST_TEXT and _is_simple(pattern)


def _lenient(original: Any) -> Any:
    def reference(validator: Any, target: Any, instance: Json, schema: Json) -> Iterator[Exception]:
        from referencing import exceptions

        try:
            yield from original(validator, target, instance, schema)
        except exceptions.Unresolvable:
            return

    return reference
