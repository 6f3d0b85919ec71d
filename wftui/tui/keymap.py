"""Keys that the user gives to actions in the settings, and the actions by screen."""

import re
from collections.abc import Collection, Mapping, Sequence

from textual.binding import Binding
from textual.keys import Keys, _character_to_key

from wftui.model.text.suggestions import did_you_mean, suggestion
from wftui.settings.keys import SettingsError
from wftui.tui.actions import APP_ACTIONS, FIELD_ACTIONS, Action, show_key
from wftui.tui.terminal.key_parser import plain_key

Keymap = Mapping[str, tuple[str, ...]]
"""The keys of actions, by their id, in Textual's names."""

_SHORT = {"del": "delete", "esc": "escape", "ins": "insert", "pgup": "pageup", "pgdn": "pagedown", "return": "enter"}
_ORDER = ("ctrl", "alt", "shift")
_MODIFIER = re.compile(r"(ctrl|alt|shift)[+-](?=.)", re.IGNORECASE)
_CHARACTERS = frozenset(_character_to_key(chr(code)) for code in range(32, 127))
_NAMED = _CHARACTERS | {each.value for each in Keys if "+" not in each.value and not each.value.startswith("<")}
_LEFT_TO_FORMS = frozenset({"enter", "f6", "f7"})
"""Keys of Textual's text widgets that ours leave to the form around them."""
_FIXED = frozenset({"tab", "shift+tab", "ctrl+c"})
"""Keys that the widgets need everywhere."""
_FORMS = frozenset({"Run form", "Step form", "Preview of the run form"})
"""Screens with the fields of a form."""
_IN_SOURCE = "editor.insert_name"
"""Action of the editor that moves only the cursor of the source."""


def actions_by_screen() -> list[tuple[str, tuple[Action, ...]]]:
    """Return every action with keys, by the screen it belongs to; imports all screens."""
    from wftui.tui.screens.connections.accounts_screen import AccountsScreen
    from wftui.tui.screens.connections.connections_screen import ConnectionsScreen
    from wftui.tui.screens.connections.secrets_screen import SecretsScreen
    from wftui.tui.screens.dialogs.diff import DiffScreen
    from wftui.tui.screens.editor.editor_screen import EditorScreen
    from wftui.tui.screens.editor.trial_screen import TrialScreen
    from wftui.tui.screens.editor.workflow_form import RunFormPreview, WorkflowForm
    from wftui.tui.screens.history.comparison_screen import ComparisonScreen
    from wftui.tui.screens.history.history_screen import HistoryScreen
    from wftui.tui.screens.history.search_screen import SearchScreen
    from wftui.tui.screens.history.statistics_screen import StatisticsScreen
    from wftui.tui.screens.runs.missing_screen import MissingScreen
    from wftui.tui.screens.runs.monitor_screen import MonitorScreen
    from wftui.tui.screens.runs.rerun_plan import RerunPlanScreen
    from wftui.tui.screens.runs.run_form import RunInputModal
    from wftui.tui.screens.runs.value_screen import ValueScreen
    from wftui.tui.screens.runs.value_table_screen import ValueTableScreen
    from wftui.tui.screens.settings_screen import SettingsScreen
    from wftui.tui.screens.step_types_screen import StepTypesScreen
    from wftui.tui.screens.workers_screen import WorkersScreen
    from wftui.tui.screens.workflows_screen import WorkflowsScreen

    return [
        ("Everywhere", APP_ACTIONS),
        ("Workflows", WorkflowsScreen.ACTIONS),
        ("Editor", EditorScreen.ACTIONS),
        ("Run form", RunInputModal.ACTIONS),
        ("Monitor", MonitorScreen.ACTIONS),
        ("Rerun plan", RerunPlanScreen.ACTIONS),
        ("Value", ValueScreen.ACTIONS),
        ("Table", ValueTableScreen.ACTIONS),
        ("History", HistoryScreen.ACTIONS),
        ("Comparison", ComparisonScreen.ACTIONS),
        ("Statistics", StatisticsScreen.ACTIONS),
        ("Search", SearchScreen.ACTIONS),
        ("Missing requirements", MissingScreen.ACTIONS),
        ("Step form", WorkflowForm.ACTIONS),
        ("Preview of the run form", RunFormPreview.ACTIONS),
        ("Trial", TrialScreen.ACTIONS),
        ("Difference", DiffScreen.ACTIONS),
        ("Connections", ConnectionsScreen.ACTIONS),
        ("Secrets", SecretsScreen.ACTIONS),
        ("Step types", StepTypesScreen.ACTIONS),
        ("Accounts", AccountsScreen.ACTIONS),
        ("Settings", SettingsScreen.ACTIONS),
        ("Workers", WorkersScreen.ACTIONS),
        ("Field of a form", FIELD_ACTIONS),
    ]


def checked_keymap(wanted: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the keys of actions in Textual's names.

    Raises:
        SettingsError: an unknown action or key, or a key with two meanings on a screen.
    """
    if not wanted:
        return {}
    screens = actions_by_screen()
    known = {action.id: action for _, actions in screens for action in actions}
    for name in wanted:
        if name not in known:
            instead = did_you_mean(suggestion(name, known), "; `wftui keys` lists the actions")
            raise SettingsError(f"keys.{name} names no action{instead}", code="settings.key")
    keymap = {
        name: tuple(dict.fromkeys(key_named(key, f"keys.{name}") for key in keys)) for name, keys in wanted.items()
    }
    in_texts = {action.id for title, actions in screens if title in _FORMS for action in actions}
    _check_reach(keymap, {*in_texts, *(action.id for action in FIELD_ACTIONS), _IN_SOURCE})
    for title, actions in screens:
        _check_conflicts((*actions, *FIELD_ACTIONS) if title in _FORMS else actions, keymap)
    return keymap


def _check_reach(keymap: Keymap, in_texts: Collection[str]) -> None:
    """Refuse actions of texts whose keys all go into the text.

    Args:
        in_texts: ids of the actions that are used while a text has the focus.
    """
    from textual.widgets import Input, TextArea  # no first frame needs them

    bindings = [*Binding.make_bindings(Input.BINDINGS), *Binding.make_bindings(TextArea.BINDINGS)]
    edits = {key for binding in bindings for key in binding.key.split(",")} - _LEFT_TO_FORMS
    for name, keys in keymap.items():
        if name in in_texts and keys and all(key in edits or _is_typed(key) for key in keys):
            shown = " and ".join(map(show_key, keys))
            raise SettingsError(
                f"keys.{name}: {shown} would go into the text in which this is used; add a key such as f9",
                code="settings.keys",
            )


def _is_typed(key: str) -> bool:
    """Return whether a key types a character."""
    return len(key) == 1 or key in _CHARACTERS


def _check_conflicts(actions: Sequence[Action], keymap: Keymap) -> None:
    """Refuse a key that the settings give a second meaning on a screen."""
    owners: dict[str, Action] = {}
    everywhere = () if actions is APP_ACTIONS else APP_ACTIONS
    for action in (*actions, *everywhere):
        for key in keymap.get(action.id, action.keys):
            owner = owners.setdefault(key, action)
            if owner is not action and (owner.id in keymap or action.id in keymap):
                raise SettingsError(
                    f"{show_key(key)} is a key of both {owner.id} ({owner.label}) and {action.id} ({action.label});"
                    " give one of them another key",
                    code="settings.keys",
                )


def key_named(text: str, name: str = "the key") -> str:
    """Return Textual's name of a key that a user wrote: `^s`, `ctrl+s`, `F2`, `?`.

    Args:
        name: of the setting, for the message.

    Raises:
        SettingsError: there is no such key.
    """
    rest, modifiers = text.strip(), []
    if len(rest) == 2 and rest[0] == "^":
        rest, modifiers = rest[1].lower(), ["ctrl"]
    while len(rest) > 1 and (found := _MODIFIER.match(rest)):
        modifiers.append(found[1].lower())
        rest = rest[found.end() :]
    last = _character_to_key(rest) if len(rest) == 1 else _SHORT.get(rest.lower(), rest.lower())
    key = plain_key("+".join([*sorted(dict.fromkeys(modifiers), key=_ORDER.index), last]))
    if key in _FIXED:
        raise SettingsError(f"{name}: {text} has a fixed meaning", code="settings.keys")
    if len(rest) > 1 and last not in _NAMED:
        raise SettingsError(
            f"{name}: there is no key {text!r}; write ctrl+s, f2, shift+f4, K, delete or ?", code="settings.keys"
        )
    return key
