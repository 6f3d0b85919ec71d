"""The `settings` command: list settings with their origin, change them."""

import argparse
import asyncio

from wftui.cli.options import Command
from wftui.cli.session import settings_of
from wftui.cli.terminal import Terminal
from wftui.model.base import Json
from wftui.model.errors import ExitCode
from wftui.settings.edit import set_value, unset_value
from wftui.settings.keys import SettingsError, value_text
from wftui.settings.settings_file import settings_path
from wftui.workbench import Workbench
from wftui.workbench.setup.settings_service import EffectiveSetting


def settings(arguments: argparse.Namespace) -> int:
    """Run `settings [set|unset]`."""
    return _COMMANDS[arguments.action or "list"](arguments)


def _list(arguments: argparse.Namespace) -> int:
    service = Workbench(settings_of(arguments)).user_settings
    found = asyncio.run(service.all())
    terminal = Terminal()
    if arguments.json:
        rows: list[Json] = [_wire(each) for each in found]
        terminal.json({"file": str(service.path), "exists": service.path.exists(), "settings": rows})
        return ExitCode.DONE
    shown = [
        [each.name, each.key.default if each.value is None else value_text(each.value), each.origin] for each in found
    ]
    terminal.table(["SETTING", "VALUE", "FROM"], shown)
    terminal.line(terminal.paint(f"{service.path}{'' if service.path.exists() else ' (not created yet)'}", "dim"))
    return ExitCode.DONE


def _wire(setting: EffectiveSetting) -> dict[str, Json]:
    return {
        "name": setting.name,
        "value": setting.value,
        "origin": setting.origin,
        "default": setting.key.default,
        "help": setting.key.help,
    }


def _set(arguments: argparse.Namespace) -> int:
    if arguments.key.startswith("keys."):
        raise SettingsError("`wftui keys ACTION KEY…` changes keys, and refuses conflicts", code="settings.keys")
    # Without a workbench, so that an invalid settings file can be repaired.
    value = set_value(settings_path(), arguments.key, arguments.value)
    _print_change(arguments, f"{arguments.key} = {value_text(value)}", value)
    return ExitCode.DONE


def _unset(arguments: argparse.Namespace) -> int:
    was_set = unset_value(settings_path(), arguments.key)
    _print_change(arguments, f"{arguments.key} is {'no longer' if was_set else 'not'} set", None)
    return ExitCode.DONE


def _print_change(arguments: argparse.Namespace, sentence: str, value: Json) -> None:
    if arguments.json:
        Terminal().json({"file": str(settings_path()), "name": arguments.key, "value": value})
    else:
        Terminal().line(f"{sentence}  ({settings_path()})")


_COMMANDS: dict[str, Command] = {"list": _list, "set": _set, "unset": _unset}
COMMANDS: dict[str, Command] = {"settings": settings}
