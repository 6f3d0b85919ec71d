"""Commands of this program that are shown to be copied."""

from collections.abc import Sequence


def shown_command(words: Sequence[str], place: Sequence[str] = ()) -> str:
    """Return a command, quoted for a shell.

    Args:
        words: without the name of the program.
        place: options that lead to the same workbench, such as `--remote URL`.
    """
    from shlex import join

    return join(["wftui", *words, *place])
