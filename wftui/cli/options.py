"""Options shared by several commands; imported on every start."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wftui.model.counts import LARGEST_COUNT, count_in
from wftui.model.text.terminal_text import clean_text, without_colors

Command = Callable[[argparse.Namespace], int]
"""A command: takes parsed arguments, returns the exit code."""


class CommandParser(argparse.ArgumentParser):
    """A parser with clean help and errors, which repeat words of files and users."""

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(without_colors(clean_text(message)), file)

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """Refuse an empty value of an option: that of an unset variable."""
        if not arg_string and action.option_strings:
            raise argparse.ArgumentError(action, "the value is empty; leave the option out, or give it a value")
        return super()._get_value(action, arg_string)


def add_common(parser: argparse.ArgumentParser, *, default: object = None, takes_remote: bool = True) -> None:
    """Add `--tables`, `--db`, `--remote` and `--token-file`.

    Args:
        default: `argparse.SUPPRESS` for a subcommand, to keep values given before it.
        takes_remote: list those of a server; else they are parsed, and refused with the reason.
    """
    group = parser.add_argument_group("locations")
    tables = "workspace folder (default: WFTUI_TABLES, settings, ./tables, user data)"
    group.add_argument("--tables", type=Path, metavar="DIR", default=default, help=tables)
    database = "history database (default: WFTUI_DB, settings, user data)"
    group.add_argument("--db", type=Path, metavar="FILE", default=default, help=database)
    remote = "use the workbench of a server (`wftui serve`) instead; its token is in WFTUI_TOKEN"
    hidden = None if takes_remote else argparse.SUPPRESS
    group.add_argument("--remote", metavar="URL", default=default, help=hidden or remote)
    token = "with --remote: file with the token, which only its owner may read"
    group.add_argument("--token-file", type=Path, metavar="FILE", default=default, help=hidden or token)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add `-i KEY=VALUE` and `--input`."""
    parser.add_argument(
        "-i",
        dest="pairs",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="one input, typed by the workflow's inputSchema; a,b is a list; KEY=@FILE reads a file; @@ begins a text "
        "with @",
    )
    parser.add_argument("--input", metavar="JSON|@FILE|-", help="all inputs as one JSON object")


def add_connections(parser: argparse.ArgumentParser) -> None:
    """Add `--connection NAME=OTHER`."""
    parser.add_argument(
        "--connection",
        dest="connections",
        action="append",
        default=[],
        metavar="NAME=OTHER",
        help="use connection OTHER in place of NAME",
    )


def add_pool(parser: argparse.ArgumentParser) -> None:
    """Add `--pool NAME|here`."""
    parser.add_argument(
        "--pool",
        metavar="NAME|here",
        help="run all steps that can leave this process on workers of this pool, or here; default: as the workflow "
        "says",
    )


def positive(text: str) -> int:
    """Return the number of an option that counts something."""
    number = count_in(text)
    if number is None:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {LARGEST_COUNT:,}")
    return number
