"""Compact storage of a run's log: a million lines in a few megabytes.

Text is kept in compressed blocks; level, step and time, which filters use, in flat arrays. Lines in segments stay on
disk.
"""

import re
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, Protocol, get_args

from rich.cells import cell_len
from textual.cache import LRUCache

from wftui.model.run.events import Log, LogSegment
from wftui.model.run.search import finder
from wftui.model.run.steps import LogLevel
from wftui.model.text.text_styles import with_styles
from wftui.runtime.patterns.searching import first_match, piece_of
from wftui.tui.widgets.log.sanitize import LONGEST, clean, plain

Stream = Literal["stdout", "stderr", "log"]
LEVELS: tuple[LogLevel, ...] = ("debug", "info", "warn", "error")
STREAMS: tuple[Stream, ...] = get_args(Stream)
_STREAM = 4
"""Of the number that a line has for both: level + _STREAM * stream."""
BLOCK = 2048
"""Lines per block."""
_NO_STEP = -1
_LAST_LINES = 10_000
"""Lines looked at for the last ones of a step."""
_OPENED = 4
"""Segments that stay in memory."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log line.

    `path` is the step's address, empty for the engine's own lines; `text` may contain colour sequences.
    """

    number: int
    level: LogLevel
    stream: Stream
    path: str
    timestamp: datetime
    text: str


@dataclass(frozen=True, slots=True)
class LogFilter:
    """A filter: minimum level, a stream, a step with its descendants, texts."""

    level: LogLevel = "debug"
    stream: Stream | None = None
    path: str | None = None
    texts: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Return whether every line matches."""
        return self.level == "debug" and self.stream is None and self.path is None and not self.texts

    @property
    def kinds(self) -> frozenset[int]:
        """Numbers of the levels and streams that match."""
        levels = range(LEVELS.index(self.level), len(LEVELS))
        streams = range(len(STREAMS)) if self.stream is None else [STREAMS.index(self.stream)]
        return frozenset(level + _STREAM * stream for level in levels for stream in streams)


def kind_of(event: Log) -> int:
    """Return the number of the level and stream of an event."""
    return LEVELS.index(event.level) + _STREAM * STREAMS.index(event.stream)


def inside(path: str, owner: str) -> bool:
    """Return whether an address is `owner` or below it.

    `a[3].b` is below `a[3]` and `a`; `ab` is not below `a`.
    """
    return path == owner or (path.startswith(owner) and path[len(owner)] in ".[")


class LineStore:
    """A list of log lines.

    Args:
        packed: its texts are compressed; else it has the lines of a segment, each of which counts.
    """

    def __init__(self, *, packed: bool = True) -> None:
        self._packed = packed
        self._kinds = array("B")
        self._steps = array("i")
        self._timestamps = array("q")
        self._widths = array("H")
        self._wide = bytearray()
        self._paths: list[str] = []
        self._path_numbers: dict[str, int] = {}
        self._blocks: list[bytes | list[str]] = []
        self._last: list[str] = []
        self._open_blocks: LRUCache[int, list[str]] = LRUCache(8)
        self.widest = 0

    def __len__(self) -> int:
        return len(self._kinds)

    def append(self, event: Log) -> int:
        """Append the lines of one event; return their number."""
        kind, step = kind_of(event), self._step_number(event.path or "")
        timestamp = int(event.timestamp.timestamp() * 1000)
        message = with_styles(event.message.removesuffix("\n") if self._packed else event.message, event.styles)
        lines = message.split("\n")
        for line in lines:
            text = clean(line)
            width = min(cell_len(plain(text)), 0xFFFF)
            self.widest = max(self.widest, width)
            self._kinds.append(kind)
            self._steps.append(step)
            self._timestamps.append(timestamp)
            self._widths.append(width)
            self._wide.append(not text.isascii())
            self._last.append(text)
            if len(self._last) == BLOCK:
                self._blocks.append(zlib.compress("\n".join(self._last).encode(), 1) if self._packed else self._last)
                self._last = []
        return len(lines)

    def truncate(self, count: int) -> None:
        """Remove all lines but the first ones."""
        if count >= len(self):
            return
        block = count // BLOCK
        self._last = self._block(block)[: count % BLOCK]
        del self._blocks[block:], self._kinds[count:], self._steps[count:], self._timestamps[count:]
        del self._widths[count:], self._wide[count:]
        self._open_blocks.clear()

    def line(self, number: int) -> LogLine:
        """Return a line by its number, from 0."""
        step = self._steps[number]
        return LogLine(
            number,
            LEVELS[self._kinds[number] % _STREAM],
            STREAMS[self._kinds[number] // _STREAM],
            "" if step == _NO_STEP else self._paths[step],
            datetime.fromtimestamp(self._timestamps[number] / 1000, UTC),
            self._block(number // BLOCK)[number % BLOCK],
        )

    def last_of(self, path: str, count: int, start: int, end: int) -> list[str]:
        """Return the last texts of a step and its descendants between two lines."""
        steps, found = self._step_numbers(path), list[str]()
        for number in range(end - 1, start - 1, -1) if steps else ():
            if self._steps[number] in steps:
                found.append(self._block(number // BLOCK)[number % BLOCK])
                if len(found) == count:
                    break
        return found[::-1]

    def height(self, number: int, width: int) -> int:
        """Return the rows of a line wrapped to `width` cells; may exceed by one."""
        width = max(2, width)
        return max(1, -(-self._widths[number] // (width - self._wide[number])))

    def matching(self, log_filter: LogFilter, start: int, total: int) -> Iterator[Sequence[int]]:
        """Yield the numbers of matching lines from `start` to `total`, by block."""
        if log_filter.is_open:
            yield range(start, total)
            return
        kinds = log_filter.kinds
        steps = self._step_numbers(log_filter.path) if log_filter.path is not None else None
        finders = [finder(text) for text in log_filter.texts if text]
        for block in range(start // BLOCK, -(-total // BLOCK)):
            first, last = max(start, block * BLOCK), min(total, (block + 1) * BLOCK)
            numbers: Sequence[int] = range(first, last)
            if len(kinds) < len(LEVELS) * len(STREAMS):
                numbers = [number for number in numbers if self._kinds[number] in kinds]
            if steps is not None:
                numbers = [number for number in numbers if self._steps[number] in steps]
            if finders and numbers:
                texts = [plain(text) for text in self._block(block)]
                numbers = [
                    number for number in numbers if all(first_match(each, texts[number % BLOCK]) for each in finders)
                ]
            yield numbers

    def _step_number(self, path: str) -> int:
        if not path:
            return _NO_STEP
        number = self._path_numbers.get(path)
        if number is None:
            number = self._path_numbers[path] = len(self._paths)
            self._paths.append(path)
        return number

    def _step_numbers(self, owner: str) -> set[int]:
        return {number for number, path in enumerate(self._paths) if inside(path, owner)}

    def _block(self, block: int) -> list[str]:
        if block == len(self._blocks):
            return self._last
        stored = self._blocks[block]
        if isinstance(stored, list):
            return stored
        texts = self._open_blocks.get(block)
        if texts is None:
            texts = zlib.decompress(stored).decode().split("\n")
            self._open_blocks[block] = texts
        return texts


@dataclass(slots=True)
class _Part:
    """Consecutive lines: some of the own ones, or those of a segment.

    Attributes:
        start: number of the first line.
        first: place of that among the own lines.
    """

    start: int
    count: int
    first: int = 0
    segment: LogSegment | None = None


class SegmentSource(Protocol):
    """Reads segments of a log."""

    def has(self, segment: LogSegment) -> bool:
        """Return whether a segment is still stored."""

    def __call__(self, segment: LogSegment) -> list[Log]:
        """Return the log events in a segment; it blocks for milliseconds."""


class LogBuffer:
    """An append-only list of log lines; segments are read when they are looked at.

    Attributes:
        source: reads segments; without it they are a line that says so.
        widest: width of the widest line, as far as it is known.
    """

    def __init__(self, source: SegmentSource | None = None) -> None:
        self.source = source
        self.widest = 0
        self._own = LineStore()
        self._parts = [_Part(0, 0)]
        self._opened: dict[str, LineStore] = {}

    def __len__(self) -> int:
        last = self._parts[-1]
        return last.start + last.count

    def append(self, event: Log | LogSegment) -> int:
        """Append the lines of one event; return their number."""
        if isinstance(event, LogSegment):
            if self.source is not None and self.source.has(event):
                self._parts.append(_Part(len(self), event.lines, segment=event))
                self.widest = max(self.widest, min(event.longest, LONGEST))
                return event.lines
            event = self._missing(event)
        if self._parts[-1].segment is not None:
            self._parts.append(_Part(len(self), 0, len(self._own)))
        count = self._own.append(event)
        self._parts[-1].count += count
        self.widest = max(self.widest, self._own.widest)
        return count

    def truncate(self, count: int) -> None:
        """Remove all lines but the first ones."""
        while len(self._parts) > 1 and self._parts[-1].start >= count:
            self._parts.pop()
        last = self._parts[-1]
        if last.segment is None:
            last.count = min(last.count, count - last.start)
        own = [part for part in self._parts if part.segment is None]
        self._own.truncate(own[-1].first + own[-1].count)

    def line(self, number: int) -> LogLine:
        """Return a line by its number, from 0."""
        part = self._part(number)
        line = self._opened_store(part).line(number - part.start + part.first)
        return line if part.start == part.first else replace(line, number=number)

    def last_of(self, path: str, count: int) -> tuple[str, ...]:
        """Return the last lines of a step, of those that are in memory and near the end."""
        part = self._parts[-1]
        if part.segment is not None:
            return ()
        end = part.first + part.count
        return tuple(self._own.last_of(path, count, max(part.first, end - _LAST_LINES), end))

    def heights(self, numbers: Sequence[int], width: int) -> Iterator[int]:
        """Yield the rows of lines wrapped to `width` cells; each may exceed by one."""
        part, store = _Part(0, 0), self._own
        for number in numbers:
            if not part.start <= number < part.start + part.count:
                part = self._part(number)
                store = self._store(part)
            yield store.height(number - part.start + part.first, width)

    def matching(self, log_filter: LogFilter, start: int = 0) -> "array[int]":
        """Return the numbers of matching lines from `start` on, in order.

        Slow for a million lines: call it in a thread.
        """
        found: array[int] = array("I")
        for numbers in self.matching_blocks(log_filter, start):
            found.extend(numbers)
        return found

    def matching_blocks(self, log_filter: LogFilter, start: int = 0) -> Iterator[Sequence[int]]:
        """Yield `matching` block by block, so that the caller can stop in between."""
        if log_filter.is_open:
            yield range(start, len(self))
            return
        for part in [*self._parts]:
            begin = max(0, start - part.start)
            if begin >= part.count:
                continue
            if part.segment is not None and part.segment.segment not in self._opened:
                yield self._matching_unopened(log_filter, part, part.start + begin)
                continue
            shift = part.start - part.first
            for numbers in self._store(part).matching(log_filter, part.first + begin, part.first + part.count):
                yield [number + shift for number in numbers] if shift else numbers

    def _matching_unopened(self, log_filter: LogFilter, part: _Part, start: int) -> "array[int]":
        """Return matching lines of a segment, from `start` on, without keeping it."""
        assert part.segment is not None
        found: array[int] = array("I")
        kinds = log_filter.kinds
        finders = [finder(text) for text in log_filter.texts if text]
        number = part.start
        for event in self._read(part.segment):
            following = number + event.message.count("\n") + 1
            in_step = log_filter.path is None or inside(event.path or "", log_filter.path)
            if kind_of(event) in kinds and in_step and _may_match(event.message, finders):
                for at, line in enumerate(event.message.split("\n"), number):
                    if at >= start and all(first_match(each, _searched(line)) for each in finders):
                        found.append(at)
            number = following
        return found[: bisect_left(found, part.start + part.count)]

    def _read(self, segment: LogSegment) -> list[Log]:
        return self.source(segment) if self.source is not None else [self._missing(segment)]

    def _missing(self, segment: LogSegment) -> Log:
        """Return a line in place of those that cannot be shown."""
        if self.source is None:
            why = f"are not read by this screen; `wftui show {segment.run_id} --logs` prints them"
        else:
            why = "are no longer stored (see history.run_log_mb)"
        return Log(
            run_id=segment.run_id,
            timestamp=segment.timestamp,
            level="warn",
            path=segment.path,
            message=f"… {segment.lines:,} log lines {why}",
        )

    def _part(self, number: int) -> _Part:
        return self._parts[bisect_right(self._parts, number, key=lambda part: part.start) - 1]

    def _opened_store(self, part: _Part) -> LineStore:
        """Return the lines of a part for drawing; a few segments stay in memory."""
        store = self._store(part)
        if part.segment is not None:
            self._opened.pop(part.segment.segment, None)
            self._opened[part.segment.segment] = store
            if len(self._opened) > _OPENED:
                del self._opened[next(iter(self._opened))]
        return store

    def _store(self, part: _Part) -> LineStore:
        """Return the lines of a part, from any thread."""
        segment = part.segment
        if segment is None:
            return self._own
        store = self._opened.get(segment.segment)
        if store is None:
            store = LineStore(packed=False)
            for event in self._read(segment):
                store.append(event)
            if len(store) < segment.lines:  # it was removed in the meantime
                filler = Log(run_id=segment.run_id, timestamp=segment.timestamp, path=segment.path, message="")
                for _ in range(segment.lines - len(store)):
                    store.append(filler)
        return store


def _may_match(message: str, finders: Sequence[re.Pattern[str]]) -> bool:
    """Return whether a line of a text may match, without looking at each."""
    quick = [each for each in finders if piece_of(each) > len(message)]
    return all(each.search(message) for each in quick) or not message.replace("\n", "").isprintable()


def _searched(line: str) -> str:
    """Return a line as it is shown, without colours."""
    return line if line.isprintable() and len(line) <= LONGEST else plain(clean(line))
