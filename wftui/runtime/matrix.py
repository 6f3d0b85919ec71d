"""Items of a matrix: every combination of some values."""

import itertools
import math
from collections.abc import Mapping
from typing import Any

from wftui.model.base import Json
from wftui.model.json.equality import is_same
from wftui.runtime.language.json_kinds import kind_and_value
from wftui.runtime.workflow_errors import BindingError


def matrix_items(spec: Mapping[str, Any], limit: int) -> list[Json]:
    """Return the items of a bound matrix, the last name fastest.

    Args:
        limit: longest list that is built.

    Raises:
        BindingError: a value has the wrong type, or there are too many items.
    """
    values = {name: _list(value, f"matrix.{name}") for name, value in spec["matrix"].items()}
    excluded = _objects(spec, "exclude")
    included = _objects(spec, "include")
    count = (math.prod(len(each) for each in values.values()) if values else 0) + len(included)
    if count > limit:
        raise too_many(count, limit)
    combinations = (dict(zip(values, each, strict=True)) for each in itertools.product(*values.values()) if each)
    kept = [item for item in combinations if not any(_has(item, each) for each in excluded)]
    return [*kept, *included]


def too_many(count: int, limit: int) -> BindingError:
    """Return the error of a list with more items than `maxItems`."""
    message = f"`forEach.in` gave {count:,} items; `forEach.maxItems` allows {limit:,}: raise it for more"
    return BindingError("binding.limit", message)


def _has(item: Mapping[str, Json], values: Mapping[str, Json]) -> bool:
    return all(name in item and is_same(item[name], value) for name, value in values.items())


def _objects(spec: Mapping[str, Any], name: str) -> list[dict[str, Json]]:
    found = _list(spec.get(name) or [], name)
    for index, each in enumerate(found):
        if not isinstance(each, dict):
            raise _wrong(f"{name}[{index}]", "an object", each)
    return found


def _list(value: Json, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(name, "a list", value)
    return value


def _wrong(name: str, wanted: str, value: Json) -> BindingError:
    return BindingError("binding.type", f"`forEach.in.{name}` must give {wanted}; it gave {kind_and_value(value)}")
