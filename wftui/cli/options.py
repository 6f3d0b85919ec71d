"""Options that several commands share. Imports nothing heavy: every start of `wftui` builds the whole parser."""

import argparse
from collections.abc import Callable
from pathlib import Path

Command = Callable[[argparse.Namespace], int]
"""A command: takes its arguments, returns the exit code."""


def add_common(parser: argparse.ArgumentParser, *, default: object = None) -> None:
    """`--tables` and `--db`, as everywhere.

    Args:
        default: `argparse.SUPPRESS` for a command's own parser, which must not undo what stood before the command.
    """
    group = parser.add_argument_group("where things are")
    tables = "workspace folder (else WFTUI_TABLES, settings, ./tables, user data)"
    group.add_argument("--tables", type=Path, metavar="DIR", default=default, help=tables)
    database = "history database (else WFTUI_DB, settings, user data)"
    group.add_argument("--db", type=Path, metavar="FILE", default=default, help=database)


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`, for every reading command."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def add_inputs(parser: argparse.ArgumentParser) -> None:
    """`-i key=value` and `--input`."""
    parser.add_argument(
        "-i",
        dest="pairs",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="one input; typed by the workflow's inputSchema; KEY=@FILE reads the value from a file",
    )
    parser.add_argument("--input", metavar="JSON|@FILE|-", help="all inputs as one JSON object")


def add_connections(parser: argparse.ArgumentParser) -> None:
    """`--connection NAME=OTHER`."""
    parser.add_argument(
        "--connection",
        dest="connections",
        action="append",
        default=[],
        metavar="NAME=OTHER",
        help="take the connection OTHER where the workflow names NAME",
    )
