"""The pool of a run, chosen in its form or asked for before it."""

from dataclasses import replace

from helpers import until, write_workflow

from tui.conftest import screen_text
from wftui.tui.app import WftuiApp
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.workbench import Settings, Workbench

STEP = {"id": "a", "type": "shell", "pool": "build", "input": {"script": "echo hi"}}


async def test_the_form_offers_another_pool_and_the_command_says_it(settings: Settings, workbench: Workbench) -> None:
    write_workflow(settings.tables, "build", STEP, inputSchema={"properties": {"name": {"type": "string"}}})
    app = WftuiApp(workbench, start=lambda app: app.open_run_form("build"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: isinstance(app.screen, RunInputModal))
        await pilot.press("ctrl+l")
        await until(lambda: "(build)" in screen_text(app))
        await pilot.press(*"No!", "enter")
        await until(lambda: "is not the name" in screen_text(app))
        await pilot.press("ctrl+u", *"here", "enter")
        await until(lambda: "wftui run build --pool here" in screen_text(app))
        await pilot.press("f5")
        await until(lambda: isinstance(app.screen, MonitorScreen))
        assert isinstance(app.screen, MonitorScreen)
        run_id = app.screen.run_id
        await workbench.runs.wait(run_id)
        record = await workbench.runs.record(run_id)
        assert (record.status, record.pool) == ("completed", "here")
        # Another run of the same keeps the pool.
        app.open_run_form(record.workflow_id, record.inputs, record.connections, record.pool)
        await until(lambda: isinstance(app.screen, RunInputModal) and "--pool here" in screen_text(app))
        await pilot.press("ctrl+l", "ctrl+u", "enter")
        await until(lambda: isinstance(app.screen, RunInputModal) and "--pool" not in screen_text(app))


async def test_the_palette_asks_for_the_pool_where_workers_can_be_reached(settings: Settings) -> None:
    write_workflow(settings.tables, "plain", {**STEP, "pool": "build"})
    bench = Workbench(replace(settings, workers="postgresql://nobody@127.0.0.1:9/none"))
    app = WftuiApp(bench)
    try:
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press("colon")
            await pilot.press(*"plain in a pool")
            await until(lambda: "Run plain in a pool" in screen_text(app))
            await pilot.press("enter")
            await until(lambda: isinstance(app.screen, PromptScreen))
            await pilot.press(*"here", "enter")
            await until(lambda: isinstance(app.screen, MonitorScreen))
            assert isinstance(app.screen, MonitorScreen)
            run_id = app.screen.run_id
            await bench.runs.wait(run_id)
            assert (await bench.runs.record(run_id)).pool == "here"
    finally:
        await bench.close(cancel=True)


async def test_no_pool_is_offered_without_workers(settings: Settings, workbench: Workbench) -> None:
    step = {key: value for key, value in STEP.items() if key != "pool"}
    write_workflow(settings.tables, "plain", step, inputSchema={"properties": {"name": {"type": "string"}}})
    app = WftuiApp(workbench, start=lambda app: app.open_run_form("plain"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: isinstance(app.screen, RunInputModal))
        assert "Pool" not in screen_text(app)
        await pilot.press("ctrl+l")
        assert isinstance(app.screen, RunInputModal)
