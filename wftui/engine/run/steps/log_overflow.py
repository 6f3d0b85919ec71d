"""Overflow of a log: what follows its beginning, stored in segments as it grows."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from wftui.engine.run.steps.log_tail import Entry, LogTail, Stream
from wftui.model.run.steps import LogLevel

SEGMENT = 1_000_000
"""Characters of a segment."""
_SEGMENT_LINES = 20_000
_MOST_WAITING = 64_000_000
"""Characters that wait to be stored where a caller logs on without `drain`; the next ones are omitted."""
_EVERY_SECONDS = (1.0, 30.0)
"""A segment is stored after this time even if it is small: soon at first, then less often, to make fewer files."""


class OverflowLines(NamedTuple):
    """One or more lines that were logged at a time."""

    at: datetime
    level: LogLevel
    stream: Stream
    text: str


class LogOverflow:
    """Lines of a step after those that are stored as events.

    The last ones are held back as the `tail`, which is emitted at the end, unless they wait for too long.

    Attributes:
        keeps: segments can be stored; else lines beyond the last ones are only counted.
        omitted: lines that were not stored.
        lost: of them, those that could not be stored; the others were too many.
        why_lost: the reason.
        size: characters that wait to be stored, the last lines apart.
    """

    def __init__(self, tail: LogTail, *, keeps: bool) -> None:
        self.tail = tail
        self.keeps = keeps
        self.omitted = self.lost = 0
        self.why_lost = ""
        self._waiting: list[OverflowLines] = []
        self.size = self._count = 0
        self._stored = 0
        self._since: datetime | None = None

    @property
    def is_waiting(self) -> bool:
        """True if lines are to be stored, now or later."""
        return bool(self._waiting) or (self.keeps and bool(self.tail))

    def add(self, now: datetime, level: LogLevel, stream: Stream, text: str) -> None:
        """Add one or more lines."""
        self._since = self._since or now
        self._wait(now, self.tail.add(level, stream, text))

    def due(self, now: datetime) -> bool:
        """Return whether a segment is to be stored.

        The last lines are part of it if it has waited for long.
        """
        if self.size >= SEGMENT or self._count >= _SEGMENT_LINES:
            return True
        least, most = _EVERY_SECONDS
        if (
            self._since is None
            or not self.is_waiting
            or (now - self._since).total_seconds() < min(most, least + self._stored / 4)
        ):
            return False
        self._wait(now, self.tail.take())
        return True

    def take(self) -> list[OverflowLines]:
        """Return the lines of the next segment."""
        taken, self._waiting = self._waiting, []
        rest: list[OverflowLines] = []
        size = count = 0
        for index, each in enumerate(taken):
            size += len(each.text)
            count += each.text.count("\n") + 1
            if (size >= SEGMENT or count >= _SEGMENT_LINES) and index + 1 < len(taken):
                taken, rest = taken[: index + 1], taken[index + 1 :]
                break
        self._waiting = rest
        self.size -= size
        self._count -= count
        self._stored += 1
        self._since = taken[-1].at if taken and self.is_waiting else None
        return taken

    def lose(self, lines: Iterable[OverflowLines], why: str) -> None:
        """Count lines that could not be stored, and store no more."""
        self.keeps, self.why_lost = False, why
        self._omit(sum(each.text.count("\n") + 1 for each in lines))

    @property
    def why_omitted(self) -> str:
        """Reason why lines are missing, as a clause."""
        if not self.lost:
            return "the step logs too much"
        stored = f"could not be stored: {self.why_lost}"
        return f"they {stored}" if self.lost == self.omitted else f"the step logs too much, and {self.lost:,} {stored}"

    def _omit(self, count: int) -> None:
        self.omitted += count
        if self.why_lost:
            self.lost += count

    def _wait(self, now: datetime, dropped: Iterable[Entry]) -> None:
        for level, stream, text in _joined(dropped):
            for part in parts(text, SEGMENT):
                count = part.count("\n") + 1
                if not self.keeps or self.size + len(part) > _MOST_WAITING:
                    self._omit(count)
                    continue
                self._waiting.append(OverflowLines(now, level, stream, part))
                self.size += len(part)
                self._count += count


def _joined(entries: Iterable[Entry]) -> Iterator[Entry]:
    for (level, stream), group in groupby(entries, key=lambda entry: entry[:2]):
        yield level, stream, "\n".join(text for _, _, text in group)


def parts(text: str, limit: int) -> Iterator[str]:
    """Split a text between lines into parts of about a size."""
    start = 0
    while len(text) - start > limit:
        end = text.rfind("\n", start, start + limit)
        if end < 0:
            end = text.find("\n", start + limit)
        if end < 0:
            break
        yield text[start:end]
        start = end + 1
    yield text[start:]
