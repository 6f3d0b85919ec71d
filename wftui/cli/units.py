"""Texts that make cron and systemd start wftui."""

import os
import shlex
import sys
from pathlib import Path


def own_command() -> list[str]:
    """Return the words that start this program."""
    program = Path(sys.argv[0]).absolute()
    return [str(program)] if program.name == "wftui" else [sys.executable, "-m", "wftui"]


def search_path() -> str:
    """Return the PATH of this process; cron and systemd have a short one of their own."""
    return os.environ.get("PATH", os.defpath)


def unit_words(words: list[str]) -> str:
    """Return words for a unit file, in which systemd expands nothing."""
    return shlex.join(words).replace("%", "%%").replace("$", "$$")
