"""The list of workflows below another screen."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from wftui.tui.app import WftuiApp
from wftui.tui.screens.workflows_screen import WorkflowsScreen
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]


async def test_runs_are_read_when_the_screen_is_shown_again(
    workbench: Workbench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = WftuiApp(workbench)
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        read: list[str] = []
        every = workbench.workflows.all

        def noted() -> Any:
            read.append("workflows")
            return every()

        monkeypatch.setattr(workbench.workflows, "all", noted)
        app.open_history()
        await until(pilot, lambda: not isinstance(app.screen, WorkflowsScreen))
        app.runs_changed.publish("")
        await pilot.pause()
        assert read == []
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and read != [])
