"""Base of all wire models: camelCase keys, UTC timestamps, closed shapes.

A model is plain data with a slot for each field, so that a program that reads or writes runs need not import pydantic.
Types are checked by mypy where a model is made, by `reading` where a stored one is read, and by pydantic (`validated`)
where it comes from people or other programs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from wftui.model.compiled_methods import compile_copy, compile_dump, compile_init
from wftui.model.fields import Field, Json, ModelField, ModelType, Timestamp, format_timestamp, fresh

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Field", "Json", "ModelField", "Timestamp", "WireModel", "format_timestamp", "fresh", "wire_value"]


class WireModel(metaclass=ModelType):
    """Base of models: plain data, and its JSON form."""

    def __init__(self, **values: Any) -> None:
        # Each model has a copy of this in its own namespace, which its compiled one replaces.
        model = type(self)
        has_more = model.__post_init__ is not WireModel.__post_init__
        model.__init__ = compile_init(model.model_fields.values(), has_more=has_more)  # type: ignore[method-assign]
        self.__init__(**values)  # type: ignore[misc]

    def __post_init__(self) -> None:
        """Do what remains when all fields are set."""

    def __eq__(self, other: object) -> bool:
        """Return whether both are of one model, and all slots are equal."""
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _slots(type(self)))

    __hash__ = None  # type: ignore[assignment]  # as of all values that change

    def __repr__(self) -> str:
        """Return the call that makes it."""
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).model_fields)
        return f"{type(self).__name__}({values})"

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """Return a copy that shares its values, with other values for some fields."""
        copy: Self = _copier(type(self))(self)
        for name, value in (update or {}).items():
            setattr(copy, name, value)
        return copy

    def to_wire(self) -> dict[str, Json]:
        """Return the JSON form: camelCase keys, values never set are absent.

        It shares the JSON values in it with the model.
        """
        return {
            field.alias: value if field.is_json else wire_value(value)
            for field in type(self).model_fields.values()
            if (value := getattr(self, field.name)) is not None and not field.exclude
        }

    def without_defaults(self) -> dict[str, Json]:
        """Return the JSON form without fields that are equal to their defaults.

        Models inside are treated likewise.
        """
        return dumper(type(self))(self)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return `to_wire` as text."""
        from pydantic_core import to_json

        text: bytes = to_json(self.to_wire(), indent=indent)
        return text.decode()

    @classmethod
    def model_validate(cls, value: Json, *, by_alias: bool | None = None, by_name: bool | None = None) -> Self:
        """Return the model of a JSON form that others have made.

        Raises:
            pydantic.ValidationError: it is none.
        """
        from wftui.model.validated import adapter_of

        made: Self = adapter_of(cls).validate_python(value, by_alias=by_alias, by_name=by_name)
        return made

    @classmethod
    def model_json_schema(cls, *, by_alias: bool = True) -> dict[str, Json]:
        """Return the JSON Schema of the model."""
        from wftui.model.validated import adapter_of

        return adapter_of(cls).json_schema(by_alias=by_alias)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Show pydantic a data class with the same fields."""
        from wftui.model.validated import as_data_class

        as_data_class(cls)
        return handler(source)


@cache
def dumper(model: type[WireModel], excluded: frozenset[str] = frozenset()) -> Callable[[WireModel], dict[str, Json]]:
    """Return `without_defaults` of a model, without some more fields."""
    fields = [field for name, field in model.model_fields.items() if name not in excluded]
    return compile_dump(fields, _without_defaults)


@cache
def _copier(model: type[WireModel]) -> Callable[[Any], Any]:
    """Return the function that copies all slots of a model."""
    return compile_copy(model, _slots(model))


@cache
def _slots(model: type[WireModel]) -> Sequence[str]:
    """Return the names of all slots of a model, those of its bases first."""
    return [name for base in reversed(model.__mro__) for name in base.__dict__.get("__slots__", ())]


def wire_value(value: Any, form: Callable[[WireModel], dict[str, Json]] | None = None) -> Json:
    """Return the JSON form of the value of a field.

    Args:
        form: returns that of models; absent: their own.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is float:
        return value if math.isfinite(value) else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if kind is dict:
        return {key: wire_value(each, form) for key, each in value.items()}
    if kind is datetime:
        return format_timestamp(value)
    if isinstance(value, list | tuple):
        return [wire_value(each, form) for each in value]
    if form is not None and isinstance(value, WireModel):
        return form(value)
    return value.to_wire()


def _without_defaults(value: Any) -> Json:
    return wire_value(value, WireModel.without_defaults)
