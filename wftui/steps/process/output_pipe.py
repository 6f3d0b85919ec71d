"""One output stream of a child process, read to its end.

A process that the child leaves running may hold the stream open; then its end is where the child has ended.
"""

import asyncio
import select
from collections.abc import Iterable
from typing import IO

from wftui.steps.text.capture import Capture
from wftui.steps.text.log_lines import LineDecoder, LogBatcher, LogDrain, OutputStream

PIPE_PATIENCE = 0.25
"""Seconds in which the end of a stream is awaited before looking who holds it."""
_READ_SIZE = 65_536
_UNREAD_LIMIT = 32 * _READ_SIZE
"""More bytes than the system and the reader buffer together; what comes after them is from another process."""


class OutputPipe:
    """Reads one stream into its capture and the log until it ends or `stop` is called.

    It does not read while the log lags behind: the child then waits with its writing, as at any full pipe.
    """

    def __init__(
        self, pipe: IO[bytes], name: OutputStream, capture: Capture, batcher: LogBatcher, drain: LogDrain | None
    ) -> None:
        self.capture = capture
        self._pipe, self._name, self._batcher, self._drain = pipe, name, batcher, drain
        self._stream = asyncio.StreamReader(limit=_READ_SIZE)
        self._transport: asyncio.ReadTransport | None = None
        self.task = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._stream), self._pipe
        )
        decoder = LineDecoder(self.capture.encoding)
        try:
            while data := await self._stream.read(_READ_SIZE):
                self.capture.write(data)
                self._batcher.add(self._name, decoder.feed(data))
                if decoder.replaced:
                    self._batcher.replaced.add(self._name)
                    decoder.replaced = False
                if self._drain is not None:
                    await self._drain()
                await asyncio.sleep(0)
        finally:
            self._transport.close()
            self._batcher.add(self._name, decoder.feed(b"", final=True))

    def is_held(self, since: int) -> bool:
        """Return whether all output of the child is read, and another keeps the pipe open.

        Args:
            since: bytes that had been read when the child had ended.
        """
        if self._transport is None or self._pipe.closed:
            return False
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        states = [state for _, state in poll.poll(0)]
        return not states or (not states[0] & select.POLLHUP and self.capture.total - since > _UNREAD_LIMIT)

    async def stop(self) -> None:
        """Read what has already arrived, and no more."""
        if not self.task.done() and self._transport is not None:
            self._transport.close()
            self._stream.feed_eof()
        await self.task


async def read_to_the_end(pipes: Iterable[OutputPipe]) -> list[OutputPipe]:
    """Read all output of a child that has ended, however slow this process is.

    Returns:
        the streams that other processes keep open.
    """
    unread = list(pipes)
    before = {pipe: pipe.capture.total for pipe in unread}
    while unread:
        await asyncio.wait([pipe.task for pipe in unread], timeout=PIPE_PATIENCE)
        for pipe in unread:
            if pipe.task.done():
                pipe.task.result()
        unread = [pipe for pipe in unread if not pipe.task.done()]
        if all(pipe.is_held(before[pipe]) for pipe in unread):
            break
    return unread
