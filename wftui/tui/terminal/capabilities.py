"""What the terminal at hand can do, and refusing one that can do nothing."""

import codecs
import sys
from collections.abc import Mapping

from wftui.model.errors import ExitCode, UserError


class TerminalError(UserError):
    """The screen cannot be shown here."""

    code = "terminal.unusable"
    exit_code = ExitCode.USAGE


def check_terminal(environment: Mapping[str, str]) -> None:
    """Nothing, when a screen can be shown.

    Raises:
        TerminalError: when it cannot; the sentence points at the command line.
    """
    instead = "use the command line instead: `wftui list`, `wftui run ID`, `wftui --help`"
    if not (sys.__stdin__ and sys.__stdin__.isatty() and sys.__stderr__ and sys.__stderr__.isatty()):
        raise TerminalError(f"the screen needs a terminal, and input or output is none; {instead}")
    if environment.get("TERM", "") in {"", "dumb", "unknown"}:
        name = environment.get("TERM") or "not set"
        raise TerminalError(f"this terminal (TERM is {name}) cannot show a screen; {instead}")


def ascii_only(environment: Mapping[str, str], encoding: str | None) -> bool:
    """Whether only ASCII can be shown, judged by the locale that was asked for and by the output's encoding."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), None)
    if locale is not None:
        return "utf8" not in locale.lower().replace("-", "")
    try:
        return codecs.lookup(encoding or "ascii").name != "utf-8"
    except LookupError:
        return True
