"""Properties that several threads may ask for first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Found = TypeVar("Found")


class shared_property(Generic[Found]):  # noqa: N801  (a decorator, as `property` is)
    """A property that is computed once, whichever thread asks first.

    `functools.cached_property` computes it in each thread that asks meanwhile, from Python 3.12 on.
    """

    def __init__(self, compute: Callable[[Any], Found]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self._lock = threading.RLock()
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> shared_property[Found]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Found: ...

    def __get__(self, instance: object | None, owner: type) -> Found | shared_property[Found]:
        if instance is None:
            return self
        with self._lock:
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._compute(instance)
            found: Found = instance.__dict__[self._name]
            return found
