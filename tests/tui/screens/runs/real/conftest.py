"""Fixtures of the tests with real runs."""

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tui.start_app import StartApp
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]


@pytest.fixture
async def workbench(tables: Path, tmp_path: Path) -> Any:
    """A workbench with a running clock: retries are real here."""
    bench = Workbench(
        Settings(tables=tables, database=tmp_path / "runs.db", user_id="ada"), clock=lambda: datetime.now(UTC)
    )
    yield bench
    await bench.close(cancel=True)


@pytest.fixture
def watch(workbench: Workbench, until: Until) -> Callable[..., Any]:
    """Return `watch(run_id, size)`, the monitor of a run."""

    @asynccontextmanager
    async def opened(run_id: str, size: tuple[int, int] = (80, 24)):  # type: ignore[no-untyped-def]
        app = StartApp(workbench, start=lambda app: app.open_monitor(run_id))
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
            yield pilot, app.screen

    return opened
