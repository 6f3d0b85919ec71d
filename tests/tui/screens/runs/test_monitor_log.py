"""The log of the monitor: forms of times, saving, new lines, empty logs, pager."""

import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from tui.notices import notices
from tui.run_events import BEGIN, Story, running
from tui.start_app import StartApp
from wftui.model.errors import UserError
from wftui.model.run.events import Completed, Interrupted, Log, Resumed
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.terminal.external_editor import pager_command
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


@pytest.fixture
def monitor_size() -> tuple[int, int]:
    return 120, 40


async def test_times_of_the_log_have_three_forms(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(running()) as (pilot, _screen):
        await until(pilot, lambda: "10:29:43 info" in text_of(pilot.app))
        await pilot.press("T")
        await until(pilot, lambda: "2026-11-02 10:29:43 info" in text_of(pilot.app))
        await pilot.press("T")
        await until(pilot, lambda: re.search(r"\+\d\.\d{3}s +info", text_of(pilot.app)))
        assert "10:29:43 info" not in text_of(pilot.app)
        await pilot.press("T")
        await until(pilot, lambda: "10:29:43 info" in text_of(pilot.app))


async def test_a_log_over_a_change_of_the_clock_shows_zones(
    open_run: Any, until: Until, text_of: TextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    story = Story("01k9x2m4t-dst00")
    story.created()
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for hours in range(2):
        story.add(Log, (first - BEGIN).total_seconds() + 3600 * hours, message=f"line {hours}", level="info")
    try:
        async with open_run(story) as (pilot, _screen):
            lines = ("02:30:00 CEST info", "02:30:00 CET  info")
            await until(pilot, lambda: all(line in text_of(pilot.app) for line in lines))
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("lines", [3, 12_000])
@pytest.mark.parametrize("end", [Completed, Interrupted])
async def test_log_is_whole_however_early_it_is_asked_for(
    workbench: Workbench, lines: int, end: type[Completed | Interrupted], until: Until
) -> None:
    story = Story("01k9x2m4t-early")
    story.created()
    for number in range(lines):
        story.add(Log, 1, message=f"line {number}", level="info")
    story.add(end, 2, **({"duration": 2_000} if end is Completed else {"message": "its process was killed"}))
    await (await workbench.store()).append(story.events, wait=True)
    app = StartApp(workbench, start=lambda app: app.open_monitor(story.run_id))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        screen = app.screen
        assert isinstance(screen, MonitorScreen)
        await screen.whole_log()
        assert len(screen.panes.log_view.plain_lines()) == lines


async def test_log_of_a_run_in_progress_is_whole(open_run: Any, workbench: Workbench) -> None:
    story = running()
    async with open_run(story) as (_pilot, screen):
        before, lines = len(story.events), 20_000
        for number in range(lines):
            story.add(Log, 41, message=f"line {number}", path="commits")
        await (await workbench.store()).append(story.events[before:], wait=True)
        await screen.whole_log()
        assert screen.panes.log_view.plain_lines()[-1].endswith(f"line {lines - 1}")


async def test_log_is_whole_after_a_resume(
    open_run: Any, workbench: Workbench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = running()
    story.add(Interrupted, 30, message="its process was killed")
    before, lines = len(story.events), 20_000

    async def resume_run(_services: object, run_id: str) -> str:
        story.add(Resumed, 40)
        for number in range(lines):
            story.add(Log, 41, message=f"line {number}", path="commits")
        await (await workbench.store()).append(story.events[before:], wait=True)
        return run_id

    monkeypatch.setattr("wftui.tui.screens.runs.rerun_flow.resume_run", resume_run)
    async with open_run(story) as (pilot, screen):
        await until(pilot, lambda: not screen._follows)
        screen.action_resume()
        await until(pilot, lambda: screen.state.record.last_seq > before)
        await screen.whole_log()
        assert screen.panes.log_view.plain_lines()[-1].endswith(f"line {lines - 1}")


async def test_the_lines_shown_are_saved(open_run: Any, tmp_path: Path, until: Until) -> None:
    async with open_run(running()) as (pilot, screen):
        screen.panes.log_panel.next_level()  # info and above
        await pilot.press("W")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
        file = tmp_path / "saved.log"
        pilot.app.screen.query_one("Input").value = str(file)
        await pilot.press("enter")
        await until(pilot, lambda: any("Saved" in notice for notice in notices(pilot.app)))
        lines = file.read_text().splitlines()
        assert len(lines) == screen.panes.log_view.shown < len(screen.state.lines)
        assert lines[0].startswith("2026-11-02 10:29:43 info  clone  Cloning into bare repository")
        assert file.stat().st_mode & 0o777 == 0o600


async def test_new_lines_are_counted_while_the_view_does_not_follow(
    open_run: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    story = running()
    async with open_run(story) as (pilot, screen):
        await pilot.press("2", "home")
        assert not screen.panes.log_view.following
        more = Story(story.run_id)
        for number in range(3):
            more.add(Log, 17.0, message=f"more {number}", level="info")
        await (await workbench.store()).append(more.events, wait=True)
        await until(pilot, lambda: "3 new lines" in text_of(pilot.app))
        await pilot.press("f")
        await until(pilot, lambda: "new line" not in text_of(pilot.app))


async def test_an_empty_log_takes_no_room(open_run: Any, until: Until) -> None:
    story = Story("01k9x2m4t-empty")
    story.created()
    async with open_run(story) as (pilot, screen):
        await until(pilot, lambda: screen.panes.log_panel.size.height <= 2)
    async with open_run(running("01k9x2m4t-lines")) as (pilot, screen):
        await until(pilot, lambda: screen.panes.log_panel.size.height > 8)


def test_the_pager_is_that_of_the_user(tmp_path: Path) -> None:
    program = tmp_path / "pages"
    program.touch(mode=0o755)
    assert pager_command({"PAGER": "pages -R", "PATH": str(tmp_path)}) == ["pages", "-R"]
    with pytest.raises(UserError, match="the pager 'nothing' cannot be started: there is no such program; PAGER names"):
        pager_command({"PAGER": "nothing", "PATH": str(tmp_path)})
    with pytest.raises(UserError, match="No closing quotation in PAGER"):
        pager_command({"PAGER": "'", "PATH": str(tmp_path)})
