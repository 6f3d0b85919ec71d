"""States, cursors and fields in terminals with 16 colors."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.widgets import Input

from tui.conftest import settle
from wftui.tui.app import WftuiApp
from wftui.tui.display.theme import THEMES
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.workbench import Workbench

_STATUSES = ("text-success", "text-error", "text-warning", "text-primary", "text-accent")
"""Variables of completed, failed, waiting, running and cancelled."""
_BACKGROUNDS = ("background", "panel", "primary-muted", "block-cursor-background", "input-selection-background")


@pytest.fixture(params=["linux", "xterm", "screen", "xterm-16color"], autouse=True)
def terminal_name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set the name of a terminal that has 16 colors."""
    monkeypatch.setenv("TERM", request.param)
    return str(request.param)


@pytest.fixture(params=[theme.name for theme in THEMES], autouse=True)
def theme_name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set the background that a theme is for."""
    monkeypatch.setenv("COLORFGBG", "0;15" if "light" in request.param else "15;0")
    return str(request.param)


async def test_statuses_and_marks_have_colors_of_their_own(workbench: Workbench, theme_name: str) -> None:
    app = WftuiApp(workbench)
    async with app.run_test():
        assert app.theme == theme_name
        shown = {name: _shown(app, Color.parse(color)) for name, color in _marks(app).items()}
        assert len({shown[name] for name in (*_STATUSES, "foreground", "background")}) == len(_STATUSES) + 2, shown
        grounds = {shown[name] for name in _BACKGROUNDS} - {shown["background"]}
        assert all(shown[name] != shown["background"] for name in _BACKGROUNDS[1:]), shown
        assert not grounds & {shown[name] for name in (*_STATUSES[:3], "foreground")}, shown
        assert len({shown[name] for name in ("border", "border-blurred", "background")}) == 3, shown


async def test_the_rows_under_the_cursor_and_in_a_selection_stand_out(
    workbench: Workbench,
    put_workflow: Callable[..., object],
    put_run: Callable[..., Awaitable[str]],
    text_of: Callable[[App[Any]], str],
    until: Callable[..., Awaitable[None]],
) -> None:
    put_workflow("backup")
    for status in ("completed", "failed"):
        await put_run("backup", status, ago=60, duration=10)
    app = WftuiApp(workbench)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("H")
        await until(pilot, lambda: "2 runs" in text_of(app))
        await settle(app)
        rows = [line for line in app.screen._compositor.render_strips() if "backup" in line.text]
        failed, completed = ({_shown(app, _back(cell)) for cell in row if cell.text.strip()} for row in rows)
        assert not failed & completed
        app.push_screen(PromptScreen("Go to", "12", ""))
        await settle(app)
        line = app.screen.query_one(Input).render_line(0)
        selected = {_shown(app, _back(cell)) for cell in line if cell.text.strip()}
        assert not selected & {_shown(app, _back(cell)) for cell in list(line)[-1:]}


def _marks(app: WftuiApp) -> dict[str, str]:
    names = (*_STATUSES, *_BACKGROUNDS, "foreground", "border", "border-blurred")
    return {name: app.theme_variables[name] for name in names}


def _shown(app: WftuiApp, color: Color) -> int | None:
    """Return the number of the color that the terminal shows instead."""
    assert app.console.color_system == "standard"
    return color.rich_color.downgrade(ColorSystem.STANDARD).number


def _back(cell: Segment) -> Color:
    assert cell.style is not None and cell.style.bgcolor is not None
    return Color.from_rich_color(cell.style.bgcolor)
