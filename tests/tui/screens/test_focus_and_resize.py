"""Every screen after resizing: the focus is visible, and rows fit the width."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import OptionList

from tui.conftest import at_rest
from wftui.tui.app import WftuiApp
from wftui.tui.canvas.step_view import StepView
from wftui.tui.screens.base.paned_screen import PanedScreen
from wftui.tui.widgets.history.table import HistoryTable
from wftui.tui.widgets.line_view import LineView
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
SIZES = [(120, 40), (60, 15), (200, 50), (80, 24)]
OPEN: dict[str, Callable[[WftuiApp, str], None]] = {
    "workflows": lambda app, run_id: None,
    "monitor": lambda app, run_id: app.open_monitor(run_id),
    "editor": lambda app, run_id: app.open_editor("hello"),
    "history": lambda app, run_id: app.open_history(),
    "connections": lambda app, run_id: app.open_screen("connections"),
    "secrets": lambda app, run_id: app.open_screen("secrets"),
    "settings": lambda app, run_id: app.open_screen("settings"),
    "step_types": lambda app, run_id: app.open_screen("step_types"),
    "statistics": lambda app, run_id: app.open_screen("statistics", "hello"),
    "comparison": lambda app, run_id: app.open_screen("comparison", run_id, run_id),
    "workers": lambda app, run_id: app.open_screen("workers"),
    "missing": lambda app, run_id: app.open_screen("missing", "hello", [{"steps": ["step_1"], "message": "m"}]),
}


def check_focus(app: App[Any]) -> None:
    """Assert that the focus is where it can be seen."""
    focused = app.screen.focused
    if focused is None:
        assert app.screen.focus_chain == [], "keys go somewhere"
        return
    assert all(node.display for node in focused.ancestors_with_self if hasattr(node, "display")), focused
    assert focused.region.area > 0, f"{focused!r} has no place on the screen"


async def check_rows(pilot: Pilot[Any], text_of: TextOf) -> None:
    """Assert that drawing all rows again changes nothing."""
    before = text_of(pilot.app)
    for view in pilot.app.screen.query(LineView):
        view.redraw()
    for steps in pilot.app.screen.query(StepView):
        steps.make_drawing()
    pilot.app.refresh(layout=True)
    await at_rest(pilot.app)
    assert text_of(pilot.app) == before


async def check_lost_focus(pilot: Pilot[Any]) -> None:
    """Assert that a list takes the focus when nothing has it."""
    screen = pilot.app.screen
    screen.set_focus(None)
    pilot.app.refresh(layout=True)
    await at_rest(pilot.app)
    lists = [each for each in screen.focus_chain if isinstance(each, LineView | OptionList | StepView) and each.region]
    assert (screen.focused in lists) if lists else (screen.focused is None)


async def check_dialog(pilot: Pilot[Any], text_of: TextOf) -> None:
    """Assert that a screen looks as before once a dialog over it has closed."""
    before, screen = text_of(pilot.app), pilot.app.screen
    await pilot.press("question_mark")
    await at_rest(pilot.app)
    assert pilot.app.screen is not screen
    await pilot.press("escape")
    await at_rest(pilot.app)
    assert text_of(pilot.app) == before


@pytest.mark.first_cases(2)
@pytest.mark.parametrize("name", OPEN)
async def test_focus_and_rows_follow_every_change_of_size(
    name: str, workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    steps = [{"id": f"step_{number}", "type": "set", "input": {"text": "word " * 20}} for number in range(30)]
    put_workflow("hello", steps=steps)
    run_id = await workbench.runs.start("hello", {})
    await workbench.runs.wait(run_id)
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(app)
        base = app.screen
        OPEN[name](app, run_id)
        if name != "workflows":
            await until(pilot, lambda: app.screen is not base)
        await at_rest(app)
        check_focus(app)
        await check_dialog(pilot, text_of)
        await check_lost_focus(pilot)
        panes = len(app.screen.PANES) if isinstance(app.screen, PanedScreen) else 1
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await at_rest(app)
            check_focus(app)
            await check_rows(pilot, text_of)
            for _ in range(panes if panes > 1 else 0):
                await pilot.press("f6")
                await at_rest(app)
                check_focus(app)


async def test_empty_workspace_gives_the_keys_back_after_an_abandoned_question(
    workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "no workflows yet" in text_of(app))
        for keys in (("n", "a", "a", "enter", "escape", "escape"), ("slash", "x", "escape"), ("slash", "enter")):
            await pilot.press(*keys)
            await at_rest(app)
            focused = app.screen.focused
            assert focused is None or focused.region.area > 0, keys
        await pilot.press("n")
        await until(pilot, lambda: "New workflow" in text_of(app))


async def test_the_list_of_a_history_takes_the_focus_when_its_rows_come(
    workbench: Workbench, put_workflow: Callable[..., Path], until: Until, text_of: TextOf
) -> None:
    put_workflow("hello")
    put_workflow("never_run")
    await workbench.runs.wait(await workbench.runs.start("hello", {}))
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_rest(app)
        app.open_history("never_run")
        await until(pilot, lambda: "No run matches" in text_of(app))
        for dialog in ("question_mark", "s"):
            await pilot.press(dialog, "escape")
            await at_rest(app)
            assert app.screen.focused is None, "the next letter is a command, not a filter"
        await pilot.press("backspace")
        await until(pilot, lambda: isinstance(app.screen.focused, HistoryTable) and "hello" in text_of(app))
        await pilot.press("question_mark", "escape", "w")
        await until(pilot, lambda: "workflow:hello" in text_of(app))
        assert isinstance(app.screen.focused, HistoryTable)
