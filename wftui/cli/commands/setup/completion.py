"""The `completion` command: scripts for shell completion."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from wftui.cli.options import Command
from wftui.cli.parser import build_parser
from wftui.model.errors import ExitCode

_WORKFLOWS, _EXAMPLES, _CONNECTIONS = "list", "new --examples", "connections list"
"""Commands that list names in the first column, below a heading."""
_BY_COMMAND = {
    "compile": _WORKFLOWS,
    "run": _WORKFLOWS,
    "mcp lock": _WORKFLOWS,
    "schedule print": _WORKFLOWS,
    "stats": _WORKFLOWS,
    "connections edit": _CONNECTIONS,
    "connections test": _CONNECTIONS,
    "connections remove": _CONNECTIONS,
}
"""List with the names for the positional argument of a command."""
_BY_OPTION = {"--workflow": _WORKFLOWS, "--example": _EXAMPLES}
_NAMES = frozenset({"id", "ids", "name", "workflow"})


def completion(arguments: argparse.Namespace) -> int:
    """Run `completion SHELL`."""
    import shtab  # here only: every other command starts without it

    parser = build_parser()
    for each in _every(parser):
        command = each.prog.removeprefix("wftui").strip()
        for action in each._actions:
            if action.type is Path:
                action.complete = shtab.DIRECTORY if action.metavar == "DIR" else shtab.FILE  # type: ignore[attr-defined]
            elif listing := _listing(action, command):
                action.complete = _completer(listing)  # type: ignore[attr-defined]
    print(shtab.complete(parser, arguments.shell))
    return ExitCode.DONE


def _listing(action: argparse.Action, command: str) -> str | None:
    if action.option_strings:
        return _BY_OPTION.get(action.option_strings[-1])
    return _BY_COMMAND.get(command) if action.dest in _NAMES else None


def _completer(listing: str) -> dict[str, str | dict[str, str]]:
    """Return the completion by a list, for each shell."""
    names = f"wftui {listing} 2>/dev/null | tail -n +2 | cut -d ' ' -f 1"
    function = f"_wftui_{re.sub('[^a-z]+', '_', listing)}"
    return {
        "bash": function,
        "zsh": function,
        "fish": f"({names})",
        "preamble": {
            "bash": f'{function}() {{ compgen -W "$({names})" -- "$1"; }}\n',
            "zsh": f"{function}() {{ compadd -- $({names}) }}\n",
        },
    }


def _every(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from _every(child)


COMMANDS: dict[str, Command] = {"completion": completion}
