"""Fixtures of the tests of the history."""

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tui.start_app import StartApp
from wftui.tui.screens.history.history_screen import HistoryScreen
from wftui.tui.widgets.history.table import HistoryTable
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]


@pytest.fixture
def open_history(workbench: Workbench, until: Until) -> Callable[..., Any]:
    """Return `open_history(size=…)`, which waits for the first page."""

    @asynccontextmanager
    async def opened(workflow_id: str | None = None, size: tuple[int, int] = (80, 24)):  # type: ignore[no-untyped-def]
        app = StartApp(workbench, start=lambda app: app.open_history(workflow_id))
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
            table = app.screen.query_one(HistoryTable)
            await until(pilot, lambda: table.known)
            yield pilot, app.screen, table

    return opened
