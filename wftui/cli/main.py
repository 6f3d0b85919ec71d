"""Entry point of the `wftui` program.

`--version` is handled before any import, to keep it fast for scripts.
"""

import gc
import os
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
        _open_closed_streams()
    words = sys.argv[1:] if argv is None else argv
    if list(words) == ["--version"]:
        try:
            print(f"wftui {__version__}", flush=True)
        except OSError:  # a full disk, a reader who is gone
            return 1
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


def _open_closed_streams() -> None:
    """Open standard streams that the caller has closed.

    Else a file could get the number of one, and what libraries and child processes write to it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            try:
                os.fstat(number)
            except OSError:
                opened = os.open(os.devnull, os.O_RDWR)
                os.dup2(opened, number)
                if opened != number:
                    os.close(opened)
            setattr(sys, name, open(os.devnull, "r" if number == 0 else "w", encoding="utf-8"))  # noqa: SIM115, PTH123


def _collect_often(_phase: str, _facts: dict[str, int]) -> None:
    """Set the thresholds that hold after the first collection."""
    if gc.get_threshold() == _START:
        gc.set_threshold(*_GARBAGE)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Interrupt once: a second Ctrl+C must not interrupt the end of the program."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
