"""Tail of a log that is too long for its events, in bounded memory."""

from collections import deque
from typing import Literal

from wftui.model.run.steps import LogLevel

Stream = Literal["stdout", "stderr", "log"]
Entry = tuple[LogLevel, Stream, str]
"""Level, stream, and one or more lines."""


class LogTail:
    """Buffer of the last lines of a log.

    Args:
        lines: maximum number of lines.
        characters: maximum size of these; the last line is kept whatever its length.
    """

    def __init__(self, lines: int, characters: int) -> None:
        self._most = lines
        self._room = characters
        self._entries: deque[Entry] = deque()
        self._size = 0

    def add(self, level: LogLevel, stream: Stream, text: str) -> list[Entry]:
        """Add one or more lines; return those that are no longer among the last, in order."""
        lines = text.rsplit("\n", self._most)
        dropped: list[Entry] = []
        if len(lines) > self._most:
            dropped = [*self.take(), (level, stream, lines.pop(0))]
        for line in lines:
            self._entries.append((level, stream, line))
            self._size += len(line)
        while len(self._entries) > self._most or (self._size > self._room and len(self._entries) > 1):
            dropped.append(self._entries.popleft())
            self._size -= len(dropped[-1][2])
        return dropped

    def __bool__(self) -> bool:
        """Return whether there are lines."""
        return bool(self._entries)

    def take(self) -> list[Entry]:
        """Return the lines and clear the buffer."""
        kept = list(self._entries)
        self._entries.clear()
        self._size = 0
        return kept
