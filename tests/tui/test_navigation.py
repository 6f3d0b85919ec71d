"""Find in a list, and jump mode."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.widgets import OptionList

from tui.conftest import at_rest, settle
from tui.notices import notices
from wftui.connections.connections import StoredConnection
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
        await until(pilot, lambda: isinstance(app.focused, LineView))
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


def rows_of(view: Any) -> list[str]:
    """Return the texts of a list."""
    if isinstance(view, OptionList):
        return [str(option.prompt) for option in view.options]
    return [view.row(index, 500).plain for index in range(view.rows)]


def place_of(view: Any) -> int:
    """Return the number of the row under the cursor."""
    place = view.highlighted if isinstance(view, OptionList) else view.cursor
    return -1 if place is None else int(place)


@pytest.mark.slow
async def test_every_list_finds_its_rows(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    for name in ("first", "last"):
        put_workflow(name, steps=[{"id": "one", "type": "set", "input": {}}, {"id": "two", "type": "set", "input": {}}])
        run_id = await workbench.runs.start(name, {})
        await workbench.runs.wait(run_id)
        await workbench.connections.save(StoredConnection(name=name, kind="http"))
        await workbench.connections.set_secret(name, "value")
    missing = [{"steps": [name], "message": "m"} for name in ("first", "last")]
    app = WftuiApp(workbench)
    lists: dict[str, Callable[[], None]] = {
        "workflows": lambda: None,
        "history": lambda: app.open_history(),
        "monitor": lambda: app.open_monitor(run_id),
        "statistics": lambda: app.open_screen("statistics", None),
        "comparison": lambda: app.open_screen("comparison", run_id, run_id),
        "connections": lambda: app.open_screen("connections"),
        "secrets": lambda: app.open_screen("secrets"),
        "settings": lambda: app.open_screen("settings"),
        "step_types": lambda: app.open_screen("step_types"),
        "missing": lambda: app.open_screen("missing", "first", missing),
    }
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(app)
        base = app.screen
        for name, opening in lists.items():
            opening()
            if name == "monitor":
                await settle(app)
                await pilot.press("1")
            await until(pilot, lambda: app.focused is not None and len(rows_of(app.focused)) > 1)
            await at_rest(app)
            view = app.focused
            sought = next(text for text in reversed(rows_of(view)) if text.strip()).strip().split()[-1]
            await pilot.press("home", "ctrl+f", *sought, "enter")
            await until(pilot, lambda view=view: app.focused is view)
            await until(
                pilot, lambda view=view, sought=sought: sought.casefold() in rows_of(view)[place_of(view)].casefold()
            )
            if app.screen is not base:
                await app.pop_screen()


async def test_jump_mode_goes_to_a_widget_by_its_letter(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("hello")
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(app)
        app.open_editor("hello")
        await until(pilot, lambda: isinstance(app.screen, EditorScreen) and "Ready" in text_of(app))
        await at_rest(app)
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
