"""The rows of a table: its columns, their order, and the rows with a text. Pure."""

import json
import math
import random
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from wftui.model.base import Json
from wftui.model.json.big_values import making_big_value
from wftui.model.run.search import finder
from wftui.runtime.patterns.searching import first_match

_MOST_COLUMNS = 500
_AT_ONCE = 5_000
"""Rows to sort in one call, which holds the interpreter."""
_SAMPLES = 2_000
"""Rows whose order gives the borders between the parts."""
VALUE = "value"
"""Heading of elements that are not objects."""

SortKey = tuple[int, float | int, str]


class TableRows:
    """A list, and the keys of its objects in the order in which they appear.

    What it does takes seconds for a big list, and belongs in a thread, which often lets another one go first.
    """

    def __init__(self, items: Sequence[Json]) -> None:
        self.items = items
        found: dict[str, None] = {}
        for row in items:
            if isinstance(row, dict):
                found.update(dict.fromkeys(row))
            else:
                found.setdefault(VALUE)
            if len(found) > _MOST_COLUMNS:
                break
        self.columns = list(found)[:_MOST_COLUMNS]

    def arranged(
        self, wanted: str, sorted_by: tuple[str, bool] | None, is_stopped: Callable[[], bool] = lambda: False
    ) -> "array[int]":
        """Return the positions of the rows with a text, in an order.

        Args:
            sorted_by: column, and whether its order is descending.
            is_stopped: the result is no longer wanted, and may be incomplete.
        """
        with making_big_value():  # a collection would hold up everything
            return array("L", self._arranged(wanted, sorted_by, is_stopped))

    def _arranged(
        self, wanted: str, sorted_by: tuple[str, bool] | None, is_stopped: Callable[[], bool]
    ) -> Iterable[int]:
        order: Iterable[int] = _until(is_stopped, range(len(self.items)))
        if wanted:
            pattern = finder(wanted)
            order = (at for at in order if any(first_match(pattern, text) for text in self._texts(self.items[at])))
        if sorted_by is not None:
            column, descending = sorted_by
            positions = list(order)
            keys = [sort_key(self.items[at], column) for at in _until(is_stopped, positions)]
            order = (positions[at] for at in _until(is_stopped, _sorted(keys, descending=descending)))
        return order

    def _texts(self, row: Json) -> Iterator[str]:
        """Yield the cells of a row as searched: texts unchanged, others as JSON."""
        for column in self.columns:
            has, cell = cell_of(row, column)
            if has:
                yield _searched(cell)


def cell_of(row: Json, column: str) -> tuple[bool, Json]:
    """Return whether a row has a cell, and its value."""
    if isinstance(row, dict):
        return column in row, row.get(column)
    return column == VALUE, row if column == VALUE else None


def sort_key(row: Json, column: str) -> SortKey:
    """Return the sort key of a row.

    Numbers come first, then texts, booleans, null, containers, and rows without the cell.
    """
    has, value = cell_of(row, column)
    if not has:
        return 5, 0, ""
    if isinstance(value, bool):
        return 2, value, ""
    if isinstance(value, int | float):
        return 0, math.inf if value != value else value, ""
    if isinstance(value, str):
        return 1, 0, value
    return (3, 0, "") if value is None else (4, len(value), "")


def _sorted(keys: Sequence[SortKey], *, descending: bool) -> Iterator[int]:
    """Yield the positions of keys in their order, equal ones as they come.

    Many are sorted in parts, between borders that some of them give.
    """
    borders: list[SortKey] = []
    if len(keys) > _AT_ONCE:
        samples = sorted(random.Random(0).choices(keys, k=_SAMPLES))
        borders = samples[:: max(1, _SAMPLES * _AT_ONCE // len(keys))]
    parts: list[list[int]] = [[] for _ in range(len(borders) + 1)]
    for at, key in enumerate(keys):
        parts[bisect_right(borders, key)].append(at)
    for part in reversed(parts) if descending else parts:
        yield from sorted(part, key=keys.__getitem__, reverse=descending)


def _searched(cell: Json) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) and not isinstance(cell, bool):
        return int.__repr__(cell)
    return json.dumps(cell, ensure_ascii=False)


def _until(is_stopped: Callable[[], bool], positions: Iterable[int]) -> Iterator[int]:
    for at in positions:
        if is_stopped():
            return
        yield at
