"""The JSON Schema validator of wftui: jsonschema's, with keywords that put a problem at the field it is about."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from wftui.model.base import Json
from wftui.model.formats import FORMATS, has_format
from wftui.model.json_schema import as_object, validator_class

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]


def build_validator(schema: Json) -> Validator:
    """A validator in the schema's own draft that checks formats and never opens a connection."""
    return _draft_with_our_keywords(validator_class(schema))(schema, format_checker=_formats(), registry=Registry())


@cache
def _draft_with_our_keywords(draft: type[Validator]) -> type[Validator]:
    ours: dict[str, Keyword] = {
        "properties": _properties,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "required": _required,
        "dependentRequired": _dependent_required,
    }
    known = {name: keyword for name, keyword in ours.items() if name in draft.VALIDATORS}
    for name in ("$ref", "$dynamicRef"):
        if name in draft.VALIDATORS:
            known[name] = _lenient(draft.VALIDATORS[name])
    extended: type[Validator] = extend(draft, known)  # type: ignore[no-untyped-call]  # untyped in the stubs
    return extended


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


def _search(pattern: str, text: str) -> bool:
    """Whether the pattern is found in the text; true for a pattern that Python cannot read."""
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def _pattern(_validator: Validator, pattern: str, instance: Json, _schema: Json) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _search(pattern, instance):
        yield ValidationError("pattern")


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


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Json], instance: Json, _schema: Json
) -> Iterator[ValidationError]:
    if isinstance(instance, Mapping):
        for pattern, contents in patterns.items():
            for name, value in instance.items():
                if _search(pattern, name):
                    yield from _property(validator, name, value, contents)


def _additional_properties(
    validator: Any, others: Json, instance: Json, schema: Mapping[str, Json]
) -> Iterator[ValidationError]:
    if not isinstance(instance, Mapping):
        return
    properties = as_object(schema.get("properties"))
    patterns = as_object(schema.get("patternProperties"))
    for name, value in instance.items():
        if name in properties or any(_search(pattern, name) for pattern in patterns):
            continue
        if others is False:
            yield ValidationError("additionalProperties", path=(name,))
        else:
            yield from validator.descend(value, others, path=name)


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
