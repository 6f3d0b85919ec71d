"""Screens that have nothing to show: no key of theirs ends the program."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tui.conftest import settle
from wftui.model.run.summary import ExecutionFilters
from wftui.tui.actions import APP_ACTIONS, Action
from wftui.tui.app import WftuiApp
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]
SCREENS: dict[str, tuple[Any, ...]] = {
    "workers": (),
    "statistics": (None,),
    "history": (None,),
    "search": (ExecutionFilters(), ""),
    "connections": (),
    "secrets": (),
    "settings": (),
    "step_types": (),
}


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("name", SCREENS)
async def test_no_key_ends_the_program(tmp_path: Path, name: Any, until: Until) -> None:
    settings = Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="me")
    settings.tables.mkdir()
    workbench = Workbench(settings)
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await settle(app)
        base = app.screen
        app.open_screen(name, *SCREENS[name])
        await until(pilot, lambda: app.screen is not base)
        opened = app.screen
        own: tuple[Action, ...] = getattr(opened, "ACTIONS", ())
        assert own
        for action in (*own, *APP_ACTIONS):
            if not action.keys or action.id == "app.quit":
                continue
            await pilot.press(action.keys[0])
            await settle(app)
            assert app.return_code is None, action.id
            while app.screen is not base:
                await app.pop_screen()
            app.open_screen(name, *SCREENS[name])
            await until(pilot, lambda: app.screen is not base)
    await workbench.close()
