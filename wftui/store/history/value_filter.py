"""The filter `contains`: runs with a text in their values, in any order."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence

from wftui.store.history.run_filters import RunConditions
from wftui.store.history.run_order import KEY, RunOrder, RunPlace, rows_after
from wftui.store.history.text_search import runs_with
from wftui.store.sqlite.reader import Reader, Row

SEARCHED = 1_000
"""Runs whose values are searched at a time."""
_FINAL = frozenset({"completed", "failed", "cancelled"})
"""Statuses of runs whose values stay as they are."""
_STATUS = 5
_TEXTS = 4
_WITHOUT, _WITH = 1, 2


class ValueFilter:
    """Finds the runs with a text.

    For the newest texts it remembers which of the runs that have ended have them.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: OrderedDict[str, bytearray] = OrderedDict()
        """By text, one byte for each run, by its key."""

    async def having(self, rows: Sequence[Row], text: str) -> list[Row]:
        """Return the runs among some that have a text in their values."""
        known = self._known.setdefault(text, bytearray())
        self._known.move_to_end(text)
        while len(self._known) > _TEXTS:
            self._known.popitem(last=False)
        known.extend(bytes(max(0, 1 + max((row[KEY] for row in rows), default=0) - len(known))))
        found = await runs_with(self._reader, [str(row[0]) for row in rows if not known[row[KEY]]], text)
        for row in rows:
            if row[_STATUS] in _FINAL and not known[row[KEY]]:
                known[row[KEY]] = _WITH if row[0] in found else _WITHOUT
        return [row for row in rows if row[0] in found or known[row[KEY]] == _WITH]

    async def all_having(self, wanted: RunConditions, order: RunOrder, text: str) -> AsyncIterator[list[Row]]:
        """Yield all runs that match conditions and have a text, in order and in parts."""
        after: RunPlace | None = None
        while rows := await rows_after(self._reader, wanted, order, SEARCHED, after):
            yield await self.having(rows, text)
            after = order.place_of(rows[-1])
            if len(rows) < SEARCHED:
                return

    async def skipped_to(
        self, wanted: RunConditions, order: RunOrder, text: str, *, skip: int, limit: int
    ) -> list[Row]:
        """Return runs with a text, without the first ones."""
        found: list[Row] = []
        async for rows in self.all_having(wanted, order, text):
            found += rows[skip:]
            skip = max(0, skip - len(rows))
            if len(found) >= limit:
                break
        return found[:limit]
