"""Check literal values against a JSON Schema, ignoring their bound parts."""

import functools
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.other_words import meant_keys, meant_value
from wftui.compiler.expressions.expression import compile_expression
from wftui.compiler.source.document import Part
from wftui.compiler.text_caches import text_cache
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.json.pointers import pointer_parts, pointer_to
from wftui.model.schema.json_schema import as_list, as_object
from wftui.model.text.suggestions import did_you_mean
from wftui.model.workflow.compilation import Fix
from wftui.model.workflow.durations import PATTERN as DURATION
from wftui.model.workflow.durations import meant_duration
from wftui.steps.api.step_type import StepType

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_INTEGER = re.compile(r"0|[1-9][0-9]{0,14}")
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_ANY_OBJECT = {"$schema": _DRAFT, "type": "object"}
# Keywords on a whole value, which say nothing if a part of it is bound.
_WHOLE = frozenset({"anyOf", "oneOf", "not", "if", "const", "enum", "uniqueItems", "contains", "then", "else"})


@dataclass(frozen=True, slots=True)
class ValueDiagnostic:
    """An invalid value; `pointer` is relative to it, `choices` are what may be meant.

    Of a field that is missing, `pointer` leads to the object it is missing in, and `path` to the field.
    """

    code: str
    message: str
    pointer: str
    path: tuple[str, ...]
    part: Part = "value"
    choices: tuple[str, ...] = ()
    meant: Json = None

    def fixes_at(self, base: str) -> tuple[Fix, ...]:
        """Return the fixes for a value at `base`."""
        at = base + self.pointer
        if self.code == "input.choice":
            return tuple(patches.replace(f"change it to {choice}", at, choice) for choice in self.choices)
        if self.meant is not None:
            return (patches.replace(f"change it to {json.dumps(self.meant, ensure_ascii=False)}", at, self.meant),)
        if self.code != "input.unknown":
            return ()
        renames = (
            patches.rename(f"rename it to {choice}", at, base + pointer_to([*self.path[:-1], choice]))
            for choice in self.choices
        )
        return (*renames, patches.remove(f"remove {self.path[-1]}", at))


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


@text_cache(20_000)
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
        choice = meant_value(path[-1] if path else "", value, choices) if isinstance(value, str) else None
        message += did_you_mean(choice)
        return ValueDiagnostic("input.choice", message, pointer, path, choices=(choice,) if choice else ())
    value = next((each.instance for each in causes), None)
    if any(each.validator == "pattern" and each.validator_value == DURATION for each in causes):
        return ValueDiagnostic("input.value", message, pointer, path, meant=meant_duration(str(value)))
    if path[-1:] == ("function",) and isinstance(value, str) and _DOTTED.fullmatch(value):
        message = f'function: write the module and the function as "module:name", not {json.dumps(value)}'
        return ValueDiagnostic("input.value", message, pointer, path, meant=":".join(value.rsplit(".", 1)))
    if rules != {"type"}:
        return ValueDiagnostic("input.value", message, pointer, path)
    types = {name for each in causes for name in _names(each.validator_value)}
    return ValueDiagnostic("input.type", message, pointer, path, meant=_fitting(value, types, path))


def _names(types: Json) -> list[str]:
    return [str(name) for name in types] if isinstance(types, list) else [str(types)]


def _fitting(value: Json, types: Set[str], path: Sequence[str]) -> Json:
    """Return the value of one of the types that was probably meant; None without one."""
    if isinstance(value, str):
        if types & {"boolean", "number", "integer", "array", "object"} and _is_expression(value):
            return f"{{{{ {value.strip()} }}}}"
        if "boolean" in types and value in ("true", "false"):
            return value == "true"
        if types & {"integer", "number"} and _NUMBER.fullmatch(value):
            return int(value) if value.lstrip("-").isdigit() else float(value)
        if "array" in types:
            if path[-1:] == ("argv",):
                return _words(value)
            return [int(value) if _INTEGER.fullmatch(value) else value]
    elif "string" in types and isinstance(value, bool | int | float):
        return json.dumps(value)
    elif "string" in types and isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return _one_text(list(map(str, value)), path[-1] if path else "")
    elif "array" in types and isinstance(value, int) and not isinstance(value, bool):
        return [value]
    return None


_LINES = frozenset({"script", "code", "query", "text", "html", "prompt", "system", "template", "content"})
"""Fields whose text has lines."""


def _one_text(texts: list[str], field: str) -> str | None:
    """Return the text that a list stands for, or None."""
    if len(texts) == 1:
        return texts[0]
    is_command = field == "script" and not any(re.search(r"\s", text) for text in texts)  # the words of one command
    return "\n".join(texts) if field in _LINES and not is_command else None


def _words(command: str) -> Json:
    try:
        return list[Json](shlex.split(command)) or None
    except ValueError:  # a quotation without end
        return None


def _is_expression(text: str) -> bool:
    """Return whether a text without braces is an expression that reads something."""
    if "." not in text:
        return False
    expression = compile_expression(text.strip())
    roots = {reference.root for reference in expression.references}
    return not expression.diagnostics and bool(roots & {"inputs", "steps", "env", "run"})


def _unknown_field(error: "ValidationError", pointer: str, path: tuple[str, ...]) -> ValueDiagnostic:
    given = as_object(error.instance)
    known = [name for name in as_object(as_object(error.schema).get("properties")) if name not in given]
    choices = meant_keys(path[-1], given.get(path[-1]), known, given)
    hint = did_you_mean(", or ".join(choices), f"; known fields: {', '.join(known)}" if known else "")
    return ValueDiagnostic("input.unknown", f"unknown field {path[-1]!r}{hint}", pointer, path, "key", choices)


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
