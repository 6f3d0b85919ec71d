"""Widgets of a screen are styled once when it opens, for the width that it has."""

import pytest
from textual.app import ComposeResult
from textual.color import Color
from textual.widgets import Static

from tui.conftest import at_rest
from wftui.tui.app import WftuiApp
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.workbench import Workbench


class Counted(Static):
    """A widget that counts how often it is styled."""

    styled = 0

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.styled += 1


class WidthScreen(ActionScreen[None]):
    """A screen whose colors depend on its width."""

    DEFAULT_CSS = """
    WidthScreen {
        &.-narrow { background: #010203; Counted { color: #040506; } }
        &.-wide { background: #070809; Counted { color: #0a0b0c; } }
    }
    """

    def compose_body(self) -> ComposeResult:
        yield Counted("text")


@pytest.mark.parametrize(("width", "colors"), [(80, ("#010203", "#040506")), (120, ("#070809", "#0A0B0C"))])
async def test_a_screen_is_styled_once_for_its_width(width: int, colors: tuple[str, str], workbench: Workbench) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(width, 30)):
        await at_rest(app)
        await app.push_screen(WidthScreen())
        await at_rest(app)
        counted = app.screen.query_one(Counted)
        assert counted.styled == 1
        assert (app.screen.styles.background.hex, counted.styles.color.hex) == colors


async def test_a_screen_takes_the_styles_of_another_width_and_theme(workbench: Workbench) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 30)) as pilot:
        await app.push_screen(WidthScreen())
        await at_rest(app)
        await pilot.resize_terminal(120, 30)
        await at_rest(app)
        assert app.screen.query_one(Counted).styles.color == Color.parse("#0a0b0c")
        await app.push_screen(WidthScreen())
        await pilot.resize_terminal(80, 30)
        await at_rest(app)
        await app.pop_screen()
        await at_rest(app)
        assert app.screen.query_one(Counted).styles.color == Color.parse("#040506")
