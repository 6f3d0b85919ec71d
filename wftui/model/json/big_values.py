"""Big values beside everything else in the process: looked at in batches, and out of the garbage collector's way."""

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
_ONLY_OURS = 2  # references: of the list asked about, and of the argument; newer Pythons may not count a variable's
_ENCODED_AT_ONCE = 1_000_000
JSON_TYPES = {str, int, float, bool, type(None), list, dict}


class TooDeepError(Exception):
    """A value is nested too deeply to be walked through, or contains itself."""


class Batch(NamedTuple):
    """Some of the values that make up a value.

    Attributes:
        kinds: the types that occur in it.
        depth: how many lists and objects they stand in.
        keys: they are keys of objects, each of them once.
    """

    values: list[Json]
    kinds: set[type]
    depth: int
    keys: bool = False

    def of(self, kind: type) -> list[Json]:
        """Those that are of one type."""
        if kind not in self.kinds:
            return []
        return self.values if len(self.kinds) == 1 else [value for value in self.values if type(value) is kind]


def batches(values: Iterable[Json], depth: int = 0) -> Iterator[Batch]:
    """Values and all that is in them, keys included, in lists of some thousand that are quickly looked at as a whole.

    Raises:
        TooDeepError: when the iteration gets there.
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
    """About as many bytes as the JSON text of some values has; of more than the limit it only says that it is more."""
    total = 0
    for batch in batches(values):
        total += 6 * len(batch.values) + sum(map(len, batch.of(str)))
        if total > limit:
            break
    return total


def is_json(value: Json, most: int | None = None) -> bool | None:
    """Whether a value is JSON beyond doubt: of plain types only, and of nothing that could not be stored.

    It is several times as fast as a walk that can say where a value is none.

    Args:
        most: how many values, or hundreds of characters, to look at; None is returned when there are more.
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
    """Free values some thousand objects at a time, between which others may work; takes them out of the list.

    To free millions of objects in one go holds up every thread. What somebody else still holds is left as it is.
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
    """Those that are worth being freed by themselves: of a few all, since one may hold much; of many the long ones."""
    if {list, dict}.isdisjoint(map(type, members)):
        return []
    least = 0 if len(members) < _BATCH // 100 else _BATCH // 10
    return [member for member in members if isinstance(member, dict | list) and len(member) > least]


_lock = threading.Lock()
_makers = 0
_keepers = 0


@contextmanager
def making_big_value() -> Iterator[None]:
    """While a big value is made: keep the garbage collector away from it, also afterwards, as long as it may be kept.

    A collection looks at each object there is, and holds up every thread meanwhile: a second for a value of 100 MB.
    Values hold no cycles, so there is nothing in them to be found.
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
    """While big values that are made may be kept; at the end the garbage collector looks at everything again."""
    global _keepers
    with _lock:
        _keepers += 1
    try:
        yield
    finally:
        with _lock:
            _keepers -= 1
            if not _keepers:
                gc.unfreeze()
