"""Numbers of runs: of all that match, and of groups of them."""

import json
import re
from collections.abc import Collection

from wftui.model.run.summary import ExecutionFilters, GroupBy, RunGroup
from wftui.store.history.run_filters import RunConditions, conditions_of
from wftui.store.history.run_order import RunOrder
from wftui.store.history.value_filter import ValueFilter
from wftui.store.sqlite.reader import Reader, Row

_MOST_MESSAGES = 100_000
_NEWEST = "count(*) AS runs, max(created_at), id"
_BY_TIME = RunOrder.of("-started")


async def count_runs(
    reader: Reader, values: ValueFilter, filters: ExecutionFilters, among: Collection[str] | None = None
) -> int:
    """Return the number of runs that match; `contains` searches all values."""
    wanted = await conditions_of(reader, filters, among)
    if filters.contains is not None:
        return sum([len(rows) async for rows in values.all_having(wanted, _BY_TIME, filters.contains)])
    condition, bound = wanted.of_all()
    rows = await reader.rows(f"SELECT count(*) FROM executions WHERE {condition}", bound)
    return int(rows[0][0])


async def group_runs(
    reader: Reader,
    values: ValueFilter,
    filters: ExecutionFilters,
    by: GroupBy,
    among: Collection[str] | None = None,
) -> list[RunGroup]:
    """Return the runs that match in groups, the biggest first.

    Errors that differ only in the numbers of their messages form one group.
    """
    wanted = await conditions_of(reader, filters, among)
    if filters.contains is not None:
        parts = values.all_having(wanted, _BY_TIME, filters.contains)
        ids = [row[0] async for rows in parts for row in rows]
        wanted = RunConditions(wanted.statuses, any_status=True)
        wanted.add("id IN (SELECT value FROM json_each(?))", json.dumps(ids))
    if by != "error":
        column = {"workflow": "workflow_id", "status": "status", "user": "user_id"}[by]
        condition, bound = wanted.of_all()
        rows = await reader.rows(
            f"SELECT {column}, {_NEWEST} FROM executions WHERE {condition} GROUP BY {column}", bound
        )
        return _sorted([RunGroup(value=str(row[0]), runs=row[1], last_run=row[3]) for row in rows])
    condition, bound = wanted.of_all(["status = 'failed'"])
    rows = await reader.rows(
        "SELECT json_extract(error, '$.type') AS type, json_extract(error, '$.message') AS message,"
        f" {_NEWEST} FROM executions WHERE {condition} GROUP BY type, message ORDER BY runs DESC LIMIT ?",
        [*bound, _MOST_MESSAGES],
    )
    alike: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        message = str(row[1] or "").partition("\n")[0]
        alike.setdefault((str(row[0] or "error"), re.sub(r"\d+", "#", message)), []).append(row)
    return _sorted([_error_group(kind, some) for (kind, _), some in alike.items()])


def _error_group(kind: str, rows: list[Row]) -> RunGroup:
    """Return the group of the runs with one error; the newest gives the message."""
    newest = max(rows, key=lambda row: row[3])
    runs = sum(int(row[2]) for row in rows)
    return RunGroup(value=kind, message=str(newest[1] or ""), runs=runs, last_run=str(newest[4]))


def _sorted(groups: list[RunGroup]) -> list[RunGroup]:
    return sorted(groups, key=lambda group: (-group.runs, group.value))
