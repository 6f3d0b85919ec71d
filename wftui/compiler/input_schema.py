"""Literal values against a JSON Schema, parts that are bound left out."""

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wftui.compiler import problems
from wftui.compiler.document import Part
from wftui.compiler.near import near
from wftui.model.base import Json
from wftui.model.compilation import Fix
from wftui.model.pointers import pointer_to
from wftui.steps.base import StepType

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

# These judge a whole by its parts, so with a bound part in it nothing can be said.
_WHOLE = frozenset({"anyOf", "oneOf", "not", "if", "const", "enum", "uniqueItems", "contains", "then", "else"})


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """Something wrong with a value; `pointer` and `path` count from that value."""

    code: str
    message: str
    pointer: str
    path: tuple[str, ...]
    part: Part = "value"
    rename_to: str | None = None
    choices: tuple[str, ...] = field(default=())

    def fixes_at(self, base: str) -> tuple[Fix, ...]:
        """The fixes, for a value that stands at `base`."""
        at = base + self.pointer
        fixes = [problems.replace(f"change it to {choice}", at, choice) for choice in self.choices]
        if self.code == "input.unknown":
            if self.rename_to:
                parent = base + pointer_to(self.path[:-1])
                fixes.append(
                    problems.rename(f"rename it to {self.rename_to}", at, parent + pointer_to([self.rename_to]))
                )
            fixes.append(problems.remove(f"remove {self.path[-1]}", at))
        return tuple(fixes)


def input_problems(
    step_type: StepType[Any], value: Mapping[str, Json], bound: frozenset[str]
) -> tuple[ValueProblem, ...]:
    """What is wrong with a step's literal input.

    Args:
        bound: pointers, into the input, of the strings that are bindings.
    """
    return _cached_problems(step_type, json.dumps(value), bound)


@functools.lru_cache(maxsize=20_000)
def _cached_problems(step_type: StepType[Any], text: str, bound: frozenset[str]) -> tuple[ValueProblem, ...]:
    return tuple(value_problems(_validator(step_type), json.loads(text), bound))


@functools.lru_cache(maxsize=256)
def _validator(step_type: StepType[Any]) -> "Validator":
    return schema_validator(step_type.input_schema())


def schema_validator(schema: Json) -> "Validator":
    """A validator that fetches nothing and checks the formats wftui knows."""
    from jsonschema import FormatChecker
    from referencing import Registry

    from wftui.model.formats import FORMATS, has_format
    from wftui.model.json_schema import validator_class

    checker = FormatChecker(formats=())
    for name in FORMATS:
        checker.checks(name)(functools.partial(_fits, name, has_format))
    registry: Registry[Any] = Registry()
    return validator_class(schema)(schema, registry=registry, format_checker=checker)


def value_problems(validator: "Validator", value: Json, bound: frozenset[str]) -> list[ValueProblem]:
    """What a schema finds wrong with a value, errors that come from its bound parts left out."""
    found: list[ValueProblem] = []
    for error in validator.iter_errors(value):
        found += _explain(error, bound)
    return found


def _explain(error: "ValidationError", bound: frozenset[str]) -> Iterable[ValueProblem]:
    path = tuple(str(part) for part in error.absolute_path)
    rule: Any = error.validator_value
    instance: Any = error.instance
    pointer = pointer_to(path)
    if pointer in bound:
        return
    has_bound = any(each.startswith(f"{pointer}/") for each in bound)
    if has_bound and error.validator in _WHOLE:
        return
    if error.validator in ("anyOf", "oneOf") and error.context:
        best = _nearest(error.context, instance)
        if best is not None:
            for inner in best:
                yield from _explain(inner, bound)
            return
    name = path[-1] if path else ""
    if error.validator == "required":
        for key in rule:
            if key not in instance:
                yield ValueProblem("input.missing", f'the field "{key}" is missing', pointer, (*path, key), "key")
        return
    if error.validator == "additionalProperties" and isinstance(error.schema, Mapping):
        known = [str(key) for key in error.schema.get("properties", {})]
        for key in instance:
            if key not in known:
                guess = near(key, known)
                guess = guess if guess not in instance else None
                hint = f"; did you mean {guess}?" if guess else f"; there are {', '.join(known)}"
                message = f"there is no field {key!r} here{hint}"
                yield ValueProblem("input.unknown", message, pointer + pointer_to([key]), (*path, key), "key", guess)
        return
    if error.validator == "enum":
        choices = [each for each in rule if isinstance(each, str)]
        guess = near(instance, choices) if isinstance(instance, str) else None
        shown = ", ".join(json.dumps(each) for each in rule)
        message = f"{name} is one of {shown}" + (f"; did you mean {guess}?" if guess else "")
        yield ValueProblem("input.choice", message, pointer, path, choices=(guess,) if guess else ())
        return
    if error.validator == "type":
        kinds = rule if isinstance(rule, list) else [rule]
        words = " or ".join(_WORDS.get(kind, str(kind)) for kind in kinds)
        yield ValueProblem("input.type", f"{name or 'the input'} is {words}, not {_shown(instance)}", pointer, path)
        return
    yield ValueProblem("input.value", f"{name or 'the input'}: {error.message[:200]}", pointer, path)


_WORDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def _nearest(context: Sequence["ValidationError"], instance: Json) -> list["ValidationError"] | None:
    """The errors of the one choice that the value was probably meant to be: the only one whose type it has."""
    by_choice: dict[int, list[ValidationError]] = {}
    for error in context:
        by_choice.setdefault(int(error.schema_path[0]), []).append(error)
    fitting = [errors for errors in by_choice.values() if not any(_is_type_error(error) for error in errors)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        types: list[str] = []
        for errors in by_choice.values():
            for error in errors:
                if _is_type_error(error):
                    rule: Any = error.validator_value
                    types += rule if isinstance(rule, list) else [rule]
        first = next((error for error in context if _is_type_error(error)), None)
        if first is not None:
            first.validator_value = [kind for kind in dict.fromkeys(types) if kind != "null"] or types
            return [first]
    return None


def _is_type_error(error: "ValidationError") -> bool:
    return error.validator == "type" and not error.path


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _fits(name: str, has_format: Any, value: object) -> bool:
    return not isinstance(value, str) or bool(has_format(value, name))
