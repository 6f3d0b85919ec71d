"""Fields of models, and the metaclass that makes slots of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType, UnionType
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar, Union, dataclass_transform, get_args, get_origin

Json: TypeAlias = Any
"""A JSON value: None, bool, int, finite float, str, and lists and str-keyed dicts of them; all data between steps."""

ValueT = TypeVar("ValueT")

_REQUIRED: Any = object()
_ISO = "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ"


class Field:
    """Metadata of a field in `Annotated`.

    Args:
        alias: key in JSON, where it is not the name in camelCase.
        exclude: the field has no JSON form.
        rules: arguments of `pydantic.Field`: description, bounds, pattern.
    """

    __slots__ = ("alias", "exclude", "rules")

    def __init__(self, *, alias: str | None = None, exclude: bool = False, **rules: Any) -> None:
        self.alias = alias
        self.exclude = exclude
        self.rules = rules

    __is_annotated_types_grouped_metadata__ = True

    def __iter__(self) -> Iterator[Any]:
        """Yield the rules as pydantic reads them inside of other types."""
        from pydantic import Field as PydanticField

        yield from PydanticField(**self.rules).metadata


def fresh(*, factory: Callable[[], ValueT]) -> ValueT:
    """Return a default that is made for each model separately."""
    made: Any = _Fresh(factory)
    return made  # type: ignore[no-any-return]  # the models replace it


class _Fresh:
    """A default that is made for each model."""

    __slots__ = ("factory",)

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


class ModelField:
    """A field of a model.

    Attributes:
        name: in Python.
        alias: key in JSON.
        annotation: its type, with its metadata.
        default: its default, or what makes one.
        is_required: True without a default.
        factory: makes a default for each model; None where all share one.
    """

    __slots__ = (
        "alias",
        "annotation",
        "exclude",
        "factory",
        "is_json",
        "is_required",
        "is_time",
        "name",
        "stored_default",
    )

    def __init__(self, name: str, annotation: Any, default: Any) -> None:
        about = [each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, Field)]
        plain = annotation.__origin__ if about else annotation
        self.name = name
        self.annotation = annotation
        self.alias = next((each.alias for each in about if each.alias), None) or to_camel(name)
        self.exclude = any(each.exclude for each in about)
        self.is_json = plain is Json
        self.is_time = _is_time(annotation)
        self.is_required = default is _REQUIRED
        self.factory = default.factory if isinstance(default, _Fresh) else None
        self.stored_default = None if default is _REQUIRED else default

    @property
    def makes_default(self) -> bool:
        """True if each model makes its own default."""
        return self.factory is not None

    @property
    def default(self) -> Any:
        """Its default: a new one where each model has its own; None without."""
        return self.stored_default if self.factory is None else self.factory()


def _is_time(annotation: Any) -> bool:
    if isinstance(annotation, type):
        return issubclass(annotation, datetime)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _is_time(parts[0])
    return origin in (Union, UnionType) and any(map(_is_time, parts))


@dataclass_transform(kw_only_default=True, field_specifiers=(fresh,))
class ModelType(type):
    """Makes the slots of a model of its annotations."""

    model_fields: Mapping[str, ModelField]
    first_init: ClassVar[Callable[..., None]]
    """`__init__` of every model until its first use."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ModelType:
        """Return a model; its own fields follow those of its base."""
        fields: dict[str, ModelField] = {}
        for base in bases:
            fields.update(getattr(base, "model_fields", {}))
        slots = []
        for each, annotation in _annotations(namespace).items():
            if get_origin(annotation) is ClassVar:
                continue
            default = namespace.pop(each, _REQUIRED)
            if each not in fields:
                slots.append(each)
            fields[each] = ModelField(each, annotation, default)
        if not bases:
            mcs.first_init = namespace["__init__"]
        namespace.setdefault("__init__", mcs.first_init)
        namespace["__slots__"] = (*namespace.get("__slots__", ()), *slots)
        made = super().__new__(mcs, name, bases, namespace)
        made.model_fields = MappingProxyType(fields)
        return made


def _annotations(namespace: dict[str, Any]) -> dict[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib

        found = annotationlib.get_annotate_from_class_namespace(namespace)
        if found is not None:
            return annotationlib.call_annotate_function(found, annotationlib.Format.VALUE)
    annotations: dict[str, Any] = namespace.get("__annotations__", {})
    return annotations


def to_camel(name: str) -> str:
    """Return the key of a field in JSON: `step_id` is `stepId`."""
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def to_utc(value: Any) -> Any:
    """Return a time in UTC, truncated to milliseconds; anything else as it is."""
    if isinstance(value, datetime):
        if value.tzinfo is UTC and not value.microsecond % 1000:
            return value  # already in this form, as everything from the database
        time = value if value.tzinfo else value.replace(tzinfo=UTC)
        time = time if time.tzinfo is UTC else time.astimezone(UTC)
        return time.replace(microsecond=time.microsecond // 1000 * 1000)
    return value


def format_timestamp(time: datetime) -> str:
    """Return ISO 8601 in UTC with milliseconds: `2026-11-22T19:17:52.004Z`."""
    utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    # `isoformat` takes half as long again.
    return _ISO % (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond // 1000)


class _Milliseconds:
    """Schema by which pydantic reads and writes timestamps."""

    __slots__ = ()

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Return the schema of a time, truncated before and formatted after."""
        from pydantic_core import core_schema

        written = core_schema.plain_serializer_function_ser_schema(
            format_timestamp, return_schema=core_schema.str_schema(), when_used="json"
        )
        return core_schema.no_info_before_validator_function(to_utc, handler(source), serialization=written)


Timestamp: TypeAlias = Annotated[datetime, _Milliseconds()]
"""A time in UTC, truncated to milliseconds, so that a live value and its stored copy are equal."""
