"""Cursor and focus under NO_COLOR: marked by the style of the text."""

import pytest
from rich.segment import Segment
from textual.widgets import Button, Input, OptionList

from tui.conftest import settle
from wftui.tui.app import WftuiApp
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.widgets.picker import Picker
from wftui.workbench import Workbench


async def test_without_colors_cursors_and_labels_of_dialogs_are_visible(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        app.push_screen(Picker("Group by", [("workflow", ""), ("status", "")], at=1))
        await settle(app)
        options = app.screen.query_one(OptionList)
        plain, highlighted = ({_marks(segment) for segment in options.render_line(row)} for row in (0, 1))
        assert not plain & highlighted
        app.push_screen(PromptScreen("Go to", "12", ""))
        await settle(app)
        line = app.screen.query_one(Input)
        assert line.selected_text == "12"
        assert all(_marks(segment)[0] for segment in line.render_line(0) if segment.text.strip())
        await pilot.press("home")
        await settle(app)
        assert [segment.text for segment in line.render_line(0) if _marks(segment)[0]] == ["1"]
        button = Button("Remove", compact=True, disabled=True)
        await app.screen.mount(button)
        await settle(app)
        assert "Remove" in button.render_line(0).text


def _marks(segment: Segment) -> tuple[bool, bool]:
    """Return whether a segment is reversed, and underlined."""
    style = segment.style
    return (bool(style and style.reverse), bool(style and style.underline))
