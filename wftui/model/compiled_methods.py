"""Methods of models, compiled at first use, field after field.

A loop over the fields takes twice as long, and each event of a run is made and written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from wftui.model.fields import ModelField, format_timestamp, to_utc

_PLAIN = (str, int, bool, type(None))
_ABSENT = object()


def compile_init(fields: Iterable[ModelField], *, has_more: bool) -> Callable[..., None]:
    """Return the `__init__` of a model with these fields.

    Args:
        has_more: call `__post_init__` afterwards.
    """
    known: dict[str, Any] = {"to_utc": to_utc, "ABSENT": _ABSENT}
    parameters, lines = ["self"], []
    for field in fields:
        name = field.name
        value = f"to_utc({name})" if field.is_time else name
        if field.factory is not None:
            known[f"make_{name}"] = field.factory
            parameters.append(f"{name}=ABSENT")
            value = f"make_{name}() if {name} is ABSENT else {value}"
        elif field.is_required:
            parameters.append(name)
        else:
            known[f"default_{name}"] = field.stored_default
            parameters.append(f"{name}=default_{name}")
        lines.append(f"self.{name} = {value}")
    if has_more:
        lines.append("self.__post_init__()")
    if len(parameters) > 1:
        parameters.insert(1, "*")
    made: Callable[..., None] = _compiled("__init__", parameters, lines or ["pass"], known)
    return made


def compile_dump(fields: Iterable[ModelField], wire: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    """Return the function that gives the JSON form without values equal to defaults.

    Args:
        wire: returns the JSON form of a value of any type.
    """
    known: dict[str, Any] = {"wire": wire, "time": format_timestamp}
    lines = ["found = {}"]
    for field in fields:
        if field.exclude:
            continue
        name = field.name
        has_null = not field.is_required and field.default is None
        value = "value" if field.is_json or _is_plain(field.annotation) else "wire(value)"
        if _lists_models(field.annotation):
            value = "[each.without_defaults() for each in value]"
        if field.is_time and (field.is_required or has_null):
            value = "time(value)"
        known[f"default_{name}"] = field.default
        lines.append(f"value = self.{name}")
        test = "" if field.is_required else "if value is not None: " if has_null else f"if value != default_{name}: "
        lines.append(f"{test}found[{field.alias!r}] = {value}")
    made: Callable[[Any], dict[str, Any]] = _compiled("dump", ["self"], [*lines, "return found"], known)
    return made


def compile_copy(model: type, slots: Iterable[str]) -> Callable[[Any], Any]:
    """Return the function that makes a copy of an object with these slots."""
    lines = ["copy = new(model)", *(f"copy.{name} = self.{name}" for name in slots), "return copy"]
    made: Callable[[Any], Any] = _compiled("copy", ["self"], lines, {"new": object.__new__, "model": model})
    return made


def _is_plain(annotation: Any) -> bool:
    """Return whether values of a type are their own JSON form."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_plain(parts[0])
    if origin is Literal:
        return all(isinstance(each, _PLAIN) for each in parts)
    if origin in (Union, UnionType):
        return all(map(_is_plain, parts))
    return annotation in _PLAIN


def _lists_models(annotation: Any) -> bool:
    """Return whether values of a type are lists of models."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _lists_models(parts[0])
    return origin is list and hasattr(parts[0], "without_defaults")


def _compiled(name: str, parameters: list[str], lines: list[str], known: dict[str, Any]) -> Any:
    body = "\n  ".join(lines)
    exec(f"def {name}({', '.join(parameters)}):\n  {body}", known)  # names of fields, no data
    return known[name]
