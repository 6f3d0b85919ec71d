"""What a server writes to its stderr: passed on line by line, and the last lines remembered."""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from typing import TextIO

from wftui.steps.text.log_lines import LineDecoder, LogBatcher

_REMEMBERED = 8
_READ_SIZE = 65_536


class StderrPipe:
    """A pipe whose writing end is a server's stderr.

    Attributes:
        last: its last lines that are not empty.
    """

    def __init__(self, log: Callable[[str], None]) -> None:
        self.last: deque[str] = deque(maxlen=_REMEMBERED)
        self._batcher = LogBatcher(lambda lines, _stream: log(lines))
        reading, writing = os.pipe()
        self._reading = os.fdopen(reading, "rb")
        self.writer: TextIO = os.fdopen(writing, "w")
        self._task = asyncio.ensure_future(self._read())

    def handed_over(self) -> None:
        """The server has its own copy of the writing end: without ours, its end is seen here."""
        self.writer.close()

    def flush(self) -> None:
        """Pass on what has been read, now."""
        self._batcher.flush()

    async def drain(self, seconds: float) -> None:
        """Wait until all has been read that was written, at most so long."""
        await asyncio.wait({self._task}, timeout=seconds)
        self._batcher.flush()

    async def aclose(self) -> None:
        """Read no more."""
        self.writer.close()
        self._task.cancel()
        await asyncio.wait({self._task})
        self._reading.close()
        self._batcher.flush()

    async def _read(self) -> None:
        stream = asyncio.StreamReader(limit=_READ_SIZE)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), self._reading)
        decoder = LineDecoder()
        try:
            while data := await stream.read(_READ_SIZE):
                self._take(decoder.feed(data))
        finally:
            transport.close()
            self._take(decoder.feed(b"", final=True))

    def _take(self, lines: list[str]) -> None:
        self.last.extend(line for line in lines if line.strip())
        self._batcher.add("stderr", lines)
