"""ExecutionMonitor: one run, live or as it was; what happens, when, with what, and what may be done about it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.timer import Timer

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.events import ExecutionEvent
from wftui.model.execution import ValueRef
from wftui.model.reducer import GapError
from wftui.store.payloads import as_reference
from wftui.tui.action_screen import ActionScreen
from wftui.tui.actions import Action
from wftui.tui.screens.monitor_actions import MONITOR_ACTIONS
from wftui.tui.widgets.run.approval_form import ApprovalForm
from wftui.tui.widgets.run.detail import StepDetail, section_value
from wftui.tui.widgets.run.header import RunHeader
from wftui.tui.widgets.run.panes import RunPanes, as_text
from wftui.tui.widgets.run.playback import Playback
from wftui.tui.widgets.run.state import RunState, in_turns
from wftui.tui.widgets.run.tree import asking_step
from wftui.tui.widgets.title_bar import TitleBar
from wftui.tui.widgets.value.sizes import size_text

PAINTS_PER_SECOND = 20
"""However many events come, the screen is brought up to date at most so often."""
_TICK = 0.5
_PLAYBACK_TICK = 0.1
_COPY_LIMIT = 1_000_000


class MonitorScreen(ActionScreen[None]):
    """A run: header, a question that waits for an answer, panes. Plays a run back from its events, too."""

    DEFAULT_CSS = """
    MonitorScreen { layout: vertical; }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = MONITOR_ACTIONS

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.state = RunState(run_id)
        self.playback: Playback | None = None
        self._painting: Timer | None = None
        self._painted = 0.0
        self._cost = 0.0
        self._trouble = ""

    def trail(self) -> tuple[str, ...]:
        """The run's workflow, or its id until that is known."""
        return ("Runs", self.state.record.workflow_id or self.run_id)

    def compose_body(self) -> ComposeResult:
        """Header, question, panes."""
        ascii_only = self.wftui.ascii
        yield RunHeader(self.state, self.now, ascii_only=ascii_only)
        yield ApprovalForm()
        yield RunPanes(self.state, self.now, self._text, ascii_only=ascii_only)

    def on_mount(self) -> None:
        """Follow the run."""
        self.set_interval(_TICK, self._tick)
        self.set_interval(_PLAYBACK_TICK, self._play_on)
        self.run_worker(self._follow(), group="follow", exclusive=True)

    @property
    def panes(self) -> RunPanes:
        """The panes."""
        return self.query_one(RunPanes)

    @property
    def shown(self) -> RunState:
        """The run as it is on the screen: as it is, or in a playback as it was."""
        return self.playback.state if self.playback is not None else self.state

    def now(self) -> datetime:
        """The present moment, or that of the playback."""
        played = self.playback.moment if self.playback is not None else None
        return played or self.workbench.clock()

    # --- reading and painting

    async def _follow(self) -> None:
        read = -1
        while read < self.state.record.last_seq:
            read = self.state.record.last_seq
            try:
                async for batch in self.workbench.follow(self.run_id, after=read):
                    for part in in_turns(batch):
                        self.state.apply(part)
                        self._paint_soon()
                        await asyncio.sleep(0)
                return
            except GapError:
                continue
            except UserError as error:
                self.query_one(RunHeader).trouble = self._trouble = str(error)
                self._paint_soon()
                return

    def _paint_soon(self) -> None:
        """Bring the screen up to date; a burst of events does it once, and never for more than a tenth of the time."""
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
        header.playback = _playback_note(self.playback, self.wftui.ascii)
        header.read(self.shown)
        self.query_one(TitleBar).trail = self.trail()
        self.query_one(ApprovalForm).show(asking_step(self.state.active.values()) if self.playback is None else None)
        self.panes.show(self.shown)
        self.refresh_bindings()
        self._painted = time.monotonic()
        self._cost = self._painted - begin

    def _tick(self) -> None:
        """Let the clocks go on."""
        if self.shown.is_live:
            self.query_one(RunHeader).refresh()
            self.panes.tick()

    async def _text(self, reference: ValueRef, offset: int) -> tuple[str, int | None]:
        return await (await self.workbench.store()).value_text(reference, offset)

    @on(StepDetail.Opened)
    def _value_opened(self, event: StepDetail.Opened) -> None:
        from wftui.tui.screens.value import ValueScreen

        title = f"{event.section} of {event.step.path}"
        value = section_value(event.step, event.section)
        self.app.push_screen(ValueScreen(title, value, self._text, ascii_only=self.wftui.ascii))

    # --- what may be done

    def why_not(self, action_id: str) -> str | None:
        """The workbench's reasons, and those of the panes."""
        verb = action_id.partition(".")[2]
        for action in self.workbench.actions(self.state.record):
            if action.id == verb:
                return action.reason
        match verb:
            case "next_match" | "previous_match":
                return None if self.panes.log_view.search else "search for something first, with /"
            case "edit" | "playback" | "forward":
                return None if self.state.record.workflow_id else self._trouble or "the run is still being read"
            case "back" | "slower" | "faster" | "now":
                return None if self.playback is not None else "nothing is being played back"
            case "next_failure":
                failed = any(step.status == "failed" for step in self.shown.record.step_results)
                return None if failed else "no step has failed"
        return None

    def action_cancel(self) -> None:
        """Ask, then cancel; once a cancel is under way: at once."""
        self.attempt(self._cancel(), group="cancel", exclusive=True)

    async def _cancel(self) -> None:
        from wftui.tui.screens.confirm import Choice, ConfirmScreen

        if self.state.record.cancel_requested:
            self.notify("Not waiting any longer: steps are stopped by force.")
        else:
            question = f"Cancel this run of {self.state.record.workflow_id}? Steps get a moment to end by themselves."
            choices = [Choice("keep", "Keep going", "escape"), Choice("cancel", "Cancel the run", "c", danger=True)]
            if await self.wftui.push_screen_wait(ConfirmScreen("Cancel", question, choices)) != "cancel":
                return
        await self.workbench.cancel(self.run_id)

    async def action_approve(self) -> None:
        """Answer yes."""
        await self.query_one(ApprovalForm).answer(approved=True)

    async def action_reject(self) -> None:
        """Answer no."""
        await self.query_one(ApprovalForm).answer(approved=False)

    @on(ApprovalForm.Answered)
    def _answered(self, event: ApprovalForm.Answered) -> None:
        answer = self.workbench.answer(self.run_id, event.path, approved=event.approved, data=event.data)
        self.attempt(answer, group="answer")
        self.panes.timeline.focus()

    def action_rerun(self) -> None:
        """Open the run form with this run's inputs."""
        self.attempt(self._rerun(), group="rerun", exclusive=True)

    async def _rerun(self) -> None:
        record = await self.workbench.record(self.run_id, whole=True)
        self.wftui.open_run_form(record.workflow_id, record.inputs)

    def action_edit(self) -> None:
        """Open the editor at the step under the cursor."""
        path = self.panes.line_step()
        step = self.state.record.step(path) if path is not None else None
        self.wftui.open_editor(self.state.record.workflow_id, step.step_id if step is not None else None)

    def action_copy_id(self) -> None:
        """Copy the run's id."""
        self.app.copy_to_clipboard(self.run_id)
        self.notify(f"Copied {self.run_id}", markup=False)

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        self.attempt(self._copy(*self.panes.to_copy()), group="copy", exclusive=True)

    async def _copy(self, value: Json, what: str) -> None:
        reference = as_reference(value)
        if not what:
            self.notify("There is nothing to copy here.")
        elif reference is not None and reference.bytes > _COPY_LIMIT:
            too_much = f"{size_text(reference.bytes)} are too much for the clipboard"
            self.notify(f"{too_much}; `wftui show {self.run_id} --json` prints them", markup=False)
        else:
            self.app.copy_to_clipboard(as_text(await self.workbench.value(reference) if reference else value))
            self.notify(f"Copied {what}", markup=False)

    # --- playback

    def action_playback(self) -> None:
        """Play back from the start; pause; go on."""
        if self.playback is None or self.playback.at_end:
            self._begin_playback()
        elif self.playback is not None:
            self.playback.playing = not self.playback.playing
        self._paint()

    def _begin_playback(self) -> Playback:
        self.playback = Playback(self.run_id, self._events)
        self.playback.state.tree.adopt(self.state.tree)
        self.playback.playing = True
        self.panes.chosen = True
        if self.panes.pane == "results":
            self.panes.pick("steps")
        self.panes.timeline.following = True
        return self.playback

    async def _events(self, after: int) -> list[ExecutionEvent]:
        return await self.workbench.events(self.run_id, after=after)

    async def _play_on(self) -> None:
        playback = self.playback
        if playback is not None and playback.playing:
            await playback.advance(_PLAYBACK_TICK)
            self._paint_soon()

    def action_forward(self) -> None:
        """One event on."""
        playback = self.playback or self._begin_playback()
        self.attempt(self._go(playback, playback.forward), group="playback")

    def action_back(self) -> None:
        """One event back."""
        if self.playback is not None:
            self.attempt(self._go(self.playback, self.playback.back), group="playback")

    async def _go(self, playback: Playback, move: Callable[[], Awaitable[None]]) -> None:
        playback.playing = False
        await move()
        self._paint()

    def action_slower(self) -> None:
        """Half the speed."""
        self._change_speed(-1)

    def action_faster(self) -> None:
        """Twice the speed."""
        self._change_speed(1)

    def _change_speed(self, by: int) -> None:
        if self.playback is not None:
            self.playback.change_speed(by)
            self._paint()

    def action_now(self) -> None:
        """Show the run as it is."""
        self.playback = None
        self._paint()

    # --- panes

    def action_steps(self) -> None:
        """Show the steps."""
        self.panes.pick("steps")

    def action_logs(self) -> None:
        """Show the log."""
        self.panes.pick("logs")

    def action_results(self) -> None:
        """Show the outputs."""
        self.panes.pick("results")

    def action_canvas(self) -> None:
        """Show the graph."""
        self.panes.pick("canvas")

    def action_zoom(self) -> None:
        """Give the focused pane all the room, or back."""
        if self.maximized is not None:
            self.minimize()
        elif self.focused is not None:
            self.maximize(self.focused)

    def action_follow(self) -> None:
        """Follow the run in timeline and log again."""
        self.panes.follow()

    def action_next_failure(self) -> None:
        """Go to the next failed step, round the end."""
        self.panes.timeline.to_next_failure()
        self.panes.selection_changed()

    def action_faults(self) -> None:
        """Show only failures, or everything."""
        self.panes.switch_faults()

    def action_open_all(self) -> None:
        """Open the whole tree, or close it."""
        self.panes.timeline.open_all()

    # --- the log

    def action_search(self) -> None:
        """Ask what to search for."""
        self.panes.show_log()
        self.panes.log_panel.ask("search")

    def action_filter(self) -> None:
        """Ask what lines must hold."""
        self.panes.show_log()
        self.panes.log_panel.ask("filter")

    def action_level(self) -> None:
        """Show one level less."""
        self.panes.show_log()
        self.panes.log_panel.next_level()

    def action_step_log(self) -> None:
        """Show the selected step's lines only, or all."""
        self.panes.show_log()
        step = self.panes.timeline.selected
        self.panes.log_panel.show_step(step.path if step and self.panes.log_view.wanted.path is None else None)

    def action_next_match(self) -> None:
        """Go to the next match."""
        self.panes.show_log()
        self.panes.log_view.jump(1)

    def action_previous_match(self) -> None:
        """Go to the match before."""
        self.panes.show_log()
        self.panes.log_view.jump(-1)

    def action_fold(self) -> None:
        """Fold lines, or not."""
        self.panes.log_view.folded = not self.panes.log_view.folded


def _playback_note(playback: Playback | None, ascii_only: bool) -> str:
    """What the header says of a playback."""
    if playback is None:
        return ""
    speed = f"{playback.speed:g}x"
    if playback.at_end:
        return f"played back, {speed}"
    signs = ("||", ">") if ascii_only else ("⏸", "▶")
    return f"{signs[playback.playing]} playback {speed}"
