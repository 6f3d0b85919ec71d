"""Text can be read in every theme that a user can choose."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from rich.color import Color as DrawnColor
from textual.color import Color
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES, Theme

from tui.conftest import at_rest
from wftui.tui.app import WftuiApp
from wftui.tui.display.theme import THEMES, contrast, with_readable_text
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.widgets.action_footer import ActionFooter
from wftui.workbench import Workbench

COLORED: dict[str, Theme] = {theme.name: theme for theme in (*THEMES, *BUILTIN_THEMES.values())}
"""Themes with colors of their own, not those of the terminal."""
for name in [name for name in COLORED if "ansi" in name]:
    del COLORED[name]


def test_text_stands_out_from_what_it_is_drawn_on() -> None:
    for theme in COLORED.values():
        colors = with_readable_text({**theme.to_color_system().generate(), **theme.variables})
        below = Color.parse(colors["background"])
        grounds = {
            name: below + Color.parse(colors[name]) for name in ("background", "surface", "panel", "primary-muted")
        }
        for name in ("primary", "secondary", "accent", "success", "warning", "error"):
            for text in (name, f"text-{name}", "foreground-muted"):
                for where, ground in grounds.items():
                    seen = contrast(ground + Color.parse(colors[text]), ground)
                    assert seen >= 2.95, f"{text} on {where} in {theme.name}"  # 3, and the rounding of colors


def test_themes_that_can_be_read_stay_as_they_are() -> None:
    for theme in THEMES:
        colors = {**theme.to_color_system().generate(), **theme.variables}
        assert {name: text for name, text in with_readable_text(colors).items() if text != colors[name]} == {}
    ansi = BUILTIN_THEMES["ansi-dark"]
    colors = {**ansi.to_color_system().generate(), **ansi.variables}
    assert with_readable_text(colors) == colors


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("theme", ["solarized-light", "catppuccin-latte", "rose-pine-dawn", "nord"])
async def test_problems_of_the_editor_can_be_read(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Callable[..., Awaitable[None]], theme: str
) -> None:
    step = {"id": "a", "type": "http", "when": "1 > 2", "input": {"url": "{{ inputs.name }}", "tiemout": 1}}
    put_workflow("demo", steps=[step, {"id": "b", "type": "set", "disabled": True, "input": {}}])
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        app.theme = theme
        app.open_editor("demo")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and app.screen.steps)
        for key in ("5", "1"):
            await pilot.press(key)
            await at_rest(app)
            assert _faint(app) == [], key
        assert "input.unknown" in "".join(segment.text for strip in _strips(app) for segment in strip)


async def test_actions_in_the_footer_can_be_read(workbench: Workbench) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)):
        for theme in COLORED:
            app.theme = theme
            await at_rest(app)
            footer = app.screen.query_one(ActionFooter)
            drawn = [
                (segment.text, segment.style)
                for segment in footer.render_line(0)
                if segment.style is not None and segment.text.strip()
            ]
            labels = [style for text, style in drawn if "Help" in text]
            assert labels
            for style in labels:
                assert contrast(_color(style.color), _color(style.bgcolor)) >= 3, theme


def _strips(app: WftuiApp) -> list[Strip]:
    return app.screen._compositor.render_strips()


def _faint(app: WftuiApp) -> list[str]:
    """Return the words on the screen that can hardly be read; not the actions that are disabled."""
    return [
        segment.text
        for strip in _strips(app)[:-1]
        for segment in strip
        if segment.style is not None
        and any(map(str.isalnum, segment.text))
        and contrast(_color(segment.style.color), _color(segment.style.bgcolor)) < 2.95
    ]


def _color(drawn: DrawnColor | None) -> Color:
    assert drawn is not None
    return Color.from_rich_color(drawn)
