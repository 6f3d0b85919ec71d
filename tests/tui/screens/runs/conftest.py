"""Fixtures of the tests of the monitor."""

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tui.run_events import Story
from tui.start_app import StartApp
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]


@pytest.fixture
def monitor_size() -> tuple[int, int]:
    """The size of the terminal, where a test names none."""
    return 80, 24


@pytest.fixture
def open_run(workbench: Workbench, until: Until, monitor_size: tuple[int, int]) -> Callable[..., Any]:
    """Return `open_run(story, size)`, a monitor that has read the whole run."""

    @asynccontextmanager
    async def opened(story: Story, size: tuple[int, int] = monitor_size):  # type: ignore[no-untyped-def]
        await (await workbench.store()).append(story.events, wait=True)
        app = StartApp(workbench, start=lambda app: app.open_monitor(story.run_id))
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
            screen = app.screen
            assert isinstance(screen, MonitorScreen)
            await until(pilot, lambda: screen.state.record.last_seq == len(story.events) and screen.is_painted)
            yield pilot, screen

    return opened
