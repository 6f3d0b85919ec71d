"""Base of the monitor: follows a run live, and paints it or its playback."""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial

from textual import on
from textual.app import ComposeResult
from textual.timer import Timer

from wftui.model.clock import SteadyClock
from wftui.model.errors import UserError
from wftui.model.json.big_values import settle_objects
from wftui.model.run.events import ExecutionEvent, Log, LogSegment
from wftui.model.run.record import ExecutionRecord
from wftui.model.run.reducer import GapError
from wftui.model.run.steps import ValueRef
from wftui.model.run.summary import ExecutionSummary
from wftui.model.run_notes import OwnerWatch
from wftui.tui.background import in_background, once
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.screens.runs.frame_budget import FrameBudget
from wftui.tui.widgets.run.approval_form import ApprovalForm
from wftui.tui.widgets.run.gantt import Usual, run_seconds
from wftui.tui.widgets.run.header import RunHeader
from wftui.tui.widgets.run.labels import is_here, owner_forms
from wftui.tui.widgets.run.panes import RunPanes
from wftui.tui.widgets.run.playback import Playback, playback_note
from wftui.tui.widgets.run.state import RunState, batches
from wftui.tui.widgets.run.timeline import Timeline
from wftui.tui.widgets.run.tree import asking_step
from wftui.tui.widgets.title_bar import TitleBar
from wftui.workbench.past_runs.record_service import OpenedRun

_TICK = 0.5
_HEARD = 5.0
"""Seconds between two looks at the heartbeat of another process."""
_SETTLED = 0.03
_SOON = 0.001
_MANY_STEPS = 500
"""Declared steps from which the record of a run of this process is copied, and its first event is not read."""
_COLLECTED = 0.25
"""Seconds for which events are left to the inbox while no frame is due; one that overflows costs much more."""


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
        self._budget = FrameBudget()
        self._to_fetch: list[LogSegment] = []
        self._fetches = False
        self._is_painted = asyncio.Event()
        self._log_is_read = asyncio.Event()
        self._has_read = asyncio.Event()
        self._follows = True
        self._runs_here = False
        self._owners = OwnerWatch()
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
        self.set_interval(_HEARD, self._hear_owner)
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
        bench = self.workbench
        return SteadyClock(bench.clock, bench.elapsed, started=bench.runs.time_of(self.run_id))

    # --- reading and painting

    @property
    def is_painted(self) -> bool:
        """True when all received events are displayed."""
        return self._is_painted.is_set()

    async def painted(self) -> None:
        """Wait for the frame of the received events."""
        await self._is_painted.wait()

    async def _open(self) -> None:
        """Follow the run, a big one from its newest event on."""
        try:
            self.state.lines.source = await self.workbench.records.segment_reader()
            summary = await self.workbench.records.summary(self.run_id)
            self._know(summary)
            in_background(self, partial(self._compare_with_usual, summary.workflow_id), group="usual")
            live = await self.workbench.runs.live_record(self.run_id)
            at_end = await self.workbench.records.opens_at_end(self.run_id)
            at_end |= live is not None and len(live.step_results) > _MANY_STEPS
            if at_end:
                await self._open_at_end(summary, live)
        except UserError as error:
            self.query_one(RunHeader).error = self._error = str(error)
            self._paint_soon()
            self._follows = False
            self._log_is_read.set()
            return
        if not at_end:
            self._log_is_read.set()  # it is part of what is followed
        await self._follow()

    async def whole_log(self) -> None:
        """Wait until the log of the run, as far as it has come, is read and in its view."""
        await self._log_is_read.wait()
        newest = await self.workbench.records.last_seq(self.run_id)
        while self._follows and self.state.record.last_seq < newest:  # a run that has not ended, or was interrupted
            self._has_read.clear()
            await self._has_read.wait()
        await self._log_is_read.wait()
        self._paint_soon()
        await self.painted()

    def _know(self, summary: ExecutionSummary) -> None:
        """Show the process that runs the run; the run is not older than it."""
        owner = summary.owner
        if owner is None:
            return
        if owner.seconds is not None and summary.started_at is not None:
            self._clock.not_after(summary.started_at + timedelta(seconds=owner.seconds))
        header, how = self._header, self._owners.silence(owner)
        self._runs_here = is_here(owner)
        if header is not None and (header.owner, header.silence) != (forms := owner_forms(summary, self.now()), how):
            header.owner, header.silence = forms, how
            self._paint_again()

    async def _hear_owner(self) -> None:
        """Show which other process runs the run, and whether it still reacts."""
        if self.state.is_live and not self._runs_here:
            with contextlib.suppress(UserError):  # what follows the run says what is wrong
                self._know(await self.workbench.records.summary(self.run_id))

    async def report_silence(self, request: str) -> None:
        """Notify that the process of the run does not react to a request, if that is so."""
        try:
            owner = (await self.workbench.records.summary(self.run_id)).owner
        except UserError:  # what follows the run says what is wrong
            return
        if reason := self._owners.unresponsive(owner):
            self.notify(f"The run has not seen {request} yet: {reason}.", severity="warning", timeout=10, markup=False)

    async def _compare_with_usual(self, workflow_id: str) -> None:
        usual = await self.workbench.statistics.usual(workflow_id, before=self.run_id)
        if usual is not None and usual.p50 is not None:
            self.query_one(RunHeader).usual = usual.p50 / 1000
            self._paint_again()
            await self.painted()
            await self._budget.until_calm(lambda: self.state.is_live)
            steps = await self.workbench.statistics.usual_steps(workflow_id, before=self.run_id)
            self.panes.timeline.usual = {path: Usual(each.p50 / 1000, each.p95 / 1000) for path, each in steps.items()}
            self._paint_soon()

    async def _open_at_end(self, summary: ExecutionSummary, live: ExecutionRecord | None) -> None:
        self.state.announce(summary)
        if live is not None:
            opened = OpenedRun(live, live.index.last_at)
        else:
            self._paint_soon()
            opened = await self.workbench.records.open(self.run_id, self._reading)
        self.query_one(RunHeader).reading = ""
        source = self.state.lines.source
        self.state = RunState.opened(opened.record, opened.last_sign)
        self.state.lines.source = source
        self._paint()  # the first true frame does not wait until what opened the screen is paid for
        if len(opened.record.step_results) > _MANY_STEPS:
            settle_objects()
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
                    await self.services.give_way()
        except UserError as error:
            self.query_one(RunHeader).error = self._error = str(error)
        await self._release_logs(state)

    async def _release_logs(self, state: RunState) -> None:
        for _ in state.release_logs():
            self._paint_soon()
            await self.services.give_way()
        if not state.holds_logs:
            self._log_is_read.set()
        self._paint_soon()

    def _fetch_segments(self, events: Sequence[ExecutionEvent]) -> None:
        """Fetch segments among new events that are on a server.

        The log waits for them, nothing else.
        """
        source = self.state.lines.source
        segments = [event for event in events if isinstance(event, LogSegment)]
        self._to_fetch += [each for each in segments if source is not None and not source.has(each)]
        if self._to_fetch and not self._fetches:
            self._fetches = True
            self._log_is_read.clear()
            self.state.hold_logs()
            in_background(self, partial(self._fetch, self.state), group="segments")

    async def _fetch(self, state: RunState) -> None:
        while self._to_fetch:
            segments, self._to_fetch = self._to_fetch, []
            await self.workbench.records.fetch_segments(self.run_id, segments)
        self._fetches = False
        await self._release_logs(state)

    async def _follow(self) -> None:
        self._follows = True  # a resumed run is followed again
        await self._follow_to_the_end()
        self._follows = False  # not where another one has replaced this
        self._has_read.set()

    async def _follow_to_the_end(self) -> None:
        read = -1
        while read < self.state.record.last_seq:
            read = self.state.record.last_seq
            try:
                async for batch in self.workbench.runs.follow(self.run_id, after=read, despite_full=True):
                    for part in batches(batch):
                        self._is_painted.clear()
                        self._fetch_segments(part)
                        self.state.apply(part)
                        if self.state.last_sign is not None:
                            self._clock.advance_to(self.state.last_sign)
                        await self.services.give_way()
                    self._has_read.set()
                    self._paint_soon()
                    with contextlib.suppress(TimeoutError):  # until then events are only collected, in a bounded inbox
                        async with asyncio.timeout(_COLLECTED):
                            await self.painted()
                return
            except GapError:
                continue
            except UserError as error:
                self.query_one(RunHeader).error = self._error = str(error)
                self._paint_soon()
                return

    def _paint_soon(self) -> None:
        """Schedule an update: one per burst of events, as the budget allows."""
        if self._painting is None:
            self._is_painted.clear()
            self._painting = once(self, self._pause, self._paint_when_due)

    @property
    def _pause(self) -> float:
        return max(_SOON, self._budget.pause(hurry=self.state.ended))

    def _paint_when_due(self) -> None:
        """Paint, or wait if the frames and keys since then have cost too much."""
        if self._pause > 2 * _SOON:
            self._painting = once(self, self._pause, self._paint_when_due)
        elif self._is_seen:
            self._paint()
        else:  # nothing is drawn that nobody sees; `on_screen_resume` paints
            self._painting = None
            self._is_painted.set()

    @property
    def _is_seen(self) -> bool:
        top = [self, *self.app.screen_stack][-1]
        return top is self or top.styles.background.a < 1

    def on_screen_resume(self) -> None:
        """Paint what has happened while another screen was shown."""
        self._paint_again()

    def _paint_again(self) -> None:
        """Schedule an update, unless the first frame is still to come."""
        if self.state.is_known:
            self._paint_soon()

    @property
    def _header(self) -> RunHeader | None:
        """The header; None while the screen is closed, whose widgets go before its timers."""
        return next(iter(self.query(RunHeader)), None)

    def _paint(self) -> None:
        if self._painting is not None:
            self._painting.stop()
            self._painting = None
        self._is_painted.set()
        self._budget.paint()
        header = self._header
        if header is None:
            return
        header.set_class(self.playback is not None, "-past")
        length = run_seconds(self.state.record, self.state.reference_time(self._clock()))
        header.playback = playback_note(self.playback, self.state, length, self.services.ascii)
        last = max(1, self.state.record.last_seq)
        header.position = None if self.playback is None else min(1.0, self.playback.state.record.last_seq / last)
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

    @on(Timeline.DetailsRequested)
    def _wanted(self, event: Timeline.DetailsRequested) -> None:
        event.stop()
        in_background(self, self._read_back, group="details")

    @on(RunPanes.DeclaredRequested)
    def _declared_wanted(self, event: RunPanes.DeclaredRequested) -> None:
        event.stop()
        in_background(self, self._read_declared, group="declared", exclusive=True)

    async def _read_declared(self) -> None:
        shown = self.shown
        try:
            declared = {info.path: info for info in await self.workbench.records.declared(self.run_id)}
        except UserError as error:
            self.query_one(RunHeader).error = self._error = str(error)
        else:
            for state in (self.state, shown):
                state.declared = state.declared or declared
        self._paint_soon()

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
        """Update the clocks, unless a frame is due, which has them."""
        header = self._header
        if header is not None and self.shown.is_live and self._painting is None:
            if self.run_id in self.services.unrecorded:
                self._paint_soon()
            else:
                header.tick()
                self.panes.tick()

    async def value_text(self, reference: ValueRef, offset: int) -> tuple[str, int | None]:
        """Return a part of a large value's text, and the next offset; None at the end."""
        return await self.workbench.runs.value_text(self.run_id, reference, offset)
