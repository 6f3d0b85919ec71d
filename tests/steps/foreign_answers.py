"""Answers of servers with each field replaced by a value of each JSON type."""

import copy
from collections.abc import Iterator
from typing import Any

from wftui.model.base import Json

OF_EACH_TYPE: list[Json] = [None, True, 3, "odd", ["odd"], [3], {"odd": 1}]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all fields of a value."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield (*path, key)
        yield from places(entry, (*path, key))


def with_value(whole: Any, path: tuple[Any, ...], value: Json) -> Any:
    changed = copy.deepcopy(whole)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed
