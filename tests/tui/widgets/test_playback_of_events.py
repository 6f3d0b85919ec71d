"""Playback of a run from its events."""

from datetime import timedelta

from tui.run_events import BEGIN, completed, state_of
from wftui.model.run.events import (
    ExecutionEvent,
    Log,
)
from wftui.model.run.reducer import fold
from wftui.tui.widgets.log.log_buffer import LogBuffer
from wftui.tui.widgets.run.playback import Playback
from wftui.tui.widgets.run.state import RunState


def _pages(events: list[ExecutionEvent], size: int = 7) -> Playback:
    for number, event in enumerate(events, 1):
        event.seq = number

    async def page(after: int) -> list[ExecutionEvent]:
        return events[after : after + size]

    async def state_at(number: int) -> RunState:
        record = fold(events[0].run_id, events[:number])
        return RunState.opened(record, events[number - 1].timestamp)

    async def log_at(number: int) -> LogBuffer:
        lines = LogBuffer()
        for event in events[:number]:
            if isinstance(event, Log):
                lines.append(event)
        return lines

    return Playback(RunState(events[0].run_id), page, state_at, log_at)


async def test_full_playback_gives_the_same_record() -> None:
    story = completed()
    playback = _pages(story.events)
    playback.playing = True
    while playback.playing:
        await playback.advance(0.5)
    assert playback.at_end
    assert playback.state.record == state_of(completed()).record
    assert len(playback.state.lines) == len(state_of(completed()).lines)


async def test_playback_time_advances_at_its_speed() -> None:
    playback = _pages(completed().events)
    await playback.advance(0)
    playback.change_speed(2)
    await playback.advance(1.0)
    assert playback.time == BEGIN + timedelta(seconds=4)
    assert playback.state.record.last_seq == max(
        event.seq for event in completed_numbered() if event.timestamp <= BEGIN + timedelta(seconds=4)
    )


def completed_numbered() -> list[ExecutionEvent]:
    story = completed()
    for number, event in enumerate(story.events, 1):
        event.seq = number
    return story.events


async def test_stepping_visits_events_and_skips_log_lines() -> None:
    playback = _pages(completed().events)
    seen = []
    for _ in range(5):
        await playback.forward()
        seen.append(playback.state.record.last_seq)
    assert [type(event) for event in completed_numbered() if event.seq in seen] != []
    assert all(not isinstance(event, Log) for event in completed_numbered() if event.seq in seen)
    await playback.back()
    assert playback.state.record.last_seq == seen[3]
    for _ in range(10):
        await playback.back()
    assert playback.state.record.last_seq == 1
