"""Base of the monitor: follows a run live, or plays back its events."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import cached_property

from textual import on
from textual.app import ComposeResult
from textual.timer import Timer

from wftui.model.clock import SteadyClock
from wftui.model.errors import UserError
from wftui.model.run.events import ExecutionEvent, Log, LogSegment
from wftui.model.run.reducer import GapError
from wftui.model.run.steps import ValueRef
from wftui.tui.background import in_background
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.widgets.run.approval_form import ApprovalForm
from wftui.tui.widgets.run.header import RunHeader
from wftui.tui.widgets.run.panes import RunPanes
from wftui.tui.widgets.run.playback import Playback
from wftui.tui.widgets.run.state import RunState, batches
from wftui.tui.widgets.run.timeline import Timeline
from wftui.tui.widgets.run.tree import asking_step
from wftui.tui.widgets.title_bar import TitleBar

PAINTS_PER_SECOND = 20
"""Upper limit of screen updates, however many events arrive."""
_TICK = 0.5
_PLAYBACK_TICK = 0.1
_SETTLED = 0.03


class RunScreen(ActionScreen[None]):
    """Header, pending approval and panes of a run or its playback."""

    DEFAULT_CSS = """
    RunScreen { layout: vertical; }
    """

    def __init__(self, run_id: str, path: str | None = None) -> None:
        """Show a run, and select a step once it is known."""
        super().__init__()
        self._first_path = path
        self.run_id = run_id
        self.state = RunState(run_id)
        self.playback: Playback | None = None
        self._painting: Timer | None = None
        self._painted = 0.0
        self._cost = 0.0
        self._error = ""

    def trail(self) -> tuple[str, ...]:
        """Return the workflow of the run, or its id until that is known."""
        return ("Runs", self.state.record.workflow_id or self.run_id)

    def compose_body(self) -> ComposeResult:
        """Yield header, approval form and panes."""
        ascii_only = self.services.ascii
        yield RunHeader(self.state, self.now, ascii_only=ascii_only)
        yield ApprovalForm()
        yield RunPanes(self.state, self.now, self.value_text, ascii_only=ascii_only)

    def on_mount(self) -> None:
        """Follow the run."""
        self.set_interval(_TICK, self._tick)
        self.set_interval(_PLAYBACK_TICK, self._play_on)
        in_background(self, self._open, group="follow", exclusive=True)

    @property
    def panes(self) -> RunPanes:
        """The panes."""
        return self.query_one(RunPanes)

    @property
    def shown(self) -> RunState:
        """The displayed state: the current one, or that of the playback."""
        return self.playback.state if self.playback is not None else self.state

    def now(self) -> datetime:
        """Return the current time, or that of the playback.

        No change of the time of day moves it.
        """
        played = self.playback.time if self.playback is not None else None
        return played or self._clock()

    @cached_property
    def _clock(self) -> SteadyClock:
        return SteadyClock(self.workbench.clock, self.workbench.elapsed)

    # --- reading and painting

    @property
    def is_painted(self) -> bool:
        """True when all received events are displayed."""
        return self._painting is None

    async def _open(self) -> None:
        """Follow the run, a big one from its newest event on."""
        try:
            self.state.lines.source = await self.workbench.records.segment_reader()
            if await self.workbench.records.is_big(self.run_id):
                await self._open_big()
        except UserError as error:
            self.query_one(RunHeader).error = self._error = str(error)
            self._paint_soon()
            return
        await self._follow()

    async def _open_big(self) -> None:
        self.state.announce(await self.workbench.records.summary(self.run_id))
        self._paint_soon()
        opened = await self.workbench.records.open(self.run_id, self._reading)
        self.query_one(RunHeader).reading = ""
        source = self.state.lines.source
        self.state = RunState.opened(opened.record, opened.declared, opened.last_sign)
        self.state.lines.source = source
        self._paint_soon()
        in_background(self, self._read_logs, group="logs", exclusive=True)

    def _reading(self, number: int, total: int) -> None:
        self.query_one(RunHeader).reading = f"reading {number:,} of {total:,} events"
        self._paint_soon()

    async def _read_logs(self) -> None:
        state = self.state
        try:
            async for page in self.workbench.records.log_events(self.run_id, until=state.record.last_seq):
                for part in batches(page):
                    state.take_logs(event for event in part if isinstance(event, Log | LogSegment))
                    self._paint_soon()
                    await asyncio.sleep(0)
        except UserError as error:
            self.query_one(RunHeader).error = self._error = str(error)
        state.take_logs([], is_last=True)
        self._paint_soon()

    async def _follow(self) -> None:
        read = -1
        while read < self.state.record.last_seq:
            read = self.state.record.last_seq
            try:
                async for batch in self.workbench.runs.follow(self.run_id, after=read, despite_full=True):
                    for part in batches(batch):
                        self.state.apply(part)
                        if self.state.last_sign is not None:
                            self._clock.advance_to(self.state.last_sign)
                        self._paint_soon()
                        await asyncio.sleep(0)
                return
            except GapError:
                continue
            except UserError as error:
                self.query_one(RunHeader).error = self._error = str(error)
                self._paint_soon()
                return

    def _paint_soon(self) -> None:
        """Schedule an update: one per burst of events, using a tenth of the time at most."""
        if self._painting is None:
            pause = max(1 / PAINTS_PER_SECOND, 10 * self._cost)
            wait = max(0.001, self._painted + pause - time.monotonic())
            self._painting = self.set_timer(wait, self._paint)

    def _paint(self) -> None:
        if self._painting is not None:
            self._painting.stop()
            self._painting = None
        begin = time.monotonic()
        header = self.query_one(RunHeader)
        header.playback = _playback_note(self.playback, self.state.record.last_seq, self.services.ascii)
        header.error = self.services.unrecorded.get(self.run_id) or self._error
        header.read(self.shown)
        self.query_one(TitleBar).trail = self.trail()
        self.query_one(ApprovalForm).show(asking_step(self.state.active.values()) if self.playback is None else None)
        self.panes.show(self.shown)
        if self._first_path and self.panes.timeline.select(self._first_path, reveal=True):
            self._first_path = None
            self.panes.timeline.following = False
            self.panes.pick("steps")
        self.refresh_bindings()
        self._painted = time.monotonic()
        self._cost = self._painted - begin

    @on(Timeline.DetailsRequested)
    def _wanted(self, event: Timeline.DetailsRequested) -> None:
        event.stop()
        in_background(self, self._read_back, group="details")

    async def _read_back(self) -> None:
        """Load the visible iterations that the record omits."""
        await asyncio.sleep(_SETTLED)  # while scrolling through thousands, only the last ones stay visible
        tree, paths = self.shown.tree, self.panes.timeline.take_requested()
        if not paths:
            return
        after, until = tree.events_of(paths)
        try:
            tree.take(paths, await self.workbench.runs.steps(self.run_id, paths, after=after, until=until))
        except UserError as error:
            self.query_one(RunHeader).error = self._error = str(error)
        self._paint_soon()

    def _tick(self) -> None:
        """Update the clocks."""
        if self.shown.is_live:
            if self.run_id in self.services.unrecorded:
                self._paint_soon()
            else:
                self.query_one(RunHeader).tick()
                self.panes.tick()

    async def value_text(self, reference: ValueRef, offset: int) -> tuple[str, int | None]:
        """Return a part of a large value's text, and the next offset; None at the end."""
        return await self.workbench.runs.value_text(self.run_id, reference, offset)

    # --- playback

    def action_playback(self) -> None:
        """Play back from the start; pause; continue."""
        if self.playback is None or self.playback.at_end:
            self._begin_playback()
        elif self.playback is not None:
            self.playback.playing = not self.playback.playing
        self._paint()

    def _begin_playback(self) -> Playback:
        self.playback = Playback(self.state, self._events, self._state_at)
        self.playback.playing = True
        self.panes.chosen = True
        if self.panes.pane == "results":
            self.panes.pick("steps")
        self.panes.timeline.following = True
        return self.playback

    async def _events(self, after: int) -> list[ExecutionEvent]:
        return await self.workbench.runs.events(self.run_id, after=after)

    async def _state_at(self, number: int) -> RunState:
        record = await self.workbench.records.at(self.run_id, number)
        last = await self.workbench.runs.events(self.run_id, after=number - 1, limit=1)
        return RunState.opened(record, self.state.declared.values(), last[0].timestamp if last else None)

    async def _play_on(self) -> None:
        playback = self.playback
        if playback is not None and playback.playing:
            await playback.advance(_PLAYBACK_TICK)
            self._paint_soon()

    def action_forward(self) -> None:
        """Step one event forward."""
        playback = self.playback or self._begin_playback()
        self.attempt(self._go(playback, playback.forward), group="playback")

    def action_back(self) -> None:
        """Step one event back."""
        if self.playback is not None:
            self.attempt(self._go(self.playback, self.playback.back), group="playback")

    async def _go(self, playback: Playback, move: Callable[[], Awaitable[None]]) -> None:
        playback.playing = False
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


def _playback_note(playback: Playback | None, events: int, ascii_only: bool) -> str:
    """Return the note on a playback for the header: speed and position."""
    if playback is None:
        return ""
    number = playback.state.record.last_seq
    speed = f"{playback.speed:g}x, event {number:,} of {max(events, number):,}"
    if playback.at_end:
        return f"played back, {speed}"
    signs = ("||", ">") if ascii_only else ("⏸", "▶")
    return f"{signs[playback.playing]} playback {speed}"
