"""Order and equality of JSON values, for filters that sort, group and deduplicate."""

import functools
import itertools
import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

from wftui.model.base import Json
from wftui.runtime.language.arguments import each_of, items_argument
from wftui.runtime.language.json_kinds import shown
from wftui.runtime.workflow_errors import BindingError

_HASH_MODULUS = sys.hash_info.modulus


def folded(value: Json, case_sensitive: Json) -> Any:
    """Return a text in lower case unless case matters; any other value as it is."""
    return value.lower() if isinstance(value, str) and not case_sensitive else value


def ordered(found: list[Json], name: str, reverse: bool, key: Callable[[Json], Any], nulls: Json = None) -> list[Json]:
    """Return the items sorted by a key.

    Args:
        nulls: `first` or `last`: the place of items whose key is null or missing; None for no such items.

    Raises:
        BindingError: `binding.type` for items that cannot be compared.
    """
    if nulls not in (None, "first", "last"):
        raise BindingError("binding.value", f'the argument nulls of {name} is "first" or "last", not {shown(nulls)}')
    keys = list(each_of(found, key if nulls is None else functools.partial(_null_if_missing, key)))
    places = [place for place, each in enumerate(keys) if nulls is None or each is not None]
    absent = [place for place, each in enumerate(keys) if nulls is not None and each is None]
    try:
        places.sort(key=keys.__getitem__, reverse=reverse)
    except TypeError:
        raise _incomparable(name, keys, places, nulls is None) from None
    return [found[place] for place in ([*absent, *places] if nulls == "first" else [*places, *absent])]


def extreme(value: Json, name: str, biggest: bool, key: Callable[[Json], Any]) -> Json:
    """Return the smallest or the biggest item by a key.

    Raises:
        BindingError: `binding.missing` without items, `binding.type` for items that cannot be compared.
    """
    found = items_argument(value, name)
    if not found:
        raise BindingError("binding.missing", f"there is no {name}: the value is empty")
    keys = list(each_of(found, key))
    places = list(range(len(found)))
    try:
        return found[(max if biggest else min)(places, key=keys.__getitem__)]
    except TypeError:
        raise _incomparable(name, keys, places, False) from None


def hashable(value: Json) -> object:
    """Return a hashable with the same equality as the value."""
    if isinstance(value, list):
        return ("list", *map(hashable, value))
    if isinstance(value, Mapping):
        return frozenset((key, hashable(entry)) for key, entry in value.items())
    if isinstance(value, int | float) and abs(value) >= _HASH_MODULUS and math.isfinite(value):
        # Python gives all multiples of the modulus one hash, which makes a set of them quadratic.
        return "number", hex(int(value))
    return value


def _null_if_missing(key: Callable[[Json], Any], entry: Json) -> Any:
    try:
        return key(entry)
    except BindingError as error:
        if error.type != "binding.missing":
            raise
        return None


def _incomparable(name: str, keys: list[Any], places: list[int], may_have_nulls: bool) -> BindingError:
    """Return the error, with the first two items that cannot be compared."""
    in_order = sorted(places)
    for earlier, later in itertools.pairwise(in_order):
        try:
            keys[earlier] < keys[later]  # noqa: B015  (only whether it can be done)
        except TypeError:
            pair = f"{shown(keys[earlier])} (item {earlier}) with {shown(keys[later])} (item {later})"
            hint = '; nulls="last" allows nulls' if may_have_nulls and None in (keys[earlier], keys[later]) else ""
            return BindingError("binding.type", f"the filter {name} cannot compare {pair}{hint}")
    return BindingError("binding.type", f"the filter {name} needs items that can be compared with each other")
