"""The bars of the monitor: axis, zoom, pan, usual times, slow steps, resumes."""

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tui.run_events import BEGIN, Story, completed, failed, running
from wftui.model.run.events import Completed, Interrupted, Resumed
from wftui.workbench import Workbench

Until = Callable[..., Awaitable[None]]
TextOf = Callable[[App[Any]], str]


@pytest.fixture
def monitor_size() -> tuple[int, int]:
    return 120, 40


@pytest.fixture
def open_beside_others(
    workbench: Workbench, until: Until, open_run: Callable[..., Any], monitor_size: tuple[int, int]
) -> Callable[..., Any]:
    """Return `open(story, size)`, a monitor of a workflow with three completed runs."""

    @asynccontextmanager
    async def opened(story: Story, size: tuple[int, int] = monitor_size):  # type: ignore[no-untyped-def]
        store = await workbench.store()
        for number in range(3):
            await store.append(completed(f"01k9x2m4{number}-other").events, wait=True)
        async with open_run(story, size) as (pilot, screen):
            await until(pilot, lambda: screen.panes.timeline.usual and screen.is_painted)
            yield pilot, screen

    return opened


def late() -> Story:
    """A run whose second step takes far longer than usual."""
    story = running("01k9x2m4t-late0")
    story.ends("branches", 40.0, took=33.0)
    return story


async def test_the_bars_are_zoomed_and_moved_by_keys(open_beside_others: Any, text_of: TextOf) -> None:
    async with open_beside_others(failed()) as (pilot, screen):
        timeline = screen.panes.timeline
        assert "╷0" in text_of(pilot.app)
        total = timeline.zoom.window(timeline._total()).length
        await pilot.press("right_curly_bracket", "right_curly_bracket")
        window = timeline.zoom.window(timeline._total())
        assert window.length == pytest.approx(total / 4)
        assert "\N{MULTIPLICATION SIGN}4 zoom" in text_of(pilot.app)
        await pilot.press("left_square_bracket", "left_square_bracket", "left_square_bracket", "left_square_bracket")
        assert timeline.zoom.window(timeline._total()).start == 0
        await pilot.press("shift+right")
        assert timeline.zoom.window(timeline._total()).start == pytest.approx(total / 8)
        await pilot.press("left_curly_bracket", "left_curly_bracket")
        assert timeline.zoom.window(timeline._total()) == timeline.zoom.window(total).__class__(0, total)


async def test_only_slow_steps_are_shown_on_demand(open_beside_others: Any, text_of: TextOf) -> None:
    async with open_beside_others(late()) as (pilot, screen):
        await pilot.press("S")
        shown = [row.step.path for row in screen.panes.timeline._rows]
        assert "branches" in shown
        assert not {"clone", "commits"}.intersection(shown)
        assert "Slow steps" in text_of(pilot.app)
        assert "═" in text_of(pilot.app)
        await pilot.press("S")
        assert len(screen.panes.timeline._rows) > 4


@pytest.mark.parametrize("keys", [("right_curly_bracket", "right_curly_bracket"), ("S",)], ids=["zoomed", "slow"])
async def test_snapshot_of_bars(
    open_beside_others: Any,
    keys: tuple[str, ...],
    size: tuple[int, int],
    matches: Callable[[Pilot[Any]], Awaitable[bool]],
) -> None:
    async with open_beside_others(late(), size) as (pilot, screen):
        screen.panes.pick("steps")
        await pilot.press(*keys)
        assert await matches(pilot)


async def test_the_gap_of_a_resume_is_beside_the_time(open_beside_others: Any, until: Until, text_of: TextOf) -> None:
    story = running("01k9x2m4t-gap00")
    story.add(Interrupted, 4000.0, last_sign=BEGIN + timedelta(seconds=20))
    story.add(Resumed, 7220.0)
    story.ends("branches", 7230.0, took=20.0)
    story.add(Completed, 7240.0, duration=40_000.0, outputs=None)
    async with open_beside_others(story) as (pilot, screen):
        screen.panes.pick("steps")
        await until(pilot, lambda: "40.0s + 2h00m interrupted" in text_of(pilot.app) and "‖" in text_of(pilot.app))
        assert screen.panes.timeline._total() == pytest.approx(40, abs=0.1)
