"""Data classes that add little to start-up time.

`dataclasses.dataclass` compiles six methods for each class, 0.3 ms; a start has 40 to 90, a sixth of its CPU time.
Those made here take a tenth of that and behave the same, also in the functions of `dataclasses` (`replace`, `fields`):
the constructor is compiled when it is first looked up, and the other methods are closures. They have slots and no
bases with fields. Modules that are loaded by a start use this decorator; a test finds those that do not.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import MISSING, Field, FrozenInstanceError, field
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, slots, frozen=False, kw_only=False, eq=True):
        """Make a data class, as `dataclasses.dataclass` does."""
        if not slots:
            raise TypeError("a data class without slots is one of the standard library")
        return lambda cls: _made(cls, frozen=frozen, kw_only=kw_only, eq=eq)


def _made(cls: type, *, frozen: bool, kw_only: bool, eq: bool) -> type:
    """Return a class with slots and methods instead of annotations."""
    annotations = _annotations(cls)
    defaults = {name: cls.__dict__[name] for name in annotations if name in cls.__dict__}
    fields = {name: _field(defaults.get(name, MISSING)) for name in annotations}
    namespace = {name: value for name, value in cls.__dict__.items() if name not in {*defaults, *_OF_A_DICT}}
    methods = _methods([name for name, each in fields.items() if each.repr])
    if eq:
        methods |= _comparison([name for name, each in fields.items() if each.compare])
        if not frozen:
            methods["__hash__"] = None
    if frozen:
        methods |= _FROZEN
    by_place = [] if kw_only else [name for name, each in fields.items() if each.init]
    options = {"frozen": frozen, "kw_only": kw_only, "eq": eq}
    for name in ("__dataclass_fields__", "__dataclass_params__"):
        methods[name] = _OfStandardLibrary(annotations, defaults, options)
    constructor = _Constructor(fields, frozen=frozen, kw_only=kw_only)
    slots = {"__slots__": tuple(fields), "__match_args__": tuple(by_place), "__init__": constructor}
    made = type(cls)(cls.__name__, cls.__bases__, {**methods, **slots, **namespace})
    made.__qualname__ = cls.__qualname__
    return made


_OF_A_DICT = ("__dict__", "__weakref__")
"""Attributes of a class without slots."""


def _annotations(cls: type) -> dict[str, Any]:
    """Return the annotations of a class itself."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(cls)


def _field(default: Any) -> Field[Any]:
    found: Field[Any] = default if isinstance(default, Field) else field(default=default)
    return found


def _methods(shown: list[str]) -> dict[str, Any]:
    @recursive_repr()
    def shown_as(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    return {"__repr__": shown_as}


def _comparison(compared: list[str]) -> dict[str, Any]:
    values: Any = (
        attrgetter(*compared) if len(compared) > 1 else lambda self: tuple(getattr(self, name) for name in compared)
    )

    def equals(self: object, other: object) -> Any:
        return values(self) == values(other) if type(self) is type(other) else NotImplemented

    def hashed(self: Any) -> int:
        return hash(values(self))

    return {"__eq__": equals, "__hash__": hashed}


def _refuse_assignment(self: object, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deletion(self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in type(self).__slots__]


def _set_state(self: Any, state: list[Any]) -> None:
    for name, value in zip(type(self).__slots__, state, strict=True):
        object.__setattr__(self, name, value)


_FROZEN = {
    "__setattr__": _refuse_assignment,
    "__delattr__": _refuse_deletion,
    "__getstate__": _state,
    "__setstate__": _set_state,
}


class _Late:
    """An attribute of a class, made and put in its place when it is first read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner = owner
        self._name = name

    def __get__(self, instance: object | None, owner: type) -> Any:
        made = self._make(self._owner)
        setattr(self._owner, self._name, made)
        return getattr(instance if instance is not None else owner, self._name)

    def _make(self, owner: type) -> Any:
        raise NotImplementedError


class _Constructor(_Late):
    """`__init__`, with a parameter for each field."""

    def __init__(self, fields: dict[str, Field[Any]], *, frozen: bool, kw_only: bool) -> None:
        self._fields = fields
        self._frozen = frozen
        self._kw_only = kw_only

    def _make(self, owner: type) -> Any:
        known: dict[str, Any] = {"MISSING": MISSING}
        parameters, lines = ["self", "*"] if self._kw_only and self._fields else ["self"], []
        for name, each in self._fields.items():
            known[f"default_{name}"] = each.default
            known[f"new_{name}"] = each.default_factory
            value = name
            if each.default_factory is not MISSING:
                value = f"new_{name}() if {name} is MISSING else {name}" if each.init else f"new_{name}()"
            elif not each.init:
                if each.default is MISSING:
                    continue
                value = f"default_{name}"
            if each.init:
                is_needed = each.default is MISSING and each.default_factory is MISSING
                parameters.append(name if is_needed else f"{name}=default_{name}")
            known[f"set_{name}"] = owner.__dict__[name].__set__
            lines.append(f"set_{name}(self, {value})" if self._frozen else f"self.{name} = {value}")
        if hasattr(owner, "__post_init__"):
            lines.append("self.__post_init__()")
        body = "\n  ".join(lines or ["pass"])
        exec(f"def __init__({', '.join(parameters)}):\n  {body}", known)  # names of fields, no data
        made = known["__init__"]
        made.__qualname__ = f"{owner.__qualname__}.__init__"
        return made


class _OfStandardLibrary(_Late):
    """An attribute that the functions of `dataclasses` read.

    It is that of a data class of the standard library with the same fields.
    """

    def __init__(self, annotations: dict[str, Any], defaults: dict[str, Any], options: dict[str, bool]) -> None:
        self._annotations = annotations
        self._defaults = defaults
        self._options = options

    def _make(self, owner: type) -> Any:
        import dataclasses

        namespace = {
            "__module__": owner.__module__,
            "__annotations__": self._annotations,
            "__doc__": "",
            **self._defaults,
        }
        return getattr(dataclasses.dataclass(**self._options)(type(owner.__name__, (), namespace)), self._name)
