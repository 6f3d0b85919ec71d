"""The settings screen over a real settings file in a temporary home."""

import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from wftui.settings.settings_file import read_settings
from wftui.store.maintenance.retention import Policy, Rule
from wftui.tui.app import WftuiApp
from wftui.tui.screens.dialogs.confirm import ConfirmScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.settings_screen import SettingsScreen
from wftui.tui.widgets.picker import Picker
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
PutRun = Callable[..., Awaitable[str]]
DAY = 86_400


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / ".config" / "settings.toml"
    monkeypatch.setenv("WFTUI_CONFIG", str(path))
    return path


@pytest.fixture
async def looked_after(workbench: Workbench) -> None:
    """Record a retention run just now, so that the next is due in an hour."""
    await (await workbench.store()).tidy(Policy(Rule(keep=1)), every=3600, stop=threading.Event())


async def open_settings(app: WftuiApp, pilot: Any, until: Until) -> SettingsScreen:
    await pilot.press("S")
    await until(
        pilot, lambda: isinstance(app.screen, SettingsScreen) and app.screen.query_one(".overview", Static).content
    )
    assert isinstance(app.screen, SettingsScreen)
    return app.screen


async def test_the_settings_look(
    workbench: Workbench,
    looked_after: None,
    file: Path,
    put_run: PutRun,
    size: tuple[int, int],
    until: Until,
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wftui.store.maintenance.cleanup.database_bytes", lambda path: 41_000)
    file.parent.mkdir()
    file.write_text('durability = "full"\n[history]\nkeep_days = 30\n[history.workflows.nightly]\nkeep_runs = 5\n')
    for age in (1, 40, 50):
        await put_run("backup", "completed", ago=age * DAY)
    app = WftuiApp(workbench)
    async with app.run_test(size=size) as pilot:
        await open_settings(app, pilot, until)
        await pilot.press(*["down"] * 4)
        assert await matches(pilot)


async def test_value_is_changed_and_reset_by_keyboard(
    workbench: Workbench, file: Path, until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_settings(app, pilot, until)
        await until(pilot, lambda: screen.why_not("settings.unset") == "it is not set in the file")
        await until(pilot, lambda: screen.why_not("settings.cleanup") == "the settings keep all runs")
        await pilot.press(*["down"] * 4, "enter")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press(*"soon", "enter")
        await until(pilot, lambda: "must be a whole number" in text_of(app))
        await pilot.press("ctrl+u", *"30", "enter")
        await until(pilot, lambda: app.screen is screen and read_settings(file).keep.days == 30)
        await until(pilot, lambda: screen.why_not("settings.unset") is None and "30" in text_of(app))
        assert screen.selected is not None
        assert screen.selected.name == "history.keep_days"
        await pilot.press("u")
        await until(pilot, lambda: read_settings(file).keep.days is None)


async def test_a_choice_is_picked(workbench: Workbench, file: Path, until: Until) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_settings(app, pilot, until)
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.screen is screen and screen.selected and screen.selected.later == "full")
        assert read_settings(file).durability == "full"


async def test_workflow_rule_is_added(
    workbench: Workbench, file: Path, put_workflow: Callable[..., Path], until: Until
) -> None:
    put_workflow("nightly")
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_settings(app, pilot, until)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press("enter")
        await until(
            pilot,
            lambda: isinstance(app.screen, Picker) and "nightly" in str(app.screen.query_one(".dialog").border_title),
        )
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        await pilot.press("7", "enter")
        await until(pilot, lambda: app.screen is screen and screen.selected is not None)
        await until(pilot, lambda: screen.selected and screen.selected.name == "history.workflows.nightly.keep_runs")
    assert read_settings(file).workflows["nightly"].runs == 7


async def test_old_runs_are_removed_only_after_confirmation(
    workbench: Workbench,
    looked_after: None,
    file: Path,
    put_workflow: Callable[..., Path],
    put_run: PutRun,
    until: Until,
    text_of: Callable[[App[Any]], str],
) -> None:
    put_workflow("backup")
    for age in (1, 40, 50):
        await put_run("backup", "completed", ago=age * DAY)
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_settings(app, pilot, until)
        await workbench.user_settings.set("history.keep_days", "30")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, SettingsScreen))
        screen = await open_settings(app, pilot, until)
        await until(pilot, lambda: "2 runs" in text_of(app))
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Permanently remove 2 runs" in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert len((await workbench.runs.history()).executions) == 3
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("r")
        await until(pilot, lambda: app.screen is screen and screen.why_not("settings.cleanup") is not None)
        await until(pilot, lambda: screen.why_not("settings.cleanup") == "no run has expired")
        assert len((await workbench.runs.history()).executions) == 1


async def test_automatic_removals_are_reported(
    workbench: Workbench, file: Path, put_run: PutRun, until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    for age in (1, 40, 50):
        await put_run("backup", "completed", ago=age * DAY)
    await workbench.user_settings.set("history.keep_days", "30")
    app = WftuiApp(workbench)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "2 expired runs removed" in text_of(app))
        await open_settings(app, pilot, until)
        await until(pilot, lambda: "2 runs automatically" in text_of(app))


async def test_invalid_file_is_reported_and_unchanged(
    workbench: Workbench, file: Path, put_run: PutRun, until: Until, text_of: Callable[[App[Any]], str]
) -> None:
    await put_run("backup", "completed", ago=400 * DAY)
    file.parent.mkdir()
    file.write_text("[history]\nkeep_days = 1\nkeep_runs = 1.5\n")
    app = WftuiApp(workbench)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("S")
        await until(pilot, lambda: "keep_runs must" in text_of(app))
        assert len((await workbench.runs.history()).executions) == 1
