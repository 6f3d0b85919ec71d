"""The history screen over a real database."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from helpers import patience
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tui.notices import notices
from tui.run_events import BEGIN, Story, asking, completed, failed, running
from tui.start_app import StartApp
from wftui.model.run.events import Completed, Created, ExecutionEvent, Started
from wftui.tui.screens.dialogs.confirm import ConfirmScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.history.cleanup import CleanupScreen
from wftui.tui.screens.history.history_screen import HistoryScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.terminal import type_ahead
from wftui.tui.widgets.history.filter_bar import FilterBar
from wftui.tui.widgets.history.heading import HistoryHeading
from wftui.tui.widgets.history.pages import PageStart
from wftui.tui.widgets.history.table import HistoryTable
from wftui.tui.widgets.picker import Picker
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


async def put(workbench: Workbench, *stories: Story) -> None:
    for story in stories:
        await (await workbench.store()).append(story.events, wait=True)


def short_run(number: int, workflow_id: str = "log_triage", days_ago: float = 0) -> list[ExecutionEvent]:
    """Return a run without steps."""
    run_id, begin = f"01short{number:05d}-aaaaa", BEGIN + timedelta(seconds=number) - timedelta(days=days_ago)
    return [
        Created(run_id=run_id, timestamp=begin, workflow_id=workflow_id, user_id="grace"),
        Started(run_id=run_id, timestamp=begin),
        Completed(run_id=run_id, timestamp=begin + timedelta(seconds=2), duration=2000),
    ]


@pytest.fixture
def open_history(workbench: Workbench, until: Until) -> Callable[..., Any]:
    """Return `open_history(size=…)`, which waits for the first page."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def opened(workflow_id: str | None = None, size: tuple[int, int] = (80, 24)):  # type: ignore[no-untyped-def]
        app = StartApp(workbench, start=lambda app: app.open_history(workflow_id))
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
            table = app.screen.query_one(HistoryTable)
            await until(pilot, lambda: table.known)
            yield pilot, app.screen, table

    return opened


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


async def test_statuses_are_switched_by_number(open_history: Any, workbench: Workbench, until: Until) -> None:
    await put(workbench, completed(), failed(), running())
    async with open_history() as (pilot, screen, table):
        await pilot.press("3")
        await until(pilot, lambda: table.known and len(table.pages) == 1)
        assert table.selected.status == "completed"
        await pilot.press("4")
        await until(pilot, lambda: table.known and len(table.pages) == 2)
        assert screen.query_one(Input).value == "status:completed,failed"
        await pilot.press("backspace")
        await until(pilot, lambda: table.known and len(table.pages) == 3)


async def test_only_faults(open_history: Any, workbench: Workbench, until: Until) -> None:
    await put(workbench, completed(), failed(), running())
    async with open_history() as (pilot, _screen, table):
        await pilot.press("f")
        await until(pilot, lambda: table.known and len(table.pages) == 1)
        assert table.selected.id == failed().run_id


async def test_the_filter_line_filters_while_it_is_written(
    open_history: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    await put(workbench, completed(), failed())
    await (await workbench.store()).append(short_run(1), wait=True)
    async with open_history() as (pilot, _screen, table):
        await pilot.press("slash", *"user:grace", "enter")
        await until(pilot, lambda: table.known and len(table.pages) == 1)
        await until(pilot, lambda: pilot.app.focused is table)
        assert table.selected.workflow_id == "log_triage"
        await pilot.press("slash", "end", *" since:soon")
        await until(pilot, lambda: "invalid time soon" in text_of(pilot.app))


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


async def test_the_last_run_of_a_long_history_is_one_key_away(
    open_history: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    store = await workbench.store()
    for number in range(1_050):
        await store.append(short_run(number), wait=number == 1_049)
    async with open_history() as (pilot, _screen, table):
        await until(pilot, lambda: "1,050 runs" in text_of(pilot.app))
        await pilot.press("end")
        await until(pilot, lambda: table.selected is not None and table.selected.id == "01short00000-aaaaa")
        for _ in range(9):
            await pilot.press("pageup")
        await until(pilot, lambda: table.cursor < 1_049 - 9 and table.selected is not None)
        expected = 1_049 - table.cursor
        assert table.selected.id == f"01short{expected:05d}-aaaaa"
        await pilot.press("home")
        await until(pilot, lambda: table.selected is not None and table.selected.id == "01short01049-aaaaa")


async def test_the_runs_with_a_text_are_counted_grouped_and_gone_through_to_the_end(
    open_history: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    store = await workbench.store()
    for number in range(450):
        await store.append(with_text(number, "a needle" if number % 2 else "hay"), wait=number == 449)
    async with open_history() as (pilot, _screen, table):
        await pilot.press("slash", *"contains:needle", "enter")
        await until(pilot, lambda: table.query_filters.contains == "needle" and table.known)
        await until(pilot, lambda: table.pages.is_whole and "225 runs" in text_of(pilot.app))
        await pilot.press("end")
        await until(pilot, lambda: table.selected is not None and table.selected.id == "01short00001-aaaaa")
        assert table.cursor == 224
        await pilot.press(*["pageup"] * 5)
        await until(pilot, lambda: table.cursor < 224 - 5 and table.selected is not None)
        assert table.selected.id == f"01short{2 * (224 - table.cursor) + 1:05d}-aaaaa"
        await pilot.press("b")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("up", "enter")  # by status
        await until(pilot, lambda: "225  completed" in text_of(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen) and "225 runs" in text_of(pilot.app))
        await pilot.press("home")
        await store.append(with_text(900, "hay"), wait=True)
        await store.append(with_text(901, "one more needle"), wait=True)
        await until(pilot, lambda: "226 runs" in text_of(pilot.app))


def with_text(number: int, text: str) -> list[ExecutionEvent]:
    events = short_run(number)
    assert isinstance(events[0], Created)
    events[0].inputs = {"text": text}
    return events


async def test_runs_are_sorted_by_key_and_by_click(
    open_history: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    await put(workbench, completed(), failed(), running())
    async with open_history(size=(120, 40)) as (pilot, screen, table):
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: table.known and table.sort == "-duration")
        durations = [table.pages.run(row).duration for row in range(3)]
        assert durations == sorted(durations, key=lambda each: -1 if each is None else each, reverse=True)
        await until(pilot, lambda: "sorted by duration, longest first" in text_of(pilot.app))
        heading = screen.query_one(HistoryHeading)
        for expected in ("-workflow", "workflow"):
            await pilot.click(heading, offset=(17, 0))
            await until(pilot, lambda expected=expected: table.known and table.sort == expected)
        assert [table.pages.run(row).workflow_id for row in range(3)] == sorted(
            table.pages.run(row).workflow_id for row in range(3)
        )


async def test_runs_are_grouped_and_narrowed_to_a_group(
    open_history: Any,
    workbench: Workbench,
    until: Until,
    size: tuple[int, int],
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    await put(workbench, completed(), failed(), running())
    async with open_history(size=size) as (pilot, screen, table):
        await pilot.press("b")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")  # by error
        await until(
            pilot, lambda: len(pilot.app.screen.query(OptionList)) == 1 and pilot.app.screen._heading != "Group by"
        )
        assert await matches(pilot)
        await pilot.press("enter")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, HistoryScreen) and table.known and len(table.pages) == 1
        )
        assert table.selected.status == "failed"
        assert screen.query_one(FilterBar).current.error == table.selected.error.type


async def test_filters_are_saved_recalled_and_kept(
    open_history: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    await put(workbench, completed(), failed())
    async with open_history() as (pilot, screen, table):
        await pilot.press("4", "F")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
        await pilot.press(*"broken", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        await until(pilot, lambda: any("wftui history --saved broken" in each for each in notices(pilot.app)))
        assert dict((await workbench.user_settings.read()).filters) == {"broken": "status:failed"}
        await pilot.press("backspace")
        await until(pilot, lambda: table.known and len(table.pages) == 2)
        await pilot.press("F")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("enter")
        await until(pilot, lambda: table.known and len(table.pages) == 1)
        assert screen.query_one(Input).value == "status:failed"
        await pilot.press("backspace", "slash", "up")
        await until(pilot, lambda: screen.query_one(Input).value == "status:failed")
        await pilot.press("down")
        await until(pilot, lambda: screen.query_one(Input).value == "")


async def test_columns_are_chosen_and_kept(
    open_history: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    await put(workbench, completed(), failed())
    async with open_history() as (pilot, _screen, table):
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press("down", "enter")  # without the workflow
        await until(pilot, lambda: "workflow" not in table.chosen and bool(table.chosen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        await until(pilot, lambda: "Workflow" not in text_of(pilot.app).splitlines()[3])
        async with patience():
            while not (await workbench.user_settings.read()).columns:
                await pilot.pause(0.01)
    assert "workflow" not in (await workbench.user_settings.read()).columns
    async with open_history() as (pilot, _screen, table):
        await until(pilot, lambda: bool(table.chosen))
        assert "workflow" not in table.chosen


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
