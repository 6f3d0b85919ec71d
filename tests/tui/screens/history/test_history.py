"""The history screen over a real database."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from helpers import patience
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from tui.notices import notices
from tui.run_events import BEGIN, asking, completed, failed, running
from tui.screens.history.past_runs import put, short_run
from wftui.model.run.events import Completed
from wftui.tui.screens.dialogs.confirm import ConfirmScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.history.cleanup import CleanupScreen
from wftui.tui.screens.history.history_screen import HistoryScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.terminal import type_ahead
from wftui.tui.widgets.history.pages import PageStart
from wftui.tui.widgets.picker import Picker
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


async def test_snapshot(
    open_history: Any,
    workbench: Workbench,
    size: tuple[int, int],
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
    text_of: TextOf,
    until: Until,
) -> None:
    await put(workbench, completed(), failed(), asking(), running())
    async with open_history(size=size) as (pilot, _screen, _table):
        await until(pilot, lambda: "1 waiting for you" in text_of(pilot.app))
        assert await matches(pilot)


async def test_snapshot_of_an_empty_history(
    open_history: Any, size: tuple[int, int], matches: Callable[[Pilot[Any]], Awaitable[bool]]
) -> None:
    async with open_history(size=size) as (pilot, _screen, _table):
        assert await matches(pilot)


async def test_ac_b_5_history_lists_executions(
    open_history: Any, workbench: Workbench, put_workflow: Callable[..., Path], text_of: TextOf, until: Until
) -> None:
    put_workflow("hello")
    run_id = await workbench.runs.start("hello", {})
    await workbench.runs.wait(run_id)
    async with open_history(size=(120, 40)) as (pilot, _screen, table):
        await until(pilot, lambda: all(text in text_of(pilot.app) for text in ("completed", "hello", run_id)))
        second = await workbench.runs.start("hello", {})
        await workbench.runs.wait(second)
        await until(pilot, lambda: len(table.pages) == 2 and second in text_of(pilot.app))


async def test_enter_opens_the_run(open_history: Any, workbench: Workbench, until: Until) -> None:
    await put(workbench, completed(), failed())
    async with open_history() as (pilot, _screen, _table):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MonitorScreen))
        assert pilot.app.screen.run_id == failed().run_id
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))


async def test_workflow_history_lists_only_its_runs(open_history: Any, workbench: Workbench) -> None:
    await put(workbench, completed())
    await (await workbench.store()).append(short_run(1), wait=True)
    async with open_history("log_triage") as (_pilot, screen, table):
        assert len(table.pages) == 1
        assert screen.query_one(Input).value == "workflow:log_triage"


async def test_empty_result_names_the_way_out(
    open_history: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    await put(workbench, completed())
    async with open_history() as (pilot, _screen, _table):
        await pilot.press("slash", *"nowhere")
        await until(pilot, lambda: "No run matches these filters" in text_of(pilot.app))


async def test_active_run_is_kept_up_to_date(open_history: Any, workbench: Workbench, until: Until) -> None:
    await put(workbench, running())
    async with open_history() as (pilot, _screen, table):
        assert table.selected.status == "running"
        done = Completed(run_id=running().run_id, timestamp=BEGIN + timedelta(seconds=20), duration=20_000)
        await (await workbench.store()).append([done], wait=True)
        await until(pilot, lambda: table.selected is not None and table.selected.status == "completed")


async def test_cursor_stays_on_its_run_as_others_arrive(open_history: Any, workbench: Workbench, until: Until) -> None:
    await put(workbench, completed(), failed())
    async with open_history() as (pilot, _screen, table):
        await pilot.press("down")
        assert table.selected.id == completed().run_id
        await put(workbench, running("01zzzzzzz-zzzzz"))
        await until(pilot, lambda: len(table.pages) == 3)
        assert table.selected.id == completed().run_id


async def test_cleanup_previews_removals(
    open_history: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    store = await workbench.store()
    for number in range(5):
        await store.append(short_run(number, days_ago=60), wait=True)
    await put(workbench, completed())
    async with open_history() as (pilot, _screen, table):
        await pilot.press("D")
        await until(pilot, lambda: isinstance(pilot.app.screen, CleanupScreen))
        await until(pilot, lambda: "nothing to remove" in text_of(pilot.app))
        keep = pilot.app.screen.query_one("#cleanup-keep", Input)
        for wrong in ("-5", "9" * 20, "9" * 6000):
            keep.value = "3"
            await until(pilot, lambda: "Permanently removes 2 runs" in text_of(pilot.app))
            keep.value = wrong
            await until(pilot, lambda: "must be a whole number from 1" in text_of(pilot.app))
        keep.value = "1"
        await until(pilot, lambda: "Permanently removes 4 runs" in text_of(pilot.app))
        assert len(table.pages) == 6
        await pilot.click("#cleanup-yes")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen) and len(table.pages) == 2)


async def test_an_id_is_copied(open_history: Any, workbench: Workbench, until: Until) -> None:
    await put(workbench, completed())
    async with open_history() as (pilot, _screen, _table):
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == completed().run_id)


async def test_it_reads_again_only_after_something_was_written(
    open_history: Any, workbench: Workbench, until: Until
) -> None:
    await put(workbench, completed())
    async with open_history() as (pilot, screen, table):
        read: list[PageStart] = []
        source = table.source

        async def counted(filters: Any, sort: Any, start: PageStart) -> Any:
            read.append(start)
            return await source(filters, sort, start)

        table.source = counted

        async def is_at_rest() -> bool:
            before = len(read)
            for _ in range(3):
                await screen._refresh()
                await pilot.pause()
            return len(read) == before

        async with patience():  # a poll may read what was written before, however late
            while not (await is_at_rest() and await is_at_rest()):
                pass
        await put(workbench, failed())
        await until(pilot, lambda: len(table.pages) == 2)
        assert read


async def test_selected_runs_are_removed_after_a_preview(
    open_history: Any,
    workbench: Workbench,
    until: Until,
    text_of: TextOf,
    size: tuple[int, int],
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type_ahead, "_PATIENCE", 1_000_000)  # keys never wait for a screen that was covered
    await put(workbench, completed(), failed(), running())
    async with open_history(size=size) as (pilot, _screen, table):
        await pilot.press("M")
        await until(pilot, lambda: any("no run is selected" in each for each in notices(pilot.app)))
        await pilot.press("a", "M")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("end", "down", "down", "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        text = text_of(pilot.app)
        assert "Permanently remove 2 runs from the history?" in text
        assert "Left out: 1 not ended yet" in text
        assert await matches(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        assert len(table.marked) == 3
        await pilot.press("M")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("down", "down", "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: table.known and not table.marked and len(table.pages) == 1)
        assert table.selected.status == "running"


async def test_selected_runs_are_exported_and_failures_counted(
    open_history: Any, workbench: Workbench, until: Until, text_of: TextOf, tmp_path: Path
) -> None:
    await put(workbench, completed(), failed())
    async with open_history() as (pilot, _screen, table):
        await pilot.press("space", "space")
        await until(pilot, lambda: len(table.marked) == 2)
        for expected in ("2 runs exported", "2 runs: "):
            table.marked = table.marked or {run.id: run for run in map(table.pages.run, range(2)) if run is not None}
            await pilot.press("M")
            await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
            await pilot.press("down", "down", "enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
            pilot.app.screen.query_one(Input).value = str(tmp_path)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
            await pilot.press("y")
            await until(pilot, lambda expected=expected: any(expected in each for each in notices(pilot.app)))
        assert len(list(tmp_path.glob("*.wfrun"))) == 2
