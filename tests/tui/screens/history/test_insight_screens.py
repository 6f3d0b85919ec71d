"""Comparison, statistics and search, opened from the history by keys."""

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tui.run_events import Story, completed, failed
from tui.start_app import StartApp
from wftui.model.run.steps import ExecutionError
from wftui.tui.screens.base.report_screen import ReportScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.history.comparison_screen import ComparisonScreen
from wftui.tui.screens.history.history_screen import HistoryScreen
from wftui.tui.screens.history.search_screen import MatchView, SearchScreen
from wftui.tui.screens.history.statistics_screen import StatisticsScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.widgets.history.table import HistoryTable
from wftui.tui.widgets.path_prompt import PathPrompt
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]
Matches = Callable[[Pilot[Any]], Awaitable[bool]]


@pytest.fixture
def open_history(workbench: Workbench, until: Until) -> Callable[..., Any]:
    """Return `open_history(*stories, size=…)`, with the newest run selected."""

    @asynccontextmanager
    async def opened(*stories: Story, size: tuple[int, int] = (80, 24)):  # type: ignore[no-untyped-def]
        for story in stories:
            await (await workbench.store()).append(story.events, wait=True)
        app = StartApp(workbench, start=lambda app: app.open_history(None))
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
            await until(pilot, lambda: app.screen.query_one(HistoryTable).known)
            yield pilot

    return opened


async def read_report(pilot: Pilot[Any], until: Until, kind: type[ReportScreen]) -> ReportScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    screen = pilot.app.screen
    assert isinstance(screen, kind)
    await until(pilot, lambda: screen.report.message != "Loading…")
    return screen


async def search_for(pilot: Pilot[Any], until: Until, text: str) -> MatchView:
    await pilot.press("l")
    await until(pilot, lambda: isinstance(pilot.app.screen, SearchScreen))
    await pilot.press(*text, "enter")
    state = pilot.app.screen.query_one("#search-state", Static)
    await until(pilot, lambda: "place" in str(state.content) and "searching" not in str(state.content))
    return pilot.app.screen.query_one(MatchView)


async def test_a_run_is_compared_with_the_last_good_one(
    open_history: Any, until: Until, size: tuple[int, int], matches: Matches
) -> None:
    async with open_history(completed(), failed(), size=size) as pilot:
        await pilot.press("c")
        screen = await read_report(pilot, until, ComparisonScreen)
        assert "The first step that differs is" in screen.report.lines[0].text
        assert await matches(pilot)
        await pilot.press("n")
        assert screen.report.lines[screen.report.cursor].tone in ("changed", "bad")
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard.startswith(screen.report.lines[0].text))
        before = next(at for at, line in enumerate(screen.report.lines) if line.run_id)
        await pilot.press("home", *["down"] * before, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MonitorScreen))


async def test_a_marked_run_is_compared_with_another(open_history: Any, until: Until) -> None:
    async with open_history(completed(), failed()) as pilot:
        await pilot.press("down", "m", "up", "c")
        screen = await read_report(pilot, until, ComparisonScreen)
        runs = [line.run_id for line in screen.report.lines if line.run_id]
        assert runs == [completed().run_id, failed().run_id]


async def test_without_a_good_run_it_says_so(open_history: Any, until: Until) -> None:
    async with open_history(failed()) as pilot:
        await pilot.press("c")
        screen = await read_report(pilot, until, ComparisonScreen)
        assert "completed before" in screen.report.message


async def test_statistics_of_all_runs(open_history: Any, until: Until, size: tuple[int, int], matches: Matches) -> None:
    async with open_history(completed(), failed(), size=size) as pilot:
        await pilot.press("s")
        await read_report(pilot, until, StatisticsScreen)
        assert await matches(pilot)


async def test_statistics_of_the_filtered_workflow_have_its_steps(open_history: Any, until: Until) -> None:
    hostile = failed()
    error = ExecutionError(type="x", message="\x1b[2Jgone\x1b]0;title\x07")
    hostile.events[-1] = hostile.events[-1].model_copy(update={"error": error})
    async with open_history(completed(), hostile) as pilot:
        await pilot.press("w", "s")
        screen = await read_report(pilot, until, StatisticsScreen)
        text = "\n".join(line.text for line in screen.report.lines)
        assert "x: gone\n" in f"{text}\n"
        assert screen.trail()[1] in text
        assert "Steps, slowest first" in text
        await pilot.press("n")
        line = screen.report.selected
        assert line is not None
        assert line.tone in ("bad", "changed")


async def test_a_text_is_found_in_logs_and_values_and_opens_its_step(
    open_history: Any, until: Until, size: tuple[int, int], matches: Matches
) -> None:
    async with open_history(completed(), failed(), size=size) as pilot:
        view = await search_for(pilot, until, "ada")
        assert view.matches
        assert all("ada" in match.text.lower() for match in view.matches)
        assert await matches(pilot)
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == view.matches[0].text)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MonitorScreen))
        assert pilot.app.screen.run_id == view.matches[0].run_id


async def test_a_search_respects_the_filters_and_says_when_nothing_is_found(
    open_history: Any, until: Until, text_of: TextOf
) -> None:
    async with open_history(completed(), failed()) as pilot:
        await pilot.press("f")
        view = await search_for(pilot, until, "ada")
        assert {match.run_id for match in view.matches} <= {failed().run_id}
        await until(pilot, lambda: "in runs with status:" in text_of(pilot.app))
        await pilot.press("slash", *"nowhere", "enter")
        await until(pilot, lambda: "0 places" in text_of(pilot.app))


async def test_a_run_is_exported_and_imported_by_keys(
    open_history: Any, workbench: Workbench, until: Until, tmp_path: Path
) -> None:
    path = tmp_path / "given.wfrun"
    async with open_history(completed()) as pilot:
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
        pilot.app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, path.is_file)
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        await (await workbench.store()).delete(completed().run_id)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, PathPrompt))
        pilot.app.screen.query_one(Input).value = str(path)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MonitorScreen))
        await until(pilot, lambda: pilot.app.screen.state.record.imported_from == path.name)
