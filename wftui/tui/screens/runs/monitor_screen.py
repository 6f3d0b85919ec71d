"""ExecutionMonitor: a run, live or finished, and its actions."""

import re
from functools import cached_property
from typing import ClassVar

from textual import on

from wftui.model.base import Json
from wftui.model.run.events import ExecutionEvent
from wftui.tui.actions import Action
from wftui.tui.background import in_background
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.key_actions.monitor_actions import MONITOR_ACTIONS
from wftui.tui.screens.runs import run_exports
from wftui.tui.screens.runs.known_reasons import KnownReasons
from wftui.tui.screens.runs.playback_screen import PlaybackScreen
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.run.approval_form import ApprovalForm
from wftui.tui.widgets.run.detail import StepDetail, section_value

_PANNED = 0.5
"""Share of the shown time by which the bars move."""
_LOCAL = frozenset({"connect", "copy_command", "edit"})
"""Actions that need the files of the machine."""


class MonitorScreen(PlaybackScreen):
    """A run with all its actions."""

    ACTIONS: ClassVar[tuple[Action, ...]] = MONITOR_ACTIONS

    # --- what may be done

    @cached_property
    def _reasons(self) -> KnownReasons:
        return KnownReasons(self.workbench.runs.actions)

    def why_not(self, action_id: str) -> str | None:
        """Return the reason given by the workbench or by a pane."""
        verb = action_id.partition(".")[2]
        if verb in _LOCAL and self.workbench.server is not None:
            return f"only on the machine of {self.workbench.server}"
        if (reason := self._reasons(self.state.record).get(verb)) is not None:
            return reason
        match verb:
            case "next_match" | "previous_match":
                no_search = with_keys(self.app, "no search is active; press {monitor.search} to search")
                return None if self.panes.log_view.search else no_search
            case "edit":
                return None if self.state.record.workflow_id else self._error or "the run is still loading"
            case "playback" | "forward" | "go_to" | "events":
                return None if self.state.is_known else self._error or "the run is still loading"
            case "freeze":
                is_frozen = self.playback is not None and self.playback.frozen
                return None if is_frozen else self._error or self._why_not_live()
            case "approve" | "reject":
                past = with_keys(self.app, "the view shows the past; press {monitor.now} to return to the run")
                return None if self.playback is None else past
            case "back" | "slower" | "faster" | "now":
                return None if self.playback is not None else "no playback is active"
            case "child":
                step = self.panes.timeline.selected
                is_call = step is not None and step.step_type == "workflow"
                return None if is_call else "the selected step runs no workflow"
            case "parent":
                return None if self.state.record.parent_id else "this run has no parent"
            case "await":
                return self._why_not_live() if self.state.is_known else None
            case "rerun_from":
                return None if self.state.ended else f"the run is {self.state.record.status}"
            case "slow":
                return None if self.panes.timeline.usual else "too few completed runs to know the usual times"
            case "wider" | "earlier" | "later":
                whole = with_keys(self.app, "the bars show the whole run; press {monitor.closer} to zoom")
                return None if self.panes.timeline.zoom.factor > 1 else whole
            case "next_failure":
                failed = any(step.status == "failed" for step in self.shown.record.step_results)
                return None if failed else "no step has failed"
        return None

    def _why_not_live(self) -> str | None:
        if not self.state.is_known:
            return "the run is still loading"
        return None if self.state.is_live else f"the run is {self.state.record.status}"

    def action_cancel(self) -> None:
        """Cancel, after confirmation; force a cancel that is under way."""
        self.attempt(self._cancel(), group="cancel", exclusive=True)

    async def _cancel(self) -> None:
        from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen

        if self.state.record.cancel_requested:
            self.notify("Forcing the cancel: steps are killed.")
        else:
            question = f"Cancel this run of {self.state.record.workflow_id}? Steps get a short time to exit."
            choices = [Choice("keep", "Keep running", "escape"), Choice("cancel", "Cancel the run", "c", danger=True)]
            if await self.services.push_screen_wait(ConfirmScreen("Cancel", question, choices)) != "cancel":
                return
        await self.workbench.runs.cancel(self.run_id)
        await self.report_silence("the cancel")

    async def action_approve(self) -> None:
        """Approve the waiting step."""
        await self.query_one(ApprovalForm).answer(approved=True)

    async def action_reject(self) -> None:
        """Reject the waiting step."""
        await self.query_one(ApprovalForm).answer(approved=False)

    @on(ApprovalForm.Answered)
    def _answered(self, event: ApprovalForm.Answered) -> None:
        self.attempt(self._answer(event), name="Answer", group="answer")
        self.panes.timeline.focus()

    async def _answer(self, event: ApprovalForm.Answered) -> None:
        """Answer an approval; a rejection only after confirmation."""
        from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen

        if not event.approved:
            step = self.state.record.step(event.path)
            effect = step.waiting.rejection_effect if step is not None and step.waiting is not None else ""
            question = f"Reject {event.path}? {effect[:1].upper()}{effect[1:]}."
            choices = [Choice("back", "Go back", "escape"), Choice("reject", "Reject", "x", danger=True)]
            if await self.services.push_screen_wait(ConfirmScreen("Reject", question, choices)) != "reject":
                return
        await self.workbench.runs.answer(self.run_id, event.path, approved=event.approved, data=event.data)
        await self.report_silence("the answer")

    def action_rerun(self) -> None:
        """Open the run form with the inputs of this run."""
        self.attempt(self._rerun(), group="rerun", exclusive=True)

    async def _rerun(self) -> None:
        record = await self.workbench.runs.record(self.run_id, whole=True)
        self.services.open_run_form(record.workflow_id, record.inputs, record.connections, record.pool)

    def action_rerun_from(self) -> None:
        """Show the plan of a rerun from the selected step, and start it."""
        self.attempt(self._rerun_from(), name="Rerun", group="rerun", exclusive=True)

    async def _rerun_from(self) -> None:
        from wftui.tui.screens.runs.rerun_flow import rerun

        step = self.panes.timeline.selected
        from_step = step.path if step is not None and step.status != "failed" else None
        new = await rerun(self.services, self.run_id, from_step)
        if new is not None:
            self.services.open_monitor(new)

    def action_await(self) -> None:
        """Announce the end of the run on any screen, or no longer."""
        is_awaited = self.services.toggle_awaited(self.run_id)
        self.notify("The bell rings when this run ends." if is_awaited else "The bell does not ring for this run.")

    def action_connect(self) -> None:
        """Show the missing requirements."""
        record = self.state.record
        details = record.error.details if record.error is not None else None
        missing = details.get("missing") if isinstance(details, dict) else None
        self.services.open_screen("missing", record.workflow_id, missing or [])

    def action_resume(self) -> None:
        """Resume an interrupted run."""
        self.attempt(self._resume(), group="rerun", exclusive=True)

    async def _resume(self) -> None:
        from wftui.tui.screens.runs.rerun_flow import resume_run

        goes = await resume_run(self.services, self.run_id)
        if goes == self.run_id:
            in_background(self, self._follow, group="follow", exclusive=True)
        elif goes is not None:
            self.services.open_monitor(goes)

    def open_run(self, run_id: str, path: str | None = None) -> None:
        """Open another run, at a step where one is named."""
        self.services.open_monitor(run_id, path)

    def action_child(self) -> None:
        """Open the run started by the selected step."""
        step = self.panes.timeline.selected
        if step is not None:
            self.attempt(self._open_child(step.path), group="open", exclusive=True)

    async def _open_child(self, path: str) -> None:
        child = await self.workbench.runs.child_of(self.run_id, path)
        if child is not None:
            self.open_run(child)
        elif self.state.record.parent_id and self.state.record.parent_path is None:
            reused = with_keys(self.app, "Output reused from the earlier run; press {monitor.parent} to open it.")
            self.notify(reused, markup=False)
        else:
            self.notify("No such run: it has not started, or was removed from the history.")

    def action_parent(self) -> None:
        """Open the parent run, at the step that started this one."""
        record = self.state.record
        if record.parent_id:
            self.open_run(record.parent_id, record.parent_path)

    def action_compare(self) -> None:
        """Compare with the last completed run before this one."""
        self.services.open_screen("comparison", self.run_id)

    def action_edit(self) -> None:
        """Open the editor, at the selected step."""
        path = self.panes.line_step()
        step = self.state.record.step(path) if path is not None else None
        self.services.open_editor(self.state.record.workflow_id, step.step_id if step is not None else None)

    def action_copy_id(self) -> None:
        """Copy the id of the run."""
        self.app.copy_to_clipboard(self.run_id)
        self.notify(f"Copied {self.run_id}", markup=False)

    def action_copy_path(self) -> None:
        """Copy the path of the selected step."""
        path = self.panes.line_step()
        if path is None:
            self.notify("No step is selected.")
        else:
            self.app.copy_to_clipboard(path)
            self.notify(f"Copied {path}", markup=False)

    def action_copy(self) -> None:
        """Copy the selected value or log line."""
        self.attempt(run_exports.copy_value(self, *self.panes.to_copy()), group="copy", exclusive=True)

    def action_copy_command(self) -> None:
        """Copy the selected step as a shell command."""
        self.attempt(run_exports.copy_step_command(self), group="copy", exclusive=True)

    @on(StepDetail.Opened)
    def _value_opened(self, event: StepDetail.Opened) -> None:
        self._open_value(section_value(event.step, event.section), f"{event.section} of {event.step.path}")

    @on(LineView.Chosen, "#results")
    def _results_opened(self) -> None:
        self._open_value(self.shown.record.outputs, f"results of {self.state.record.workflow_id}")

    def _open_value(self, value: Json, title: str) -> None:
        from wftui.tui.screens.runs.value_screen import ValueScreen

        what, _, whose = title.partition(" of ")
        name = "-".join(re.findall(r"[\w.]+", f"{whose} {what}"))
        self.app.push_screen(ValueScreen(title, value, self.value_text, name=name, ascii_only=self.services.ascii))

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
        """Maximize the focused pane, or restore it."""
        if self.maximized is not None:
            self.minimize()
        elif self.focused is not None:
            self.maximize(self.focused)

    def action_follow(self) -> None:
        """Follow the run in timeline and log."""
        self.panes.follow()

    def action_next_failure(self) -> None:
        """Go to the next failed step, wrapping around."""
        self.panes.show_steps()
        self.panes.timeline.to_next_failure()
        self.panes.selection_changed()

    def action_faults(self) -> None:
        """Show only failures, or everything."""
        self.panes.toggle_only("failures")

    def action_slow(self) -> None:
        """Show only steps that took longer than usual, or everything."""
        self.panes.toggle_only("slow")

    # --- the bars

    def action_closer(self) -> None:
        """Show half of the time in the bars."""
        self.panes.show_steps()
        self.panes.timeline.change_zoom(closer=True)

    def action_wider(self) -> None:
        """Show twice the time in the bars."""
        self.panes.timeline.change_zoom(closer=False)

    def action_earlier(self) -> None:
        """Move the bars to an earlier part."""
        self.panes.timeline.pan(-_PANNED)

    def action_later(self) -> None:
        """Move the bars to a later part."""
        self.panes.timeline.pan(_PANNED)

    def action_open_all(self) -> None:
        """Expand all steps, or collapse them."""
        self.panes.show_steps()
        self.panes.timeline.open_all()

    def action_events(self) -> None:
        """List the events; show the run at the chosen one."""
        self.attempt(self._list_events(), group="playback", exclusive=True)

    async def _list_events(self) -> None:
        from wftui.tui.screens.runs.events_screen import EventsScreen

        async def page(after: int, limit: int) -> list[ExecutionEvent]:
            return await self.workbench.runs.events(self.run_id, after=after, limit=limit)

        total, shown = self.state.record.last_seq, self.shown.record.last_seq
        screen = EventsScreen(page, self.value_text, total=total, number=shown, ascii_only=self.services.ascii)
        number = await self.services.push_screen_wait(screen)
        if number is not None:
            await self._show_at(number)

    # --- the log

    def action_search(self) -> None:
        """Ask for a search term."""
        self.panes.show_log()
        self.panes.log_panel.ask("search")

    def end_search(self) -> bool:
        """End the search in the log."""
        view = self.panes.log_view
        if not view.search:
            return False
        view.set_search("")
        self.refresh_bindings()
        return True

    def action_copy_log(self) -> None:
        """Copy the filtered log lines, up to the clipboard limit."""
        self.attempt(run_exports.copy_log(self), group="copy", exclusive=True)

    def action_filter(self) -> None:
        """Ask for a filter of log lines."""
        self.panes.show_log()
        self.panes.log_panel.ask("filter")

    def action_level(self) -> None:
        """Raise the minimum log level shown."""
        self.panes.show_log()
        self.panes.log_panel.next_level()

    def action_times(self) -> None:
        """Show the next form of times in the log."""
        self.panes.show_log()
        self.panes.log_panel.next_times()

    def action_save_log(self) -> None:
        """Save the filtered log lines to a new file."""
        self.attempt(run_exports.save_log(self), group="save", exclusive=True)

    def action_page_log(self) -> None:
        """Open the filtered log lines in the pager."""
        self.attempt(run_exports.page_log(self), group="pager", exclusive=True)

    def action_stream(self) -> None:
        """Show only the next stream of the log, or all."""
        self.panes.show_log()
        self.panes.log_panel.next_stream()

    def action_step_log(self) -> None:
        """Show only the log of the selected step, or of all."""
        self.panes.show_log()
        step = self.panes.timeline.selected
        self.panes.log_panel.show_step(step.path if step and self.panes.log_view.log_filter.path is None else None)

    def action_next_match(self) -> None:
        """Go to the next match."""
        self.panes.show_log()
        self.panes.log_view.jump(1)

    def action_previous_match(self) -> None:
        """Go to the previous match."""
        self.panes.show_log()
        self.panes.log_view.jump(-1)

    def action_fold(self) -> None:
        """Toggle wrapping of long log lines."""
        self.panes.log_view.folded = not self.panes.log_view.folded
