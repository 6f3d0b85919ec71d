"""`wftui`: the program's entry.

`--version` is answered before anything is imported: start-up is a feature, and scripts ask it often.
"""

import signal
import sys
from collections.abc import Sequence

from wftui import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (`wftui.model.errors.ExitCode`)."""
    if argv is None:  # the program itself
        # A script's background job is started with SIGINT ignored, but who sends it to such a program means it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    words = sys.argv[1:] if argv is None else argv
    if list(words) == ["--version"]:
        print(f"wftui {__version__}")
        return 0
    from wftui.cli.dispatch import dispatch

    return dispatch(words)
