"""Search with untrusted patterns, in a process that is killed after a timeout.

A thread does not help: Python's `re` holds the interpreter until it is done, and so blocks all other threads.
"""

import json
import re
import selectors
import subprocess
import sys
import time
from types import TracebackType
from typing import Self

from wftui.runtime.patterns.safety import problem_of

SECONDS = 2.0
"""CPU time of the process for all searches of one check."""
_BUSY = 15
"""Times that limit it may take on the clock, where other processes keep it from its turn."""
_LOOK_SECONDS = 0.05
HARMLESS_LENGTH = 300
"""In a text this short, a pattern without nested repeats takes no time."""

_CHILD = """
import json, re, sys
for line in sys.stdin:
    pattern, text = json.loads(line)
    print(int(re.search(pattern, text) is not None), flush=True)
"""


class SearchTooLongError(Exception):
    """The search took too long and was stopped."""


class BoundedSearch:
    """Searches with a common time limit; a context manager, as it may own a process."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._waited = 0.0
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def found(self, pattern: str, text: str) -> bool:
        """Return whether the pattern is found in the text.

        Raises:
            re.error: for an invalid pattern.
            SearchTooLongError: the searches of this check took too long.
        """
        compiled = re.compile(pattern)
        if len(text) <= HARMLESS_LENGTH and problem_of(pattern) is None:
            return compiled.search(text) is not None
        return self._search_in_child(pattern, text)

    def _search_in_child(self, pattern: str, text: str) -> bool:
        if self._is_over:
            raise SearchTooLongError
        child = self._child or self._start()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps([pattern, text]).encode() + b"\n")
        child.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(child.stdout, selectors.EVENT_READ)
            while not self._wait(child, waiting):
                pass
        return child.stdout.readline().strip() == b"1"

    def _wait(self, child: subprocess.Popen[bytes], waiting: selectors.BaseSelector) -> bool:
        """Wait for an answer until the time may be over; return whether there is one.

        Raises:
            SearchTooLongError: there is none, and the time is over.
        """
        started = time.monotonic()
        answered = bool(waiting.select(max(_LOOK_SECONDS, SECONDS - self._waited)))
        self._waited += time.monotonic() - started
        self._is_over = self._waited >= SECONDS * _BUSY or (self._waited >= SECONDS and _cpu_seconds(child) >= SECONDS)
        if self._is_over and not answered:
            self.close()
            raise SearchTooLongError
        return answered

    def _start(self) -> subprocess.Popen[bytes]:
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C in the terminal must not reach it
        )
        return self._child

    def close(self) -> None:
        """Stop the process, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()


def _cpu_seconds(child: subprocess.Popen[bytes]) -> float:
    """Return the CPU time of a process that has not been reaped."""
    import psutil  # only what takes long needs it

    times = psutil.Process(child.pid).cpu_times()
    return float(times.user + times.system)
