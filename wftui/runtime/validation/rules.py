"""The JSON Schema validator: jsonschema's, with errors located at their field."""

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from wftui.model.base import Json
from wftui.model.schema.formats import FORMATS, has_format
from wftui.model.schema.json_schema import as_object, validator_class
from wftui.runtime.patterns.bounded_search import BoundedSearch, SearchTooLongError

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]
TOO_LONG = "too long"
"""Message of the error that the pattern took too long on this value."""


def build_validator(schema: Json, search: BoundedSearch | None = None) -> Validator:
    """Return a validator for the schema's draft that checks formats, without network.

    Args:
        schema: a valid schema.
        search: runs the searches of `pattern`; the caller closes it. Trusted schemas need none.
    """
    checks = _Checks(search or BoundedSearch())
    return _class_with_rules(validator_class(schema))(schema, format_checker=checks, registry=Registry())


@cache
def _class_with_rules(draft: type[Validator]) -> type[Validator]:
    """Return the class of a draft with the keywords below.

    It is kept, as jsonschema takes a millisecond to make one.
    """
    ours: dict[str, Keyword] = {
        "properties": _properties,
        "required": _required,
        "dependentRequired": _dependent_required,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    known = {name: keyword for name, keyword in ours.items() if name in draft.VALIDATORS}
    for name in ("$ref", "$dynamicRef"):
        if name in draft.VALIDATORS:
            known[name] = _lenient(draft.VALIDATORS[name])
    if "multipleOf" in draft.VALIDATORS:
        known["multipleOf"] = _exact(draft.VALIDATORS["multipleOf"])
    extended: type[Validator] = extend(draft, known)  # type: ignore[no-untyped-call]  # untyped in the stubs
    return extended


class _Checks(FormatChecker):
    """Formats and pattern search of one validation.

    jsonschema hands it to every keyword.
    """

    def __init__(self, search: BoundedSearch) -> None:
        super().__init__(formats=())
        self.checkers = _formats().checkers
        self.search = search


@cache
def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name in FORMATS:
        checker.checks(name)(lambda value, name=name: not isinstance(value, str) or has_format(value, name))
    return checker


def _lenient(original: Keyword) -> Keyword:
    def reference(validator: Validator, target: Any, instance: Json, schema: Json) -> Iterator[ValidationError]:
        try:
            yield from original(validator, target, instance, schema)
        except Unresolvable:
            return

    return reference


def _exact(original: Keyword) -> Keyword:
    """Return `multipleOf` that divides the decimals that were written: 0.07 by 0.01."""

    def multiple_of(validator: Validator, factor: Any, instance: Json, schema: Json) -> Iterator[ValidationError]:
        if isinstance(instance, bool) or not isinstance(instance, int | float):
            return
        try:
            remainder = _written(instance) % _written(factor)
        except (ValueError, ZeroDivisionError):  # NaN or infinity, which no JSON has
            yield from original(validator, factor, instance, schema)
            return
        if remainder:
            yield ValidationError("multipleOf")

    return multiple_of


def _written(number: float) -> Fraction:
    """Return a number as the shortest decimal that is read as it."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def _found(validator: Any, pattern: str, text: str) -> bool:
    """Return whether a pattern is found; an invalid one accepts everything."""
    try:
        return bool(validator.format_checker.search.found(pattern, text))
    except re.error:
        return True


def _pattern(validator: Validator, pattern: str, instance: Json, _schema: Json) -> Iterator[ValidationError]:
    try:
        if isinstance(instance, str) and not _found(validator, pattern, instance):
            yield ValidationError("pattern")
    except SearchTooLongError:
        yield ValidationError(TOO_LONG)


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Json], instance: Json, _schema: Json
) -> Iterator[ValidationError]:
    if isinstance(instance, Mapping):
        for pattern, contents in patterns.items():
            for name, value in instance.items():
                try:
                    if _found(validator, pattern, name):
                        yield from _property(validator, name, value, contents)
                except SearchTooLongError:
                    yield ValidationError(TOO_LONG, path=(name,))


def _additional_properties(
    validator: Any, others: Json, instance: Json, schema: Mapping[str, Json]
) -> Iterator[ValidationError]:
    if not isinstance(instance, Mapping):
        return
    properties = as_object(schema.get("properties"))
    patterns = as_object(schema.get("patternProperties"))
    for name, value in instance.items():
        try:
            if name in properties or any(_found(validator, pattern, name) for pattern in patterns):
                continue
        except SearchTooLongError:
            continue  # reported by patternProperties
        if others is False:
            yield ValidationError("additionalProperties", path=(name,))
        else:
            yield from validator.descend(value, others, path=name)


def _properties(
    validator: Any, properties: Mapping[str, Json], instance: Json, _schema: Json
) -> Iterator[ValidationError]:
    if isinstance(instance, Mapping):
        for name, contents in properties.items():
            if name in instance:
                yield from _property(validator, name, instance[name], contents)


def _property(validator: Any, name: str, value: Json, contents: Json) -> Iterator[ValidationError]:
    if contents is False:  # jsonschema would report it without its place
        yield ValidationError("false", path=(name,))
    else:
        yield from validator.descend(value, contents, path=name, schema_path=name)


def _required(_validator: Validator, names: list[str], instance: Json, _schema: Json) -> Iterator[ValidationError]:
    if isinstance(instance, Mapping):
        for name in names:
            if name not in instance:
                yield ValidationError("required", path=(name,))


def _dependent_required(
    _validator: Validator, needs: Mapping[str, list[str]], instance: Json, _schema: Json
) -> Iterator[ValidationError]:
    if isinstance(instance, Mapping):
        for name, needed in needs.items():
            for other in needed:
                if name in instance and other not in instance:
                    yield ValidationError(name, path=(other,))
