"""The keys of a playback: its speed, its position, a frozen view."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from textual.app import App

from tui.run_events import Story, completed, running
from wftui.model.run.events import Log
from wftui.model.run.reducer import fold
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


async def test_a_finished_run_plays_back_from_its_start(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(completed()) as (pilot, screen):
        await pilot.press("full_stop", "full_stop", "full_stop")
        await until(pilot, lambda: screen.shown.record.last_seq == 3)
        await until(pilot, lambda: "PLAYBACK" in text_of(pilot.app))
        assert screen.shown.record.status == "running"
        await pilot.press("comma")
        await until(pilot, lambda: screen.shown.record.last_seq == 2)
        await pilot.press("P")
        await until(pilot, lambda: "PLAYBACK" not in text_of(pilot.app))
        assert screen.shown.record.status == "completed"


async def test_playback_completes_at_any_speed(open_run: Any, until: Until) -> None:
    async with open_run(completed()) as (pilot, screen):
        await pilot.press("p", *["greater_than_sign"] * 9)
        await until(pilot, lambda: screen.playback is not None and screen.playback.at_end)
        assert screen.shown.record == screen.state.record


async def test_a_playback_shows_its_position(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(completed(), (120, 40)) as (pilot, screen):
        await pilot.press("full_stop")
        await until(pilot, lambda: f"event 1 of {screen.state.record.last_seq}" in text_of(pilot.app))


@pytest.mark.parametrize(
    ("answer", "number"), [("7", 7), ("1", 1), ("9,999", -1), ("100%", -1), ("0%", 1), ("10:29:43", 0), ("23:59", -1)]
)
async def test_a_playback_goes_to_an_event(
    open_run: Any, until: Until, text_of: TextOf, answer: str, number: int
) -> None:
    story = completed()
    async with open_run(story, (120, 40)) as (pilot, screen):
        last = screen.state.record.last_seq
        first_second = story.events[0].timestamp.replace(microsecond=0) + timedelta(seconds=1)
        in_first_second = sum(event.timestamp <= first_second for event in story.events)
        wanted = {0: in_first_second, -1: last}.get(number, number)
        await pilot.press("J")
        await until(pilot, lambda: "Go to" in text_of(pilot.app))
        await pilot.press(*answer, "enter")
        await until(pilot, lambda: screen.playback is not None and screen.playback.state.record.last_seq == wanted)
        assert screen.shown.record == fold(story.run_id, story.events[:wanted])
        lines = sum(event.message.count("\n") + 1 for event in story.events[:wanted] if isinstance(event, Log))
        assert len(screen.shown.lines) == lines
        await until(pilot, lambda: f"event {wanted} of {last}" in text_of(pilot.app))
        before = [event.seq for event in story.events[: wanted - 1] if not isinstance(event, Log)]
        await pilot.press("comma")
        earlier = before[-1] if before else wanted
        await until(pilot, lambda: screen.shown.record.last_seq == earlier)


async def test_a_position_that_is_none_is_refused(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(completed(), (120, 40)) as (pilot, screen):
        await pilot.press("J")
        await until(pilot, lambda: "Go to" in text_of(pilot.app))
        await pilot.press(*"soon", "enter")
        await until(pilot, lambda: "a number, a share such as 50%, or a time" in text_of(pilot.app))
        assert screen.playback is None


async def test_a_frozen_view_stays_while_the_run_continues(
    open_run: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    story = running()
    async with open_run(story, (120, 40)) as (pilot, _screen):
        await pilot.press("v")
        last = len(story.events)
        await until(pilot, lambda: f"FROZEN at event {last} of {last}" in text_of(pilot.app))
        more = Story(story.run_id)
        more.add(Log, 21, message="later line", path="commits")
        await (await workbench.store()).append(more.events, wait=True)
        await until(pilot, lambda: f"FROZEN at event {last} of {last + 1}" in text_of(pilot.app))
        assert "later line" not in text_of(pilot.app)
        await pilot.press("v")
        await until(pilot, lambda: "later line" in text_of(pilot.app) and "FROZEN" not in text_of(pilot.app))
