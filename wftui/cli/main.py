"""Entry point of the `wftui` program.

`--version` is handled before any import, to keep it fast for scripts.
"""

import signal
import sys
from collections.abc import Sequence

from wftui import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code (`wftui.model.errors.ExitCode`)."""
    if argv is None:  # called as the program
        # Background jobs of a script start with SIGINT ignored; restore it so that the signal works.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    words = sys.argv[1:] if argv is None else argv
    if list(words) == ["--version"]:
        print(f"wftui {__version__}")
        return 0
    from wftui.cli.dispatch import dispatch

    return dispatch(words)
