"""The monitor over a run file."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from tui.notices import notices
from tui.run_events import Story, completed, failed, running
from tui.run_views import shows_end
from tui.start_app import StartApp
from wftui.tui.screens.history.history_screen import HistoryScreen
from wftui.tui.screens.runs.run_file_screen import RunFileScreen
from wftui.tui.widgets.path_prompt import PathPrompt
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


async def exported(workbench: Workbench, story: Story, path: Path) -> Path:
    """Return a file with a run."""
    await (await workbench.store()).append(story.events, wait=True)
    await workbench.transfer.export(story.run_id, path)
    return path


async def test_history_shows_a_file_without_taking_it(
    workbench: Workbench, until: Until, text_of: TextOf, tmp_path: Path
) -> None:
    path = await exported(workbench, failed(), tmp_path / "given.wfrun")
    await (await workbench.store()).delete(failed().run_id)
    app = StartApp(workbench, start=lambda app: app.open_history())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        await pilot.press("I")
        await until(pilot, lambda: isinstance(app.screen, PathPrompt))
        app.screen.query_one(Input).value = str(path)[:-3]
        await until(pilot, lambda: app.screen.query_one(Input)._suggestion == str(path))
        await pilot.press("end", "right", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunFileScreen) and "git ended with code 128" in text_of(app))
        await until(pilot, lambda: "given.wfrun" in text_of(app))
        for key in ("r", "R", "e"):
            await pilot.press(key)
        await until(pilot, lambda: len(notices(app)) == 3)
        assert all("the run is shown from a file" in message for message in notices(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
    assert (await (await workbench.store()).summary(failed().run_id)) is None


async def test_snapshot_of_a_file(
    workbench: Workbench,
    until: Until,
    tmp_path: Path,
    size: tuple[int, int],
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    path = await exported(workbench, failed(), tmp_path / "given.wfrun")
    app = StartApp(workbench, start=lambda app: app.open_screen("run_file", path))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunFileScreen))
        screen = app.screen
        assert isinstance(screen, RunFileScreen)
        await until(pilot, lambda: shows_end(pilot.app) and screen.is_painted)
        assert await matches(pilot)


async def test_a_broken_file_is_reported_and_closed(workbench: Workbench, until: Until, tmp_path: Path) -> None:
    path = await exported(workbench, completed(), tmp_path / "cut.wfrun")
    path.write_bytes(path.read_bytes()[:-40])
    app = StartApp(workbench, start=lambda app: app.open_screen("run_file", path))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("is truncated" in message for message in notices(app)))
        await until(pilot, lambda: not isinstance(app.screen, RunFileScreen))


async def test_a_file_may_be_left_while_it_is_read(workbench: Workbench, until: Until, tmp_path: Path) -> None:
    story = running()
    for number in range(2_000):
        story.says("commits", 15.6, f"line {number}")
    path = await exported(workbench, story, tmp_path / "long.wfrun")
    app = StartApp(workbench, start=lambda app: app.open_screen("run_file", path))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunFileScreen))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, RunFileScreen))
