"""Compact storage of log lines: a million in a few megabytes.

Text is kept in compressed blocks; level, step and time, which filters use, in flat arrays.
"""

import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from rich.cells import cell_len
from textual.cache import LRUCache

from wftui.model.run.events import Log
from wftui.model.run.search import finder
from wftui.model.run.steps import LogLevel
from wftui.model.text.text_styles import StyleRun, with_styles
from wftui.runtime.patterns.searching import first_match
from wftui.tui.widgets.log.sanitize import LONGEST, clean, plain

Stream = Literal["stdout", "stderr", "log"]
LEVELS: tuple[LogLevel, ...] = ("debug", "info", "warn", "error")
STREAMS: tuple[Stream, ...] = get_args(Stream)
_STREAM = 4
"""Of the number that a line has for both: level + _STREAM * stream."""
BLOCK = 2048
"""Lines per block."""
_NO_STEP = -1


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log line.

    `path` is the step's address, empty for the engine's own lines; `text` may contain color sequences.
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


def _drawn(message: str, styles: Sequence[StyleRun] | None) -> tuple[list[str], list[int]]:
    """Return the lines of a message as they are drawn, and their widths.

    A line without control characters needs no cleaning, and an ASCII one no measuring: a tenth of the time.
    """
    bare = message.split("\n")
    lines = with_styles(message, styles).split("\n") if styles else bare
    texts: list[str] = []
    widths: list[int] = []
    for line, characters in zip(lines, bare, strict=True):
        if characters.isprintable() and len(line) <= LONGEST:
            texts.append(line)
            widths.append(len(characters) if characters.isascii() else min(cell_len(characters), 0xFFFF))
        else:
            texts.append(clean(line))
            widths.append(min(cell_len(plain(texts[-1])), 0xFFFF))
    return texts, widths


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
        message = event.message.removesuffix("\n") if self._packed else event.message
        texts, widths = _drawn(message, event.styles)
        count = len(texts)
        if len(self._last) + count < BLOCK:
            self._last += texts
        else:
            texts_left = self._last + texts
            full = len(texts_left) // BLOCK * BLOCK
            self._blocks += [self._closed(texts_left[start : start + BLOCK]) for start in range(0, full, BLOCK)]
            self._last = texts_left[full:]
        # Other threads read; what they count comes last.
        self.widest = max(self.widest, *widths)
        self._steps.extend(array("i", [self._step_number(event.path or "")]) * count)
        self._timestamps.extend(array("q", [int(event.timestamp.timestamp() * 1000)]) * count)
        self._widths.extend(widths)
        self._wide.extend(not text.isascii() for text in texts)
        self._kinds.extend(array("B", [kind_of(event)]) * count)
        return count

    def _closed(self, texts: list[str]) -> bytes | list[str]:
        return zlib.compress("\n".join(texts).encode(), 1) if self._packed else texts

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
