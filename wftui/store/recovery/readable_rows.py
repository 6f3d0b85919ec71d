"""Rows of a damaged table, around the pages that cannot be read."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wftui.model.base import Json

_LAST = 2**63 - 1
_RECOVERED_AFTER = 20  # rows
_PATIENT_FAILURES = 16
_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)


@dataclass(slots=True)
class ReadableRows:
    """Readable rows of a table, in order of rowid.

    Attributes:
        gaps: ranges of rowids (first, last) that could not be read; rows may be missing there.
    """

    connection: sqlite3.Connection
    table: str
    columns: Sequence[str]
    gaps: list[tuple[int, int]] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[Json, ...]]:
        """Yield (rowid, *columns); a damaged page ends no more than itself."""
        query = f"SELECT rowid, {', '.join(self.columns)} FROM {self.table} WHERE rowid >= ? ORDER BY rowid"
        at = failures = rows = 0
        while at <= _LAST:
            try:
                for row in self.connection.execute(query, (at,)):
                    if row[0] < at:  # a damaged page leads back
                        break
                    yield row
                    at = row[0] + 1
                    rows += 1
                else:
                    return
            except _UNREADABLE as error:
                if is_stopped(error):
                    raise
            # Python steps on before it returns a row: the error came in place of the last row before the page.
            _, last = self._first(at)
            if last is not None:
                yield last
                at = last[0] + 1
            failures = 0 if rows > _RECOVERED_AFTER else failures + 1
            rows = 0
            # A damaged page can lead in circles, one rowid at a time: leave out more and more.
            beyond = min(at + (1 << max(0, failures - _PATIENT_FAILURES)) - 1, _LAST)
            bad, at = at, self._next_readable(beyond)
            self.gaps.append((bad, at - 1))

    def _next_readable(self, bad: int) -> int:
        """Return the first rowid after an unreadable one at which reading succeeds again."""
        step = 1
        while not self._is_readable(bad + step):
            bad += step
            step *= 2
            if bad + step > _LAST:
                return _LAST + 1
        good = bad + step
        while good - bad > 1:
            middle = (good + bad) // 2
            if self._is_readable(middle):
                good = middle
            else:
                bad = middle
        return good

    def _is_readable(self, rowid: int) -> bool:
        return self._first(rowid)[0]

    def _first(self, rowid: int) -> tuple[bool, tuple[int, *tuple[Json, ...]] | None]:
        """Return whether reading from a rowid on succeeds, and the first row."""
        if rowid > _LAST:
            return True, None
        query = f"SELECT rowid, {', '.join(self.columns)} FROM {self.table} WHERE rowid >= ? ORDER BY rowid LIMIT 1"
        try:
            row = self.connection.execute(query, (rowid,)).fetchone()
        except _UNREADABLE as error:
            if is_stopped(error):
                raise
            return False, None
        return (True, row) if row is None or row[0] >= rowid else (False, None)


def is_stopped(error: Exception) -> bool:
    """Return whether a progress handler has stopped the statement."""
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
