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
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from wftui.model.base import Json
from wftui.model.run.event_json import parse_event
from wftui.model.run.events import TERMINAL_EVENTS, Created, ExecutionEvent, LogSegment, UnknownEvent
from wftui.model.run.paths import iteration_index, owner_path
from wftui.store.events.payloads import as_reference
from wftui.store.log_segments import decode
from wftui.store.transfer.run_file_lines import (
    FORMAT,
    VERSION,
    WITHOUT_CHILDREN,
    RunFileError,
    broken,
    header,
    lines,
    newer,
    parsed_line,
    reading,
)
from wftui.workspace.regular import open_regular

_MOST_PARTS = 10_000_000
_MOST_CONTAINERS = 2_000_000
"""Limits of the values, and of the lists and objects among them, in one stored value."""
MOST_EVENTS = 5_000_000
MOST_RUNS = 10_000
VALUE_FIELDS = ("inputs", "input", "output", "outputs", "data", "items")
NESTED_FIELDS = (("error", "details"), ("item_errors", "details"), ("waiting", "form"))
"""Fields of events in which big values are."""
_PAGE_BYTES = 4 * 1024 * 1024
_ID = frozenset("0123456789abcdefghijklmnopqrstuvwxyz-_.")
_LONGEST_ID = 100
_WORDS = frozenset({"last"})
"""Words that mean other runs where an id is expected."""
_WORKFLOW = re.compile(r"(?!\.)[^/\\\x00-\x1f\x7f]{1,200}")
"""Id of a workflow, which names the files of exports."""
_ADDRESS = re.compile(r"(?:[^\[\]]|(?<!^)\[\d{1,9}\])+")
"""Address of a step: brackets hold indices only."""
_SPARE_ITERATIONS = 100_000
_ITERATIONS_OF_AN_EVENT = 10
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_MOST_NUMBER = 2**53
INVALID_INPUTS = "the inputs of its run are not an object"


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
        with reading(self.path), open_regular(self.path) as raw, TemporaryFile() as texts:
            page = EventPage()
            for part, event in _events(raw, self.path, texts):
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
            if reference not in self.values:
                self.values[reference] = part.text(reference)
                self._bytes += len(self.values[reference])
        if isinstance(event, LogSegment) and event.segment in part.logs:
            self.logs[event.segment] = part.logs[event.segment]
            self._bytes += event.bytes


def references(event: ExecutionEvent) -> Iterator[str]:
    """Yield the hashes of the big values of an event."""
    fields = [getattr(event, name, None) for name in VALUE_FIELDS]
    fields += [getattr(getattr(event, name, None), inner, None) for name, inner in NESTED_FIELDS]
    for reference in map(as_reference, fields):
        if reference is not None:
            if not isinstance(reference.hash, str) or type(reference.bytes) is not int:
                raise ValueError("a reference to a value is not valid")
            yield reference.hash


class RunFileWriter:
    """Writes a new run file for its owner only; removes an unfinished one."""

    def __init__(self, path: Path, *, children: bool = False) -> None:
        self._path = path
        self._version = VERSION if children else WITHOUT_CHILDREN
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
    with reading(path), open_regular(path) as raw:
        for part, event in _events(raw, path):
            if is_stopped():
                raise RunFileError(f"{path} is no longer read", code="run_file.unreadable")
            if isinstance(event, Created):
                if runs and (event.parent_id not in known or not event.parent_path or event.run_id in known):
                    raise broken(path, f"the run {event.run_id} in it was started by none of its steps")
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
    with reading(path), open_regular(path) as raw:
        header(next(lines(raw, path), b""), path)


class _Part:
    """A run in the file, as far as it is read.

    Attributes:
        values: places of the texts of big values by hash.
        logs: the log segment before the next event, by hash.

    Args:
        texts: file for the texts of values; None: they are only checked.
    """

    def __init__(self, path: Path, texts: BinaryIO | None) -> None:
        self.source = ""
        self.values: dict[str, tuple[int, int]] = {}
        self._texts = texts
        self.logs: dict[str, bytes] = {}
        self._path = path
        self._number = 0
        self._run_id = ""
        self._has_ended = False
        self._iterations: dict[str, int] = {}

    def take(self, document: dict[str, Json]) -> ExecutionEvent | None:
        """Take a line; return its event, if it is one."""
        if isinstance(document.get("source"), str):
            self.source = document["source"]
        elif isinstance(document.get("value"), str) and isinstance(document.get("text"), str):
            name, text = document["value"], document["text"]
            self._keep(name, text)
        elif isinstance(document.get("log"), str) and isinstance(document.get("data"), str):
            self.logs = {document["log"]: base64.b64decode(document["data"], validate=True)}
        elif isinstance(document.get("event"), dict):
            return self._event(document["event"])
        else:
            raise ValueError("a line is neither a value nor an event")
        return None

    def _keep(self, name: str, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        if name != f"sha256:{hashlib.sha256(data).hexdigest()}":
            raise ValueError(f"the value {name[:80]} does not match its hash")
        containers = text.count("[") + text.count("{")
        if containers > _MOST_CONTAINERS or containers + text.count(",") > _MOST_PARTS:
            raise RunFileError(f"{self._path} holds a value of too many parts", code="run_file.too_big")
        start = 0
        if self._texts is not None:
            start = self._texts.seek(0, os.SEEK_END)
            self._texts.write(data)
        self.values[name] = start, len(data)

    def text(self, name: str) -> str:
        """Return the JSON text of a big value."""
        assert self._texts is not None
        start, size = self.values[name]
        self._texts.seek(start)
        return self._texts.read(size).decode("utf-8", "surrogatepass")

    def _event(self, document: dict[str, Json]) -> ExecutionEvent:
        if missing := [name for name in ("seq", "executionId", "timestamp") if name not in document]:
            raise ValueError(f"an event has no {missing[0]}")
        if any(isinstance(value, int | float) and abs(value) > _MOST_NUMBER for value in document.values()):
            raise ValueError("a number of an event is too big")
        event = parse_event(document)
        if not 0 <= (getattr(event, "duration", None) or 0) <= _MOST_NUMBER:
            raise ValueError("the duration of an event is not valid")
        if not _FIRST_YEAR <= event.timestamp.year <= _LAST_YEAR:
            raise ValueError(f"the time of an event is in the year {event.timestamp.year}")
        self._number += 1
        if self._number == 1:
            if not isinstance(event, Created):
                self.end()
            self._run_id = event.run_id
            is_word = self._run_id in _WORDS
            if is_word or not 0 < len(self._run_id) <= _LONGEST_ID or not _ID.issuperset(self._run_id):
                raise broken(self._path, "the id of its run is not valid")
        if isinstance(event, Created) and not _WORKFLOW.fullmatch(event.workflow_id):
            raise broken(self._path, "the id of its workflow is not valid")
        if isinstance(event, Created) and not isinstance(event.inputs, dict):
            raise broken(self._path, INVALID_INPUTS)
        if self._has_ended:
            raise broken(self._path, f"event {self._number} follows the end of the run")
        if (
            event.seq != self._number
            or event.run_id != self._run_id
            or (isinstance(event, Created) and self._number > 1)
        ):
            raise broken(self._path, f"its event {self._number} is out of order")
        if isinstance(event, UnknownEvent):
            raise newer(self._path, "has events of")
        if (address := getattr(event, "path", None)) is not None:
            self._note_address(address)
        if any(name not in self.values for name in references(event)):
            raise broken(self._path, "a value is missing")
        self._has_ended = event.type in TERMINAL_EVENTS
        return event

    def _note_address(self, address: str) -> None:
        if not _ADDRESS.fullmatch(address):
            raise broken(self._path, f"the address of its event {self._number} is not valid")
        if address.endswith("]"):
            owner, index = owner_path(address), iteration_index(address)
            self._iterations[owner] = max(self._iterations.get(owner, 0), index + 1)

    def end(self) -> None:
        """Check that there were events, and no more iterations than they can be of.

        Iterations take memory up to the last one.
        """
        if not self._run_id:
            raise broken(self._path, "it does not begin with the creation of a run")
        if sum(self._iterations.values()) > _SPARE_ITERATIONS + _ITERATIONS_OF_AN_EVENT * self._number:
            raise RunFileError(f"{self._path} numbers more iterations than it holds", code="run_file.too_big")


def _events(raw: BinaryIO, path: Path, texts: BinaryIO | None = None) -> Iterator[tuple[_Part, ExecutionEvent]]:
    """Yield the events of a file, checked; the checksum comes last."""
    digest = hashlib.sha256()
    read = lines(raw, path)
    first = next(read, b"")
    version = header(first, path)["version"]
    digest.update(first)
    part, runs, events = _Part(path, texts), 1, 0
    for line in read:
        document = parsed_line(line)
        if "sha256" in document:
            if document["sha256"] != digest.hexdigest() or next(read, None) is not None:
                raise broken(path, "its contents do not match its checksum")
            part.end()
            return
        digest.update(line)
        if "child" in document and version == VERSION:
            part.end()
            part, runs = _Part(path, texts), runs + 1
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
    raise broken(path, "it is truncated")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
