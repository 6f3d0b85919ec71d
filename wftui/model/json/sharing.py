"""Values that share their parts: small in memory, endless to walk over."""

import math
from typing import Any

from wftui.model.base import Json
from wftui.model.json.big_values import TooDeepError, batches

MAX_WEIGHT = 5_000_000
"""Values, and hundreds of characters of text, that a value with shared parts may stand for."""

_FEW = 1_000
_MAX_SHARING = 8
"""Times that the parts of a value may appear on average; beyond MAX_WEIGHT only."""


class ManyPartsError(Exception):
    """A value has more parts than were to be looked at."""


def weigh(value: Json, most: float = math.inf) -> tuple[int, int]:
    """Return the weight of a value with its parts counted each time, and once.

    The weight is the number of values, plus one for each hundred characters of text. Each part is looked at once, so
    that this takes as long as the value is big in memory.

    Args:
        most: lists, objects and long texts to look at.

    Raises:
        ManyPartsError: there are more.
        RecursionError: the value is nested too deeply, or contains itself.
    """
    weights: dict[int, int] = {}
    once = 0

    def part(value: Any) -> int:
        nonlocal once
        if (known := weights.get(id(value))) is not None:
            return known
        if type(value) is str:
            weight = own = len(value) // 100
        else:
            members = value.values() if type(value) is dict else value
            kinds = set(map(type, members))
            weight = own = len(value)
            if not kinds.isdisjoint((list, dict)):
                weight += sum(part(member) for member in members if type(member) is list or type(member) is dict)
            if str in kinds:
                weight += sum(part(text) for text in members if type(text) is str and len(text) > 99)
        once += own
        weights[id(value)] = weight
        if len(weights) > most:
            raise ManyPartsError
        return weight

    total = part(value) if type(value) in (list, dict, str) else 1
    return total, once


def is_blown_up(value: Json, times: int = 1) -> bool:
    """Return whether a value is far bigger when written than in memory."""
    if type(value) in (list, dict) and len(value) * times < _FEW:
        members = value.values() if type(value) is dict else value
        if {list, dict, str}.isdisjoint(map(type, members)):
            return False
    try:
        try:
            total, once = weigh(value, _FEW)
        except ManyPartsError:
            # Looking at parts one by one takes long: first find out quickly whether there is a need to.
            if not _is_heavy(value, MAX_WEIGHT // times):
                return False
            total, once = weigh(value)
    except (TooDeepError, RecursionError):
        return True
    return total * times > max(MAX_WEIGHT, _MAX_SHARING * once)


def _is_heavy(value: Json, limit: int) -> bool:
    """Return whether a value weighs more than the limit, looking at batches."""
    weight = 0
    for batch in batches((value,)):
        weight += len(batch.values) + sum(map(len, batch.of(str))) // 100
        if weight > limit:
            return True
    return False
