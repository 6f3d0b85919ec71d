"""A thread that writes to terminals and pipes that may not be read."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable

_CHUNK = 4096
"""Bytes of one write; a slow terminal shows progress after each."""
_LOOK = 1.0
"""Seconds between checks of the patience with a reader."""


class OutputThread:
    """Writes to descriptors in the order of the calls, which never wait.

    The thread starts with the first write. It is a daemon: a write that never returns does not hold the process.

    Attributes:
        on_lost: called in the thread, with the descriptor and the error, when the reader is gone or the disk is full;
            further output to it is discarded.
        on_drained: called in the thread when everything is written after `is_behind` was True.
    """

    def __init__(self) -> None:
        self.on_lost: Callable[[int, OSError], None] = lambda _descriptor, _error: None
        self.on_drained: Callable[[], None] = lambda: None
        self._state = threading.Condition()
        self._queue: deque[tuple[int, memoryview]] = deque()
        self._pending = 0
        self._written = 0
        self._was_behind = False
        self._lost: set[int] = set()
        self._waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._thread: threading.Thread | None = None

    @property
    def pending(self) -> int:
        """Bytes not yet written."""
        return self._pending

    def write(self, descriptor: int, data: bytes) -> None:
        """Queue bytes."""
        with self._state:
            if not data or descriptor in self._lost:
                return
            self._queue.append((descriptor, memoryview(data)))
            self._pending += len(data)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="output", daemon=True)
                self._thread.start()
            self._state.notify_all()

    def is_behind(self, limit: int) -> bool:
        """Return whether more than `limit` bytes are unwritten.

        If so, `on_drained` is called once all of them are written.
        """
        with self._state:
            if self._pending > limit:
                self._was_behind = True
                return True
            return False

    def discard(self) -> None:
        """Discard what is queued, for a terminal that was given up."""
        with self._state:
            self._queue.clear()
            self._pending = 0
            self._state.notify_all()
            self._wake()

    def drain(self, patience: float) -> bool:
        """Block until everything is written, or nothing was for `patience` seconds.

        Returns:
            Whether everything is written.
        """
        with self._state:
            seen, since = self._written, time.monotonic()
            while self._pending and time.monotonic() - since < patience:
                self._state.wait(since + patience - time.monotonic())
                if self._written != seen:
                    seen, since = self._written, time.monotonic()
            return not self._pending

    async def drained(self, limit: int = 0, *, patience: Callable[[], float] = lambda: math.inf) -> bool:
        """Wait until at most `limit` bytes are unwritten.

        Args:
            patience: seconds to wait for a reader that reads nothing; asked again and again.

        Returns:
            False if the patience ended.
        """
        seen, since = self._written, time.monotonic()
        while self._pending > limit:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await self._progress()
            if self._written != seen:
                seen, since = self._written, time.monotonic()
            elif time.monotonic() - since >= patience():
                return False
        return True

    async def _progress(self) -> None:
        with self._state:
            if not self._pending:
                return
            loop = asyncio.get_running_loop()
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiters.append((loop, waiter))
        await waiter

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for loop, waiter in waiters:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(_settle, waiter)

    # --- in the thread

    def _run(self) -> None:
        while True:
            with self._state:
                while not self._queue:
                    self._state.wait()
                item = self._queue[0]
            descriptor, data = item
            try:
                written = os.write(descriptor, data[:_CHUNK])
            except BlockingIOError:  # another program made the terminal they share non-blocking
                with contextlib.suppress(OSError):  # the next write reports it
                    select.select([], [descriptor], [])
            except OSError as error:
                self._lose(descriptor, error)
            else:
                self._advance(item, written)

    def _advance(self, item: tuple[int, memoryview], written: int) -> None:
        drained = False
        with self._state:
            self._written += written
            if self._queue and self._queue[0] is item:  # else discarded meanwhile
                self._pending -= written
                if written < len(item[1]):
                    self._queue[0] = item[0], item[1][written:]
                else:
                    self._queue.popleft()
            if not self._pending and self._was_behind:
                self._was_behind, drained = False, True
            self._state.notify_all()
            self._wake()
        if drained:
            self.on_drained()

    def _lose(self, descriptor: int, error: OSError) -> None:
        with self._state:
            self._lost.add(descriptor)
            self._queue = deque(item for item in self._queue if item[0] != descriptor)
            self._pending = sum(len(data) for _, data in self._queue)
            self._state.notify_all()
            self._wake()
        self.on_lost(descriptor, error)


def _settle(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
