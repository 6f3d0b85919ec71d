"""The screens by name, imported when they are first opened: start-up stays fast, and no screen imports another."""

from importlib import import_module

from textual.screen import Screen

from wftui.tui.services import ScreenName

SCREENS: dict[ScreenName, str] = {
    "accounts": "wftui.tui.screens.accounts:AccountsScreen",
    "connections": "wftui.tui.screens.connections:ConnectionsScreen",
    "editor": "wftui.tui.screens.editor:EditorScreen",
    "help": "wftui.tui.screens.help:HelpScreen",
    "history": "wftui.tui.screens.history:HistoryScreen",
    "missing": "wftui.tui.screens.missing:MissingScreen",
    "monitor": "wftui.tui.screens.monitor:MonitorScreen",
    "secrets": "wftui.tui.screens.secrets:SecretsScreen",
    "settings": "wftui.tui.screens.settings:SettingsScreen",
    "step_types": "wftui.tui.screens.step_types:StepTypesScreen",
    "workflows": "wftui.tui.screens.workflows:WorkflowsScreen",
}
"""Module and class of each screen."""


def make_screen(name: ScreenName, *arguments: object) -> Screen[None]:
    """Import a screen by its name and create it."""
    module, _, class_name = SCREENS[name].partition(":")
    screen: Screen[None] = getattr(import_module(module), class_name)(*arguments)
    return screen
