"""Theme and keys of a user: from the settings, else those that fit the terminal."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from textual.app import App

from wftui.tui.display.theme import NO_COLORS, first_theme, theme_for, themes_in


class Preferences:
    """Applies the theme and the keys of the settings to an app.

    Attributes:
        keymap: keys of actions that differ from their defaults, by action id.
    """

    def __init__(self, app: App[Any]) -> None:
        """Register the themes, in colors of the terminal, and use the one that fits."""
        self._app = app
        self.keymap: Mapping[str, tuple[str, ...]] = {}
        for known in themes_in(app.console.color_system):
            app.register_theme(known)
        app.theme = first_theme(os.environ)
        self._follows_terminal = app.theme != NO_COLORS and "COLORFGBG" not in os.environ

    def take_theme(self, name: str | None) -> None:
        """Use a theme of the settings; NO_COLOR is stronger, an unknown name is ignored."""
        if name is not None and name in self._app.available_themes and self._app.theme != NO_COLORS:
            self._app.theme = name
            self._follows_terminal = False

    def background_told(self, color: tuple[float, float, float]) -> None:
        """Use the theme that fits the background of the terminal, unless one is chosen."""
        if self._follows_terminal:
            self._app.theme = theme_for(color)

    async def choose_theme(self) -> None:
        """Ask for a theme, with a preview of each, and keep it for later starts."""
        from wftui.tui.screens.dialogs.themes import choose_theme

        if await choose_theme(self._app):
            self._follows_terminal = False

    def take_keys(self, wanted: Mapping[str, Sequence[str]]) -> None:
        """Use the keys of the settings instead of the actions' own.

        Raises:
            SettingsError: they give a key two meanings, or name an action or key that does not exist.
        """
        if not wanted and not self.keymap:
            return
        from wftui.tui.keymap import checked_keymap

        self.keymap = checked_keymap(wanted)
        self._app.set_keymap({name: ",".join(keys) for name, keys in self.keymap.items()})
