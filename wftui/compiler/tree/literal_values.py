"""Check literal values against a JSON Schema, ignoring their bound parts."""

import functools
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wftui.compiler.diagnostics import patches
from wftui.compiler.source.document import Part
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.json.pointers import pointer_parts, pointer_to
from wftui.model.schema.json_schema import as_list, as_object
from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.model.workflow.compilation import Fix
from wftui.steps.api.step_type import StepType

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_ANY_OBJECT = {"$schema": _DRAFT, "type": "object"}
# Keywords on a whole value, which say nothing if a part of it is bound.
_WHOLE = frozenset({"anyOf", "oneOf", "not", "if", "const", "enum", "uniqueItems", "contains", "then", "else"})


@dataclass(frozen=True, slots=True)
class ValueDiagnostic:
    """An invalid value; `pointer` is relative to it, `choice` is the suggestion.

    Of a field that is missing, `pointer` leads to the object it is missing in, and `path` to the field.
    """

    code: str
    message: str
    pointer: str
    path: tuple[str, ...]
    part: Part = "value"
    choice: str | None = None

    def fixes_at(self, base: str) -> tuple[Fix, ...]:
        """Return the fixes for a value at `base`."""
        at = base + self.pointer
        if self.code == "input.choice" and self.choice is not None:
            return (patches.replace(f"change it to {self.choice}", at, self.choice),)
        if self.code != "input.unknown":
            return ()
        fixes = [patches.remove(f"remove {self.path[-1]}", at)]
        if self.choice is not None:
            target = base + pointer_to([*self.path[:-1], self.choice])
            fixes.insert(0, patches.rename(f"rename it to {self.choice}", at, target))
        return tuple(fixes)


def input_diagnostics(
    step_type: StepType[Any], value: Mapping[str, Json], bound: frozenset[str]
) -> tuple[ValueDiagnostic, ...]:
    """Return the diagnostics of a step's literal input.

    Args:
        bound: pointers, into the input, of the strings that are bindings.
    """
    if input_schema_of(step_type) == _ANY_OBJECT:
        return ()  # importing jsonschema takes a good part of a short run
    return _cached_input_diagnostics(step_type, json.dumps(value), bound)


def schema_violations(validator: "Validator", value: Json, bound: frozenset[str]) -> Iterator[ValueDiagnostic]:
    """Yield the schema errors of a value that do not come from its bound parts."""
    from wftui.runtime.validation.messages import sentences

    for error in (known for each in validator.iter_errors(value) for known in _known(each, bound)):
        for pointer, sentence in sentences([error]):
            diagnostic = _diagnostic(error, pointer, sentence)
            # The value of a bound field is not known yet, but its name is.
            is_bound = any(pointer == each or pointer.startswith(f"{each}/") for each in bound)
            if not is_bound or diagnostic.code == "input.unknown":
                yield diagnostic


def _known(error: "ValidationError", bound: frozenset[str]) -> Iterator["ValidationError"]:
    """Yield the causes of an error that do not depend on bound parts."""
    at = pointer_to(error.absolute_path)
    if (
        error.validator not in _WHOLE
        or not any(each.startswith(f"{at}/") for each in bound)
        or _is_of_wrong_type(error)
    ):
        yield error
    else:
        for each in _only_form(error):
            yield from _known(each, bound)


def _only_form(error: "ValidationError") -> list["ValidationError"]:
    """Return the errors of the only form in `anyOf` of the value's kind."""
    forms: dict[object, list[ValidationError]] = {}
    for each in error.context or ():
        forms.setdefault(each.relative_schema_path[0], []).append(each)
    fitting = [found for found in forms.values() if not any(map(_is_of_another_kind, found))]
    return fitting[0] if len(fitting) == 1 else []


def _is_of_another_kind(error: "ValidationError") -> bool:
    return not error.relative_path and (error.validator == "type" or _is_of_wrong_type(error))


def _is_of_wrong_type(error: "ValidationError") -> bool:
    """Return whether no object or list fits in this place."""
    if error.validator == "enum":
        return not any(isinstance(each, dict | list) for each in as_list(error.validator_value))
    return bool(error.context) and all(map(_is_of_another_kind, error.context))


@functools.lru_cache(maxsize=20_000)
def _cached_input_diagnostics(
    step_type: StepType[Any], text: str, bound: frozenset[str]
) -> tuple[ValueDiagnostic, ...]:
    return tuple(schema_violations(_validator(step_type), json.loads(text), bound))


@functools.lru_cache(maxsize=256)
def input_schema_of(step_type: StepType[Any]) -> dict[str, Json]:
    """Return the JSON Schema of a step type's input, made once."""
    # Without a declared draft, the schema of each draft would be tried, which takes 20 ms.
    return {"$schema": _DRAFT, **step_type.input_schema()}


@functools.lru_cache(maxsize=1_000)
def value_diagnostics(schema: str, value: str, bound: frozenset[str]) -> tuple[ValueDiagnostic, ...]:
    """Return `schema_violations` of JSON texts; cached, as editing repeats the check."""
    from wftui.runtime.patterns.bounded_search import BoundedSearch
    from wftui.runtime.validation.rules import build_validator

    with BoundedSearch() as search:
        return tuple(schema_violations(build_validator(json.loads(schema), search), json.loads(value), bound))


@functools.lru_cache(maxsize=256)
def _validator(step_type: StepType[Any]) -> "Validator":
    from wftui.runtime.patterns.bounded_search import BoundedSearch
    from wftui.runtime.validation.rules import build_validator

    class SearchEach(BoundedSearch):
        """A time limit for each search: the validator lives longer than one check."""

        def found(self, pattern: str, text: str) -> bool:
            with BoundedSearch() as search:
                return search.found(pattern, text)

    return build_validator(input_schema_of(step_type), SearchEach())


def _diagnostic(error: "ValidationError", pointer: str, sentence: str) -> ValueDiagnostic:
    path = tuple(pointer_parts(pointer))
    causes = [each for each in _innermost(error) if pointer_to(each.absolute_path) == pointer] or [error]
    rules = {str(each.validator) for each in causes}
    if "required" in rules:
        message = f'the field "{path[-1]}" is missing'
        return ValueDiagnostic("input.missing", message, pointer_to(path[:-1]), path, "key")
    if "additionalProperties" in rules:
        return _unknown_field(next(each for each in causes if each.validator == "additionalProperties"), pointer, path)
    message = f"{'.'.join(path) or 'input'}: {sentence[:1].lower()}{sentence[1:].rstrip('.')}"
    choices = [each for error in causes for each in _choices(error)]
    if choices:
        value = next((each.instance for each in causes), None)
        choice = suggestion(value, choices) if isinstance(value, str) else None
        message += did_you_mean(choice)
        return ValueDiagnostic("input.choice", message, pointer, path, choice=choice)
    return ValueDiagnostic("input.type" if rules == {"type"} else "input.value", message, pointer, path)


def _unknown_field(error: "ValidationError", pointer: str, path: tuple[str, ...]) -> ValueDiagnostic:
    given = as_object(error.instance)
    known = [name for name in as_object(as_object(error.schema).get("properties")) if name not in given]
    choice = suggestion(path[-1], known)
    hint = did_you_mean(choice, f"; known fields: {', '.join(known)}" if known else "")
    return ValueDiagnostic("input.unknown", f"unknown field {path[-1]!r}{hint}", pointer, path, "key", choice)


def _innermost(error: "ValidationError") -> Iterator["ValidationError"]:
    """Yield the error, or the innermost errors of the choices it is about."""
    if error.context:
        for each in error.context:
            yield from _innermost(each)
    else:
        yield error


def _choices(error: "ValidationError") -> list[str]:
    """Return the words that a value may be."""
    allowed = as_list(error.validator_value) if error.validator == "enum" else []
    if error.validator == "const":
        allowed = [error.validator_value]
    return [each for each in allowed if isinstance(each, str)]
