"""Mend a run of which events are lost.

The remaining events get new numbers, and an event of the log marks where some are missing. A run that had ended
keeps its end. Any other is failed: a step whose end was lost would otherwise run a second time at a resume.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from wftui.model.base import Json
from wftui.model.reading import read_json
from wftui.model.run.events import Cancelled, Completed, Created, ExecutionEvent, Failed, Log
from wftui.model.run.record import TERMINAL
from wftui.model.run.steps import ExecutionError
from wftui.store.events.event_rows import EventRow, decode, prepare
from wftui.store.events.run_rows import Changes, RunRow
from wftui.store.sqlite.times import from_milliseconds

_LOST = "the database was damaged: events of this run are lost here"
_UNFINISHED = "the database was damaged and events of this run are lost; rerun it"
_CODE = "store.damaged"


def readable_events(run_id: str, rows: Sequence[EventRow]) -> list[tuple[EventRow, ExecutionEvent]]:
    """Return the rows that hold an event, each with it."""
    try:
        return list(zip(rows, decode(run_id, list(rows)), strict=True))
    except Exception:  # noqa: BLE001  (bytes of a damaged page can break any decoder)
        found: list[tuple[EventRow, ExecutionEvent]] = []
        for row in rows:
            try:
                found += zip([row], decode(run_id, [row]), strict=True)
            except Exception:  # noqa: BLE001, S112  (that row is lost)
                continue
        return found


def is_whole(row: Mapping[str, Json], events: Sequence[tuple[EventRow, ExecutionEvent]], *, at_gap: bool) -> bool:
    """Return whether a run has all its events, as far as its row says.

    Args:
        at_gap: rows of the table of events are missing at this run.
    """
    if not events or not isinstance(events[0][1], Created):
        return False
    if [each.seq for each, _ in events] != list(range(1, len(events) + 1)):
        return False
    run = RunRow(str(row["id"]))
    for _, event in events:
        run.follow(event)
    return run.status == row.get("status", run.status) and (run.ended or not (at_gap or "status" not in row))


def mended(
    row: Mapping[str, Json], events: Sequence[tuple[EventRow, ExecutionEvent]], now: datetime
) -> tuple[list[EventRow], Changes]:
    """Return renumbered events of a damaged run and the columns of its row.

    Args:
        row: what is known of its row, at least `id`.
    """
    run_id = str(row["id"])
    rows: list[EventRow] = []
    run = RunRow(run_id)
    changes: Changes = {}

    def add(event: ExecutionEvent, stored: EventRow | None = None) -> None:
        if stored is None:
            _, stored = prepare(event, at_once=False).number(0)
        rows.append(stored._replace(seq=len(rows) + 1))
        changes.update(run.follow(event))

    expected, told = 1, False
    if not events or not isinstance(events[0][1], Created):
        at = events[0][1].timestamp if events else now
        add(_created(row, at))
        add(Log(run_id=run_id, timestamp=at, level="warn", message=_LOST))
        expected, told = 2, True
    for stored, event in events:
        if stored.seq != expected and not told:
            add(Log(run_id=run_id, timestamp=event.timestamp, level="warn", message=_LOST))
            told = True
        expected = stored.seq + 1
        if not run.ended:
            add(event, stored)
    if not run.ended:
        last = from_milliseconds(rows[-1].at)
        if not told:
            add(Log(run_id=run_id, timestamp=last, level="warn", message=_LOST))
        add(_end(row, last))
    return rows, changes


def _created(row: Mapping[str, Json], default: datetime) -> Created:
    created_at = row.get("created_at")
    return Created(
        run_id=str(row["id"]),
        timestamp=from_milliseconds(created_at) if isinstance(created_at, int) else default,
        workflow_id=str(row.get("workflow_id") or "unknown"),
        workflow_version=str(row.get("workflow_version") or ""),
        workflow_hash=str(row.get("workflow_hash") or ""),
        user_id=str(row.get("user_id") or ""),
        parent_id=_text(row.get("parent_id")),
        parent_path=_text(row.get("parent_path")),
        plan=_text(row.get("plan")),
    )


def _end(row: Mapping[str, Json], last: datetime) -> ExecutionEvent:
    """Return the event that ended a run, by its row; a run without an end has failed."""
    at, duration = row.get("completed_at"), row.get("duration")
    common: dict[str, Json] = {
        "run_id": str(row["id"]),
        "timestamp": from_milliseconds(at) if isinstance(at, int) else last,
        "duration": float(duration) if isinstance(duration, int | float) else 0.0,
    }
    error = ExecutionError(type=_CODE, message=_UNFINISHED)
    status = row.get("status")
    if status not in TERMINAL:
        return Failed(**common, error=error)
    if status == "completed":
        warnings = row.get("warnings")
        return Completed(**common, warnings=warnings if isinstance(warnings, int) else 0)
    if status == "cancelled":
        return Cancelled(**common)
    try:
        error = read_json(ExecutionError, str(row.get("error")))
    except ValueError:
        error = ExecutionError(type=_CODE, message="the database was damaged: the error of this run is lost")
    return Failed(**common, error=error)


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
