"""The screens over a server's workbench: workflows, run form, monitor, history."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from api.api_server import write_workflows
from client.conftest import over_http
from textual.app import App

from tui.run_views import shows_end
from wftui.client.errors import UnreachableError
from wftui.client.remote_workbench import RemoteWorkbench
from wftui.connections.redaction import Redactor
from wftui.engine.primitives.emitter import Emitter
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.run.steps.step_logger import StepLogger
from wftui.model.clock import utc_now
from wftui.model.run.events import Completed, Created, Log, LogSegment, Started
from wftui.tui.app import WftuiApp
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.screens.history.history_screen import HistoryScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.screens.runs.run_form import RunInputModal
from wftui.tui.screens.workflows_screen import WorkflowsScreen
from wftui.tui.widgets.workflow_table import WorkflowTable
from wftui.workbench import Settings, Workbench

Until = Callable[..., Awaitable[None]]


@pytest.fixture
async def owner(tmp_path: Path) -> AsyncIterator[Workbench]:
    write_workflows(tmp_path / "served")
    bench = Workbench(Settings(tables=tmp_path / "served", database=tmp_path / "runs.db", user_id="ada"))
    yield bench
    await bench.close(cancel=True)


@pytest.fixture
async def remote(owner: Workbench) -> AsyncIterator[RemoteWorkbench]:
    async with over_http(owner) as bench:
        yield bench


def warnings(app: App[Any]) -> str:
    return "\n".join(f"{notice.title} {notice.message}" for notice in app._notifications)


def shown(app: App[Any]) -> ActionScreen[Any]:
    assert isinstance(app.screen, ActionScreen)
    return app.screen


def monitor(app: App[Any]) -> MonitorScreen:
    assert isinstance(app.screen, MonitorScreen)
    return app.screen


async def test_a_run_is_started_watched_answered_and_found(
    remote: RemoteWorkbench, owner: Workbench, until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    app = WftuiApp(remote)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        assert str(remote.server) in text_of(app)
        app.screen.query_one(WorkflowTable).select("greet")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunInputModal))
        await until(pilot, lambda: "wftui run greet --remote http" in text_of(app))
        await pilot.press(*"Ada", "enter")
        await until(pilot, lambda: shows_end(app))
        assert monitor(app).state.record.outputs == {"text": "Hello Ada"}
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen))
        app.screen.query_one(WorkflowTable).select("asks")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and "Go on?" in text_of(app))
        await monitor(app).action_approve()
        await until(pilot, lambda: shows_end(app))
        assert monitor(app).state.record.status == "completed"
        await pilot.press("escape", "H")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and "✓" in text_of(app))
        await until(pilot, lambda: text_of(app).count("ada") >= 2)
        await pilot.press("s")
        await until(pilot, lambda: "success" in text_of(app).lower())
    assert [run.workflow_id for run in (await owner.runs.history()).executions] == ["asks", "greet"]


@pytest.mark.slow
async def test_the_whole_log_of_a_run_is_shown(
    remote: RemoteWorkbench, owner: Workbench, until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    """Segments are files of the server, both earlier ones and new ones of a live run."""
    run_id, store = "01k9x2m4z-10n9s", await owner.store()
    emitter = Emitter(run_id, store, Redactor([]), utc_now)
    await emitter.emit(Created(run_id=run_id, timestamp=utc_now(), workflow_id="greet", user_id="ada"))
    await emitter.emit(Started(run_id=run_id, timestamp=utc_now()), safe=True)
    logger = StepLogger(emitter, EngineSettings(log_head=500, log_tail=10, log_tail_size=100, log_interval=0), "a", "a")
    app = WftuiApp(remote, start=lambda app: app.open_monitor(run_id))
    reported = [f"line {number} of the storm" for number in range(150_000)]
    for line in range(0, 100_000, 10_000):
        logger.log("\n".join(reported[line : line + 10_000]) + "\n", "info", "stdout")
        await logger.flush()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and len(monitor(app).state.lines) > 10_000)
        logger.log("\n".join(reported[100_000:]) + "\n", "info", "stdout")
        await logger.close()
        await emitter.emit(Completed(run_id=run_id, timestamp=utc_now(), duration=1), safe=True)
        await until(pilot, lambda: shows_end(app))
        await monitor(app).whole_log()
        lines = monitor(app).state.lines
        assert [lines.line(number).text for number in range(len(lines))] == reported
        await pilot.press("slash", *"line 77777 of", "enter")
        await until(pilot, lambda: "line 77777 of the storm" in text_of(app))
        await pilot.press("ctrl+y")
        await until(pilot, lambda: f"`wftui show {run_id} --logs --remote {remote.server}`" in warnings(app))
        screen = monitor(app)
        await screen._show_at(2)
        await pilot.press("full_stop")  # the next event other than a log line is the end
        await until(pilot, lambda: screen.shown.ended)
        lines = screen.shown.lines
        assert [lines.line(number).text for number in range(len(lines))] == reported
    assert [event for event in await store.events(run_id) if isinstance(event, LogSegment)]


async def test_a_run_is_followed_past_a_log_that_cannot_be_read(
    remote: RemoteWorkbench, owner: Workbench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, store = "01k9x2m4z-10n9s", await owner.store()
    emitter = Emitter(run_id, store, Redactor([]), utc_now)
    await emitter.emit(Created(run_id=run_id, timestamp=utc_now(), workflow_id="greet", user_id="ada"))
    await emitter.emit(Started(run_id=run_id, timestamp=utc_now()), safe=True)

    async def lost(*_arguments: object, **_options: object) -> AsyncIterator[list[Log]]:
        yield []
        raise UnreachableError("the connection was lost")

    monkeypatch.setattr(remote.records, "logs", lost)
    app = WftuiApp(remote, start=lambda app: app.open_monitor(run_id))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and monitor(app).state.record.last_seq == 2)
        settings = EngineSettings(log_head=500, log_tail=10, log_tail_size=100, log_interval=0)
        logger = StepLogger(emitter, settings, "a", "a")
        logger.log("".join(f"line {number}\n" for number in range(10_000)), "info", "stdout")
        await logger.close()
        await emitter.emit(Completed(run_id=run_id, timestamp=utc_now(), duration=1), safe=True)
        await until(pilot, lambda: shows_end(app))
        await monitor(app).whole_log()
        lines = monitor(app).state.lines
        assert any("prints them" in lines.line(number).text for number in range(len(lines)))


async def test_a_run_is_followed_while_a_part_of_its_log_is_fetched(
    remote: RemoteWorkbench, owner: Workbench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, store = "01k9x2m4z-10n9s", await owner.store()
    emitter = Emitter(run_id, store, Redactor([]), utc_now)
    await emitter.emit(Created(run_id=run_id, timestamp=utc_now(), workflow_id="greet", user_id="ada"))
    await emitter.emit(Started(run_id=run_id, timestamp=utc_now()), safe=True)
    is_sent, logs = asyncio.Event(), remote.records.logs

    async def slow(*arguments: Any, **options: Any) -> AsyncIterator[list[Log]]:
        await is_sent.wait()
        async for page in logs(*arguments, **options):
            yield page

    app = WftuiApp(remote, start=lambda app: app.open_monitor(run_id))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and monitor(app).state.record.last_seq == 2)
        await until(pilot, lambda: monitor(app)._log_is_read.is_set())
        monkeypatch.setattr(remote.records, "logs", slow)
        settings = EngineSettings(log_head=500, log_tail=10, log_tail_size=100, log_interval=0)
        logger = StepLogger(emitter, settings, "a", "a")
        reported = [f"line {number}" for number in range(10_000)]
        logger.log("\n".join(reported) + "\n", "info", "stdout")
        await logger.close()
        await emitter.emit(Completed(run_id=run_id, timestamp=utc_now(), duration=1), safe=True)
        await until(pilot, lambda: shows_end(app))
        lines = monitor(app).state.lines
        assert len(lines) < len(reported), "the rest comes after what is fetched"
        is_sent.set()
        await monitor(app).whole_log()
        assert [lines.line(number).text for number in range(len(lines))] == reported


async def test_what_is_only_on_the_machine_of_the_server_says_so(remote: RemoteWorkbench, until: Until) -> None:
    app = WftuiApp(remote)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WorkflowsScreen) and app.screen.is_loaded)
        app.screen.query_one(WorkflowTable).select("greet")
        reason = f"only on the machine of {remote.server}"
        for verb in ("open", "new", "duplicate", "rename", "delete", "edit_outside", "compile_all"):
            assert shown(app).why_not(f"workflows.{verb}") == reason
        for verb in ("run", "runs", "filter", "refresh"):
            assert shown(app).why_not(f"workflows.{verb}") is None
        for name in ("connections", "secrets", "settings", "step_types"):
            app.open_screen(name)
            assert isinstance(app.screen, WorkflowsScreen)
        app.open_editor("greet")
        await until(pilot, lambda: warnings(app).count(reason) == 5)
        assert isinstance(app.screen, WorkflowsScreen)
        app.open_history()
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        for verb in ("edit", "export", "import", "cleanup"):
            assert shown(app).why_not(f"history.{verb}") == reason


async def test_a_lost_server_is_reported_and_found_again(owner: Workbench, until: Until) -> None:
    token = (await owner.tokens.add("ada", "admin")).token
    async with over_http(owner, token=token) as bench:
        port = int(str(bench.server).rpartition(":")[2])
        run_id = await bench.runs.start("asks", {})
        app = WftuiApp(bench, start=lambda app: app.open_monitor(run_id))
        context = app.run_test(size=(80, 24))
        pilot = await context.__aenter__()
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and "ok" in monitor(app).state.active)
    try:  # the server has ended, with a goodbye to the screen
        await until(pilot, lambda: "is lost; retrying" in warnings(app))
        await owner.runs.answer(run_id, "ok", approved=True)
        async with over_http(owner, token=token, port=port):
            await until(pilot, lambda: shows_end(app))
            assert monitor(app).state.record.status == "completed"
    finally:
        await context.__aexit__(None, None, None)
