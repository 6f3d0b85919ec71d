"""The `completion` command: scripts for shell completion."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from wftui.cli.options import Command
from wftui.cli.parser import build_parser
from wftui.model.errors import ExitCode

_IDS = "wftui list 2>/dev/null | tail -n +2 | cut -d ' ' -f 1"
_COMPLETE_IDS = {
    "bash": "_wftui_ids",
    "zsh": "_wftui_ids",
    "fish": f"({_IDS})",
    "preamble": {
        "bash": f'_wftui_ids() {{ compgen -W "$({_IDS})" -- "$1"; }}\n',
        "zsh": f"_wftui_ids() {{ compadd -- $({_IDS}) }}\n",
    },
}
_TAKE_IDS = frozenset({"compile", "run", "mcp lock"})


def completion(arguments: argparse.Namespace) -> int:
    """Run `completion SHELL`."""
    import shtab  # here only: every other command starts without it

    parser = build_parser()
    for each in _every(parser):
        command = each.prog.removeprefix("wftui ")
        for action in each._actions:
            if action.type is Path:
                action.complete = shtab.DIRECTORY if action.metavar == "DIR" else shtab.FILE  # type: ignore[attr-defined]
            elif action.dest in ("id", "ids") and command in _TAKE_IDS:
                action.complete = _COMPLETE_IDS  # type: ignore[attr-defined]
    print(shtab.complete(parser, arguments.shell))
    return ExitCode.DONE


def _every(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from _every(child)


COMMANDS: dict[str, Command] = {"completion": completion}
