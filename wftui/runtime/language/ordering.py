"""Order and equality of JSON values, for filters that sort, group and deduplicate."""

from collections.abc import Callable, Mapping
from typing import Any

from wftui.model.base import Json
from wftui.runtime.language.arguments import items_argument
from wftui.runtime.workflow_errors import BindingError


def folded(value: Json, case_sensitive: Json) -> Any:
    """Return a text in lower case unless case matters; any other value as it is."""
    return value.lower() if isinstance(value, str) and not case_sensitive else value


def ordered(found: list[Json], name: str, reverse: bool, key: Callable[[Json], Any]) -> list[Json]:
    """Return the items sorted by a key.

    Raises:
        BindingError: `binding.type` for items that cannot be compared.
    """
    try:
        return sorted(found, key=key, reverse=reverse)
    except TypeError:
        raise _incomparable(name) from None


def extreme(value: Json, name: str, biggest: bool, key: Callable[[Json], Any]) -> Json:
    """Return the smallest or the biggest item by a key.

    Raises:
        BindingError: `binding.missing` without items, `binding.type` for items that cannot be compared.
    """
    found = items_argument(value, name)
    if not found:
        raise BindingError("binding.missing", f"there is no {name}: the value is empty")
    try:
        return (max if biggest else min)(found, key=key)
    except TypeError:
        raise _incomparable(name) from None


def hashable(value: Json) -> object:
    """Return a hashable with the same equality as the value."""
    if isinstance(value, list):
        return ("list", *map(hashable, value))
    if isinstance(value, Mapping):
        return frozenset((key, hashable(entry)) for key, entry in value.items())
    return value


def _incomparable(name: str) -> BindingError:
    return BindingError("binding.type", f"the filter {name} needs items that can be compared with each other")
