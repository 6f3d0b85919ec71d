"""The events of a run as a list, their payload, and playback from any of them."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tui.run_events import completed
from wftui.tui.screens.runs.events_screen import EventsScreen
from wftui.tui.screens.runs.value_screen import ValueScreen
from wftui.tui.widgets.run.header import RunHeader

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


@pytest.fixture
def monitor_size() -> tuple[int, int]:
    return 120, 40


async def test_events_are_listed_with_their_payload(open_run: Any, until: Until, text_of: TextOf) -> None:
    story = completed()
    async with open_run(story) as (pilot, screen):
        await pilot.press("E")
        await until(pilot, lambda: isinstance(pilot.app.screen, EventsScreen))
        await until(pilot, lambda: "completed" in text_of(pilot.app))
        await pilot.press("home", "down", "down")
        await until(pilot, lambda: "step_started" in text_of(pilot.app))
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard and json.loads(pilot.app.clipboard)["seq"] == 3)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ValueScreen))
        await until(pilot, lambda: '"stepName": "Clone the repository"' in text_of(pilot.app))
        await pilot.press("escape")
        await pilot.press("p")
        await until(pilot, lambda: screen.playback is not None and screen.shown.record.last_seq == 3)
        await until(pilot, lambda: "PLAYBACK 1x, event 3 of" in text_of(pilot.app))
        await until(pilot, lambda: "in 0:15" in text_of(pilot.app))


async def test_a_click_on_the_bar_goes_to_that_place(open_run: Any, until: Until) -> None:
    story = completed()
    async with open_run(story) as (pilot, screen):
        await pilot.press("p")
        await until(pilot, lambda: screen.playback is not None)
        await pilot.click(RunHeader, offset=(13, 1))
        half = len(story.events) / 2
        playback = screen.playback
        await until(pilot, lambda: not playback.playing and abs(screen.shown.record.last_seq - half) <= 2)


async def test_snapshot_of_events(
    open_run: Any, size: tuple[int, int], until: Until, matches: Callable[[Pilot[Any]], Awaitable[bool]]
) -> None:
    async with open_run(completed(), size) as (pilot, _screen):
        await pilot.press("E")
        await until(pilot, lambda: isinstance(pilot.app.screen, EventsScreen))
        events = pilot.app.screen
        await until(pilot, lambda: events._list.event_at(events._list.cursor) is not None)
        assert await matches(pilot)


async def test_snapshot_of_playback(
    open_run: Any, size: tuple[int, int], until: Until, matches: Callable[[Pilot[Any]], Awaitable[bool]]
) -> None:
    async with open_run(completed(), size) as (pilot, screen):
        await screen._show_at(12)
        await until(pilot, lambda: screen.shown.record.last_seq == 12)
        assert await matches(pilot)
