"""Find in a list, and jump mode."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.app import App

from tui.conftest import settle
from tui.notices import notices
from wftui.tui.app import WftuiApp
from wftui.tui.screens.dialogs.jump import JumpScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.editor.editor_screen import EditorScreen
from wftui.tui.screens.step_types_screen import StepTypesScreen
from wftui.tui.widgets.line_view import LineView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


async def test_slash_finds_the_next_row_of_any_list(workbench: Workbench, until: Until, text_of: TextOf) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(app)
        await pilot.press("T")
        await until(pilot, lambda: isinstance(app.screen, StepTypesScreen) and "template" in text_of(app))
        view = app.focused
        assert isinstance(view, LineView)

        def here() -> str:
            return view.row(view.cursor, view.room).plain.strip()

        await pilot.press("slash", *"TEMPLATE", "enter")
        await until(pilot, lambda: "template" in here())
        found = view.cursor
        assert app.focused is view
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press(*"no such step type", "enter")
        await until(pilot, lambda: "no such step type was not found." in notices(app))
        assert view.cursor == found


async def test_jump_mode_goes_to_a_widget_by_its_letter(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(app)
        app.open_editor("hello")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "Ready" in text_of(app))
        await settle(app)
        targets = [each for each in app.screen.focus_chain if each.region.area > 0]
        assert len(targets) > 2
        for letter, target in zip("asd", targets, strict=False):
            await pilot.press("grave_accent")
            await until(pilot, lambda: isinstance(app.screen, JumpScreen))
            await settle(app)
            assert f" {letter} " in text_of(app)
            await pilot.press(letter)
            await settle(app)
            assert app.focused is target
        before = app.focused
        await pilot.press("grave_accent", "escape")
        await settle(app)
        assert app.focused is before
