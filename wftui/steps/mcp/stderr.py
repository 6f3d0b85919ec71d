"""Standard error of MCP servers: passed on by line, last lines remembered."""

import asyncio
import os
from collections import deque
from collections.abc import Callable
from typing import TextIO

from wftui.steps.text.log_lines import LineDecoder, LogBatcher, LogDrain

_REMEMBERED = 8
_READ_SIZE = 65_536


class StderrPipe:
    """Pipe whose write end is a server's stderr.

    Attributes:
        last: its last lines that are not empty.
    """

    def __init__(self, log: Callable[[str], None], drain: LogDrain) -> None:
        self.last: deque[str] = deque(maxlen=_REMEMBERED)
        self._drain_log = drain
        self._batcher = LogBatcher(lambda lines, _stream: log(lines))
        reading, writing = os.pipe()
        self._reading = os.fdopen(reading, "rb")
        self.writer: TextIO = os.fdopen(writing, "w")
        self._task = asyncio.ensure_future(self._read())

    def handed_over(self) -> None:
        """Close our copy of the write end, so that the server's exit is seen."""
        self.writer.close()

    def flush(self) -> None:
        """Pass on everything read so far."""
        self._batcher.flush()

    async def drain(self, seconds: float) -> None:
        """Wait until everything written has been read, for a bounded time."""
        await asyncio.wait({self._task}, timeout=seconds)
        self._batcher.flush()

    async def aclose(self) -> None:
        """Stop reading."""
        self.writer.close()
        self._task.cancel()
        await asyncio.wait({self._task})
        self._reading.close()
        self._batcher.flush()

    async def _read(self) -> None:
        stream = asyncio.StreamReader(limit=_READ_SIZE)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), self._reading)
        decoder = LineDecoder(colors=False)
        try:
            while data := await stream.read(_READ_SIZE):
                self._take(decoder.feed(data))
                await self._drain_log()
        finally:
            transport.close()
            self._take(decoder.feed(b"", final=True))

    def _take(self, lines: list[str]) -> None:
        self.last.extend(line for line in lines if line.strip())
        self._batcher.add("stderr", lines)
