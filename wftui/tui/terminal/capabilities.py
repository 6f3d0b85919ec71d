"""Capabilities of the terminal, and refusal of one that cannot show a screen."""

import os
import sys
from collections.abc import Mapping

from wftui.model.errors import ExitCode, UserError


class TerminalError(UserError):
    """The terminal cannot show a screen."""

    code = "terminal.unusable"
    exit_code = ExitCode.USAGE


def is_hosted(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether textual-serve or textual-web draws the screen in a browser."""
    return environment.get("TEXTUAL_DRIVER") == "textual.drivers.web_driver:WebDriver"


def erases_with_background(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether erased cells get the background color; GNU screen gives none."""
    return not environment.get("TERM", "").startswith("screen")


def check_terminal(environment: Mapping[str, str]) -> None:
    """Check that the terminal can show a screen.

    Raises:
        TerminalError: it cannot; the message points to the command line.
    """
    if is_hosted(environment):
        return
    instead = "use the command line instead: `wftui list`, `wftui run ID`, `wftui --help`"
    if not (sys.__stdin__ and sys.__stdin__.isatty() and sys.__stderr__ and sys.__stderr__.isatty()):
        raise TerminalError(f"the terminal UI needs a terminal, but input or output is not one; {instead}")
    if environment.get("TERM", "") in {"", "dumb", "unknown"}:
        name = environment.get("TERM") or "not set"
        raise TerminalError(f"this terminal (TERM is {name}) cannot show the terminal UI; {instead}")
