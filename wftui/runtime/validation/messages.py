"""Messages for the errors of jsonschema; they quote the schema, never the value."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from jsonschema import ValidationError

from wftui.model.base import Json
from wftui.model.json.pointers import pointer_to
from wftui.model.schema.formats import FORMATS
from wftui.model.schema.json_schema import as_list, as_object
from wftui.model.text.suggestions import suggestion
from wftui.model.workflow.durations import PATTERN
from wftui.runtime.language.json_kinds import TYPE_WORDS
from wftui.runtime.validation.rules import TOO_LONG

_TYPES = {**TYPE_WORDS, "string": "text"}
_SHOWN_CHOICES = 12
_SHOWN_LENGTH = 200


Chosen = Mapping[tuple[str, int], int | str]
"""The form that a person chose for a value, by its pointer and the identity of the list of forms.

It is the place of the form in the list, or a sentence if none is chosen yet.
"""


def sentences(errors: Iterable[ValidationError], chosen: Chosen | None = None) -> Iterator[tuple[str, str]]:
    """Yield (JSON Pointer, sentence) per error; for a choice, of the intended form."""
    for error in errors:
        if error.validator in ("anyOf", "oneOf"):
            yield from _choice(error, chosen or {})
        else:
            yield pointer_to(error.absolute_path), _sentence(error)


def _sentence(error: ValidationError) -> str:
    if error.schema is False:
        return "No value is allowed here."
    if error.message == TOO_LONG:
        return "The pattern of the schema takes too long on this value; rewrite the pattern."
    say = _SENTENCES.get(str(error.validator))
    if say is not None:
        return say(error.validator_value, error)
    return f'Does not follow the rule "{error.validator}" of the schema.'


def _choice(error: ValidationError, chosen: Chosen) -> Iterator[tuple[str, str]]:
    place = pointer_to(error.absolute_path)
    meant_form = chosen.get((place, id(error.validator_value)))
    if isinstance(meant_form, str):
        yield place, meant_form
        return
    if not error.context:
        yield place, "Fits more than one of the allowed forms; exactly one must fit."
        return
    forms: dict[Any, list[ValidationError]] = {}
    for inner in error.context:
        if inner.validator is not None:  # the form `false` fits nothing and was not meant
            forms.setdefault(inner.relative_schema_path[0], []).append(inner)
    if not forms:
        yield place, "No value is allowed here."
        return
    if meant_form in forms:
        yield from sentences(forms[meant_form], chosen)
        return
    meant = [found for found in forms.values() if not any(_is_other_form(inner, 0) for inner in found)]
    distinguished = [found for found in meant if not any(_is_other_form(inner, 1) for inner in found)]
    if len(meant) > 1 and distinguished:
        meant = distinguished
    if len(meant) == 1:
        yield from sentences(meant[0], chosen)
    elif meant:
        nearest = min(meant, key=len)
        where, sentence = next(sentences(nearest))
        at = f" at {where.removeprefix(place)}" if where != place else ""
        yield place, f"Fits none of the {len(forms)} allowed forms. The nearest one says{at}: {sentence}"
    else:
        yield place, _no_form(list(forms.values()), error)


def _is_other_form(error: ValidationError, depth: int) -> bool:
    """Return whether an error rules out a form: by type or constant, `depth` down."""
    return len(error.relative_path) == depth and error.validator in (
        ("type", "const", "enum") if not depth else ("const", "enum")
    )


def _no_form(forms: Sequence[Sequence[ValidationError]], error: ValidationError) -> str:
    first = [next(inner for inner in found if _is_other_form(inner, 0)) for found in forms]
    allowed = [value for inner in first for value in _constants(inner)]
    if allowed:
        return _one_of(allowed)
    types: list[str] = []
    for inner in first:
        types += [name for name in _as_names(inner.validator_value) if name not in types]
    return f"Expected {_or([_TYPES.get(name, name) for name in types])}, but this is {_kind(error.instance)}."


def _constants(error: ValidationError) -> list[Json]:
    if error.validator == "const":
        return [error.validator_value]
    return as_list(error.validator_value) if error.validator == "enum" else []


def _as_names(types: Json) -> list[str]:
    return [str(name) for name in types] if isinstance(types, list) else [str(types)]


def _kind(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return f"a truth value ({_TYPES['boolean']})"
        case int():
            return "a number"
        case float():
            return "a number with decimals" if not value.is_integer() else "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "an object"


def _or(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"


def _literal(value: Json) -> str:
    return _short(json.dumps(value, ensure_ascii=False))


def _one_of(values: Sequence[Json]) -> str:
    if not values:
        return "No value is allowed here."
    if len(values) == 1:
        return f"Must be exactly {_literal(values[0])}."
    shown = ", ".join(_literal(value) for value in values[:_SHOWN_CHOICES])
    more = f", … ({len(values)} in all)" if len(values) > _SHOWN_CHOICES else ""
    return f"Must be one of {shown}{more}."


def _type(types: Json, error: ValidationError) -> str:
    return (
        f"Expected {_or([_TYPES.get(name, name) for name in _as_names(types)])}, but this is {_kind(error.instance)}."
    )


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number} properties" if noun == "property" else f"{number} {noun}s"


def _at_least(number: int, noun: str, error: ValidationError) -> str:
    has = _size(error)
    return "Must not be empty." if number == 1 and not has else f"Needs at least {_count(number, noun)}, has {has}."


def _at_most(number: int, noun: str, error: ValidationError) -> str:
    return f"May have at most {_count(number, noun)}, has {_size(error)}."


def _size(error: ValidationError) -> int:
    value: Json = error.instance
    return len(value)


def _minimum(limit: Json, error: ValidationError) -> str:
    strictly = as_object(error.schema).get("exclusiveMinimum") is True
    return f"Must be more than {limit}." if strictly else f"Must be at least {limit}."


def _maximum(limit: Json, error: ValidationError) -> str:
    strictly = as_object(error.schema).get("exclusiveMaximum") is True
    return f"Must be less than {limit}." if strictly else f"Must be at most {limit}."


def _format(name: str, _error: ValidationError) -> str:
    known = FORMATS[name]
    return f"Not a valid {known.title}; write it like {known.example}."


def _unknown_property(_rule: Json, error: ValidationError) -> str:
    name = str(error.path[-1])
    known = list(as_object(as_object(error.schema).get("properties")))
    guess = suggestion(name, known)
    hint = f' Did you mean "{guess}"?' if guess else ""
    if not guess and 0 < len(known) <= _SHOWN_CHOICES:
        hint = f" Known names: {', '.join(known)}."
    return f'"{_short(name)}" is not known here.{hint}'


_DURATION = 'Not a duration; write "500ms", "30s", "15m", "4h" or "7d".'
_SENTENCES: Mapping[str, Callable[[Any, ValidationError], str]] = {
    "type": _type,
    "required": lambda _rule, _error: "A value is required.",
    "dependentRequired": lambda _rule, error: f'A value is required when "{error.message}" is given.',
    "additionalProperties": _unknown_property,
    "unevaluatedProperties": lambda _rule, _error: "Has unknown properties.",
    "unevaluatedItems": lambda _rule, _error: "Has items that are not allowed.",
    "items": lambda _rule, _error: "Has too many items.",
    "additionalItems": lambda _rule, _error: "Has too many items.",
    "properties": lambda _rule, _error: "No value is allowed here.",
    "patternProperties": lambda _rule, _error: "No value is allowed here.",
    "enum": lambda values, _error: _one_of(values),
    "const": lambda value, _error: _one_of([value]),
    "minimum": _minimum,
    "maximum": _maximum,
    "exclusiveMinimum": lambda limit, _error: f"Must be more than {limit}.",
    "exclusiveMaximum": lambda limit, _error: f"Must be less than {limit}.",
    "multipleOf": lambda step, _error: f"Must be a multiple of {step}.",
    "minLength": lambda number, error: _at_least(number, "character", error),
    "maxLength": lambda number, error: _at_most(number, "character", error),
    "minItems": lambda number, error: _at_least(number, "item", error),
    "maxItems": lambda number, error: _at_most(number, "item", error),
    "minProperties": lambda number, error: _at_least(number, "property", error),
    "maxProperties": lambda number, error: _at_most(number, "property", error),
    "uniqueItems": lambda _rule, _error: "Has duplicate items.",
    "contains": lambda _rule, _error: "No item has the required form.",
    "minContains": lambda number, _error: f"Needs at least {_count(number, 'item')} of the required form.",
    "maxContains": lambda number, _error: f"May have at most {_count(number, 'item')} of the restricted form.",
    "pattern": lambda pattern, _error: _DURATION if pattern == PATTERN else f"Must match the pattern {_short(pattern)}",
    "format": _format,
    "not": lambda _rule, _error: "This value is not allowed.",
}
