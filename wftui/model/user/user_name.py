"""Name of the user who runs the program."""

import getpass
import os


def user_name() -> str:
    """Return the user's name, or the number of a user without one, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
