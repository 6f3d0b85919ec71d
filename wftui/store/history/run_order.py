"""Orders of the history, and places in them.

In every index (created_at, id) follows a status and whether a step started the run, so each filter is answered by
ordered walks, one for each status with and without a step, merged: a page costs the same anywhere in a million runs.
Other columns are sorted by name, each name with such walks; durations have an index.
"""

import base64
import json
import re
from itertools import product
from typing import Literal, cast

from wftui.model.base import Json
from wftui.model.data_class import dataclass
from wftui.model.errors import UsageError
from wftui.model.run.summary import RunSort
from wftui.store.history.run_filters import RunConditions, names_of
from wftui.store.sqlite.reader import Reader, Row

COLUMNS = (
    "id, workflow_id, workflow_version, workflow_hash, user_id, status, started_at, completed_at, duration, error,"
    " warnings, parent_id, parent_path, waiting, created_at, key"
)
KEY = 15
DURATION = "ifnull(duration, -1)"
"""As the index has it: runs without a duration are the shortest."""
_STARTED_BY_STEP = "(parent_path IS NULL) = 0"
_STARTED_BY_USER = "(parent_path IS NULL) = 1"
_CURSOR = re.compile(r"(-?\d+)~(.+)")
_ID, _WORKFLOW, _USER, _STATUS, _DURATION, _CREATED = 0, 1, 4, 5, 8, 14
_NAMES: dict[str, tuple[str, int]] = {
    "workflow": ("workflow_id", _WORKFLOW),
    "status": ("status", _STATUS),
    "user": ("user_id", _USER),
}
By = Literal["started", "duration", "workflow", "status", "user"]


@dataclass(frozen=True, slots=True)
class RunPlace:
    """A place between two runs.

    Attributes:
        value: of the sorted column; None: it is the creation time.
    """

    value: str | float | None
    created_at: int
    id: str


@dataclass(frozen=True, slots=True)
class RunOrder:
    """An order of runs, by a column and then by time."""

    by: By
    descending: bool
    newest_first: bool

    @classmethod
    def of(cls, sort: RunSort) -> "RunOrder":
        """Return the order of a name; `-` in front of it turns it around."""
        by = cast("By", sort.removeprefix("-"))
        descending = sort.startswith("-")
        return cls(by, descending, descending if by == "started" else True)

    def flipped(self) -> "RunOrder":
        """Return the opposite order."""
        return RunOrder(self.by, not self.descending, not self.newest_first)

    def place_of(self, row: Row) -> RunPlace:
        """Return the place after a run."""
        value: Json = None
        if self.by == "duration":
            value = -1.0 if row[_DURATION] is None else row[_DURATION]
        elif self.by != "started":
            value = row[_NAMES[self.by][1]]
        return RunPlace(value, row[_CREATED], row[_ID])

    def write(self, place: RunPlace) -> str:
        """Return a place as a cursor."""
        if self.by == "started":
            return f"{place.created_at}~{place.id}"
        text = json.dumps([self.by, place.value, place.created_at, place.id])
        return base64.urlsafe_b64encode(text.encode()).decode()

    def read(self, cursor: str) -> RunPlace:
        """Return the place of a cursor.

        Raises:
            UsageError: it is not from a page in this order.
        """
        try:
            cursor.encode()  # refuses half a character, as below
            if self.by == "started":
                found = _CURSOR.fullmatch(cursor)
                if found and _is_stored(int(found[1])):
                    return RunPlace(None, int(found[1]), found[2])
            else:
                by, value, created_at, run_id = json.loads(base64.urlsafe_b64decode(cursor))
                f"{value}{run_id}".encode()
                is_value = isinstance(value, str) if self.by in _NAMES else _is_stored(value)
                if by == self.by and is_value and isinstance(run_id, str) and _is_stored(created_at):
                    return RunPlace(value, created_at, run_id)
        except (ValueError, TypeError, RecursionError):
            pass
        raise UsageError(f"{cursor!r} is not a cursor from an earlier page of the history", code="usage.cursor")


def _is_stored(value: object) -> bool:
    """Return whether a value is a number that the database can hold."""
    return isinstance(value, int | float) and abs(value) < 2**63


async def rows_after(
    reader: Reader, wanted: RunConditions, order: RunOrder, limit: int, after: RunPlace | None = None, *, skip: int = 0
) -> list[Row]:
    """Return the rows after a place, in order.

    Args:
        skip: number of rows to leave out; indexes suffice to count them.
    """
    if order.by == "started":
        return await _by_time(reader, wanted, order, limit, after, skip)
    if order.by == "duration":
        return await _by_duration(reader, wanted, order, limit, after, skip)
    return await _by_name(reader, wanted, order, limit, after, skip)


async def _by_time(
    reader: Reader, wanted: RunConditions, order: RunOrder, limit: int, after: RunPlace | None, skip: int
) -> list[Row]:
    direction, sign = ("DESC", "<") if order.newest_first else ("ASC", ">")
    if skip and wanted.statuses:
        merged, bound = _walks(wanted, direction, "created_at, id", skip, after, sign)
        rows = await reader.rows(f"SELECT created_at, id FROM ({merged}) LIMIT 1 OFFSET ?", [*bound, skip - 1])
        if not rows:
            return []
        after = RunPlace(None, *rows[0])
    if not wanted.statuses:
        return []
    merged, bound = _walks(wanted, direction, COLUMNS, limit, after, sign)
    return await reader.rows(merged, bound)


def _walks(
    wanted: RunConditions, direction: str, columns: str, limit: int, after: RunPlace | None, sign: str
) -> tuple[str, list[Json]]:
    """Return a query for the first rows of ordered walks, one for each status, merged."""
    walks: list[str] = []
    bound: list[Json] = []
    by_whom = (_STARTED_BY_USER, _STARTED_BY_STEP) if wanted.children else (_STARTED_BY_USER,)
    place: list[str] = [f"(created_at, id) {sign} (?, ?)"] if after is not None else []
    place_values: list[Json] = [after.created_at, after.id] if after is not None else []
    for status, started in product(dict.fromkeys(wanted.statuses), by_whom):
        condition, values = wanted.of(status, [started, *place], place_values)
        walks.append(
            f"SELECT * FROM (SELECT {columns} FROM executions WHERE {condition}"
            f" ORDER BY created_at {direction}, id {direction} LIMIT ?)"
        )
        bound += [*values, limit]
    merged = f"{' UNION ALL '.join(walks)} ORDER BY created_at {direction}, id {direction} LIMIT ?"
    return merged, [*bound, limit]


async def _by_duration(
    reader: Reader, wanted: RunConditions, order: RunOrder, limit: int, after: RunPlace | None, skip: int
) -> list[Row]:
    direction, sign = ("DESC", "<") if order.descending else ("ASC", ">")
    place: list[str] = [f"({DURATION}, id) {sign} (?, ?)"] if after is not None else []
    values: list[Json] = [after.value, after.id] if after is not None else []
    condition, bound = wanted.of_all(place, values)
    ids = f"SELECT id FROM executions WHERE {condition} ORDER BY {DURATION} {direction}, id {direction}"
    return await reader.rows(
        f"SELECT {COLUMNS} FROM executions WHERE id IN ({ids} LIMIT ? OFFSET ?)"
        f" ORDER BY {DURATION} {direction}, id {direction}",
        [*bound, limit, skip],
    )


async def _by_name(
    reader: Reader, wanted: RunConditions, order: RunOrder, limit: int, after: RunPlace | None, skip: int
) -> list[Row]:
    column, _ = _NAMES[order.by]
    if skip:
        condition, bound = wanted.of_all()
        counted = await reader.rows(
            f"SELECT {column}, count(*) FROM executions WHERE {condition} GROUP BY {column}", bound
        )
        names = [(str(name), int(count)) for name, count in counted]
    else:
        names = [(name, 0) for name in await names_of(reader, column)]
    found: list[Row] = []
    for name, count in sorted(names, reverse=order.descending):
        is_before = after is not None and (name > str(after.value)) == order.descending and name != after.value
        is_possible = name in wanted.statuses if column == "status" else name == wanted.only.get(column, name)
        if is_before or not is_possible:
            continue
        if skip and skip >= count:
            skip -= count
            continue
        within = RunOrder("started", order.newest_first, order.newest_first)
        place = after if after is not None and name == after.value else None
        found += await _by_time(reader, wanted.also(column, name), within, limit - len(found), place, skip)
        skip = 0
        if len(found) >= limit:
            break
    return found
