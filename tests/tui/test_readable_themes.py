"""Text can be read in every theme that a user can choose."""

from rich.color import Color as DrawnColor
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from tui.conftest import at_rest
from wftui.tui.app import WftuiApp
from wftui.tui.display.theme import THEMES, contrast, readable
from wftui.tui.widgets.action_footer import ActionFooter
from wftui.workbench import Workbench

COLORED: dict[str, Theme] = {theme.name: theme for theme in (*THEMES, *BUILTIN_THEMES.values())}
"""Themes with colors of their own, not those of the terminal."""
for name in [name for name in COLORED if "ansi" in name]:
    del COLORED[name]


def test_colors_of_a_source_stand_out() -> None:
    for theme in COLORED.values():
        colors = {**theme.to_color_system().generate(), **theme.variables}
        for name in ("primary", "secondary", "accent", "success", "warning"):
            ground = Color.parse(colors["background"])
            assert contrast(readable(colors, name), ground) >= 3, f"{name} in {theme.name}"
    own = {**THEMES[1].to_color_system().generate(), **THEMES[1].variables}
    assert readable(own, "success") == Color.parse(own["success"])


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


def _color(drawn: DrawnColor | None) -> Color:
    assert drawn is not None
    return Color.from_rich_color(drawn)
