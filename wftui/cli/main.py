"""Entry point of the `wftui` program.

`--version` is handled before any import, to keep it fast for scripts.
"""

import gc
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from wftui import __version__

_GARBAGE = (20_000, 20, 3)
"""Thresholds of the garbage collector: those of Python cost a fifth of the time that imports and screens take."""
_START = (120_000, 20, 50)
"""Thresholds until the first collection, which short commands never need: they keep what they allocate."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code (`wftui.model.errors.ExitCode`)."""
    is_program = argv is None
    if is_program:
        gc.set_threshold(*_START)
        gc.callbacks.append(_collect_often)
        # Background jobs of a script start with SIGINT ignored; restore it so that the signal works.
        signal.signal(signal.SIGINT, _interrupt)
    words = sys.argv[1:] if argv is None else argv
    if list(words) == ["--version"]:
        print(f"wftui {__version__}")
        return 0
    try:
        from wftui.cli.dispatch import dispatch

        return dispatch(words)
    except KeyboardInterrupt:
        return 130
    finally:
        if is_program:
            gc.freeze()  # the end of the process frees everything; looking for cycles takes longer than the rest
        if is_program and signal.getsignal(signal.SIGINT) is _interrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the interpreter's end is not interrupted


def _collect_often(_phase: str, _facts: dict[str, int]) -> None:
    """Set the thresholds that hold after the first collection."""
    if gc.get_threshold() == _START:
        gc.set_threshold(*_GARBAGE)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Interrupt once: a second Ctrl+C must not interrupt the end of the program."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
