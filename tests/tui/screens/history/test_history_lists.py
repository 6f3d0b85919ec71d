"""Filters, pages, order, groups and columns of the history."""

from collections.abc import Awaitable, Callable
from typing import Any

from helpers import patience
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tui.notices import notices
from tui.run_events import completed, failed, running
from tui.screens.history.past_runs import put, short_run, with_text
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.history.history_screen import HistoryScreen
from wftui.tui.widgets.history.filter_bar import FilterBar
from wftui.tui.widgets.history.heading import HistoryHeading
from wftui.tui.widgets.picker import Picker
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


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
        await pilot.press("slash", *"since:soon")  # behind the filter that is there
        await until(pilot, lambda: "invalid time soon" in text_of(pilot.app))
        await pilot.press("ctrl+w", *"1d", "enter")
        await until(pilot, lambda: table.query_filters.since is not None)
        assert table.query_filters.user_id == "grace"


async def test_the_filter_line_is_left_in_quotes_that_are_open(
    open_history: Any, workbench: Workbench, until: Until
) -> None:
    await put(workbench, completed(), failed())
    async with open_history() as (pilot, screen, table):
        await pilot.press("slash", *'label:"night', "enter", "slash", *"ly")
        await until(pilot, lambda: table.query_filters.label == "nightly")
        assert screen.query_one(Input).value == 'label:"nightly'


async def test_filters_that_exclude_each_other_are_refused_however_they_are_set(
    open_history: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    await put(workbench, completed(), failed())
    async with open_history() as (pilot, _screen, table):
        await pilot.press("slash", *"since:today until:yesterday", "enter")
        await until(pilot, lambda: "the time of `since` is after that of `until`" in text_of(pilot.app))
        await pilot.press("backspace", "slash", *"error:http", "enter")
        await until(pilot, lambda: "no run can match" not in text_of(pilot.app))
        await pilot.press("3")
        await until(pilot, lambda: "only failed runs have an error" in text_of(pilot.app))
        await pilot.press("3")
        await until(pilot, lambda: "no run can match" not in text_of(pilot.app))
        assert table.query_filters.status is None


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
