"""Regions of `command-line.md`: every command with its arguments and options, from the parser."""

import argparse
from collections.abc import Iterator, Mapping

from wftui.cli.parser import build_parser

_EVERYWHERE = frozenset({"--tables", "--db", "--help"})


def commands() -> str:
    """Every command, in the order of the parser."""
    root = build_parser()
    helps = dict(_helps(root))
    return "\n".join(_command(parser, depth, helps) for parser, depth in _every(root, 0))


def everywhere() -> str:
    """The options of every command."""
    parser = build_parser()
    return "\n".join(_rows([action for action in parser._actions if _EVERYWHERE & {*action.option_strings}]))


def _every(parser: argparse.ArgumentParser, depth: int) -> Iterator[tuple[argparse.ArgumentParser, int]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield child, depth
                yield from _every(child, depth + 1)


def _command(parser: argparse.ArgumentParser, depth: int, helps: Mapping[str, str]) -> str:
    shown = [
        action
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        and not _EVERYWHERE & {*action.option_strings}
        and not isinstance(action, argparse._SubParsersAction)
    ]
    given = [_written(action) for action in shown if not action.option_strings]
    options = ["[options]"] if any(action.option_strings for action in shown) else []
    title = parser.prog.removeprefix("wftui ")
    about = parser.description or helps[parser.prog]
    usage = " ".join([parser.prog, *options, *given])
    lines = [f"{'#' * (3 + depth)} {title}", "", _sentence(about), "", f"    {usage}", ""]
    return "\n".join([*lines, *_rows(shown), ""] if shown else lines)


def _helps(root: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    """The help of each command by its name; it is listed with its parent."""
    for each, _ in [(root, 0), *_every(root, 0)]:
        for action in each._actions:
            if isinstance(action, argparse._SubParsersAction):
                for choice in action._choices_actions:
                    yield action.choices[choice.dest].prog, str(choice.help)


def _rows(actions: list[argparse.Action]) -> list[str]:
    rows = [f"| {_names(action)} | {_about(action)} |" for action in actions]
    return ["| | |", "|---|---|", *rows]


def _names(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{_written(action)}`".replace("|", "\\|")
    value = "" if action.nargs == 0 else f" {action.metavar or _choices(action) or action.dest.upper()}"
    return ", ".join(f"`{name}{value}`" for name in action.option_strings).replace("|", "\\|")


def _choices(action: argparse.Action) -> str:
    return "|".join(map(str, action.choices)) if action.choices else ""


def _written(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest).upper()
    return {"?": f"[{name}]", "*": f"[{name} ...]"}.get(str(action.nargs), name)


def _about(action: argparse.Action) -> str:
    default = action.default
    shown = isinstance(default, str | int) and not isinstance(default, bool) and default != argparse.SUPPRESS
    text = _sentence((action.help or "") % {"default": default}).replace("|", "\\|")
    required = " Required." if action.required and action.option_strings else ""
    return f"{text}{required}" + (f" Default: `{default}`." if shown else "")


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" if text else ""
