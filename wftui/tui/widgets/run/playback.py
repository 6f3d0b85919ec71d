"""Playback of a run from its events, in time or event by event."""

import asyncio
from array import array
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from wftui.model.run.events import ExecutionEvent, Log, LogSegment
from wftui.tui.widgets.log.log_buffer import LogBuffer
from wftui.tui.widgets.run.labels import elapsed, run_label
from wftui.tui.widgets.run.state import RunState
from wftui.tui.widgets.run.tree import asking_step

EventSource = Callable[[int], Awaitable[list[ExecutionEvent]]]
"""Returns a page of the run's events after a sequence number; empty at the end."""

StateSource = Callable[[int], Awaitable[RunState]]
"""Returns the run as it was after an event, without its log."""

LogSource = Callable[[int], Awaitable[LogBuffer]]
"""Returns the log of the run up to an event."""

_LOOK_BACK = 200
"""Events looked at before one, a page of the source at most."""
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 256.0, 1024.0)


class Playback:
    """A run at a past point in time.

    Events are read page by page, so that memory does not grow with the run.
    """

    def __init__(self, now: RunState, source: EventSource, state_at: StateSource, log_at: LogSource) -> None:
        self.state = RunState(now.record.id)
        self.state.lines.source = now.lines.source
        self.state.tree.adopt(now.tree)
        self.time: datetime | None = None
        self.playing = False
        self.at_end = False
        self.frozen = False
        """True while it shows the present of a run that continues; ends with the first move."""
        self.speed = 1.0
        self._source = source
        self._state_at = state_at
        self._log_at = log_at
        self._ahead: deque[ExecutionEvent] = deque()
        self._stops: array[int] = array("Q")
        """Numbers of the passed events other than log lines; `_lines`: log lines at each."""
        self._lines: array[int] = array("Q")
        self._moving = asyncio.Lock()

    def change_speed(self, by: int) -> None:
        """Change to the next higher or lower speed."""
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[max(0, min(place, len(SPEEDS) - 1))]

    async def advance(self, seconds: float) -> None:
        """Advance the time at the playback speed; pause at the end."""
        async with self._moving:
            self.frozen = False
            following = await self._next()
            if self.time is None:
                self.time = following.timestamp if following is not None else None
            if self.time is not None:
                self.time += timedelta(seconds=seconds * self.speed)
                while following is not None and following.timestamp <= self.time:
                    self._apply()
                    following = await self._next()
            if following is None:
                self.playing = False

    async def forward(self) -> None:
        """Advance to the next event other than a log line."""
        async with self._moving:
            self.frozen = False
            following = await self._next()
            while following is not None:
                self._apply()
                self.time = following.timestamp
                if not isinstance(following, Log | LogSegment):
                    break
                following = await self._next()

    async def go_to(self, number: int) -> None:
        """Go to the state after an event, and pause."""
        async with self._moving:
            await self._go_to(number)

    async def _go_to(self, number: int) -> None:
        state = await self._state_at(number)
        state.tree.adopt(self.state.tree)
        state.lines = await self._log_at(number)
        for _ in state.release_logs():
            pass
        self.state, self.time = state, state.last_sign
        self._ahead.clear()
        self.playing = self.at_end = self.frozen = False
        self._stops, self._lines = array("Q", [number]), array("Q", [len(state.lines)])

    async def back(self) -> None:
        """Go back to the previous event other than a log line."""
        async with self._moving:
            if len(self._stops) < 2:
                earlier_number = await self._stop_before(self.state.record.last_seq)
                if earlier_number:
                    await self._go_to(earlier_number)
                return
            self._stops.pop(), self._lines.pop()
            earlier = await self._state_at(self._stops[-1])
            earlier.tree.adopt(self.state.tree)
            earlier.lines = self.state.lines
            earlier.lines.truncate(self._lines[-1])
            for _ in earlier.release_logs():
                pass
            self.state, self.time = earlier, earlier.last_sign
            self._ahead.clear()
            self.at_end = False

    async def _stop_before(self, number: int) -> int:
        """Return the last event before another, log lines aside; 0 without one."""
        end = number
        while end > 1:
            begin = max(0, end - 1 - _LOOK_BACK)
            events = [event for event in await self._source(begin) if event.seq < end]
            stops = [event.seq for event in events if not isinstance(event, Log | LogSegment)]
            if stops:
                return stops[-1]
            end = begin + 1
        return 0

    async def _next(self) -> ExecutionEvent | None:
        if not self._ahead:
            self._ahead.extend(await self._source(self.state.record.last_seq))
        self.at_end = not self._ahead
        return self._ahead[0] if self._ahead else None

    def _apply(self) -> None:
        event = self._ahead.popleft()
        self.state.apply([event])
        if not isinstance(event, Log | LogSegment):
            self._stops.append(event.seq)
            self._lines.append(len(self.state.lines))


def playback_note(playback: Playback | None, run: RunState, length: float, ascii_only: bool) -> str:
    """Return the header's note on a playback: speed, position and length."""
    if playback is None:
        return ""
    number = playback.state.record.last_seq
    events = run.record.last_seq
    if playback.frozen:
        then, now = (
            run_label(state.record, asks=asking_step(state.active.values()) is not None)
            for state in (playback.state, run)
        )
        change = f", now {now}" if then != now else ""
        return f"FROZEN at event {number:,} of {max(events, number):,}{change}"
    speed = f"{playback.speed:g}x, event {number:,} of {max(events, number):,} in {elapsed(length, live=True)}"
    if playback.at_end:
        return f"PLAYED BACK {speed}"
    signs = ("||", ">") if ascii_only else ("⏸", "▶")
    return f"{signs[playback.playing]} PLAYBACK {speed}"
