"""What the models refuse of a workflow.json, in the words of the format."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from wftui.model.base import Json

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


@dataclass(frozen=True, slots=True)
class ModelError:
    """Something that a model refuses.

    Attributes:
        kind: pydantic's word for it, such as `int_type`.
        path: keys and numbers that lead from the checked value to what is refused.
        value: what stands there.
        context: what more pydantic says, by kind.
        said: pydantic's own sentence.
    """

    kind: str
    path: list[str | int]
    value: Json
    context: Mapping[str, object]
    said: str

    @property
    def field(self) -> str:
        """The path for people."""
        return ".".join(str(part) for part in self.path)

    @property
    def name(self) -> str:
        """The last key of the path."""
        return self.field.rpartition(".")[2]

    @property
    def code(self) -> str:
        """The code of the diagnostic for a wrong value."""
        return _CODES.get(self.kind, "value.type")

    def sentence(self) -> tuple[str, tuple[str, ...]]:
        """What is wrong with the value, and the words it may be."""
        shown, context = _shown(self.value), self.context
        if self.kind in _TYPES:
            return f"{self.field} is {_TYPES[self.kind]}, not {shown}", ()
        match self.kind:
            case "literal_error":
                choices = tuple(re.findall(r"'([^']*)'", str(context.get("expected", ""))))
                return f"{self.field} cannot be {shown}; it is one of {', '.join(choices)}", choices
            case "string_pattern_mismatch":
                return f"{shown} cannot be {_article(self.field)}: it must match {context.get('pattern')}", ()
            case "string_too_short":
                return f"{self.field} is empty", ()
            case "greater_than_equal":
                return f"{self.field} is at least {context.get('ge')}, not {shown}", ()
            case "less_than_equal":
                return f"{self.field} is at most {context.get('le')}, not {shown}", ()
            case "value_error":
                return f"{self.field}: {context.get('error')}", ()
        return f"{self.field}: {self.said}", ()

    def meant(self) -> Json:
        """The value of the right type that a text was probably meant to be; None when there is none."""
        if not isinstance(self.value, str):
            return None
        if self.kind == "int_type" and re.fullmatch(r"\d{1,9}", self.value):
            return int(self.value)
        if self.kind == "bool_type" and self.value.lower() in ("true", "false", "yes", "no"):
            return self.value.lower() in ("true", "yes")
        if self.kind == "string_pattern_mismatch" and self.name in ("id", "as"):
            simple = re.sub(r"[^a-z0-9]+", "_", self.value.lower()).strip("_")[:63]
            return simple if re.match("[a-z]", simple) else None
        return None


def model_errors_of(error: ValidationError, raw: Json) -> list[ModelError]:
    """The errors of a model with the path of what they are about; of a choice between shapes, those of the nearest."""
    told: list[ModelError] = []
    for each in error.errors(include_url=False):
        path: list[str | int] = []
        value = raw
        loc = each["loc"]
        for index, part in enumerate(loc):
            is_last = index == len(loc) - 1
            if (isinstance(value, dict) and part in value) or (isinstance(value, list) and isinstance(part, int)):
                value = value[part]  # type: ignore[index]  # the path fits the value, as just seen
                path.append(part)
            elif is_last and each["type"] == "missing":
                path.append(part)
        is_union = len(path) < len(loc)
        if is_union and each["type"] in ("literal_error", "bool_type") and isinstance(value, dict):
            continue
        if is_union and each["type"] in ("model_type", "dict_type") and not isinstance(value, dict):
            if any(other.path == path for other in told):
                continue
            if any(
                other["loc"][0] == loc[0] and other["type"] in ("literal_error", "bool_type")
                for other in error.errors()
            ):
                continue
        told.append(ModelError(each["type"], path, each["input"], each.get("ctx") or {}, each["msg"]))
    return told


def _shown(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _article(field: str) -> str:
    name = "step id" if re.match(r"needs\.\d+$", field) or field.endswith("as") else field
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"


def keys_beside(model: type[BaseModel], loc: list[str | int]) -> tuple[str, ...]:
    """The keys that the object at a path may have, by the model."""
    current: Any = model
    for part in loc[:-1]:
        if not (isinstance(current, type) and issubclass(current, BaseModel)):
            break
        found = next((info for name, info in current.model_fields.items() if (info.alias or name) == part), None)
        current = _model_in(found.annotation) if found else _model_in(current)
    if not (isinstance(current, type) and issubclass(current, BaseModel)):
        return ()
    return tuple(info.alias or name for name, info in current.model_fields.items())


def _model_in(annotation: Any) -> Any:
    """The model inside an annotation such as `Retry | None` or `dict[str, ConnectionNeed]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _model_in(argument)
        if found is not None:
            return found
    return None
