"""Lists of runs, from `executions` alone: filters, paging, search, statistics.

In every index (created_at, id) follows a status and whether a step started the run, so each filter is answered by
ordered walks, one for each status with and without a step, merged: a page costs the same anywhere in a million runs.
"""

import json
import re
import statistics
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import get_args

from wftui.model.base import Json
from wftui.model.clock import utc_now
from wftui.model.errors import NotFoundError, RunNotFoundError, UsageError
from wftui.model.listing import WorkflowStats
from wftui.model.run.record import ExecutionStatus
from wftui.model.run.steps import ExecutionError
from wftui.model.run.summary import ExecutionFilters, ExecutionPage, ExecutionSummary, RunOwner
from wftui.store.events.run_rows import waiting_entries, waiting_pools
from wftui.store.ownership.claims import owners_of
from wftui.store.ownership.owners import seconds_since_start
from wftui.store.sqlite.reader import Reader, Row
from wftui.store.sqlite.times import from_milliseconds, to_milliseconds

_STATUSES: tuple[ExecutionStatus, ...] = get_args(ExecutionStatus)
_COLUMNS = (
    "id, workflow_id, workflow_version, workflow_hash, user_id, status, started_at, completed_at, duration, error,"
    " warnings, parent_id, parent_path, waiting, created_at"
)
_CURSOR = re.compile(r"(-?\d+)~(.+)")
_STARTED_BY_STEP = "(parent_path IS NULL) = 0"
_STARTED_BY_USER = "(parent_path IS NULL) = 1"
_MEDIAN_OF = 101
_SUGGESTED = 5


async def list_runs(
    reader: Reader,
    filters: ExecutionFilters,
    limit: int,
    cursor: str | None,
    among: Collection[str] | None = None,
) -> ExecutionPage:
    """Return a page of runs, newest first; `among`: only of these workflows."""
    conditions, values = _conditions(filters)
    if among is not None:
        conditions.append("workflow_id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(list(among)))
    if cursor is not None:
        found = _CURSOR.fullmatch(cursor)
        if not found:
            raise UsageError(f"{cursor!r} is not a cursor from an earlier page of the history", code="usage.cursor")
        conditions.append("(created_at, id) < (?, ?)")
        values += [int(found[1]), found[2]]
    search = await _search(reader, filters.text) if filters.text else None
    statuses = filters.status or await _statuses(reader)
    if filters.error_type is not None:
        statuses = [status for status in statuses if status == "failed"]  # no other run has an error
        if not statuses:
            return ExecutionPage(executions=[])
    rows = await _newest(reader, statuses, conditions, values, limit + 1, search, children=filters.children)
    page = rows[:limit]
    following = f"{page[-1][-1]}~{page[-1][0]}" if len(rows) > limit and page else None
    runs = await _with_owners(reader, [_summary(row) for row in page])
    return ExecutionPage.model_construct(executions=runs, next=following)


async def summary(reader: Reader, run_id: str) -> ExecutionSummary | None:
    """Return a run as lists show it, or None."""
    rows = await reader.rows(f"SELECT {_COLUMNS} FROM executions WHERE id = ?", (run_id,))
    return (await _with_owners(reader, [_summary(rows[0])]))[0] if rows else None


async def _with_owners(reader: Reader, runs: list[ExecutionSummary]) -> list[ExecutionSummary]:
    """Return runs, those in progress with the processes that run them."""
    going = {run.id: run for run in runs if run.status in {"pending", "running"}}
    if going:
        for run_id, owner in (await owners_of(reader, going)).items():
            seconds = seconds_since_start(owner)
            since = None if seconds is None else utc_now() - timedelta(seconds=seconds)
            going[run_id].owner = RunOwner(host=owner.host, pid=owner.pid, since=since, seconds=seconds)
    return runs


async def child_of(reader: Reader, run_id: str, path: str) -> str | None:
    """Return the newest run that a step of a run started, or None."""
    rows = await reader.rows(
        "SELECT id FROM executions WHERE parent_id = ? AND parent_path = ? ORDER BY created_at DESC, id DESC LIMIT 1",
        [run_id, path],
    )
    return str(rows[0][0]) if rows else None


async def find_run(reader: Reader, text: str) -> str:
    """Return the one run whose id equals, begins with or ends with a text.

    `last` is the newest run that no step started.
    """
    wanted = text.strip().lower()
    if wanted == "last":
        rows = await _newest(reader, await _statuses(reader), [], [], 1, children=False)
        if not rows:
            raise NotFoundError("there are no runs yet", code="run.not_found")
        return str(rows[0][0])
    for condition, values in (
        ("id = ?", [text.strip()]),
        ("id >= ? AND id < ? || char(1114111)", [wanted, wanted]),
        ("substr(id, -length(?)) = ?", [wanted, wanted]),
    ):
        found = await reader.rows(
            f"SELECT id FROM executions WHERE {condition} ORDER BY id DESC LIMIT {_SUGGESTED + 1}", values
        )
        ids = [str(row[0]) for row in found]
        if len(ids) == 1:
            return ids[0]
        if ids and wanted:
            shown = ", ".join(ids[:_SUGGESTED]) + (", …" if len(ids) > _SUGGESTED else "")
            raise UsageError(f"{text!r} matches more than one run: {shown}", code="usage.ambiguous")
    raise RunNotFoundError(text)


async def run_of_key(reader: Reader, user_id: str, start_key: str) -> str | None:
    """Return the run that a user has started with a key, or None."""
    rows = await reader.rows("SELECT id FROM executions WHERE user_id = ? AND start_key = ?", (user_id, start_key))
    return str(rows[0][0]) if rows else None


async def read_stats(reader: Reader) -> dict[str, WorkflowStats]:
    """Return statistics of every workflow with runs.

    Success rate and median duration cover its latest hundred finished runs.
    """
    counts = await reader.rows("SELECT workflow_id, count(*) FROM executions GROUP BY workflow_id")
    statuses = await _statuses(reader)
    found: dict[str, WorkflowStats] = {}
    for workflow_id, runs in counts:
        last = await _newest(reader, statuses, ["workflow_id = ?"], [workflow_id], 1)
        ended = await _newest(reader, ("completed", "failed"), ["workflow_id = ?"], [workflow_id], _MEDIAN_OF)
        durations = [row[8] for row in ended if row[5] == "completed" and row[8] is not None]
        found[workflow_id] = WorkflowStats.model_construct(
            last=_summary(last[0]),
            runs=runs,
            success_rate=sum(row[5] == "completed" for row in ended) / len(ended) if ended else None,
            median_ms=statistics.median(durations) if durations else None,
        )
    return found


def _conditions(filters: ExecutionFilters) -> tuple[list[str], list[Json]]:
    conditions: list[str] = []
    values: list[Json] = []
    for column, value in (
        ("workflow_id", filters.workflow_id),
        # The plus sign keeps SQLite off the index of users: the index of workflows has the users, too.
        ("user_id" if filters.workflow_id is None else "+user_id", filters.user_id),
        ("parent_id", filters.parent_id),
    ):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    if filters.longer_than is not None:
        conditions.append("duration >= ?")
        values.append(filters.longer_than)
    if filters.error_type is not None:
        conditions.append("(json_extract(error, '$.type') || '.') LIKE ? || '.%' ESCAPE '\\'")
        values.append(_literal(filters.error_type))
    if filters.since is not None:
        conditions.append("created_at >= ?")
        values.append(to_milliseconds(filters.since))
    if filters.until is not None:
        conditions.append("created_at <= ?")
        values.append(to_milliseconds(filters.until))
    return conditions, values


@dataclass(frozen=True, slots=True)
class _Search:
    """Text search, arranged so that hardly any row is read in vain.

    Attributes:
        condition: on indexed columns: the run id, and the workflows and users whose names match.
        in_error: on the error message, which only failed runs have.
    """

    condition: str
    values: list[Json]
    in_error: str
    error_values: list[Json]


async def _search(reader: Reader, text: str) -> _Search:
    pattern = f"%{_literal(text)}%"
    parts = ["id LIKE ? ESCAPE '\\'"]
    values: list[Json] = [pattern]
    for column in ("workflow_id", "user_id"):
        # Walks from one name to the next through the index, however many runs each has.
        names = await reader.rows(
            f"WITH RECURSIVE names(name) AS (SELECT min({column}) FROM executions UNION ALL"
            f" SELECT (SELECT min({column}) FROM executions WHERE {column} > name) FROM names WHERE name IS NOT NULL)"
            " SELECT name FROM names WHERE name LIKE ? ESCAPE '\\'",
            (pattern,),
        )
        if names:
            parts.append(f"{column} IN ({', '.join('?' * len(names))})")
            values += [row[0] for row in names]
    return _Search(" OR ".join(parts), values, "json_extract(error, '$.message') LIKE ? ESCAPE '\\'", [pattern])


def _literal(text: str) -> str:
    """Return a text as part of a LIKE pattern."""
    return re.sub(r"([\\%_])", r"\\\1", text)


async def _statuses(reader: Reader) -> list[str]:
    """Return all statuses in the database, including those of a later version.

    Each takes one seek in an index.
    """
    rows = await reader.rows(
        "WITH RECURSIVE found(status) AS (SELECT min(status) FROM executions UNION ALL"
        " SELECT (SELECT min(status) FROM executions WHERE status > found.status) FROM found WHERE status IS NOT NULL)"
        " SELECT status FROM found WHERE status IS NOT NULL"
    )
    return list(dict.fromkeys([*_STATUSES, *(str(row[0]) for row in rows)]))


async def _newest(
    reader: Reader,
    statuses: Iterable[str],
    conditions: list[str],
    values: list[Json],
    limit: int,
    search: _Search | None = None,
    *,
    children: bool = True,
) -> list[Row]:
    walks: list[str] = []
    bound: list[Json] = []
    by_whom = (_STARTED_BY_USER, _STARTED_BY_STEP) if children else (_STARTED_BY_USER,)
    for status, started in product(dict.fromkeys(statuses), by_whom):
        where = ["status = ?", started, *conditions]
        bound += [status, *values]
        if search is not None:
            failed = status == "failed"
            where.append(f"({search.condition} OR {search.in_error})" if failed else f"({search.condition})")
            bound += [*search.values, *(search.error_values if failed else [])]
        walks.append(
            f"SELECT * FROM (SELECT {_COLUMNS} FROM executions WHERE {' AND '.join(where)}"
            " ORDER BY created_at DESC, id DESC LIMIT ?)"
        )
        bound.append(limit)
    merged = " UNION ALL ".join(walks)
    return await reader.rows(f"{merged} ORDER BY created_at DESC, id DESC LIMIT ?", [*bound, limit])


def _summary(row: Row) -> ExecutionSummary:
    waiting = waiting_entries(row[13])
    pools = waiting_pools(waiting)
    # Not validated: the columns hold what a valid event wrote, and building the model takes longer than a list.
    return ExecutionSummary.model_construct(
        id=row[0],
        workflow_id=row[1],
        workflow_version=row[2],
        workflow_hash=row[3],
        user_id=row[4],
        status=row[5],
        started_at=None if row[6] is None else from_milliseconds(row[6]),
        completed_at=None if row[7] is None else from_milliseconds(row[7]),
        duration=row[8],
        error=None if row[9] is None else ExecutionError.model_validate_json(row[9]),
        warnings=row[10],
        parent_id=row[11],
        parent_path=row[12],
        waiting=any(not entry.startswith("@") for entry in waiting),
        waiting_pools=pools or None,
    )
