"""Runs with very many events, items or lines in the monitor."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.app import App

from tui.run_events import Story, completed, running, state_of
from tui.start_app import StartApp
from wftui.model.run.events import IterationCompleted, IterationStarted, Log
from wftui.model.run.reducer import fold
from wftui.tui.screens.runs import run_screen
from wftui.tui.screens.runs.frame_budget import FRAMES_PER_SECOND
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.widgets.run.state import RunState
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


async def test_a_flood_of_lines_leaves_the_screen_responsive(open_run: Any, until: Until) -> None:
    story = running()
    for _ in range(100):
        story.says("commits", 15.6, "\n".join(f"GET /item/{number} 200" for number in range(1000)))
    async with open_run(story, (120, 40)) as (pilot, screen):
        log = screen.panes.log_view
        await until(pilot, lambda: log.rows == 100_010)
        await pilot.press("slash", *"item/999", "enter")
        await until(pilot, lambda: log.hits == 100)


async def test_evicted_iteration_is_loaded_when_selected(open_run: Any, until: Until, text_of: TextOf) -> None:
    story = running()
    story.events[:] = [event for event in story.events if not (getattr(event, "path", "") or "").startswith("authors")]
    for index in range(2600):
        path = f"authors[{index}]"
        story.add(IterationStarted, 10, step_id="authors", path=path, index=index, label=f"author {index}")
        story.starts(f"{path}.stats", 10, {"author": f"author {index}"})
        story.ends(f"{path}.stats", 11, {"commits": index}, 1)
        story.add(IterationCompleted, 11, step_id="authors", path=path, index=index, duration=1)
    async with open_run(story) as (pilot, screen):
        assert screen.state.record.step("authors[40]") is None
        timeline = screen.panes.timeline
        timeline.select("authors[40].stats", reveal=True)
        timeline.following = False
        await until(pilot, lambda: screen.state.tree.step("authors[40].stats") is not None)
        await until(pilot, lambda: "author 40" in text_of(pilot.app))
        timeline.select("authors[40].stats", reveal=True)
        await until(pilot, lambda: timeline.selected is not None and timeline.selected.output == {"commits": 40})
        await pilot.press("end")
        await pilot.press("home")
        assert len(timeline._rows) > 2600


async def test_a_big_run_is_opened_at_its_newest_event_with_its_whole_log(open_run: Any, until: Until) -> None:
    story = completed()
    last = story.events.pop()
    for number in range(6_000):
        story.add(Log, 20, message=f"line {number}", path="commits")
    story.events.append(last)
    lines = sum(isinstance(event, Log) for event in story.events)
    async with open_run(story) as (pilot, screen):
        await until(pilot, lambda: len(screen.state.lines) == lines)
        assert screen.state.lines.line(lines - 1).text == "line 5999"
        assert screen.state.record == fold(story.run_id, story.events)
        await pilot.press("4")
        await until(pilot, lambda: screen.state.declared == state_of(completed()).declared)
        declared = list(state_of(completed()).declared or ())
        await until(pilot, lambda: [node.path for node in screen.panes.canvas.nodes] == declared)
        screen.action_forward()
        assert not screen.playback.playing
        await until(pilot, lambda: screen.playback is not None and screen.playback.state.record.last_seq == 1)
        for expected in (2, 3, 2, 1):
            moved = screen.action_forward if expected > screen.playback.state.record.last_seq else screen.action_back
            moved()
            await until(pilot, lambda at=expected: screen.playback.state.record.last_seq == at)


class OneFrame:
    """A budget that is used up by its first frame."""

    is_used = False

    def paint(self) -> None:
        self.is_used = True

    def pause(self, *, hurry: bool = False) -> float:
        return 3600.0 if self.is_used and not hurry else 0.0


async def test_the_first_true_frame_of_a_big_run_waits_for_nothing(
    workbench: Workbench, until: Until, text_of: TextOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_screen, "FrameBudget", OneFrame)
    story = running()
    for number in range(6_000):
        story.add(Log, 20, message=f"line {number}", path="commits")
    await (await workbench.store()).append(story.events, wait=True)
    app = StartApp(workbench, start=lambda app: app.open_monitor(story.run_id))
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen))
        await until(pilot, lambda: "Biggest files" in text_of(app))


async def test_a_big_run_is_still_followed(open_run: Any, workbench: Workbench, until: Until) -> None:
    story = running()
    for number in range(6_000):
        story.add(Log, 20, message=f"line {number}", path="commits")
    async with open_run(story) as (pilot, screen):
        before = len(screen.state.lines)
        more = Story(story.run_id)
        more.add(Log, 21, message="the last line", path="commits")
        await (await workbench.store()).append(more.events, wait=True)
        await until(pilot, lambda: screen.state.record.last_seq == len(story.events) + 1)
        await until(pilot, lambda: len(screen.state.lines) > 6_000 and len(screen.state.lines) > before)
        assert screen.state.lines.line(len(screen.state.lines) - 1).text == "the last line"


async def test_the_names_of_all_of_very_many_steps_are_read(open_run: Any, until: Until, text_of: TextOf) -> None:
    story = Story("many")
    story.created([(f"step_{number}", f"step_{number}", "set", (), None) for number in range(500, 1_001)])
    async with open_run(story) as (pilot, _screen):
        await until(pilot, lambda: "step_503" in text_of(pilot.app))
        await pilot.press("G")
        await until(pilot, lambda: "step_1000" in text_of(pilot.app).split("─step_1000")[0])


async def storm(story: Story, workbench: Workbench, times: int) -> int:
    """Append many log lines, a commit per hundred; return the last event's number."""
    store = await workbench.store()
    for _ in range(times):
        before = len(story.events)
        for _ in range(100):
            story.add(Log, 20, message="a line", path="commits")
        await store.append(story.events[before:], wait=True)
    return len(story.events)


async def test_a_storm_is_painted_in_few_frames(
    open_run: Any, workbench: Workbench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most twenty frames a second of elapsed time, for any number of events."""
    story = running()
    async with open_run(story) as (pilot, screen):
        paints: list[float] = []
        timeline = screen.panes.timeline
        read = timeline.read

        def counted() -> None:
            paints.append(time.monotonic())
            read()

        monkeypatch.setattr(timeline, "read", counted)
        begin = time.monotonic()
        last = await storm(story, workbench, 40)
        await until(pilot, lambda: screen.state.record.last_seq == last and screen.is_painted)
        assert len(screen.state.lines) >= 4_000
        assert 1 <= len(paints) <= FRAMES_PER_SECOND * (time.monotonic() - begin) + 2


async def test_nothing_is_painted_under_another_screen(
    open_run: Any, workbench: Workbench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = running()
    async with open_run(story) as (pilot, screen):
        pilot.app.open_history()
        await until(pilot, lambda: pilot.app.screen is not screen and screen.is_painted)
        shown: list[int] = []
        show = screen.panes.show

        def counted(state: RunState) -> None:
            shown.append(1)
            show(state)

        monkeypatch.setattr(screen.panes, "show", counted)
        last = await storm(story, workbench, 5)
        await until(pilot, lambda: screen.state.record.last_seq == last and screen.is_painted)
        assert shown == []
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen and shown != [] and screen.is_painted)
