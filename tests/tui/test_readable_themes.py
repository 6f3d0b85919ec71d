"""Text can be read in every theme that a user can choose."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from rich.color import Color as DrawnColor
from textual.color import Color
from textual.geometry import Region, Spacing
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

FAINT = ["solarized-light", "catppuccin-latte", "rose-pine-dawn", "nord"]
"""Themes with colors that are faint by themselves."""


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
                    assert seen >= 3, f"{text} on {where} in {theme.name}"


def test_themes_that_can_be_read_stay_as_they_are() -> None:
    for theme in THEMES:
        colors = {**theme.to_color_system().generate(), **theme.variables}
        assert {name: text for name, text in with_readable_text(colors).items() if text != colors[name]} == {}
    ansi = BUILTIN_THEMES["ansi-dark"]
    colors = {**ansi.to_color_system().generate(), **ansi.variables}
    assert with_readable_text(colors) == colors


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("theme", FAINT)
async def test_problems_of_the_editor_can_be_read(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    until: Callable[..., Awaitable[None]],
    text_of: Callable[[WftuiApp], str],
    theme: str,
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
        assert "input.unknown" in text_of(app)


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("theme", FAINT)
async def test_forms_can_be_read(
    workbench: Workbench,
    put_workflow: Callable[..., Path],
    until: Callable[..., Awaitable[None]],
    text_of: Callable[[WftuiApp], str],
    theme: str,
) -> None:
    name = {"type": "string", "title": "Name", "description": "Who is greeted.", "maxLength": 9}
    properties = {"name": name, "n": {"type": "integer", "default": 3}, "kind": {"enum": ["a", "b"]}}
    put_workflow("demo", inputSchema={"type": "object", "properties": properties, "required": ["name"]})
    app = WftuiApp(workbench)
    async with app.run_test(size=(100, 40)) as pilot:
        app.theme = theme
        app.open_run_form("demo")
        await until(pilot, lambda: app.screen.query(".dialog") and "Who is greeted." in text_of(app))
        await until(pilot, lambda: app.screen.query_one(".dialog").region.area > 0)
        assert _faint(app, app.screen.query_one(".dialog").region.shrink(Spacing.all(1))) == []


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


def _faint(app: WftuiApp, place: Region | None = None) -> list[str]:
    """Return the words of low contrast, without the footer's disabled actions."""
    place = place or app.screen.region.shrink(Spacing(0, 0, 1, 0))
    strips = app.screen._compositor.render_strips()[place.y : place.bottom]
    return [
        segment.text
        for strip in strips
        for segment in strip.crop(place.x, place.right)
        if segment.style is not None
        and any(map(str.isalnum, segment.text))
        and contrast(_color(segment.style.color), _color(segment.style.bgcolor)) < 3
    ]


def _color(drawn: DrawnColor | None) -> Color:
    assert drawn is not None
    return Color.from_rich_color(drawn)
