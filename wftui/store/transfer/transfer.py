"""Export of a run to a file, and import of one."""

import asyncio
import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from wftui.model.base import Json
from wftui.model.errors import RunKnownError, RunNotFoundError, UserError
from wftui.model.json.incremental import read_json
from wftui.model.run.events import Created, ExecutionEvent, Interrupted, LogSegment
from wftui.model.run.summary import ExecutionFilters
from wftui.runtime.json_values import JsonValueError
from wftui.store.events.payloads import as_reference
from wftui.store.execution_store import ExecutionStore
from wftui.store.history.every_run import every_run
from wftui.store.log_segments import SegmentError
from wftui.store.sqlite.store_errors import RunExistsError
from wftui.store.transfer.run_file import (
    INVALID_INPUTS,
    MOST_RUNS,
    NESTED_FIELDS,
    VALUE_FIELDS,
    EventPage,
    FileRun,
    RunFile,
    RunFileWriter,
    read_run_file,
)
from wftui.store.transfer.run_file_lines import RunFileError, broken

Report = Callable[[int, int], None]

_PAGE = 1000
_IMPORT_PAGE = 200  # the event loop is busy with one for a few milliseconds


async def export_run(store: ExecutionStore, run_id: str, path: Path) -> None:
    """Write a run to a new file: events, values, log and workflow, redacted as stored.

    The runs that its steps started are part of it.

    Raises:
        NotFoundError: there is no such run.
        RunFileError: the file exists, or cannot be written.
    """
    if await store.summary(run_id) is None:
        raise RunNotFoundError(run_id)
    children = await _children(store, run_id)
    try:
        with RunFileWriter(path, children=bool(children)) as out:
            await _write_run(store, run_id, out)
            for child in children:
                out.line({"child": child})
                await _write_run(store, child, out)
            out.finish()
    except OSError as error:
        raise RunFileError(f"cannot write {path}: {error.strerror or error}", code="run_file.unwritable") from error


async def _children(store: ExecutionStore, run_id: str) -> list[str]:
    """Return the runs below a run, each after its parent."""
    found = [run_id]
    for parent in found:  # grows
        async for run in every_run(store, ExecutionFilters(parent_id=parent)):
            if len(found) > MOST_RUNS:
                return found[1:]
            if run.parent_path is not None:
                found.append(run.id)
    return found[1:]


async def _write_run(store: ExecutionStore, run_id: str, out: RunFileWriter) -> None:
    out.line({"source": await store.source_of(run_id)})
    for name in await store.values_of(run_id):
        out.line({"value": name, "text": await _text(store, name)})
    after = 0
    while page := await store.events(run_id, after=after, limit=_PAGE):
        after = page[-1].seq
        await asyncio.to_thread(_write_events, out, page, store)


def _write_events(out: RunFileWriter, events: list[ExecutionEvent], store: ExecutionStore) -> None:
    for event in events:
        if isinstance(event, LogSegment):
            with suppress(SegmentError):  # the log says that it is no longer stored
                data = store.segment_bytes(event)
                out.line({"log": event.segment, "data": base64.b64encode(data).decode("ascii")})
        out.line({"event": event.to_wire()})


async def _text(store: ExecutionStore, name: str) -> str:
    parts: list[str] = []
    offset: int | None = 0
    while offset is not None:
        part, offset = await store.value_text(name, offset)
        parts.append(part)
    return "".join(parts)


async def import_run(store: ExecutionStore, path: Path, report: Report = lambda number, total: None) -> str:
    """Take a run from a file into the history, marked as imported; return its id.

    The file is checked as a whole first. What was taken is removed if the rest cannot be taken, or on a cancel.

    Args:
        report: called while events are taken, with their number and that of all.

    Raises:
        RunFileError: the file cannot be used.
        ConflictError: the history has a run of this id.
    """
    stop = threading.Event()
    try:
        file = await asyncio.to_thread(read_run_file, path, stop.is_set)
    finally:
        stop.set()
    for each in file.runs:
        if await store.summary(each.created.run_id) is not None:
            raise RunKnownError(each.created.run_id)
    taken: list[FileRun] = []
    try:
        await _take(store, file, taken, report)
    except BaseException:
        await asyncio.shield(asyncio.ensure_future(_remove(store, taken)))
        raise
    return file.created.run_id


async def _take(store: ExecutionStore, file: RunFile, taken: list[FileRun], report: Report) -> None:
    runs = iter(file.runs)
    pages = file.pages(_IMPORT_PAGE)
    total, number, left = sum(each.events for each in file.runs), 0, 0
    run = file.runs[0]
    while page := await asyncio.to_thread(_next_page, pages, file.path):
        if left <= 0:
            run = next(runs)
            left = run.events
            await _begin(store, run, page.events[0], file.path.name, is_child=bool(taken))
        for event in page.events:
            if isinstance(event, LogSegment) and event.segment in page.logs:
                await store.put_segment(event, page.logs[event.segment])
        storing = asyncio.ensure_future(store.append(page.events, wait=True))
        try:
            await asyncio.shield(storing)
        except RunExistsError as error:
            raise RunKnownError(run.created.run_id) from error
        except JsonValueError as error:
            raise broken(file.path, error.message) from error
        finally:
            await asyncio.wait({storing})  # on a cancel, too: what is stored is known to `_remove`
            if storing.exception() is None and run not in taken[-1:]:
                taken.append(run)
        left -= len(page.events)
        number += len(page.events)
        report(number, total)
        if left <= 0 and not run.has_ended:
            await store.append([_interrupted(run, "it was exported before it ended")], wait=True)


async def _begin(store: ExecutionStore, run: FileRun, created: ExecutionEvent, name: str, *, is_child: bool) -> None:
    """Change the first event of a run to that of an imported one."""
    assert isinstance(created, Created)
    if not is_child:
        created.parent_path = None  # its parent may not be here; a list would hide it
    created.imported_from = name
    created.start_key = None  # it must not answer a start of this history
    created.plan = await store.put_plan(run.source, "") if run.source else None


def _interrupted(run: FileRun, message: str) -> Interrupted:
    return Interrupted(run_id=run.created.run_id, timestamp=run.last.timestamp, message=message)


async def _remove(store: ExecutionStore, runs: list[FileRun]) -> None:
    """Remove runs of which only a part was taken."""
    for run in reversed(runs):
        with suppress(UserError):  # it has ended
            await store.append([_interrupted(run, "its import was not completed")], wait=True)
        with suppress(UserError):  # if it cannot be removed now, it is an interrupted run of the history
            await store.delete(run.created.run_id)


def _next_page(pages: Iterator[EventPage], path: Path) -> EventPage | None:
    """Return the next page, with values in place of references and without numbers.

    Raises:
        RunFileError: a value in the file is not JSON.
    """
    page = next(pages, None)
    if page is None:
        return None
    try:
        for event in page.events:
            _resolve(event, page)
    except ValueError as error:
        raise broken(path, f"a value in it is not JSON: {error}") from error
    if any(isinstance(event, Created) and not isinstance(event.inputs, dict) for event in page.events):
        raise broken(path, INVALID_INPUTS)
    return page


def _resolve(event: ExecutionEvent, page: EventPage) -> None:
    event.seq = 0
    for name in VALUE_FIELDS:
        if hasattr(event, name):
            setattr(event, name, _value(page, getattr(event, name)))
    for name, inner in NESTED_FIELDS:
        holder = getattr(event, name, None)
        if holder is not None:
            setattr(holder, inner, _value(page, getattr(holder, inner)))


def _value(page: EventPage, value: Json) -> Json:
    reference = as_reference(value)
    return value if reference is None else read_json(page.values[reference.hash])
