"""Mark of a process tree that survives a new environment and session (Linux).

It is a resource limit, which only a program that sets this very one loses: the soft limit of bytes in POSIX message
queues is lowered by up to 64 of its 800 kB, by a number of the tree's own, while the first process is started.
"""

import contextlib
import functools
import resource
import sys
import threading
from collections.abc import Iterator

import psutil

_NUMBERS = 1 << 16
_UNLIMITED = 1 << 40
_changing = threading.Lock()


@contextlib.contextmanager
def inherited_limit(mark: str) -> Iterator[None]:
    """Start processes that inherit the limit of a tree."""
    if sys.platform != "linux":
        yield
        return
    with _changing:
        limit = _limit_of(mark)
        if limit is None:
            yield
            return
        before = resource.getrlimit(resource.RLIMIT_MSGQUEUE)
        resource.setrlimit(resource.RLIMIT_MSGQUEUE, (limit, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_MSGQUEUE, before)


def has_inherited(pid: int, mark: str) -> bool:
    """Return whether a process has the limit of a tree.

    Raises:
        psutil.Error: it is gone, or belongs to another user.
    """
    if sys.platform != "linux":
        return False
    limit = _limit_of(mark)
    return limit is not None and psutil.Process(pid).rlimit(psutil.RLIMIT_MSGQUEUE)[0] == limit


def _limit_of(mark: str) -> int | None:
    """Return the limit for the random end of a mark; None if no limit is free."""
    base = _own_limit()
    return base - 1 - int(mark[-4:], 16) if base > _NUMBERS else None


@functools.cache
def _own_limit() -> int:
    if sys.platform != "linux":
        return 0
    soft = resource.getrlimit(resource.RLIMIT_MSGQUEUE)[0]
    return _UNLIMITED if soft == resource.RLIM_INFINITY else soft
