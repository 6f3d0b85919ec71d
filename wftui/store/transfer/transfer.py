"""Export of a run to a file, and import of one."""

import asyncio
import base64
from contextlib import suppress
from pathlib import Path

from wftui.model.base import Json
from wftui.model.errors import RunKnownError, RunNotFoundError
from wftui.model.json.incremental import read_json
from wftui.model.run.events import ExecutionEvent, Interrupted, LogSegment
from wftui.model.run.summary import ExecutionFilters
from wftui.store.events.payloads import as_reference
from wftui.store.execution_store import ExecutionStore
from wftui.store.log_segments import SegmentError, decode
from wftui.store.sqlite.store_errors import RunExistsError
from wftui.store.transfer.run_file import MOST_RUNS, RunFile, RunFileError, RunFileWriter, read_run_file

_PAGE = 1000
_VALUES = ("inputs", "input", "output", "outputs", "data", "items")
_NESTED = (("error", "details"), ("item_errors", "details"), ("waiting", "form"))


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
        cursor: str | None = None
        while len(found) <= MOST_RUNS:
            page = await store.list(ExecutionFilters(parent_id=parent), limit=_PAGE, cursor=cursor)
            found += [run.id for run in page.executions if run.parent_path is not None]
            cursor = page.next
            if cursor is None:
                break
    return found[1 : MOST_RUNS + 1]


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


async def import_run(store: ExecutionStore, path: Path) -> str:
    """Take a run from a file into the history, marked as imported; return its id.

    Raises:
        RunFileError: the file cannot be used.
        ConflictError: the history has a run of this id.
    """
    file = await asyncio.to_thread(_read, path)
    for each in (file, *file.children):
        if await store.summary(each.created.run_id) is not None:
            raise RunKnownError(each.created.run_id)
    file.created.parent_path = None  # its parent may not be here; a list would hide it
    for each in (file, *file.children):
        await _import_one(store, each, path.name)
    return file.created.run_id


async def _import_one(store: ExecutionStore, file: RunFile, name: str) -> None:
    created = file.created
    created.imported_from = name
    created.start_key = None  # it must not answer a start of this history
    created.plan = await store.put_plan(file.source, "") if file.source else None
    try:
        for start in range(0, len(file.events), _PAGE):
            page = await asyncio.to_thread(_prepared, file, file.events[start : start + _PAGE])
            for event in page:
                if isinstance(event, LogSegment) and event.segment in file.logs:
                    await store.put_segment(event, file.logs[event.segment])
            await store.append(page, wait=True)
    except RunExistsError as error:
        raise RunKnownError(created.run_id) from error
    if not file.has_ended:
        message = "it was exported before it ended"
        last = file.events[-1].timestamp
        await store.append([Interrupted(run_id=created.run_id, timestamp=last, message=message)], wait=True)


def _read(path: Path) -> RunFile:
    """Read a file and check that it holds the values of its events."""
    file = read_run_file(path)
    for each in (file, *file.children):
        _check_values(each, path)
    return file


def _check_values(file: RunFile, path: Path) -> None:
    for event in file.events:
        fields = [getattr(event, name, None) for name in _VALUES]
        fields += [getattr(getattr(event, name, None), inner, None) for name, inner in _NESTED]
        for reference in filter(None, map(as_reference, fields)):
            if reference.hash not in file.values:
                raise RunFileError(f"{path} cannot be used: a value is missing", code="run_file.broken")
        if isinstance(event, LogSegment) and event.segment in file.logs:
            try:
                decode(event, file.logs[event.segment])
            except SegmentError as error:
                raise RunFileError(f"{path} cannot be used: {error}", code="run_file.broken") from error


def _prepared(file: RunFile, events: list[ExecutionEvent]) -> list[ExecutionEvent]:
    """Return events with their values in place of references, and without numbers."""
    for event in events:
        event.seq = 0
        for name in _VALUES:
            if hasattr(event, name):
                setattr(event, name, _value(file, getattr(event, name)))
        for name, inner in _NESTED:
            holder = getattr(event, name, None)
            if holder is not None:
                setattr(holder, inner, _value(file, getattr(holder, inner)))
    return events


def _value(file: RunFile, value: Json) -> Json:
    reference = as_reference(value)
    if reference is None:
        return value
    return read_json(file.values[reference.hash])
