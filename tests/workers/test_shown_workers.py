"""Workers and steps without one on the screen."""

import asyncio
from pathlib import Path

import pytest
from helpers import until, write_workflow
from tui.conftest import screen_text

from wftui.tui.app import WftuiApp
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.screens.workers_screen import WorkersScreen
from wftui.workbench import Settings, Workbench
from workers.conftest import StartWorker, shell

pytestmark = pytest.mark.slow


async def test_a_step_without_a_worker_until_it_has_one(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    write_workflow(settings.tables, "wait", shell("a", f"while ! test -e {tmp_path}/go; do sleep 0.05; done"))
    app = WftuiApp(workbench)
    async with app.run_test(size=(100, 30)) as pilot:
        run_id = await workbench.runs.start("wait", {})
        await until(lambda: "1 waiting for a worker" in screen_text(app))
        await pilot.press("exclamation_mark")
        await until(lambda: isinstance(app.screen, MonitorScreen))
        await until(lambda: "waiting: no worker in pool build" in screen_text(app))
        app.action_workers()
        await until(lambda: isinstance(app.screen, WorkersScreen))
        await until(lambda: "No workers are running" in screen_text(app))
        worker = await asyncio.to_thread(start_worker)  # the screen continues
        await until(lambda: "a  shell" in screen_text(app) and "1 of 1" in screen_text(app))
        (tmp_path / "go").touch()
        await workbench.runs.wait(run_id)
        await until(lambda: "0 of 1" in screen_text(app) and "waiting for a worker" not in screen_text(app))
        assert worker.name in screen_text(app)
