"""Choose a theme with a preview of each, and keep it in the settings."""

from typing import Any

from textual.app import App

from wftui.model.errors import UserError
from wftui.tui.display.theme import NO_COLORS, THEMES
from wftui.tui.services import services_of
from wftui.tui.widgets.picker import Picker


async def choose_theme(app: App[Any]) -> bool:
    """Ask for a theme; return whether one was chosen."""
    services = services_of(app)
    before = app.theme
    own = [each.name for each in THEMES]
    names = [*own, *sorted(name for name in app.available_themes if name not in own)]
    options = [(name, _about(app, name)) for name in names]

    def preview(index: int) -> None:
        app.theme = names[index]

    at = names.index(before) if before in names else 0
    chosen = await services.push_screen_wait(Picker("Theme", options, at, highlighted=preview))
    if chosen is None:
        app.theme = before
        return False
    app.theme = names[chosen]
    try:
        await services.workbench.user_settings.set("theme", names[chosen])
    except UserError as error:
        services.show_error(error, "The theme is not kept")
    return True


def _about(app: App[Any], name: str) -> str:
    if name == NO_COLORS:
        return "colors of the terminal"
    return "dark" if app.available_themes[name].dark else "light"
