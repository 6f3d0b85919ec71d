"""Playback of a run: from its start, at an event or a time, or frozen."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from textual import on

from wftui.model.moments import MomentError, moment_of_day, parse_moment
from wftui.model.run.events import ExecutionEvent
from wftui.model.run.worked_time import last_sign
from wftui.tui.screens.runs.run_screen import RunScreen
from wftui.tui.widgets.log.log_buffer import LogBuffer
from wftui.tui.widgets.run.header import RunHeader
from wftui.tui.widgets.run.playback import Playback
from wftui.tui.widgets.run.state import RunState

_TICK = 0.1
_NUMBER = re.compile(r"[0-9][0-9,]{0,12}")
_SHARE = re.compile(r"[0-9]{1,3}(\.[0-9]+)?%")


class PlaybackScreen(RunScreen):
    """A run, and its playback."""

    def on_mount(self) -> None:
        """Advance the playback while it plays."""
        self.set_interval(_TICK, self._play_on)

    def action_playback(self) -> None:
        """Play back from the start; pause; continue."""
        if self.playback is None or self.playback.at_end:
            self._begin_playback()
        elif self.playback is not None:
            self.playback.playing = not self.playback.playing
        self._paint()

    def _begin_playback(self) -> Playback:
        self.playback = Playback(self.state, self._events, self._state_at, self._log_at)
        self.playback.playing = True
        self.panes.chosen = True
        if self.panes.pane == "results":
            self.panes.pick("steps")
        self.panes.timeline.following = True
        return self.playback

    async def _events(self, after: int) -> list[ExecutionEvent]:
        events = await self.workbench.runs.events(self.run_id, after=after)
        if self.playback is not None:
            await self.workbench.records.fetch_segments(self.run_id, events)
        return events

    async def _state_at(self, number: int) -> RunState:
        record = await self.workbench.records.at(self.run_id, number)
        last = await self.workbench.runs.events(self.run_id, after=number - 1, limit=1)
        newest = last[0].timestamp if last else None
        record.index.last_at = newest  # a server sends the record without its index
        state = RunState.opened(record, last_sign(record, newest))
        state.declared = self.state.declared
        return state

    async def _log_at(self, number: int) -> LogBuffer:
        lines = LogBuffer(self.state.lines.source)
        async for page in self.workbench.records.log_events(self.run_id, until=number):
            for event in page:
                lines.append(event)
            await asyncio.sleep(0)
        return lines

    def action_go_to(self) -> None:
        """Ask for an event to show the run at."""
        self.attempt(self._go_to(), group="playback", exclusive=True)

    async def _go_to(self) -> None:
        from wftui.tui.screens.dialogs.prompt import PromptScreen

        last = self.state.record.last_seq
        shown = self.shown.record.last_seq
        hint = f"an event from 1 to {last:,}, a share such as 50%, or a local time such as 14:30:05 or 2026-10-25 14:30"
        answer = await self.services.push_screen_wait(PromptScreen("Go to", str(shown), hint, self._position_problem))
        if answer is not None:
            await self._show_at(await self._event_at(answer))

    def _position_problem(self, text: str) -> str | None:
        text = text.strip()
        if not _NUMBER.fullmatch(text) and not _SHARE.fullmatch(text):
            try:
                self._moment(text)
            except MomentError:
                return "a number, a share such as 50%, or a time such as 14:30"
        return None

    def _moment(self, text: str) -> datetime:
        """Return the time that a text names; a time of day is that of a day of the run.

        Raises:
            MomentError: it names none.
        """
        begun = self.state.record.started_at or self.state.record.created_at or self.now()
        ended = self.state.last_sign or begun
        return moment_of_day(text, begun, ended) or parse_moment(text, self.workbench.clock())

    async def _event_at(self, text: str) -> int:
        """Return the event that a number, share or time names."""
        text, last = text.strip(), self.state.record.last_seq
        if _SHARE.fullmatch(text):
            return max(1, min(last, round(last * float(text[:-1]) / 100)))
        if _NUMBER.fullmatch(text):
            return max(1, min(last, int(text.replace(",", ""))))
        wanted = self._moment(text)
        low, high = 1, last
        while low < high:  # the last event that is not later
            middle = (low + high + 1) // 2
            event = (await self.workbench.runs.events(self.run_id, after=middle - 1, limit=1))[0]
            low, high = (middle, high) if event.timestamp <= wanted + timedelta(seconds=1) else (low, middle - 1)
        return low

    async def _show_at(self, number: int) -> None:
        playback = self.playback or self._begin_playback()
        playback.playing = False
        await playback.go_to(number)
        self._paint()

    @on(RunHeader.Seeked)
    def _seeked(self, event: RunHeader.Seeked) -> None:
        event.stop()
        number = max(1, round(event.share * self.state.record.last_seq))
        self.attempt(self._show_at(number), group="playback", exclusive=True)

    def action_freeze(self) -> None:
        """Stop the view, not the run; again to continue."""
        if self.playback is not None and self.playback.frozen:
            self.action_now()
        else:
            self.attempt(self._freeze(), group="playback", exclusive=True)

    async def _freeze(self) -> None:
        shown = self.now()
        playback = self.playback or self._begin_playback()
        playback.playing = False
        await playback.go_to(self.state.record.last_seq)
        playback.time = max(shown, playback.time or shown)
        playback.frozen = True
        self._paint()

    async def _play_on(self) -> None:
        playback = self.playback
        if playback is not None and playback.playing:
            await playback.advance(_TICK)
            self._paint_soon()

    def action_forward(self) -> None:
        """Step one event forward."""
        playback = self.playback or self._begin_playback()
        self._step(playback, playback.forward)

    def action_back(self) -> None:
        """Step one event back."""
        if self.playback is not None:
            self._step(self.playback, self.playback.back)

    def _step(self, playback: Playback, move: Callable[[], Awaitable[None]]) -> None:
        playback.playing = False  # at once: its clock may tick before the move begins
        self.attempt(self._go(move), group="playback")

    async def _go(self, move: Callable[[], Awaitable[None]]) -> None:
        await move()
        self._paint()

    def action_slower(self) -> None:
        """Halve the speed."""
        self._change_speed(-1)

    def action_faster(self) -> None:
        """Double the speed."""
        self._change_speed(1)

    def _change_speed(self, by: int) -> None:
        if self.playback is not None:
            self.playback.change_speed(by)
            self._paint()

    def action_now(self) -> None:
        """Show the current state of the run."""
        self.playback = None
        self._paint()
