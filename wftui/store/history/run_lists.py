"""Lists of runs, from `executions` alone: pages, single runs, statistics."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from wftui.model.clock import utc_now
from wftui.model.errors import EmptyRunIdError, NotFoundError, RunNotFoundError, UsageError
from wftui.model.listing import WorkflowStats
from wftui.model.reading import read_json
from wftui.model.run.steps import ExecutionError
from wftui.model.run.summary import ExecutionFilters, ExecutionPage, ExecutionSummary, RunOwner, RunSort
from wftui.store.events.run_rows import waiting_entries, waiting_pools
from wftui.store.history.run_filters import conditions_of
from wftui.store.history.run_order import COLUMNS, RunOrder, rows_after
from wftui.store.history.value_filter import SEARCHED, ValueFilter
from wftui.store.ownership.claims import owners_of
from wftui.store.ownership.owners import is_stopped, seconds_since_start
from wftui.store.sqlite.reader import Reader, Row
from wftui.store.sqlite.times import from_milliseconds

_NEWEST = RunOrder.of("-started")
_MEDIAN_OF = 101
_SUGGESTED = 5


async def list_runs(
    reader: Reader,
    filters: ExecutionFilters,
    limit: int,
    cursor: str | None = None,
    among: Collection[str] | None = None,
    *,
    sort: RunSort = "-started",
    offset: int = 0,
    values: ValueFilter | None = None,
) -> ExecutionPage:
    """Return a page of runs.

    A page of runs with a text in their values, `contains`, may have fewer: without an offset, values of at most
    `SEARCHED` runs are searched for it.

    Args:
        among: only of these workflows.
        offset: without a cursor, the number of runs before the page; negative: that of runs from there to the end.

    Raises:
        UsageError: the cursor is not from an earlier page, or is given with an offset.
    """
    order = RunOrder.of(sort)
    after = order.read(cursor) if cursor is not None else None
    if offset and cursor is not None:
        raise UsageError("an offset and a cursor are mutually exclusive", code="usage.cursor")
    wanted = await conditions_of(reader, filters, among)
    text, values = filters.contains, values or ValueFilter(reader)

    async def skipped(order: RunOrder, skip: int, limit: int) -> list[Row]:
        if text is None:
            return await rows_after(reader, wanted, order, limit, after, skip=skip)
        return await values.skipped_to(wanted, order, text, skip=skip, limit=limit)

    if offset < 0:
        first = min(limit, -offset)
        rows = (await skipped(order.flipped(), -offset - first, first))[::-1]
        has_more = -offset > limit and bool(rows)
    elif text is None or offset:
        rows = await skipped(order, offset, limit + 1)
        has_more, rows = len(rows) > limit, rows[:limit]
    else:
        rows = await rows_after(reader, wanted, order, SEARCHED + 1, after)
        has_more, searched = len(rows) > SEARCHED, rows[:SEARCHED]
        rows = await values.having(searched, text)
        last = searched[-1] if searched else None
        if len(rows) > limit:
            last, has_more = rows[limit - 1], True
        return await _page(reader, order, rows[:limit], last if has_more else None)
    return await _page(reader, order, rows, rows[-1] if has_more else None)


async def _page(reader: Reader, order: RunOrder, rows: list[Row], last: Row | None) -> ExecutionPage:
    """Return the page of some rows.

    Args:
        last: the row after which the next page begins; None: there is none.
    """
    following = order.write(order.place_of(last)) if last is not None else None
    return ExecutionPage(executions=await _with_owners(reader, [_summary(row) for row in rows]), next=following)


async def summary(reader: Reader, run_id: str) -> ExecutionSummary | None:
    """Return a run as lists show it, or None."""
    rows = await reader.rows(f"SELECT {COLUMNS} FROM executions WHERE id = ?", (run_id,))
    return (await _with_owners(reader, [_summary(rows[0])]))[0] if rows else None


async def _with_owners(reader: Reader, runs: list[ExecutionSummary]) -> list[ExecutionSummary]:
    """Return runs, those in progress with the processes that run them."""
    going = {run.id: run for run in runs if run.status in {"pending", "running"}}
    if going:
        for run_id, owner in (await owners_of(reader, going)).items():
            seconds = seconds_since_start(owner)
            since = None if seconds is None else utc_now() - timedelta(seconds=seconds)
            going[run_id].owner = RunOwner(
                host=owner.host,
                pid=owner.pid,
                since=since,
                stopped=is_stopped(owner),
                heartbeat_at=owner.heartbeat_at,
                seconds=seconds,
            )
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
    if not wanted:
        raise EmptyRunIdError
    if wanted == "last":
        rows = await rows_after(reader, await conditions_of(reader, ExecutionFilters(children=False)), _NEWEST, 1)
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
        if ids:
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
    everything = await conditions_of(reader, ExecutionFilters())
    finished = await conditions_of(reader, ExecutionFilters(status=["completed", "failed"]))
    found: dict[str, WorkflowStats] = {}
    for workflow_id, runs in counts:
        last = await rows_after(reader, everything.also("workflow_id", workflow_id), _NEWEST, 1)
        ended = await rows_after(reader, finished.also("workflow_id", workflow_id), _NEWEST, _MEDIAN_OF)
        durations = [row[8] for row in ended if row[5] == "completed" and row[8] is not None]
        found[workflow_id] = WorkflowStats(
            last=_summary(last[0]),
            runs=runs,
            success_rate=sum(row[5] == "completed" for row in ended) / len(ended) if ended else None,
            median_ms=_median(durations) if durations else None,
        )
    return found


def _median(values: Sequence[float]) -> float:
    """Return the median, without the long import of `statistics`."""
    ordered, middle = sorted(values), len(values) // 2
    return ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _summary(row: Row) -> ExecutionSummary:
    waiting = waiting_entries(row[13])
    pools = waiting_pools(waiting)
    return ExecutionSummary(
        id=row[0],
        workflow_id=row[1],
        workflow_version=row[2],
        workflow_hash=row[3],
        user_id=row[4],
        status=row[5],
        started_at=None if row[6] is None else from_milliseconds(row[6]),
        completed_at=None if row[7] is None else from_milliseconds(row[7]),
        duration=row[8],
        error=None if row[9] is None else read_json(ExecutionError, row[9]),
        warnings=row[10],
        parent_id=row[11],
        parent_path=row[12],
        waiting=any(not entry.startswith("@") for entry in waiting),
        waiting_pools=pools or None,
    )
