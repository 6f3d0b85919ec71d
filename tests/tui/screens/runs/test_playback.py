"""Playback and frozen views of runs that continue, wait, end, or were interrupted."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.app import App

from tui.notices import notices
from tui.run_events import BEGIN, Story, asking, completed, running
from wftui.model.run.events import Completed, Interrupted, Log, StepWaiting
from wftui.model.run.steps import Waiting
from wftui.tui.widgets.run.approval_form import ApprovalForm
from wftui.tui.widgets.run.header import RunHeader
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


@pytest.fixture
def monitor_size() -> tuple[int, int]:
    return 120, 40


async def test_a_frozen_view_says_when_the_run_waits_or_ends(
    open_run: Any, workbench: Workbench, until: Until, text_of: TextOf
) -> None:
    story = running()
    async with open_run(story) as (pilot, _screen):
        await pilot.press("v")
        await until(pilot, lambda: "FROZEN at event" in text_of(pilot.app))
        assert ", now" not in text_of(pilot.app)
        more = Story(story.run_id)
        waiting = Waiting(reason="approval", prompt="Delete them?")
        more.add(StepWaiting, 20, step_id="branches", path="branches", waiting=waiting)
        await (await workbench.store()).append(more.events, wait=True)
        await until(pilot, lambda: ", now waiting for you" in text_of(pilot.app))
        more = Story(story.run_id)
        more.add(Completed, 21, duration=21_000)
        await (await workbench.store()).append(more.events, wait=True)
        await until(pilot, lambda: ", now completed" in text_of(pilot.app))


async def test_a_frozen_view_keeps_its_time(open_run: Any, until: Until) -> None:
    """The newest event may be hours old: its time is not that of the view."""
    async with open_run(running()) as (pilot, screen):
        header = screen.query_one(RunHeader)
        before = str(header.render()).splitlines()[0].split()[-1]
        await pilot.press("v")
        await until(pilot, lambda: screen.playback is not None and screen.playback.frozen and header.playback)
        assert str(header.render()).splitlines()[0].split()[-1] == before
        assert screen.now() > (screen.shown.last_sign or screen.now())


async def test_a_frozen_view_that_moves_is_a_playback(open_run: Any, until: Until, text_of: TextOf) -> None:
    async with open_run(running()) as (pilot, screen):
        for key in ("p", "full_stop"):
            await pilot.press("v")
            await until(pilot, lambda: "FROZEN at event" in text_of(pilot.app))
            await pilot.press(key)
            await until(pilot, lambda: "FROZEN" not in text_of(pilot.app) and "PLAY" in text_of(pilot.app))
            await pilot.press("P")
            await until(pilot, lambda: screen.playback is None)


async def test_an_approval_is_not_answered_in_the_past(open_run: Any, until: Until) -> None:
    async with open_run(asking()) as (pilot, screen):
        assert screen.query_one(ApprovalForm).display
        await pilot.press("v")
        await until(pilot, lambda: screen.playback is not None and screen.playback.frozen)
        for key in ("a", "x"):
            await pilot.press(key)
        await until(pilot, lambda: len(notices(pilot.app)) == 2)
        assert all("press P to return to the run" in each for each in notices(pilot.app))
        await pilot.press("P")
        assert screen.query_one(ApprovalForm).display


async def test_only_a_run_in_progress_is_frozen(open_run: Any, until: Until) -> None:
    async with open_run(completed()) as (pilot, screen):
        await pilot.press("v")
        await until(pilot, lambda: notices(pilot.app) == ["Freeze: the run is completed"])
        assert screen.playback is None


async def test_each_of_quick_keys_goes_one_event_back(open_run: Any, until: Until) -> None:
    story = completed()
    async with open_run(story) as (pilot, screen):
        await screen._show_at(30)
        await pilot.press(*["comma"] * 5)
        before = [event.seq for event in story.events[:29] if not isinstance(event, Log)]
        await until(pilot, lambda: screen.shown.record.last_seq == before[-5])


async def test_an_interruption_is_shown_at_the_last_sign_of_life(open_run: Any, until: Until) -> None:
    story = running()
    story.add(Interrupted, 600, message="its process ended", last_sign=BEGIN + timedelta(seconds=16))
    async with open_run(story) as (pilot, screen):
        await screen._show_at(len(story.events))
        for keys in ((), ("comma", "full_stop")):
            await pilot.press(*keys)
            await until(pilot, lambda: screen.shown.record.status == "interrupted")
            assert screen.playback is not None
            assert screen.shown.last_sign == BEGIN + timedelta(seconds=16)


@pytest.mark.parametrize(
    ("answer", "event_time"),
    [
        ("03:30", "2026-10-25T02:30Z"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30Z"),
        ("2026-11-01", "2026-10-25T23:30Z"),
    ],
)
async def test_a_time_is_one_of_the_local_clocks_during_the_run(
    open_run: Any, until: Until, monkeypatch: pytest.MonkeyPatch, answer: str, event_time: str
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    story, begin = Story("01k9x2m4y-c10ck"), datetime(2026, 10, 24, 23, 30, tzinfo=UTC)  # 01:30 in Berlin
    story.created()
    for event in story.events:
        event.timestamp = begin
    for minutes in (*range(15, 200, 15), 24 * 60):
        story.add(Log, 0, path="clone", message=f"minute {minutes}")
        story.events[-1].timestamp = begin + timedelta(minutes=minutes)
    async with open_run(story) as (pilot, screen):
        await pilot.press("J")
        await until(pilot, lambda: pilot.app.screen is not screen)
        await pilot.press(*answer, "enter")
        last = datetime.fromisoformat(event_time)
        expected = sum(event.timestamp <= last for event in story.events)
        await until(pilot, lambda: screen.playback is not None and not screen.playback.playing)
        await until(pilot, lambda: screen.shown.record.last_seq == expected)
