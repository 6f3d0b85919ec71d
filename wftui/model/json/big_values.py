"""Big values without long pauses: batches, and the garbage collector kept away."""

import gc
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, filterfalse, islice
from math import isfinite
from typing import NamedTuple

from wftui.model.base import Json

MAX_DEPTH = 190
"""Levels a value may be nested: the readers of events take 200 in all."""
MAX_INTEGER_BITS = 13_000
"""Python reads and writes no decimal number of more than 4,300 digits."""
_BATCH = 10_000
_ONLY_OURS = 2  # references: by the list and by the argument; newer Pythons may not count a variable's
_ENCODED_AT_ONCE = 1_000_000
JSON_TYPES = {str, int, float, bool, type(None), list, dict}


class TooDeepError(Exception):
    """A value is nested too deeply, or contains itself."""


class Batch(NamedTuple):
    """Some of the values inside a value.

    Attributes:
        kinds: the types in it.
        depth: the number of lists and objects around them.
        keys: they are keys of objects, each of them once.
    """

    values: list[Json]
    kinds: set[type]
    depth: int
    keys: bool = False

    def of(self, kind: type) -> list[Json]:
        """Return the values of one type."""
        if kind not in self.kinds:
            return []
        return self.values if len(self.kinds) == 1 else [value for value in self.values if type(value) is kind]


def batches(values: Iterable[Json], depth: int = 0) -> Iterator[Batch]:
    """Yield values and all inside them, keys included, in batches of thousands.

    Raises:
        TooDeepError: during iteration.
    """
    if depth > MAX_DEPTH:
        raise TooDeepError
    source = iter(values)
    while part := list(islice(source, _BATCH)):
        batch = Batch(part, set(map(type, part)), depth)
        yield batch
        if lists := batch.of(list):
            yield from batches(chain.from_iterable(lists), depth + 1)
        if objects := batch.of(dict):
            keys = chain.from_iterable(objects)
            while some := set(islice(keys, _BATCH)):
                yield Batch(list(some), set(map(type, some)), depth, keys=True)
            yield from batches(chain.from_iterable(map(dict.values, objects)), depth + 1)


def weight(values: Iterable[Json], limit: int) -> int:
    """Return the approximate size of JSON text, or any size above the limit.

    Beyond the limit, and for values that are nested too deeply, the rest is not counted.
    """
    total = 0
    try:
        for batch in batches(values):
            total += 6 * len(batch.values) + sum(map(len, batch.of(str)))
            if total > limit:
                break
    except TooDeepError:
        return limit + 1
    return total


def is_json(value: Json, most: int | None = None) -> bool | None:
    """Return whether a value is JSON: plain types only, all of them storable.

    Several times as fast as a walk that can locate an error.

    Args:
        most: number of values, or hundreds of characters, to check; beyond it, None is returned.
    """
    seen = 0
    try:
        for batch in batches((value,)):
            if most is not None:
                seen += len(batch.values) + sum(map(len, batch.of(str))) // 100
                if seen > most:
                    return None
            if not _are_json(batch):
                return False
    except TooDeepError:
        return False
    return True


def _are_json(batch: Batch) -> bool:
    if not batch.kinds <= ({str} if batch.keys else JSON_TYPES):
        return False
    integers: list[int] = batch.of(int)
    if integers and max(max(integers), -min(integers)).bit_length() > MAX_INTEGER_BITS:
        return False
    return all(map(isfinite, batch.of(float))) and all(map(_is_encodable, filterfalse(str.isascii, batch.of(str))))


def _is_encodable(text: str) -> bool:
    try:
        for start in range(0, len(text), _ENCODED_AT_ONCE):
            text[start : start + _ENCODED_AT_ONCE].encode()
    except UnicodeEncodeError:
        return False
    return True


def freed(values: list[Json]) -> Iterator[None]:
    """Free values in batches, so that other threads can run; empties the list.

    Yields between batches.

    Freeing millions of objects at once holds up every thread. Values with other references are left alone.
    """
    while values:
        is_shared = sys.getrefcount(values[-1]) > _ONLY_OURS
        value = values.pop()
        if is_shared:
            continue
        if isinstance(value, dict):
            while value:
                values += _containers([value.popitem()[1] for _ in range(min(len(value), _BATCH))])
                yield
        elif isinstance(value, list):
            while value:
                part = value[-_BATCH:]
                del value[-_BATCH:]
                values += _containers(part)
                del part
                yield


def _containers(members: list[Json]) -> list[Json]:
    """Return the containers worth freeing separately: all of a few, the long of many."""
    if {list, dict}.isdisjoint(map(type, members)):
        return []
    least = 0 if len(members) < _BATCH // 100 else _BATCH // 10
    return [member for member in members if isinstance(member, dict | list) and len(member) > least]


_lock = threading.Lock()
_makers = 0
_keepers = 0
_aside = 0
"""Number of times that objects may join those that `collect_all` has put aside; 0 while none are."""
_MOST_JOINS = 50
"""Limit of that number, or a process that is never idle would keep the garbage among them."""


@contextmanager
def making_big_value() -> Iterator[None]:
    """Keep the garbage collector away from a big value, now and while it is kept.

    A collection visits every object and holds up every thread: a second for a value of 100 MB. Values contain no
    cycles, so it would find nothing in them.
    """
    global _makers
    with _lock:
        _makers += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _makers -= 1
            if not _makers:
                if _keepers:
                    gc.freeze()
                gc.enable()


@contextmanager
def keeping_big_values() -> Iterator[None]:
    """Scope in which big values may be kept; afterwards, collection is as before.

    What `collect_all` has put aside remains so until the next time.
    """
    global _keepers
    with _lock:
        _keepers += 1
    try:
        yield
    finally:
        with _lock:
            _keepers -= 1
            if not _keepers:
                _give_back()


def collect_all() -> None:
    """Collect garbage among all objects.

    Those that stay are not visited again until the next time. Big values that are made or kept are left out, as always.
    """
    global _aside
    with _lock:
        if _makers:
            return
        if not _keepers:
            gc.unfreeze()
            _aside = 0
    gc.collect()
    with _lock:
        if not _makers and not _keepers:
            gc.freeze()
            _aside = _MOST_JOINS


def collect_new() -> None:
    """Collect garbage among the objects made since `collect_all`, if these are known."""
    if _aside and not _makers:
        gc.collect()


def settle_objects() -> None:
    """Count all objects as old, after making many that stay.

    The next collection would visit them and hold up every thread for it: 0.4 s for a plan of 10,000 steps. What is
    garbage among them is found by the next collection of old objects; after `collect_all`, by the next of those.
    """
    with _lock:
        gc.freeze()
        if not _keepers:
            _give_back()


def _give_back() -> None:
    """Return frozen objects to the collector, unless they join those put aside."""
    global _aside
    _aside = max(_aside - 1, 0)
    if not _aside:
        gc.unfreeze()
