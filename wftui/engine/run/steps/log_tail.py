"""Tail of a log that is too long to be stored whole, in bounded memory."""

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
        self._left_out = 0

    def add(self, level: LogLevel, stream: Stream, text: str) -> None:
        """Add one or more lines."""
        lines = text.rsplit("\n", self._most)
        if len(lines) > self._most:
            self._left_out += lines.pop(0).count("\n") + 1
        for line in lines:
            self._entries.append((level, stream, line))
            self._size += len(line)
        while len(self._entries) > self._most or (self._size > self._room and len(self._entries) > 1):
            self._size -= len(self._entries.popleft()[2])
            self._left_out += 1

    def __bool__(self) -> bool:
        """Return whether there are lines."""
        return bool(self._entries)

    def take(self) -> tuple[int, list[Entry]]:
        """Return the number of dropped lines and the other lines; clear the buffer."""
        left_out, kept = self._left_out, list(self._entries)
        self._entries.clear()
        self._size = self._left_out = 0
        return left_out, kept
