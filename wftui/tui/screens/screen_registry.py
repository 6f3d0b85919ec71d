"""The screens by name, imported when first opened to keep start-up fast."""

from importlib import import_module

from textual.screen import Screen

from wftui.tui.services import ScreenName

SCREENS: dict[ScreenName, str] = {
    "accounts": "wftui.tui.screens.connections.accounts_screen:AccountsScreen",
    "comparison": "wftui.tui.screens.history.comparison_screen:ComparisonScreen",
    "connections": "wftui.tui.screens.connections.connections_screen:ConnectionsScreen",
    "editor": "wftui.tui.screens.editor.editor_screen:EditorScreen",
    "help": "wftui.tui.screens.dialogs.help:HelpScreen",
    "history": "wftui.tui.screens.history.history_screen:HistoryScreen",
    "missing": "wftui.tui.screens.runs.missing_screen:MissingScreen",
    "monitor": "wftui.tui.screens.runs.monitor_screen:MonitorScreen",
    "run_file": "wftui.tui.screens.runs.run_file_screen:RunFileScreen",
    "search": "wftui.tui.screens.history.search_screen:SearchScreen",
    "secrets": "wftui.tui.screens.connections.secrets_screen:SecretsScreen",
    "settings": "wftui.tui.screens.settings_screen:SettingsScreen",
    "statistics": "wftui.tui.screens.history.statistics_screen:StatisticsScreen",
    "step_types": "wftui.tui.screens.step_types_screen:StepTypesScreen",
    "workers": "wftui.tui.screens.workers_screen:WorkersScreen",
    "workflows": "wftui.tui.screens.workflows_screen:WorkflowsScreen",
}
"""Module and class of each screen."""


def make_screen(name: ScreenName, *arguments: object) -> Screen[None]:
    """Import a screen by its name and create it."""
    module, _, class_name = SCREENS[name].partition(":")
    screen: Screen[None] = getattr(import_module(module), class_name)(*arguments)
    return screen
