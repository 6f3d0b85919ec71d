"""Models that pydantic validates: what people and other programs write."""

import dataclasses
import threading
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic import Field as PydanticField
from pydantic.alias_generators import to_camel

from wftui.model.fields import Field, Json, ModelField, ModelType

WIRE_CONFIG = ConfigDict(
    alias_generator=to_camel,
    populate_by_name=True,
    extra="forbid",
    validate_assignment=False,
    ser_json_inf_nan="strings",
    defer_build=True,
)
"""Snake_case in Python, camelCase in JSON, unknown keys refused. Models are built when first used."""

_BUILDING = threading.RLock()


class ValidatedModel(BaseModel):
    """Base of models that are validated whenever they are made."""

    model_config = WIRE_CONFIG

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:
        """Build a model, in one thread at a time: pydantic before 2.13 has no lock."""
        with _BUILDING:
            return super().model_rebuild(**options)

    def to_wire(self) -> dict[str, Json]:
        """Return the JSON form: camelCase keys, values never set are absent."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return `to_wire` as text."""
        return self.model_dump_json(by_alias=True, exclude_none=True, indent=indent)


@cache
def adapter_of(model: ModelType) -> TypeAdapter[Any]:
    """Return the validator of a model of plain data."""
    with _BUILDING:
        return TypeAdapter(model)


def as_data_class(model: ModelType) -> None:
    """Let pydantic take a model and its bases for data classes; it is built once."""
    with _BUILDING:
        for kind in reversed(model.__mro__):
            if not isinstance(kind, ModelType) or not any(isinstance(base, ModelType) for base in kind.__bases__):
                continue
            if "__dataclass_fields__" not in kind.__dict__:
                fields = [
                    (each.name, _annotation(each.annotation), _default(each)) for each in kind.model_fields.values()
                ]
                shown = dataclasses.make_dataclass(kind.__name__, fields, kw_only=True)
                for name in ("__dataclass_fields__", "__dataclass_params__"):
                    setattr(kind, name, getattr(shown, name))
                kind.__pydantic_config__ = WIRE_CONFIG  # type: ignore[attr-defined]  # pydantic looks for it


def _annotation(annotation: Any) -> Any:
    """Return a type with its metadata in pydantic's terms."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        plain, *about = parts
        return Annotated[_annotation(plain), *map(_about, about)]
    if origin in (Union, UnionType):
        return reduce(or_, map(_annotation, parts))
    if origin in (list, dict, tuple):
        return origin[tuple(map(_annotation, parts))]
    return annotation


def _about(known: Any) -> Any:
    if not isinstance(known, Field):
        return known
    named: dict[str, Any] = {} if known.alias is None else {"alias": known.alias}
    return PydanticField(exclude=True if known.exclude else None, **named, **known.rules)


def _default(field: ModelField) -> Any:
    if field.is_required:
        return dataclasses.field()
    if field.makes_default:
        return dataclasses.field(default_factory=lambda: field.default)
    return dataclasses.field(default=field.default)
