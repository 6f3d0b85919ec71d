"""Forced exit: a second Ctrl+C or SIGTERM always ends the program.

It does so whatever the threads and the event loop do. A run that had no time to end is `interrupted` for the next
program that looks at it.
"""

import asyncio
import atexit
import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from wftui.model.errors import ExitCode

_TICK_SECONDS = 0.05
_GRACE_TICKS = 30
_INTERRUPT_TICKS = 60
"""Ticks rather than a time: on a machine that is too busy for the watch, the work that it waits for is slow, too."""
_STUCK_STEP = "wftui: ended without waiting for a step that does not end; `wftui history` shows its run\n"
_STUCK_WORK = "wftui: ended without waiting for work that does not end; files are as before or after it\n"


class _Watch:
    """Counts the signals to end.

    After the second, or after an interrupt, it waits in a thread of its own.
    """

    def __init__(self) -> None:
        self._signals = 0
        self._ticks_left = 0
        self._message = ""
        self._is_ending = False

    def start(self) -> None:
        """Count from none."""
        self._signals = 0
        self._message = ""

    def count(self) -> None:
        """Take note of a signal."""
        self._signals += 1
        if self._signals == 2:
            self._end_in(_GRACE_TICKS, self._message or _STUCK_STEP)

    def interrupt(self) -> None:
        """End the program soon, whatever it waits for.

        Only where no run is active; all else is safe against kill -9.
        """
        self._end_in(_INTERRUPT_TICKS, _STUCK_WORK)

    def extend(self) -> None:
        """Begin the time of grace again: something has come to its end."""
        self._ticks_left = _GRACE_TICKS

    def _end_in(self, ticks: int, message: str) -> None:
        self._ticks_left, self._message = ticks, message
        if not self._is_ending:
            self._is_ending = True
            threading.Thread(target=self._exit, name="forced-exit", daemon=True).start()

    def _exit(self) -> None:
        while self._ticks_left > 0:
            time.sleep(_TICK_SECONDS)
            self._ticks_left -= 1
        if sys.__stderr__ is not None and select.select([], [2], [], 0)[1]:
            os.write(2, self._message.encode())
        os._exit(ExitCode.CANCELLED)


_watch = _Watch()


def watch_signals(*, new_session: bool = False) -> None:
    """Count SIGINT and SIGTERM before their handlers take them.

    Works with handlers of an event loop as well. Called again after handlers were set. A signal without a handler ends
    the program anyway.

    Args:
        new_session: forget the signals of an earlier command in this process.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # signals are not this thread's
    if new_session:
        _watch.start()
    for number in (signal.SIGINT, signal.SIGTERM):
        handler = signal.getsignal(number)
        if callable(handler) and not isinstance(handler, _Counted):
            signal.signal(number, _Counted(handler))


def call_on_signal(number: signal.Signals, call: Callable[[], object]) -> None:
    """Call a function in the running event loop when a signal arrives.

    A later call replaces it. Not `loop.add_signal_handler`: removing its handlers leaves a moment in which the signal
    has its default effect. SIGINT and SIGTERM are counted as well.
    """
    loop = asyncio.get_running_loop()

    def handle(_number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(call)

    signal.signal(number, handle if number == signal.SIGHUP else _Counted(handle))


@contextlib.contextmanager
def cancelled_by_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Cancel the current task at the first SIGINT; yield whether that has happened.

    Further ones are only counted: they must not interrupt what the task does to end. After an interrupt the signal
    stays ignored, as `ignore_signals` says; else the handler of before is restored.
    """
    task = asyncio.current_task()
    if task is None or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    is_cancelled = False

    def cancel() -> None:
        nonlocal is_cancelled
        if not is_cancelled:
            is_cancelled = True
            _watch.interrupt()
            task.cancel()

    before = signal.getsignal(signal.SIGINT)
    call_on_signal(signal.SIGINT, cancel)
    own = signal.getsignal(signal.SIGINT)
    try:
        yield lambda: is_cancelled
    finally:
        if is_cancelled:
            ignore_signals()
        elif signal.getsignal(signal.SIGINT) is own:
            signal.signal(signal.SIGINT, before)


def ignore_signals() -> None:
    """Only count SIGINT and SIGTERM from now on, and ignore SIGHUP.

    For the time after the runs: nothing interrupts their report.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    _watch.extend()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _Counted(lambda _number, _frame: None))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # The interpreter takes handlers away at its end, after it has waited for all threads.
    atexit.register(_leave_signals)


def _leave_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        if isinstance(signal.getsignal(number), _Counted):
            signal.signal(number, signal.SIG_IGN)


class _Counted:
    """A signal handler behind the watch."""

    def __init__(self, handler: Callable[[int, FrameType | None], object]) -> None:
        self._handler = handler

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Count the signal, then handle it."""
        _watch.count()
        self._handler(number, frame)
