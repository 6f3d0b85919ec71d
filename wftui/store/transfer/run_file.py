"""The format of a run file: gzip-compressed lines of JSON.

A header; the workflow.json; each big value as `{"value": hash, "text": JSON text}`; each event, that of a log segment
after `{"log": hash, "data": base64}`; after `{"child": id}` the same of a run that a step of an earlier one started;
the sha256 of all lines before. Version 2 is that of files with children.

A file may come from anywhere: every size is bounded, every hash checked, and nothing in it is executed.
"""

import base64
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

from pydantic import ValidationError

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.json.incremental import read_json
from wftui.model.run.event_json import parse_event
from wftui.model.run.events import TERMINAL_EVENTS, Created, ExecutionEvent, UnknownEvent

ResultT = TypeVar("ResultT")

SUFFIX = ".wfrun"
FORMAT = "wftui-run"
VERSION = 2
_WITHOUT_CHILDREN = 1
MOST_BYTES = 1024 * 1024 * 1024
"""Limit of the uncompressed size of a file."""
MOST_LINE_BYTES = 256 * 1024 * 1024
MOST_EVENTS = 5_000_000
MOST_RUNS = 10_000
_ID = frozenset("0123456789abcdefghijklmnopqrstuvwxyz-_.")
_LONGEST_ID = 100


class RunFileError(UserError):
    """A run file that cannot be read or written; the message says why."""

    code = "run_file.broken"


@dataclass(slots=True)
class RunFile:
    """The contents of a run file.

    Attributes:
        values: JSON texts of big values by hash.
        logs: log segments by hash.
        children: the runs that its steps started, and those that theirs started.
    """

    source: str = ""
    values: dict[str, str] = field(default_factory=dict)
    logs: dict[str, bytes] = field(default_factory=dict)
    events: list[ExecutionEvent] = field(default_factory=list)
    children: list["RunFile"] = field(default_factory=list)

    @property
    def created(self) -> Created:
        """The first event."""
        first = self.events[0]
        assert isinstance(first, Created)
        return first

    @property
    def has_ended(self) -> bool:
        """Return whether the run had ended when it was exported."""
        return self.events[-1].type in TERMINAL_EVENTS


class RunFileWriter:
    """Writes a new run file for its owner only; removes an unfinished one."""

    def __init__(self, path: Path, *, children: bool = False) -> None:
        self._path = path
        self._version = VERSION if children else _WITHOUT_CHILDREN
        self._digest = hashlib.sha256()
        self._finished = False

    def __enter__(self) -> "RunFileWriter":
        try:
            self._raw = open(self._path, "xb", opener=_private)
        except FileExistsError:
            raise RunFileError(f"{self._path} already exists", code="run_file.exists") from None
        self._out = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, compresslevel=6, mtime=0)
        self.line({"format": FORMAT, "version": self._version})
        return self

    def line(self, document: Json) -> None:
        """Write one line."""
        data = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        self._digest.update(data)
        self._out.write(data)

    def finish(self) -> None:
        """Write the last line."""
        self.line({"sha256": self._digest.hexdigest()})
        self._finished = True

    def __exit__(self, *_error: object) -> None:
        try:
            self._out.close()
        finally:
            self._raw.close()
            if not self._finished:
                with suppress(OSError):
                    self._path.unlink()


def read_run_file(path: Path) -> RunFile:
    """Read and check a run file; it blocks.

    Raises:
        RunFileError: it is not one, is damaged, too big, or of a later version.
    """
    return _reading(path, _read)


def check_header(path: Path) -> None:
    """Check that a file is a run file, without reading it all.

    Raises:
        RunFileError: it is not one, cannot be read, or is of a later version.
    """
    _reading(path, lambda raw, path: _header(next(_lines(gzip.GzipFile(fileobj=raw), path), b""), path))


def _reading(path: Path, read: Callable[[BinaryIO, Path], ResultT]) -> ResultT:
    try:
        with path.open("rb") as raw:
            return read(raw, path)
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise _broken(path, "it is not a run file") from error
        raise RunFileError(f"cannot read {path}: {error.strerror or error}", code="run_file.unreadable") from error
    except (EOFError, zlib.error) as error:
        raise _broken(path, "it ends too early") from error
    except (ValueError, RecursionError, ValidationError) as error:
        raise _broken(path, str(error).splitlines()[0][:200]) from error


def _read(raw: BinaryIO, path: Path) -> RunFile:
    digest = hashlib.sha256()
    lines = _lines(gzip.GzipFile(fileobj=raw), path)
    first = next(lines, b"")
    header = _header(first, path)
    digest.update(first)
    found = part = RunFile()
    events = 0
    for line in lines:
        document = _object(line)
        if "sha256" in document:
            if document["sha256"] != digest.hexdigest() or next(lines, None) is not None:
                raise _broken(path, "its contents do not match its checksum")
            _check_runs(found, path)
            return found
        digest.update(line)
        if "child" in document and header["version"] == VERSION:
            part = RunFile()
            found.children.append(part)
            if len(found.children) > MOST_RUNS:
                raise RunFileError(f"{path} holds more than {MOST_RUNS:,} runs", code="run_file.too_big")
        else:
            _take(part, document)
            events += "event" in document
            if events > MOST_EVENTS:
                raise RunFileError(f"{path} holds more than {MOST_EVENTS:,} events", code="run_file.too_big")
    raise _broken(path, "it ends too early")


def _header(first: bytes, path: Path) -> dict[str, Json]:
    """Return the first line of a run file."""
    header = _object(first)
    if header.get("format") != FORMAT:
        raise _broken(path, "it is not a run file")
    if header.get("version") not in (_WITHOUT_CHILDREN, VERSION):
        raise RunFileError(f"{path} was made by a later version of wftui; update this one", code="run_file.newer")
    return header


def _lines(file: gzip.GzipFile, path: Path) -> Iterator[bytes]:
    total = 0
    while line := file.readline(MOST_LINE_BYTES + 1):
        total += len(line)
        if len(line) > MOST_LINE_BYTES or total > MOST_BYTES:
            raise RunFileError(f"{path} holds more than {MOST_BYTES // 1024**2:,} MB", code="run_file.too_big")
        yield line


def _object(line: bytes) -> dict[str, Json]:
    value = read_json(line.decode("utf-8", "surrogatepass"))
    if not isinstance(value, dict):
        raise ValueError("a line is not a JSON object")
    return value


def _take(found: RunFile, document: dict[str, Json]) -> None:
    if isinstance(document.get("source"), str):
        found.source = document["source"]
    elif isinstance(document.get("value"), str) and isinstance(document.get("text"), str):
        name, text = document["value"], document["text"]
        if name != f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}":
            raise ValueError(f"the value {name[:80]} does not match its hash")
        found.values[name] = text
    elif isinstance(document.get("log"), str) and isinstance(document.get("data"), str):
        found.logs[document["log"]] = base64.b64decode(document["data"], validate=True)
    elif isinstance(document.get("event"), dict):
        event = document["event"]
        if missing := [name for name in ("seq", "executionId", "timestamp") if name not in event]:
            raise ValueError(f"an event has no {missing[0]}")
        found.events.append(parse_event(event))
    else:
        raise ValueError("a line is neither a value nor an event")


def _check_runs(found: RunFile, path: Path) -> None:
    """Check the events of all runs, and that each child has a parent before it."""
    _check_events(found.events, path)
    known = {found.created.run_id}
    for child in found.children:
        _check_events(child.events, path)
        created = child.created
        if created.parent_id not in known or not created.parent_path or created.run_id in known:
            raise _broken(path, f"the run {created.run_id} in it was started by none of its steps")
        known.add(created.run_id)


def _check_events(events: list[ExecutionEvent], path: Path) -> None:
    if not events or not isinstance(events[0], Created):
        raise _broken(path, "it does not begin with the creation of a run")
    run_id = events[0].run_id
    if not 0 < len(run_id) <= _LONGEST_ID or not _ID.issuperset(run_id):
        raise _broken(path, "the id of its run is not valid")
    for number, event in enumerate(events, 1):
        if event.seq != number or event.run_id != run_id or (isinstance(event, Created) and number > 1):
            raise _broken(path, f"its event {number} is out of order")
        if isinstance(event, UnknownEvent):
            raise RunFileError(f"{path} has events of a later version of wftui; update this one", code="run_file.newer")
        if event.type in TERMINAL_EVENTS and number < len(events):
            raise _broken(path, f"event {number + 1} follows the end of the run")


def _broken(path: Path, why: str) -> RunFileError:
    return RunFileError(f"{path} cannot be used: {why}", code="run_file.broken")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
