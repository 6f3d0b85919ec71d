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
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.json.incremental import read_json
from wftui.model.run.event_json import parse_event
from wftui.model.run.events import TERMINAL_EVENTS, Created, ExecutionEvent, LogSegment, UnknownEvent
from wftui.store.events.payloads import as_reference
from wftui.store.log_segments import SegmentError, decode

SUFFIX = ".wfrun"
FORMAT = "wftui-run"
VERSION = 2
_WITHOUT_CHILDREN = 1
MOST_BYTES = 1024 * 1024 * 1024
"""Limit of the uncompressed size of a file."""
MOST_LINE_BYTES = 256 * 1024 * 1024
MOST_EVENTS = 5_000_000
MOST_RUNS = 10_000
VALUE_FIELDS = ("inputs", "input", "output", "outputs", "data", "items")
NESTED_FIELDS = (("error", "details"), ("item_errors", "details"), ("waiting", "form"))
"""Fields of events in which big values are."""
_PAGE_BYTES = 4 * 1024 * 1024
_ID = frozenset("0123456789abcdefghijklmnopqrstuvwxyz-_.")
_LONGEST_ID = 100


class RunFileError(UserError):
    """A run file that cannot be read or written; the message says why."""

    code = "run_file.broken"


@dataclass(slots=True)
class FileRun:
    """A run in a file, without its events.

    Attributes:
        source: text of its workflow.json; empty if it is not in the file.
        events: their number.
        last: the last one.
    """

    created: Created
    source: str
    events: int
    last: ExecutionEvent

    @property
    def has_ended(self) -> bool:
        """Return whether the run had ended when it was exported."""
        return self.last.type in TERMINAL_EVENTS


@dataclass(slots=True)
class RunFile:
    """A run file that was read once and checked; `pages` reads it again.

    Attributes:
        runs: the run, the runs that its steps started, and those that theirs started.
    """

    path: Path
    runs: list[FileRun]

    @property
    def created(self) -> Created:
        """The first event of the run."""
        return self.runs[0].created

    def pages(self, size: int) -> Iterator["EventPage"]:
        """Yield the events of the runs, one run after the other; it blocks.

        Raises:
            RunFileError: the file has changed.
        """
        with _reading(self.path), self.path.open("rb") as raw:
            page = EventPage()
            for part, event in _events(raw, self.path):
                if page.events and (page.events[0].run_id != event.run_id or page.is_full(size)):
                    yield page
                    page = EventPage()
                page.add(event, part)
            yield page


@dataclass(slots=True)
class EventPage:
    """Some events of a run, with what they refer to.

    Attributes:
        values: JSON texts of big values by hash.
        logs: log segments by hash.
    """

    events: list[ExecutionEvent] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    logs: dict[str, bytes] = field(default_factory=dict)
    _bytes: int = 0

    def is_full(self, size: int) -> bool:
        """Return whether other events belong on another page."""
        return len(self.events) >= size or self._bytes > _PAGE_BYTES

    def add(self, event: ExecutionEvent, part: "_Part") -> None:
        """Add an event."""
        self.events.append(event)
        for reference in references(event):
            self.values[reference] = part.values[reference]
            self._bytes += len(part.values[reference])
        if isinstance(event, LogSegment) and event.segment in part.logs:
            self.logs[event.segment] = part.logs[event.segment]
            self._bytes += event.bytes


def references(event: ExecutionEvent) -> Iterator[str]:
    """Yield the hashes of the big values of an event."""
    fields = [getattr(event, name, None) for name in VALUE_FIELDS]
    fields += [getattr(getattr(event, name, None), inner, None) for name, inner in NESTED_FIELDS]
    return (reference.hash for reference in map(as_reference, fields) if reference is not None)


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


def read_run_file(path: Path, is_stopped: Callable[[], bool] = lambda: False) -> RunFile:
    """Read and check a run file, of which little is kept; it blocks.

    Args:
        is_stopped: the result is no longer wanted.

    Raises:
        RunFileError: it is not one, is damaged, too big, or of a later version.
    """
    runs: list[FileRun] = []
    known: set[str] = set()
    with _reading(path), path.open("rb") as raw:
        for part, event in _events(raw, path):
            if is_stopped():
                raise RunFileError(f"{path} is no longer read", code="run_file.unreadable")
            if isinstance(event, Created):
                if runs and (event.parent_id not in known or not event.parent_path or event.run_id in known):
                    raise _broken(path, f"the run {event.run_id} in it was started by none of its steps")
                known.add(event.run_id)
                runs.append(FileRun(event, part.source, 1, event))
            else:
                runs[-1].events, runs[-1].last = runs[-1].events + 1, event
            if isinstance(event, LogSegment) and event.segment in part.logs:
                decode(event, part.logs[event.segment])
    return RunFile(path, runs)


def check_header(path: Path) -> None:
    """Check that a file is a run file, without reading it all.

    Raises:
        RunFileError: it is not one, cannot be read, or is of a later version.
    """
    with _reading(path), path.open("rb") as raw:
        _header(next(_lines(gzip.GzipFile(fileobj=raw), path), b""), path)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Raise errors of the block as `RunFileError`."""
    try:
        yield
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise _broken(path, "it is not a run file") from error
        raise RunFileError(f"cannot read {path}: {error.strerror or error}", code="run_file.unreadable") from error
    except (EOFError, zlib.error) as error:
        raise _broken(path, "it ends too early") from error
    except SegmentError as error:
        raise _broken(path, str(error)) from error
    except (ValueError, RecursionError, ValidationError) as error:
        raise _broken(path, str(error).splitlines()[0][:200]) from error


class _Part:
    """A run in the file, as far as it is read.

    Attributes:
        values: JSON texts of big values by hash.
        logs: the log segments before the next event, by hash.
    """

    def __init__(self, path: Path) -> None:
        self.source = ""
        self.values: dict[str, str] = {}
        self.logs: dict[str, bytes] = {}
        self._path = path
        self._number = 0
        self._run_id = ""
        self._has_ended = False

    def take(self, document: dict[str, Json]) -> ExecutionEvent | None:
        """Take a line; return its event, if it is one."""
        if isinstance(document.get("source"), str):
            self.source = document["source"]
        elif isinstance(document.get("value"), str) and isinstance(document.get("text"), str):
            name, text = document["value"], document["text"]
            if name != f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}":
                raise ValueError(f"the value {name[:80]} does not match its hash")
            self.values[name] = text
        elif isinstance(document.get("log"), str) and isinstance(document.get("data"), str):
            self.logs[document["log"]] = base64.b64decode(document["data"], validate=True)
        elif isinstance(document.get("event"), dict):
            return self._event(document["event"])
        else:
            raise ValueError("a line is neither a value nor an event")
        return None

    def _event(self, document: dict[str, Json]) -> ExecutionEvent:
        if missing := [name for name in ("seq", "executionId", "timestamp") if name not in document]:
            raise ValueError(f"an event has no {missing[0]}")
        event = parse_event(document)
        self._number += 1
        if self._number == 1:
            if not isinstance(event, Created):
                self.end()
            self._run_id = event.run_id
            if not 0 < len(self._run_id) <= _LONGEST_ID or not _ID.issuperset(self._run_id):
                raise _broken(self._path, "the id of its run is not valid")
        if self._has_ended:
            raise _broken(self._path, f"event {self._number} follows the end of the run")
        if (
            event.seq != self._number
            or event.run_id != self._run_id
            or (isinstance(event, Created) and self._number > 1)
        ):
            raise _broken(self._path, f"its event {self._number} is out of order")
        if isinstance(event, UnknownEvent):
            raise _newer(self._path, "has events of")
        if any(name not in self.values for name in references(event)):
            raise _broken(self._path, "a value is missing")
        self._has_ended = event.type in TERMINAL_EVENTS
        return event

    def end(self) -> None:
        """Check that there were events."""
        if not self._run_id:
            raise _broken(self._path, "it does not begin with the creation of a run")


def _events(raw: BinaryIO, path: Path) -> Iterator[tuple[_Part, ExecutionEvent]]:
    """Yield the events of a file, checked; the checksum comes last."""
    digest = hashlib.sha256()
    lines = _lines(gzip.GzipFile(fileobj=raw), path)
    first = next(lines, b"")
    header = _header(first, path)
    digest.update(first)
    part, runs, events = _Part(path), 1, 0
    for line in lines:
        document = _object(line)
        if "sha256" in document:
            if document["sha256"] != digest.hexdigest() or next(lines, None) is not None:
                raise _broken(path, "its contents do not match its checksum")
            part.end()
            return
        digest.update(line)
        if "child" in document and header["version"] == VERSION:
            part.end()
            part, runs = _Part(path), runs + 1
            if runs > MOST_RUNS + 1:
                raise RunFileError(f"{path} holds more than {MOST_RUNS:,} runs", code="run_file.too_big")
            continue
        event = part.take(document)
        if event is not None:
            events += 1
            if events > MOST_EVENTS:
                raise RunFileError(f"{path} holds more than {MOST_EVENTS:,} events", code="run_file.too_big")
            yield part, event
            part.logs.clear()
    raise _broken(path, "it ends too early")


def _header(first: bytes, path: Path) -> dict[str, Json]:
    """Return the first line of a run file."""
    header = _object(first)
    if header.get("format") != FORMAT:
        raise _broken(path, "it is not a run file")
    if header.get("version") not in (_WITHOUT_CHILDREN, VERSION):
        raise _newer(path, "was made by")
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


def _broken(path: Path, why: str) -> RunFileError:
    return RunFileError(f"{path} cannot be used: {why}", code="run_file.broken")


def _newer(path: Path, what: str) -> RunFileError:
    return RunFileError(f"{path} {what} a later version of wftui; update this one", code="run_file.newer")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
