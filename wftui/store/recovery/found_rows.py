"""Rows of the tables of a damaged database that are found in its pages."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wftui.store.recovery.pages import BROKEN, Cell, Pages, Value

_GROUP = 10_000


def _is_run(values: Sequence[Value]) -> bool:
    return len(values) >= 17 and values[0] is None and all(isinstance(each, str) for each in values[1:5])


def _is_event(values: Sequence[Value]) -> bool:
    return [type(each) for each in values[:3]] == [type(None), int, int] and isinstance(values[3], str | bytes)


def _is_plan(values: Sequence[Value]) -> bool:
    return [type(each) for each in values] == [str, bytes, bytes, int]


def _is_owner(values: Sequence[Value]) -> bool:
    return values[0] is None and [type(each) for each in values[3:]] == [str, str, int]


def _is_part(values: Sequence[Value]) -> bool:
    return [type(each) for each in values] == [str, int, bytes]


_SHAPES: Mapping[str, tuple[range, Callable[[Sequence[Value]], bool]]] = {
    "executions": (range(17, 100), _is_run),  # later versions added columns at the end
    "events": (range(4, 5), _is_event),
    "plans": (range(4, 5), _is_plan),
    "owners": (range(6, 7), _is_owner),
    "payload_parts": (range(3, 4), _is_part),
}


@dataclass(frozen=True, slots=True)
class FoundRows:
    """The places of all rows in the pages of a file, by table and rowid.

    Attributes:
        index: a connection with the table of places (`find`).
    """

    pages: Pages
    index: sqlite3.Connection

    def find(self) -> None:
        """Read the whole file. Blocks."""
        self.index.execute(
            "CREATE TEMP TABLE found ("
            "name TEXT, number INTEGER, page INTEGER, offset INTEGER, PRIMARY KEY (name, number)) WITHOUT ROWID"
        )
        self.index.executemany("INSERT OR IGNORE INTO found VALUES (?, ?, ?, ?)", self._places())

    def _places(self) -> Iterator[tuple[str, int, int, int]]:
        for cell, rowid, values in self.pages.cells():
            for name, (lengths, fits) in _SHAPES.items():
                if len(values) in lengths and fits(values):
                    yield name, rowid, cell.page, cell.offset

    def rows(self, table: str, all_columns: Sequence[str], columns: Sequence[str]) -> Iterator[tuple[Value, ...]]:
        """Yield (rowid, *columns) of the rows of a table, in order of rowid.

        Args:
            all_columns: the columns as the table was created; a row can lack the last ones.
        """
        after, query = (
            -1,
            "SELECT number, page, offset FROM found WHERE name = ? AND number > ? ORDER BY number LIMIT ?",
        )
        while places := self.index.execute(query, (table, after, _GROUP)).fetchall():
            for rowid, page, offset in places:
                try:
                    _, values = self.pages.row(Cell(page, offset))
                except BROKEN:
                    continue
                held = dict(zip(all_columns, values, strict=False))
                yield rowid, *(rowid if name in ("key", "place") else held.get(name) for name in columns)
            after = places[-1][0]
