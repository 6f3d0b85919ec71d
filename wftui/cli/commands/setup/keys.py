"""The `keys` command: list the keys of all screens, change those of an action."""

import argparse

from wftui.cli.options import Command
from wftui.cli.terminal import Terminal
from wftui.model.base import Json
from wftui.model.errors import ExitCode
from wftui.settings.edit import set_value, unset_value
from wftui.settings.keys import SettingsError, value_text
from wftui.settings.settings_file import read_settings, settings_path


def keys(arguments: argparse.Namespace) -> int:
    """Run `keys [ACTION [KEY…]]`."""
    from wftui.tui.actions import show_key
    from wftui.tui.keymap import actions_by_screen, checked_keymap

    path = settings_path()
    wanted = dict(read_settings(path).keys)
    screens = actions_by_screen()
    name = arguments.keys_action
    known = {action.id for _, actions in screens for action in actions}
    if arguments.keys or arguments.reset:
        if arguments.reset and arguments.keys:
            raise SettingsError("give keys, or --reset for the default keys", code="settings.keys")
        if arguments.reset and name is None:
            raise SettingsError("name the action to reset", code="settings.keys")
        wanted.pop(name, None)
        if arguments.keys:
            wanted[name] = tuple(arguments.keys)
        checked_keymap(wanted)
        if arguments.keys:
            set_value(path, f"keys.{name}", value_text([*arguments.keys]))
        else:
            unset_value(path, f"keys.{name}")
    keymap = checked_keymap(wanted if name is None or name in known else {name: ()})
    rows = [
        (screen, action, keymap.get(action.id, action.keys))
        for screen, actions in screens
        for action in actions
        if name in (None, action.id)
    ]
    terminal = Terminal()
    if arguments.json:
        found: list[Json] = [
            {
                "action": action.id,
                "screen": screen,
                "label": action.label,
                "help": action.help,
                "keys": [show_key(key) for key in own],
                "default": [show_key(key) for key in action.keys],
            }
            for screen, action, own in rows
        ]
        terminal.json({"file": str(path), "actions": found})
        return ExitCode.DONE
    terminal.table(
        ["ACTION", "KEYS", "FROM", "HELP"],
        [
            [
                action.id,
                " ".join(show_key(key) for key in own),
                "settings" if action.id in keymap else "default",
                action.help,
            ]
            for _, action, own in rows
        ],
    )
    return ExitCode.DONE


COMMANDS: dict[str, Command] = {"keys": keys}
