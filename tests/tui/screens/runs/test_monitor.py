"""The monitor over recorded runs: sizes, keys, playback, clipboard."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import patience
from textual.app import App
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.widgets import Input

from tui.notices import notices
from tui.run_events import Story, asking, completed, failed, running
from tui.run_views import shows_end
from tui.start_app import StartApp
from wftui.model.run.events import Completed, Log
from wftui.tui.screens.dialogs.confirm import ConfirmScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.screens.runs.value_screen import ValueScreen
from wftui.tui.widgets.run.detail import StepDetail
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


@pytest.mark.parametrize("story", [running, asking, failed, completed])
async def test_snapshot(
    open_run: Any, story: Callable[[], Story], size: tuple[int, int], matches: Callable[[Pilot[Any]], Awaitable[bool]]
) -> None:
    async with open_run(story(), size) as (pilot, _screen):
        assert await matches(pilot)


@pytest.mark.parametrize("key", ["2", "4"])
async def test_snapshot_of_other_panes(
    open_run: Any, size: tuple[int, int], key: str, matches: Callable[[Pilot[Any]], Awaitable[bool]]
) -> None:
    async with open_run(running(), size) as (pilot, _screen):
        await pilot.press(key)
        await pilot.pause()
        assert await matches(pilot)


@pytest.mark.parametrize(("story", "buttons"), [(completed, 0), (asking, 2)])
async def test_only_a_run_that_asks_has_the_widgets_of_an_answer(
    open_run: Any, story: Callable[[], Story], buttons: int
) -> None:
    async with open_run(story(), (80, 24)) as (_pilot, screen):
        assert len(screen.query("ApprovalForm")) == 1
        assert len(screen.query("ApprovalForm Button")) == buttons


async def test_a_switch_of_the_pane_does_not_style_all_panes(
    open_run: Any, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_run(completed(), size) as (pilot, screen):
        await pilot.press("1", "3")
        styled: list[DOMNode] = []
        monkeypatch.setattr(pilot.app, "update_styles", lambda node, **_: styled.append(node))
        await pilot.press("1")
        await pilot.pause()
        assert screen.panes.timeline.display and not screen.panes.results.display
        assert screen.panes not in styled


async def test_a_completed_run_shows_its_results_first(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(completed()) as (pilot, screen):
        assert screen.panes.pane == "results"
        texts = ("completed", '"commits": 10234', "# Repo health")
        await until(pilot, lambda: all(text in text_of(pilot.app) for text in texts))


async def test_failed_step_is_selected_with_its_error(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(failed()) as (pilot, screen):
        await until(pilot, lambda: screen.panes.timeline.selected.path == "branches")
        texts = ("exit_code", "git ended with code 128", "line 41, /steps/3/input/script")
        await until(pilot, lambda: all(text in text_of(pilot.app) for text in texts))


async def test_missing_run_is_reported(workbench: Workbench, until: Until, text_of: TextOf) -> None:
    app = StartApp(workbench, start=lambda app: app.open_monitor("01nothere-00000"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "01nothere-00000" in "".join(text_of(app).splitlines()[2:3]))


async def test_new_events_show_while_the_monitor_is_open(
    open_run: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    story, rest = running(), completed().events[len(running().events) :]
    async with open_run(story) as (pilot, screen):
        screen.panes.pick("steps")
        for event in rest:
            event.run_id = story.run_id
        await (await workbench.store()).append(rest, wait=True)
        await until(pilot, lambda: shows_end(pilot.app) and "completed" in text_of(pilot.app))
        await until(pilot, lambda: "6 of 6" in text_of(pilot.app))


async def test_live_runs_have_a_clock_and_ended_ones_a_duration(open_run: Any, text_of: TextOf) -> None:
    async with open_run(running()) as (pilot, _screen):
        assert text_of(pilot.app).splitlines()[1].rstrip().endswith("0:16")
    async with open_run(completed()) as (pilot, _screen):
        assert text_of(pilot.app).splitlines()[1].rstrip().endswith("15.9s")


async def test_moving_the_cursor_shows_that_step(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(running()) as (pilot, screen):
        await pilot.press("home", "down", "down")
        assert screen.panes.timeline.selected.path == "files"
        assert not screen.panes.timeline.following
        await until(pilot, lambda: "src/module_0.py" in text_of(pilot.app))
        await pilot.press("f")
        assert screen.panes.timeline.following
        assert screen.panes.timeline.selected.path == "authors"


async def test_a_repeated_step_opens_and_closes(open_run: Any, text_of: TextOf) -> None:
    async with open_run(running()) as (pilot, screen):
        await pilot.press("right")
        assert "[1] grace" in text_of(pilot.app)
        await pilot.press("down", "down", "right", "down")
        assert screen.panes.timeline.selected.path == "authors[1].stats"
        await pilot.press("left")
        assert screen.panes.timeline.selected.path == "authors[1]"
        await pilot.press("left", "left", "left")
        assert "[1] grace" not in text_of(pilot.app)


async def test_failures_have_keys_and_a_filter(open_run: Any, text_of: TextOf) -> None:
    async with open_run(failed()) as (pilot, screen):
        await pilot.press("d")
        assert screen.panes.timeline.selected.path == "authors[3]"
        await pilot.press("d")
        assert screen.panes.timeline.selected.path == "branches"
        await pilot.press("F")
        assert "Count commits" not in text_of(pilot.app)
        assert "Stale branches" in text_of(pilot.app)


async def test_a_step_value_opens_over_the_whole_screen(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(running()) as (pilot, _screen):
        await pilot.press("home", "enter")
        assert isinstance(pilot.app.focused, StepDetail)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueScreen))
        await until(pilot, lambda: "output of clone" in text_of(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, MonitorScreen))


async def test_big_result_is_loaded_by_scrolling(open_run: Any, until: Until, text_of: TextOf) -> None:
    big = {"rows": [{"number": number, "text": "x" * 50} for number in range(20_000)], "last": "the end"}
    async with open_run(completed(outputs=big)) as (pilot, screen):
        await until(pilot, lambda: '"number": 0' in text_of(pilot.app))
        assert screen.panes.results.rows < 2_000
        await pilot.press("3", "end")
        await until(pilot, lambda: '"last": "the end"' in text_of(pilot.app))


async def test_a_value_is_searched_and_saved(
    open_run: Any, until: Until, text_of: TextOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    big = {"rows": [f"row {number} {'is long ' * 20}needle {number}" for number in range(500)]}
    async with open_run(completed(outputs=big)) as (pilot, screen):
        await until(pilot, lambda: '"row 0 ' in text_of(pilot.app))
        await pilot.press("3", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueScreen))
        await pilot.press("slash", *"needle", "space", *"499", "enter")
        await until(pilot, lambda: "needle 499 1 of 1" in text_of(pilot.app))
        await pilot.press("slash", "ctrl+u", *"needle", "enter")
        await until(pilot, lambda: "needle 500 of 500" in text_of(pilot.app))
        await pilot.press("n")
        await until(pilot, lambda: "needle 1 of 500" in text_of(pilot.app))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
        await pilot.press("enter")
        saved = tmp_path / f"{screen.state.record.workflow_id}-results.json"
        await until(pilot, lambda: notices(pilot.app))
        assert json.loads(saved.read_text()) == big
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "a file of that name already exists" in text_of(pilot.app))
        line = pilot.app.screen.query_one(Input)
        line.value = "9" * 300
        await until(pilot, lambda: "file name too long" in text_of(pilot.app))
        line.value = "~nobody-there/x"
        await until(pilot, lambda: "the folder ~nobody-there does not exist" in text_of(pilot.app))


async def test_disabled_actions_say_why(open_run: Any, until: Until) -> None:
    async with open_run(completed()) as (pilot, _screen):
        await pilot.press("c")
        await until(pilot, lambda: notices(pilot.app))
        assert notices(pilot.app) == ["Cancel: the run is completed"]


@pytest.mark.parametrize(("key", "approved"), [("a", True), ("x", False)])
async def test_an_approval_is_answered_in_place(
    open_run: Any, workbench: Workbench, until: Until, text_of: TextOf, key: str, approved: bool
) -> None:
    async with open_run(asking()) as (pilot, screen):
        await until(pilot, lambda: "Delete 14 branches" in text_of(pilot.app))
        store = await workbench.store()
        await pilot.press(key)
        if not approved:
            await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
            await until(pilot, lambda: "Reject branches?" in text_of(pilot.app))
            assert "The step fails with approval.rejected" in text_of(pilot.app)
            await pilot.press("x")
        signals: list[Any] = []
        async with patience():
            while not signals:
                await pilot.pause(0.01)
                signals = await store.take_signals([screen.run_id])
        assert [(signal.kind, signal.payload["approved"]) for signal in signals] == [("answer", approved)]


async def test_a_rejection_may_be_called_off(open_run: Any, workbench: Workbench, until: Until) -> None:
    async with open_run(asking()) as (pilot, screen):
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("a")
        store = await workbench.store()
        signals = await store.take_signals([screen.run_id])
        while not signals:
            await pilot.pause(0.01)
            signals = await store.take_signals([screen.run_id])
        assert [signal.payload["approved"] for signal in signals] == [True]


async def test_copy_uses_the_selection_under_the_cursor(open_run: Any, until: Until) -> None:
    async with open_run(running()) as (pilot, _screen):
        await pilot.press("home", "y")
        await until(pilot, lambda: '"exitCode": 0' in pilot.app.clipboard)
        await pilot.press("Y")
        await until(pilot, lambda: pilot.app.clipboard == running().run_id)
        await pilot.press("A")
        await until(pilot, lambda: pilot.app.clipboard == "clone")
        await pilot.press("2", "home", "down", "y")
        await until(pilot, lambda: pilot.app.clipboard.startswith("Receiving objects: 100% (10234/10234)"))


# --- the log


async def test_the_log_is_filtered_by_level_step_and_text(open_run: Any, text_of: TextOf, until: Until) -> None:
    async with open_run(running()) as (pilot, screen):
        log = screen.panes.log_view
        await pilot.press("2")
        await until(pilot, lambda: log.shown == 10)
        await pilot.press("l")
        await until(pilot, lambda: log.shown == 7)
        await pilot.press("l", "l")
        await until(pilot, lambda: log.shown == 1 and "fatal: could not read" in text_of(pilot.app))
        await pilot.press("l", "1", "home", "s")
        await until(pilot, lambda: log.log_filter.path == "clone" and log.shown == 2)
        await pilot.press("s", "t", *"grace", "enter")
        await until(pilot, lambda: log.shown == 1 and "containing “grace”" in text_of(pilot.app))


async def test_search_cycles_through_matches(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(running()) as (pilot, screen):
        log = screen.panes.log_view
        await pilot.press("slash", *"reading", "enter")
        await until(pilot, lambda: log.hits == 6 and "/reading" in text_of(pilot.app))
        first = log.line_at(log.cursor).text
        await pilot.press("n")
        assert log.line_at(log.cursor).text != first
        await pilot.press("N")
        assert log.line_at(log.cursor).text == first
        assert not log.following


async def test_escape_closes_only_the_search(open_run: Any) -> None:
    async with open_run(running()) as (pilot, screen):
        await pilot.press("slash", "x", "escape")
        assert pilot.app.screen is screen
        assert not screen.panes.log_panel.is_asking
        assert screen.panes.log_view.search == ""


async def test_scrolling_up_pauses_following(open_run: Any, workbench: Workbench, until: Until) -> None:
    story = running()
    for number in range(200):
        story.says("commits", 15.6, f"line {number}")
    async with open_run(story) as (pilot, screen):
        log = screen.panes.log_view
        await pilot.press("2")
        await until(pilot, lambda: log.cursor == log.rows - 1)
        await pilot.press("pageup")
        assert not log.following
        at = log.scroll_offset.y
        more = Log(run_id=story.run_id, timestamp=story.events[-1].timestamp, message="one more")
        await (await workbench.store()).append([more], wait=True)
        await until(pilot, lambda: log.rows == 211)
        assert log.scroll_offset.y == at
        await pilot.press("end")
        assert log.following


async def test_folded_lines_show_their_whole_text(open_run: Any, until: Until, text_of: TextOf) -> None:
    story = running()
    story.says("commits", 15.6, "a long line " * 20 + "with an end")
    async with open_run(story) as (pilot, screen):
        await pilot.press("2")
        assert "with an end" not in text_of(pilot.app)
        await pilot.press("w")
        await until(pilot, lambda: "with an end" in text_of(pilot.app))
        assert screen.panes.log_view.rows > screen.panes.log_view.shown


async def test_markup_in_program_output_is_plain_text(open_run: Any, until: Until, text_of: TextOf) -> None:
    story = running()
    story.says("commits", 15.6, "[bold red]not markup[/] [@click=app.quit]no link[/]")
    story.add(Completed, 16, outputs={"[b]key[/b]": "[red]value[/]"}, duration=1)
    async with open_run(story) as (pilot, _screen):
        await until(pilot, lambda: '"[b]key[/b]": "[red]value[/]"' in text_of(pilot.app))
        await pilot.press("2")
        await until(pilot, lambda: "[bold red]not markup[/] [@click=app.quit]no link[/]" in text_of(pilot.app))


# --- playback


# --- size and signs


async def test_ascii_terminals_get_ascii_signs(
    open_run: Any, monkeypatch: pytest.MonkeyPatch, until: Until, text_of: TextOf, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("LANG", "C")
    async with open_run(failed(), size) as (pilot, _screen):
        await until(pilot, lambda: "Loading" not in text_of(pilot.app))
        translated = set("▁▂▃▄▅▆▇█╭╮╰╯─│")  # scrollbars and borders, by the driver
        assert {character for character in text_of(pilot.app) if ord(character) > 127} <= translated


async def test_a_wider_terminal_shows_everything_at_once(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(running(), (80, 24)) as (pilot, _screen):
        assert "10,234 commits" not in text_of(pilot.app)
        await pilot.resize_terminal(130, 40)
        await until(pilot, lambda: "10,234 commits" in text_of(pilot.app) and "Count commits" in text_of(pilot.app))


async def test_tiny_terminal_works(open_run: Any, text_of: TextOf) -> None:
    async with open_run(failed(), (20, 5)) as (pilot, _screen):
        assert "failed" in text_of(pilot.app)
        for key in ("1", "2", "3", "4", "1"):
            await pilot.press(key)


async def test_escape_ends_a_search_before_it_leaves(open_run: Any, until: Until) -> None:
    async with open_run(failed()) as (pilot, screen):
        await pilot.press("slash", *"git", "enter")
        assert screen.panes.log_view.search == "git"
        await pilot.press("escape")
        await until(pilot, lambda: screen.panes.log_view.search == "")
        assert pilot.app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is not screen)


async def test_the_header_counts_items(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(running(), (120, 40)) as (pilot, screen):
        authors = screen.state.record.step("authors")
        assert authors is not None
        assert authors.iterations is not None
        counted = f"{authors.iterations.ended} of {authors.iterations.total} items"
        await until(pilot, lambda: counted in text_of(pilot.app))
