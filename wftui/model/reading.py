"""Readers of stored models, perhaps of a later version, without pydantic.

Unknown fields are left out. A value that its field cannot have makes a model unreadable.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from wftui.model.base import Field, Json, ModelField, WireModel
from wftui.model.fields import to_utc

ModelT = TypeVar("ModelT", bound=WireModel)
_Reader = Callable[[Any], Any]


class UnreadableError(ValueError):
    """A value is not one of its field."""


def read(model: type[ModelT], data: Json) -> ModelT:
    """Return a model from its JSON form, with keys by alias or name.

    Raises:
        UnreadableError: it has another form.
    """
    if type(data) is not dict:
        if type(data) is model:
            return data
        raise UnreadableError(f"not a {model.__name__}: {data!r:.100}")
    made = object.__new__(model)
    for name, alias, other, reader, field in _table(model):
        if alias in data:
            value = data[alias]
        elif other is not None and other in data:
            value = data[other]
        elif field.is_required:
            raise UnreadableError(f"{model.__name__} without {alias}")
        else:
            setattr(made, name, field.stored_default if field.factory is None else field.factory())
            continue
        if reader is not None:
            value = reader(value)
        setattr(made, name, value)
    made.__post_init__()
    return made


def read_json(model: type[ModelT], text: str | bytes) -> ModelT:
    """Return a model from JSON text.

    Raises:
        UnreadableError: it is another text.
    """
    try:
        return read(model, json.loads(text))
    except UnreadableError:
        raise
    except (ValueError, RecursionError) as error:
        raise UnreadableError(str(error)) from error


@cache
def _table(model: type[WireModel]) -> Sequence[tuple[str, str, str | None, _Reader | None, ModelField]]:
    return [
        (each.name, each.alias, each.name if each.name != each.alias else None, _reader(each.annotation), each)
        for each in model.model_fields.values()
    ]


def _reader(annotation: Any) -> _Reader | None:
    """Return the reader of a type; None if any JSON value will do."""
    if annotation is Any:
        return None
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _with_rules(_reader(parts[0]), [each for each in parts[1:] if isinstance(each, Field)])
    if origin in (Union, UnionType):
        return _one_of(parts)
    if origin is Literal:
        return _literal(parts)
    if origin is list:
        return _list(_reader(parts[0]))
    if origin is dict:
        return _dict(_reader(parts[1]))
    if issubclass(annotation, WireModel):
        return lambda value: read(annotation, value)
    if issubclass(annotation, tuple):
        return _named_tuple(annotation)
    return _SIMPLE[annotation]


def _plain(kind: type) -> _Reader:
    def reader(value: Any) -> Any:
        if type(value) is kind:
            return value
        raise UnreadableError(f"not {kind.__name__}: {value!r:.100}")

    return reader


def _integer(value: Any) -> int:
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    raise UnreadableError(f"not an integer: {value!r:.100}")


def _float(value: Any) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value)
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    raise UnreadableError(f"not a number: {value!r:.100}")


def _time(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise UnreadableError(str(error)) from error
    if isinstance(value, datetime):
        return to_utc(value)
    raise UnreadableError(f"not a time: {value!r:.100}")


_SIMPLE: dict[Any, _Reader] = {
    str: _plain(str),
    bool: _plain(bool),
    int: _integer,
    float: _float,
    NoneType: _plain(NoneType),
    datetime: _time,
}


def _literal(values: Sequence[Any]) -> _Reader:
    known = frozenset(values)

    def reader(value: Any) -> Any:
        if isinstance(value, str) and value in known:
            return value
        raise UnreadableError(f"not one of {', '.join(map(str, values))}: {value!r:.100}")

    return reader


def _one_of(kinds: Sequence[Any]) -> _Reader | None:
    readers = [_reader(kind) for kind in kinds if kind is not NoneType]
    if None in readers:
        return None
    is_optional = NoneType in kinds

    def reader(value: Any) -> Any:
        if value is None and is_optional:
            return None
        problem: UnreadableError | None = None
        for each in readers:
            try:
                return each(value) if each is not None else value
            except UnreadableError as error:
                problem = problem or error
        raise problem or UnreadableError(f"not readable: {value!r:.100}")

    return reader


def _list(read_each: _Reader | None) -> _Reader:
    def reader(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise UnreadableError(f"not a list: {value!r:.100}")
        return [*value] if read_each is None else [read_each(each) for each in value]

    return reader


def _dict(read_each: _Reader | None) -> _Reader:
    def reader(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise UnreadableError(f"not an object: {value!r:.100}")
        return {**value} if read_each is None else {key: read_each(each) for key, each in value.items()}

    return reader


def _named_tuple(kind: type[NamedTuple]) -> _Reader:
    readers = [_reader(each) for each in get_type_hints(kind, include_extras=True).values()]

    def reader(value: Any) -> Any:
        if not isinstance(value, list | tuple) or len(value) != len(readers):
            raise UnreadableError(f"not {len(readers)} values: {value!r:.100}")
        parts = zip(readers, value, strict=True)
        return kind(*(part if each is None else each(part) for each, part in parts))

    return reader


def _with_rules(reader: _Reader | None, about: Sequence[Field]) -> _Reader | None:
    rules = {name: rule for each in about for name, rule in each.rules.items() if name in ("ge", "le", "pattern")}
    if not rules:
        return reader
    least, most, pattern = rules.get("ge"), rules.get("le"), rules.get("pattern")
    if isinstance(pattern, str) and pattern.endswith("$"):
        pattern = pattern[:-1] + r"\Z"  # as in pydantic: no line end follows

    def checked(value: Any) -> Any:
        value = value if reader is None else reader(value)
        if value is not None and (
            (least is not None and value < least)
            or (most is not None and value > most)
            or (pattern is not None and not re.search(pattern, value))
        ):
            raise UnreadableError(f"not allowed: {value!r:.100}")
        return value

    return checked
