"""Log of a run: its lines in memory, and those of segments, which stay on disk."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from wftui.model.run.events import Log, LogSegment
from wftui.model.run.log_source import SegmentSource, unread_line
from wftui.model.run.search import finder
from wftui.runtime.patterns.searching import first_match, piece_of
from wftui.tui.widgets.log.lines import LineStore, LogFilter, LogLine, inside, kind_of
from wftui.tui.widgets.log.sanitize import LONGEST, clean, plain

_LAST_LINES = 10_000
"""Lines looked at for the last ones of a step."""
_OPENED = 4
"""Segments that stay in memory."""


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

    @property
    def name(self) -> tuple[str, int]:
        """Hash of the segment, and where it is: equal lines of two steps have one hash."""
        return self.segment.segment if self.segment is not None else "", self.start


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
        self._opened: dict[tuple[str, int], LineStore] = {}
        """Lines of segments, by `_Part.name`."""

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
            if part.segment is not None and part.name not in self._opened:
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
        return unread_line(segment) if self.source is None else self.source.missing(segment)

    def _part(self, number: int) -> _Part:
        return self._parts[bisect_right(self._parts, number, key=lambda part: part.start) - 1]

    def _opened_store(self, part: _Part) -> LineStore:
        """Return the lines of a part for drawing; a few segments stay in memory."""
        store = self._store(part)
        if part.segment is not None:
            self._opened.pop(part.name, None)
            self._opened[part.name] = store
            if len(self._opened) > _OPENED:
                del self._opened[next(iter(self._opened))]
        return store

    def _store(self, part: _Part) -> LineStore:
        """Return the lines of a part, from any thread."""
        segment = part.segment
        if segment is None:
            return self._own
        store = self._opened.get(part.name)
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
    """Return a line as it is shown, without colors."""
    return line if line.isprintable() and len(line) <= LONGEST else plain(clean(line))
