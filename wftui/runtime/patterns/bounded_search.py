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
"""Time limit of all searches of one check in the process."""
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
        self._left = SECONDS

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
            SearchTooLongError: after SECONDS.
        """
        compiled = re.compile(pattern)
        if len(text) <= HARMLESS_LENGTH and problem_of(pattern) is None:
            return compiled.search(text) is not None
        return self._search_in_child(pattern, text)

    def _search_in_child(self, pattern: str, text: str) -> bool:
        if self._left == 0:
            raise SearchTooLongError
        child = self._child or self._start()
        assert child.stdin is not None
        assert child.stdout is not None
        started = time.monotonic()
        child.stdin.write(json.dumps([pattern, text]).encode() + b"\n")
        child.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(child.stdout, selectors.EVENT_READ)
            in_time = waiting.select(self._left)
        self._left = max(0.0, self._left - (time.monotonic() - started))
        if not in_time:
            self._left = 0.0  # waiting may end a moment early
            self.close()
            raise SearchTooLongError
        return child.stdout.readline().strip() == b"1"

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
