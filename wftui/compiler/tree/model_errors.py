"""Errors of the models on a workflow.json, in the words of the format."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from wftui.compiler.diagnostics import patches
from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.workflow.compilation import Fix
from wftui.model.workflow.durations import meant_duration
from wftui.model.workflow.identifiers import STEP_ID_PATTERN, WORKFLOW_ID_PATTERN

_CODES = {
    "string_pattern_mismatch": "value.pattern",
    "string_too_short": "value.empty",
    "literal_error": "value.choice",
    "value_error": "value.duration",
    "greater_than_equal": "value.range",
    "less_than_equal": "value.range",
}
_TYPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
}


_PLAIN_KINDS = ("literal_error", "bool_type", "value_error")
_TEXT_KINDS = ("string_type", "string_pattern_mismatch")
"""Errors of the text that may replace another value."""


@dataclass(frozen=True, slots=True)
class ModelError:
    """An error of a model.

    Attributes:
        kind: pydantic's error type, such as `int_type`.
        path: keys and positions from the checked value to the invalid one.
        value: the invalid value.
        context: pydantic's details, by kind.
        message: pydantic's own message.
    """

    kind: str
    path: list[str | int]
    value: Json
    context: Mapping[str, object]
    message: str

    @property
    def field(self) -> str:
        """The path in dotted form."""
        return ".".join(str(part) for part in self.path)

    @property
    def name(self) -> str:
        """The last key of the path."""
        return self.field.rpartition(".")[2]

    @property
    def code(self) -> str:
        """The code of the diagnostic for a wrong value."""
        return _CODES.get(self.kind, "value.type")

    @property
    def _lacks_braces(self) -> bool:
        """Return whether it is a text in a matrix, where an expression has braces."""
        in_matrix = self.path[-2:-1] == ["matrix"] or self.name in ("exclude", "include")
        return self.kind == "list_type" and in_matrix and isinstance(self.value, str)

    @property
    def _is_list_of_items(self) -> bool:
        """Return whether it is a list in place of the expression that gives it."""
        return self.kind == "string_type" and self.name == "in" and isinstance(self.value, list)

    @property
    def _sets_variables(self) -> bool:
        """Return whether environment variables have values in place of a list of names."""
        return self.kind == "list_type" and self.path == ["env"] and isinstance(self.value, dict)

    def sentence(self) -> tuple[str, tuple[str, ...]]:
        """Return the message for the value, and its choices."""
        shown, context = _shown(self.value), self.context
        if self._lacks_braces:
            return f"{self.field} must be a list, or an expression between {{{{ and }}}}, not {shown}", ()
        if self.kind == "dict_type" and self.name == "matrix":
            example = '{"name": "{{ inputs.names }}"}'
            return f"{self.field} must be an object of lists or expressions by name, as {example}, not {shown}", ()
        if self._is_list_of_items:
            return f"{self.field} must be an expression in quotes, or a matrix, not {shown}", ()
        if self._sets_variables:
            names = "env must be a list of the environment variables that the workflow reads"
            return f"{names}, not {shown}; values have their place in vars, or in env in the input of a step", ()
        if self.kind == "model_type" and self.path == ["concurrency"] and type(self.value) is int:
            return f"concurrency must be an object, not {shown}; maxParallel bounds the steps that run at once", ()
        if self.kind in _TYPES:
            return f"{self.field} must be {_TYPES[self.kind]}, not {shown}", ()
        match self.kind:
            case "literal_error":
                choices = tuple(re.findall(r"'([^']*)'", str(context.get("expected", ""))))
                return f"{self.field} must be one of {', '.join(choices)}, not {shown}", choices
            case "string_pattern_mismatch":
                return f"{shown} is not a valid {_name(self.field)}; {_rule(str(context.get('pattern')))}", ()
            case "string_too_short":
                return f"{self.field} must not be empty", ()
            case "greater_than_equal":
                return f"{self.field} must be at least {context.get('ge')}, not {shown}", ()
            case "less_than_equal":
                return f"{self.field} must be at most {context.get('le')}, not {shown}", ()
            case "value_error":
                return f"{self.field}: {context.get('error')}", ()
        return f"{self.field}: {self.message}", ()

    def meant(self) -> Json:
        """Return the value of the right type that was probably meant; None without one."""
        if self._is_list_of_items and isinstance(self.value, list):
            is_plain = all(type(item) in (str, int, float) for item in self.value)
            return json.dumps(self.value, ensure_ascii=False) if is_plain else None
        if self.kind == "model_type":
            return self._meant_object()
        if self._sets_variables and isinstance(self.value, dict):
            is_plain = all(value in (None, "") for value in self.value.values())
            return list(self.value) if is_plain else None
        if self.kind == "string_type" and self.path[-2:-1] == ["on"] and type(self.value) is int:
            return f"http.{self.value}" if 100 <= self.value < 600 else None
        if self.kind == "string_type" and isinstance(self.value, bool | int | float) and self.name != "id":
            return json.dumps(self.value)
        if not isinstance(self.value, str):
            return None
        if self._lacks_braces:
            return f"{{{{ {self.value.strip()} }}}}"
        if self.kind == "list_type" and self.name in ("needs", "on", "env") and self.value:
            return [*re.split(r"[\s,]+", self.value.strip())]
        if self.kind == "value_error":
            return meant_duration(self.value)
        if self.kind == "float_type":
            return _BACKOFFS.get(self.value)
        if self.kind == "int_type" and re.fullmatch(r"\d{1,9}", self.value):
            return int(self.value)
        if self.kind == "bool_type" and self.value.lower() in ("true", "false", "yes", "no"):
            return self.value.lower() in ("true", "yes")
        if self.kind == "string_pattern_mismatch" and (self.name in ("id", "as", "pool") or "needs" in self.path):
            return as_name(self.value)
        return None

    def _meant_object(self) -> Json:
        """Return the object that a plain value stands for."""
        value = self.value
        match self.name:
            case "retry" if type(value) is int and value > 0:
                return {"maxAttempts": value}
            case "forEach" if isinstance(value, str):
                items = value.strip().removeprefix("{{").removesuffix("}}").strip()
                return {"in": items} if items and "{{" not in items else None
            case "forEach" if isinstance(value, list) and all(type(item) in (str, int, float) for item in value):
                return {"in": json.dumps(value, ensure_ascii=False)}
            case "concurrency" if isinstance(value, str) and value:
                return {"group": value}
        if self.path[:1] == ["connections"] and len(self.path) == 2 and isinstance(value, str) and value:
            return {"kind": value}
        return None


_BACKOFFS = {"exponential": 2, "fixed": 1, "constant": 1}


def as_name(text: str) -> str | None:
    """Return a text as an id: `fetchData` and `Fetch data` as `fetch_data`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    simple = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
    if simple[:1].isdigit():
        simple = f"step_{simple}"
    return simple[:63] or None


def model_errors_of(error: ValidationError, raw: Json) -> list[ModelError]:
    """Return the errors of a model, with paths; for a union, those of the best match."""
    found_errors: list[ModelError] = []
    unlikely: list[ModelError] = []
    for each in error.errors(include_url=False):
        path: list[str | int] = []
        value = raw
        loc = each["loc"]
        for index, part in enumerate(loc):
            is_last = index == len(loc) - 1
            if (isinstance(value, dict) and part in value) or (isinstance(value, list) and isinstance(part, int)):
                value = value[part]  # type: ignore[index]  # the path fits the value, as checked above
                path.append(part)
            elif is_last and each["type"] == "missing":
                path.append(part)
        is_union = len(path) < len(loc)
        made = ModelError(each["type"], path, each["input"], each.get("ctx") or {}, each["msg"])
        if is_union and each["type"] in (*_PLAIN_KINDS, *_TEXT_KINDS) and isinstance(value, dict):
            unlikely.append(made)
            continue
        if is_union and each["type"] in _TEXT_KINDS and any(other.path == path for other in found_errors):
            continue
        if is_union and each["type"] in ("model_type", "dict_type") and not isinstance(value, dict):
            if any(other.path == path for other in found_errors):
                continue
            at = tuple(path)  # of the union itself, not of a value inside of it
            if any(
                other["loc"][: len(at)] == at and other["type"] in (*_PLAIN_KINDS, *_TEXT_KINDS)
                for other in error.errors()
            ):
                continue
        found_errors.append(made)
    for made in unlikely:  # an object in place of a text, where no form of the value is an object
        if not any(other.path[: len(made.path)] == made.path for other in found_errors):
            found_errors.append(made)
    return found_errors


def meant_list(key: str, value: Json, pointer: str) -> tuple[str, Fix | None]:
    """Return the error of a value that must be a list of objects with steps."""
    also = {"cases": '"when": "...", ', "branches": '"name": "...", '}.get(key, "")
    message = f'{key} must be a list of objects with steps: [{{ {also}"steps": [ ... ] }}]'
    is_one = isinstance(value, dict) and bool(value)
    return message, patches.replace("put it into a list", pointer, [value]) if is_one else None


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _rule(pattern: str) -> str:
    """Return a sentence about the texts that match a pattern of the format."""
    letters = "use lower-case letters, digits"
    if pattern == STEP_ID_PATTERN:
        return f"{letters} and _, starting with a letter, at most 63"
    if pattern == WORKFLOW_ID_PATTERN:
        return f"{letters}, - and _, starting with a letter or digit, at most 63"
    return f"it must match {pattern}"


def _name(field: str) -> str:
    return "step id" if re.match(r"needs\.\d+$", field) or field.endswith("as") else field


def keys_beside(model: type[BaseModel], loc: list[str | int]) -> tuple[str, ...]:
    """Return the keys that the object at a path may have, by the model."""
    current: type[BaseModel] | None = model
    for part in loc[:-1]:
        if current is None:
            break
        found = next((info for name, info in current.model_fields.items() if (info.alias or name) == part), None)
        current = _model_in(found.annotation) if found else _model_in(current)
    if current is None:
        return ()
    return tuple(info.alias or name for name, info in current.model_fields.items())


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside an annotation such as `Retry | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
