"""Name of the user who runs the program."""

import getpass
import os


def user_name() -> str:
    """Return the user's name, or the uid where it has none, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
