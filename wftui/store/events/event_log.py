"""Read the events of a run: in pages, folded into a record, or live."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping

from wftui.model.errors import RunNotFoundError
from wftui.model.run.events import Created, ExecutionEvent, Log, LogSegment
from wftui.model.run.paths import is_at_or_in
from wftui.model.run.record import TERMINAL, ExecutionRecord
from wftui.model.run.record_index import WINDOW
from wftui.model.run.reducer import apply, fold_part, new_record
from wftui.model.run.steps import StepResult
from wftui.store.events import snapshots
from wftui.store.events.event_rows import LOG_NUMBERS, RUN_NUMBERS, STEP_NUMBERS, EventRow, decode
from wftui.store.events.followers import Followers
from wftui.store.sqlite.reader import Reader

_PAGE = 1000
_DECODED_IN_PLACE = 50
_RESTING = TERMINAL | {"interrupted"}

_QUERY = """
SELECT run.status, event.place & 0xFFFFFFFF, event.type, event.at, event.data
FROM executions run LEFT JOIN events event
ON event.place > (run.key << 32) + ? AND event.place < (run.key + 1) << 32
WHERE run.id = ? ORDER BY event.place LIMIT ?
"""

_SELECTION = """
SELECT event.place & 0xFFFFFFFF, event.type, event.at, event.data
FROM executions run JOIN events event
ON event.place > (run.key << 32) + :after AND event.place <= (run.key << 32) + :until
WHERE run.id = :run AND event.type IN ({types})
"""
_HEAD = _SELECTION.format(types=", ".join(map(str, RUN_NUMBERS))) + "ORDER BY event.place"
# There is no index by path, as every event would have to write to it; a scan of 300,000 rows takes a tenth of a second.
_OF_STEPS = (
    _SELECTION.format(types=", ".join(map(str, STEP_NUMBERS)))
    + "AND (typeof(event.data) = 'blob' OR instr(event.data, :text)) ORDER BY event.place LIMIT :limit"
)
_PLACES = """
SELECT run.id, (SELECT max(place) & 0xFFFFFFFF FROM events WHERE place < (run.key + 1) << 32)
FROM executions run WHERE run.id IN (SELECT value FROM json_each(?))
"""
_LOGS = _SELECTION.format(types=", ".join(map(str, LOG_NUMBERS))) + "ORDER BY event.place LIMIT :limit"
Progress = Callable[[int], None]
"""Takes the number of the last event read."""
LAST = 0xFFFFFFFF
"""The highest possible number of an event."""


async def _read(reader: Reader, run_id: str, after: int, limit: int) -> tuple[str, list[EventRow]] | None:
    """Return the run's status and next events from one snapshot, or None."""
    rows = await reader.rows(_QUERY, (after, run_id, limit))
    if not rows:
        return None
    return rows[0][0], [EventRow(*row[1:]) for row in rows if row[1] is not None]


async def _decoded(run_id: str, rows: list[EventRow]) -> list[ExecutionEvent]:
    if len(rows) <= _DECODED_IN_PLACE:
        return decode(run_id, rows)
    return await asyncio.to_thread(decode, run_id, rows)


async def page(reader: Reader, run_id: str, after: int, limit: int) -> list[ExecutionEvent]:
    """Return the events after a number, in order.

    Raises:
        NotFoundError: there is no such run.
    """
    found = await _read(reader, run_id, after, limit)
    if found is None:
        raise RunNotFoundError(run_id)
    return await _decoded(run_id, found[1])


async def record(
    reader: Reader, run_id: str, window: int | None, until: int = LAST, report: Progress = lambda _: None
) -> tuple[ExecutionRecord, int] | None:
    """Fold the events of a run into a record, from its newest snapshot on.

    Args:
        window: as for `new_record`; snapshots are of the default.
        until: fold only events up to this number.
        report: called with the number of each page's last event.

    Returns:
        The record and how many events were folded, or None without any.
    """
    begun = await snapshots.newest(reader, run_id, until) if window == WINDOW else None
    folded = begun or new_record(run_id, window=window)
    first = folded.last_seq

    def fold(rows: list[EventRow]) -> None:
        for event in decode(run_id, rows):
            apply(folded, event)

    while folded.last_seq < until:
        found = await _read(reader, run_id, folded.last_seq, min(_PAGE, until - folded.last_seq))
        if found is None:
            return None
        rows = found[1]
        if len(rows) <= _DECODED_IN_PLACE:
            fold(rows)
        else:
            await asyncio.to_thread(fold, rows)
        report(folded.last_seq)
        if len(rows) < _PAGE:
            break
    return folded, folded.last_seq - first


LogEvent = Log | LogSegment


async def logs(reader: Reader, run_id: str, after: int, until: int) -> tuple[list[LogEvent], int | None]:
    """Return a page of log events after a number, up to another.

    Returns:
        The events, and the number to read the next page after; None at the end.
    """
    rows = await reader.rows(_LOGS, {"run": run_id, "after": after, "until": until, "limit": _PAGE})
    events = await _decoded(run_id, [EventRow(*row) for row in rows])
    return [event for event in events if isinstance(event, LogEvent)], rows[-1][0] if len(rows) == _PAGE else None


async def head(reader: Reader, run_id: str) -> ExecutionRecord | None:
    """Return a run's record without its steps, or None without such a run."""
    rows = await reader.rows(_HEAD, {"run": run_id, "after": 0, "until": LAST})
    if not rows:
        return None
    events = await _decoded(run_id, [EventRow(*row) for row in rows])
    for event in events:
        if isinstance(event, Created):
            event.steps = []
    return fold_part(new_record(run_id), events)


async def steps(reader: Reader, run_id: str, paths: Collection[str], after: int, until: int) -> list[StepResult]:
    """Return the steps at some addresses and all steps inside them.

    Only events after the number `after`, up to `until`, are read.

    Raises:
        NotFoundError: there is no such run.
    """
    folded = fold_part(new_record(run_id), await page(reader, run_id, 0, 1))
    text = f'"path":"{_common_beginning(paths)}'

    def fold(rows: list[EventRow]) -> None:
        events = (event for event in decode(run_id, rows) if _is_wanted(getattr(event, "path", ""), paths))
        fold_part(folded, events)

    while True:
        place = {"run": run_id, "after": after, "until": until, "text": text, "limit": _PAGE}
        rows = [EventRow(*row) for row in await reader.rows(_OF_STEPS, place)]
        if rows:
            await asyncio.to_thread(fold, rows)
            after = rows[-1].seq
        if len(rows) < _PAGE:
            return [step for step in folded.step_results if _is_wanted(step.path, paths)]


def _common_beginning(texts: Collection[str]) -> str:
    first, last = min(texts), max(texts)
    return next((first[:at] for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), first)


def _is_wanted(path: str, paths: Collection[str]) -> bool:
    return any(is_at_or_in(path, wanted) for wanted in paths)


class RunProgress:
    """Progress of runs in the database, for their followers."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def version(self) -> int:
        """Return a number that changes when any other connection has written."""
        rows = await self._reader.rows("PRAGMA data_version")
        return int(rows[0][0])

    async def last_places(self, run_ids: Collection[str]) -> Mapping[str, int]:
        """Return the number of the last event of each run that exists."""
        return {row[0]: row[1] for row in await self._reader.rows(_PLACES, (json.dumps(list(run_ids)),))}


async def follow(
    reader: Reader,
    followers: Followers,
    run_id: str,
    after: int,
    until: Callable[[], bool] | None = None,
    *,
    past_interruption: bool = False,
) -> AsyncIterator[list[ExecutionEvent]]:
    """Yield the events after a number as they are committed; see `StoredRuns.follow`.

    Events of this process arrive at once, those of other processes within hundredths of a second.
    """
    resting = TERMINAL if past_interruption else _RESTING
    inbox = followers.subscribe(run_id)
    last = after
    try:
        while True:
            is_last = until is not None and until()
            found = await _read(reader, run_id, last, _PAGE)
            if found is None:
                raise RunNotFoundError(run_id)
            status, rows = found
            if rows:
                last = rows[-1].seq
                yield await _decoded(run_id, rows)
            is_behind = len(rows) == _PAGE
            if is_last and is_behind:
                continue
            if not is_behind and (is_last or status in resting):
                return
            while True:
                if not is_behind:
                    await inbox.wait()
                is_behind = False  # the inbox may have all that is missing
                events = [event for event in inbox.take() if event.seq > last]
                if not events or events[0].seq != last + 1:
                    break  # from another process, or the inbox overflowed: read the database
                last = events[-1].seq
                yield events
                if events[-1].type in resting:
                    return
    finally:
        followers.leave(run_id, inbox)
