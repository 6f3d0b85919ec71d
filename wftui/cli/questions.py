"""Questions in a terminal, in place of errors that an option answers."""

import argparse

from wftui.cli.terminal import Terminal
from wftui.model.errors import UserError
from wftui.workspace.workspace_errors import ForeignFolderError

_REPEATED = "resume.confirm"
"""Code of `ConfirmationNeeded`, whose module is slow to import."""


def is_answered(error: UserError, arguments: argparse.Namespace) -> bool:
    """Report an error; return whether to repeat the command with its option set.

    In a terminal the user is asked; a script has to give the option.
    """
    terminal = Terminal()
    hint = ": --confirmed" if error.code == _REPEATED else ""
    terminal.error(f"wftui: error[{error.code}] {error}{hint}")
    if isinstance(error, ForeignFolderError):
        if terminal.ask("Make it a workspace?"):
            arguments.tables = error.folder
            return True
    elif error.code == _REPEATED and terminal.ask("Repeat it?"):
        arguments.confirmed = True
        return True
    return False
