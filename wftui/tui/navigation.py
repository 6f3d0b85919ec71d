"""Ways to a row or a widget that every screen has: find in a list, and jump mode."""

from typing import Any
from weakref import WeakKeyDictionary

from textual.app import App
from textual.widget import Widget

from wftui.tui.screens.dialogs.jump import JumpScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.services import services_of
from wftui.tui.widgets.finding import finder_of, go_to_match

_SOUGHT: WeakKeyDictionary[Widget, str] = WeakKeyDictionary()
"""Text that was searched last, by list."""


async def find_row(app: App[Any]) -> None:
    """Ask for a text, and go to the next row of the focused list that contains it."""
    view = app.focused
    if view is None or finder_of(view) is None:
        app.notify("Find: no list has the focus.", severity="warning")
        return
    text = await services_of(app).push_screen_wait(PromptScreen("Find in the list", _SOUGHT.get(view, "")))
    if not text:
        return
    _SOUGHT[view] = text
    go_to_match(view, text)


async def jump(app: App[Any]) -> None:
    """Label the widgets that take the focus, and go to one by its letter."""
    targets: list[Widget] = [each for each in app.screen.focus_chain if each.region.area > 0]
    if len(targets) < 2:
        app.notify("Jump: only one place here can have the focus.")
        return
    target = await services_of(app).push_screen_wait(JumpScreen(targets))
    if target is not None:
        target.focus()
