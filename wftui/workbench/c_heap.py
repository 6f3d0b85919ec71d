"""The heap of the C library of GNU.

With another library, the functions do nothing.
"""

import sys
from contextlib import suppress

_M_ARENA_MAX = -8


def use_one_arena() -> None:
    """Make all later threads of this process allocate from one arena.

    Each thread would get its own, which keeps what the thread has freed: 2 of the 62 MB that a new workflow of 1,000
    steps takes, and 17 of the 140 MB of a screen that runs one of 10,000.
    """
    _call("mallopt", _M_ARENA_MAX, 1)


def give_back() -> None:
    """Return free memory to the system."""
    _call("malloc_trim", 0)


def _call(name: str, *numbers: int) -> None:
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            getattr(ctypes.CDLL(None), name)(*numbers)
