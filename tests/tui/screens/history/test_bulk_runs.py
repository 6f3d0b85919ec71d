"""Actions on many runs follow their preview, for each run as it is then."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from helpers import patience, run_to_end, write_workflow
from textual.app import App
from textual.pilot import Pilot

from tui.notices import notices
from tui.start_app import StartApp
from wftui.tui.screens.dialogs.confirm import ConfirmScreen
from wftui.tui.screens.history import bulk_runs
from wftui.tui.screens.history.history_screen import HistoryScreen
from wftui.tui.widgets.history.table import HistoryTable
from wftui.tui.widgets.picker import Picker
from wftui.workbench import Settings, Workbench
from wftui.workbench.protocols import AnyWorkbench
from wftui.workbench.read_only import REASON, read_only

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
WORKS = {"id": "fine", "type": "set", "input": {"x": 1}}
ASKS = {"id": "ask", "type": "approval", "input": {"prompt": "Go on?"}}
KEYS = {"rerun": (), "cancel": ("down",), "export": ("down",) * 2, "delete": ("down",) * 3}


@pytest.fixture(autouse=True)
def workflows(settings: Settings) -> None:
    write_workflow(settings.tables, "works", WORKS)
    write_workflow(settings.tables, "asks", ASKS)
    write_workflow(settings.tables, "calls", {"id": "call", "type": "workflow", "input": {"workflow": "works"}})
    write_workflow(settings.tables, "gone", WORKS)


@asynccontextmanager
async def history(workbench: AnyWorkbench, until: Until) -> AsyncIterator[tuple[Pilot[Any], HistoryTable]]:
    """Open the history and select all runs."""
    app = StartApp(workbench, start=lambda app: app.open_history())
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        table = app.screen.query_one(HistoryTable)
        await until(pilot, lambda: table.known)
        await pilot.press("a")
        await until(pilot, lambda: table.marked or workbench.read_only)
        yield pilot, table


async def preview(pilot: Pilot[Any], until: Until, text_of: TextOf, action: str) -> str:
    """Choose an action for the selected runs; return what its preview says."""
    await pilot.press("M")
    await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
    await pilot.press(*KEYS[action], "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    return text_of(pilot.app)


async def told(pilot: Pilot[Any], until: Until, *texts: str) -> None:
    for text in texts:
        await until(pilot, lambda text=text: any(text in each for each in notices(pilot.app)))


async def test_a_rerun_leaves_out_running_runs_and_continues_after_a_failure(
    workbench: Workbench, settings: Settings, until: Until, text_of: TextOf
) -> None:
    ended = [(await run_to_end(workbench, name, {})).id for name in ("works", "gone", "calls")]
    waiting = await workbench.runs.start("asks", {})
    (settings.tables / "workflows" / "gone" / "workflow.json").unlink()
    async with history(workbench, until) as (pilot, table):
        await until(pilot, lambda: len(table.marked) == 5)
        text = await preview(pilot, until, text_of, "rerun")
        assert "Start 3 runs again" in text
        assert "Left out: 1 not ended yet" in text
        assert "Left out: 1 started by a step of another run" in text
        await pilot.press("y")
        await told(pilot, until, "2 runs started again", "1 run: ")
        await until(pilot, lambda: list(table.marked) == [ended[1]])
        page = await workbench.runs.history()
        assert sum(run.parent_id in ended and run.parent_path is None for run in page.executions) == 2
        assert not any(run.parent_id == waiting for run in page.executions)


@pytest.mark.parametrize(
    ("action", "counted"),
    [("rerun", "Start 1 run again"), ("export", "Export 1 run,"), ("delete", "Permanently remove 1 run from")],
)
async def test_a_preview_counts_no_run_that_was_removed_meanwhile(
    workbench: Workbench, until: Until, text_of: TextOf, action: str, counted: str
) -> None:
    kept, removed = [(await run_to_end(workbench, "works", {})).id for _ in range(2)]
    async with history(workbench, until) as (pilot, table):
        await until(pilot, lambda: set(table.marked) == {kept, removed})
        await workbench.local.retention.delete(removed)
        await pilot.press("M")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press(*KEYS[action], "enter")
        if action == "export":
            await until(pilot, lambda: "Export to the folder" in text_of(pilot.app))
            await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert counted in text_of(pilot.app)


async def test_reading_many_runs_can_be_stopped(
    workbench: Workbench, until: Until, text_of: TextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        await run_to_end(workbench, "works", {})
    monkeypatch.setattr(bulk_runs, "_FEW", 1)
    never = asyncio.Event()

    async def summary(_self: object, _run_id: str) -> None:
        await never.wait()

    monkeypatch.setattr(type(workbench.records), "summary", summary)
    async with history(workbench, until) as (pilot, table):
        await until(pilot, lambda: len(table.marked) == 2)
        await pilot.press("M")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        await pilot.press(*KEYS["delete"], "enter")
        await until(pilot, lambda: "0 of 2 runs read" in text_of(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        assert len(table.marked) == 2


async def test_a_cancel_reaches_runs_of_any_process_and_counts_those_that_ended_meanwhile(
    workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    other = Workbench(workbench.settings)
    mine, ends_before, ends_later = [await workbench.runs.start("asks", {}) for _ in range(3)]
    theirs = await other.runs.start("asks", {})
    every = (mine, ends_before, ends_later, theirs)
    async with patience():
        while not all([(await workbench.records.summary(run)).waiting for run in every]):
            await asyncio.sleep(0.005)
    async with history(workbench, until) as (pilot, table):
        await until(pilot, lambda: set(table.marked) == set(every))
        await workbench.runs.answer(ends_before, "ask", approved=True)
        await workbench.runs.wait(ends_before)
        text = await preview(pilot, until, text_of, "cancel")
        assert "Cancel 3 runs?" in text
        assert "Left out: 1 already ended" in text
        await workbench.runs.answer(ends_later, "ask", approved=True)
        await workbench.runs.wait(ends_later)
        await pilot.press("y")
        await told(pilot, until, "2 runs asked to cancel", "1 run: run RUN has already ended: it is completed")
        await until(pilot, lambda: list(table.marked) == [ends_later])
        statuses = {run: (await bench.runs.wait(run)).status for run, bench in ((mine, workbench), (theirs, other))}
        assert set(statuses.values()) == {"cancelled"}
    await other.close(cancel=True)


async def test_runs_removed_meanwhile_are_errors_not_faults(
    workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    first, second = [(await run_to_end(workbench, "works", {})).id for _ in range(2)]
    async with history(workbench, until) as (pilot, table):
        text = await preview(pilot, until, text_of, "delete")
        assert "Permanently remove 2 runs from the history?" in text
        await workbench.retention.delete(first)
        await pilot.press("y")
        await told(pilot, until, "1 run removed", "1 run: ")
        await until(pilot, lambda: list(table.marked) == [first])
        assert (await workbench.runs.history()).executions == []
        assert second not in table.marked


async def test_an_action_says_how_far_it_is_and_stops(
    workbench: Workbench, until: Until, text_of: TextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [(await run_to_end(workbench, "works", {})).id for _ in range(3)]
    delete, gate = workbench.retention.delete, asyncio.Event()

    async def slowly(run_id: str) -> None:
        if len((await workbench.runs.history()).executions) < 3:
            await gate.wait()
        await delete(run_id)

    monkeypatch.setattr(workbench.retention, "delete", slowly)
    async with history(workbench, until) as (pilot, table):
        await preview(pilot, until, text_of, "delete")
        await pilot.press("y")
        await until(pilot, lambda: "1 of 3 runs removed" in text_of(pilot.app))
        await pilot.press("escape")
        await told(pilot, until, "1 run removed, 2 runs left")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        await until(pilot, lambda: len(table.marked) == 2)
        assert {run.id for run in (await workbench.runs.history()).executions} == set(table.marked) < set(runs)


async def test_a_workbench_that_changes_nothing_offers_none_of_it(workbench: Workbench, until: Until) -> None:
    await run_to_end(workbench, "works", {})
    async with history(read_only(workbench), until) as (pilot, _table):
        await pilot.press("a", "M")
        await told(pilot, until, REASON)
        assert isinstance(pilot.app.screen, HistoryScreen)
