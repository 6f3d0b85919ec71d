"""ExecutionMonitor: one run, live or as it was; what happens, when, with what, and what may be done about it."""

import asyncio
import json
import time
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.execution import StepResult, ValueRef
from wftui.model.reducer import GapError
from wftui.store.payloads import as_reference
from wftui.tui.action_screen import ActionScreen
from wftui.tui.actions import Action
from wftui.tui.canvas.graph import graph_of
from wftui.tui.canvas.step_view import StepView
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.log.panel import LogPanel
from wftui.tui.widgets.log.text import plain
from wftui.tui.widgets.log.view import LogView
from wftui.tui.widgets.pane_tabs import PaneTabs
from wftui.tui.widgets.run.approval_form import ApprovalForm
from wftui.tui.widgets.run.canvas_status import canvas_statuses
from wftui.tui.widgets.run.detail import StepDetail, section_value
from wftui.tui.widgets.run.header import RunHeader
from wftui.tui.widgets.run.state import RunState
from wftui.tui.widgets.run.timeline import Timeline
from wftui.tui.widgets.run.tree import title
from wftui.tui.widgets.title_bar import TitleBar
from wftui.tui.widgets.value.sizes import size_text
from wftui.tui.widgets.value.view import ValueView

PAINTS_PER_SECOND = 20
"""However many events come, the screen is brought up to date at most so often."""
_TICK = 0.5
_COPY_LIMIT = 1_000_000
PANES = (("steps", "Steps"), ("logs", "Logs"), ("results", "Results"), ("canvas", "Canvas"))


class MonitorScreen(ActionScreen[None]):
    """A run: header, steps over time, the selected step, log, results, canvas. Small terminals show one at a time."""

    DEFAULT_CSS = """
    MonitorScreen {
        layout: vertical;
        #panes { height: 1fr; layout: vertical; }
        #upper { height: 1fr; layout: vertical; }
        #side { height: 1fr; }
        Timeline, StepDetail, #results, WorkflowCanvas { height: 1fr; }
        StepDetail, #results, WorkflowCanvas { display: none; }
        &.-steps StepDetail, &.-logs StepDetail { display: block; }
        &.-results #results { display: block; }
        &.-canvas WorkflowCanvas { display: block; }
        &.-narrow {
            &.-steps LogPanel { display: none; }
            &.-logs #upper { display: none; }
            &.-results Timeline, &.-results LogPanel { display: none; }
            &.-canvas Timeline, &.-canvas LogPanel { display: none; }
            StepDetail { border-top: solid $border-blurred; border-title-color: $foreground-muted; }
            StepDetail:focus { border-top: solid $border; border-title-color: $primary; }
        }
        &.-wide {
            #upper { layout: horizontal; height: 3fr; }
            Timeline { width: 5fr; }
            #side { width: 4fr; }
            LogPanel { height: 2fr; }
            Timeline, StepDetail, #results, WorkflowCanvas, LogPanel { border: round $border-blurred; }
            Timeline, StepDetail, #results, WorkflowCanvas { border-title-color: $foreground-muted; }
            Timeline:focus, StepDetail:focus, #results:focus, WorkflowCanvas:focus, LogPanel:focus-within {
                border: round $border;
                border-title-color: $primary;
            }
        }
    }
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("monitor.approve", "Approve", "Answer yes to the step that asks.", ("a",), "Run", footer=False),
        Action("monitor.reject", "Reject", "Answer no to the step that asks.", ("x",), "Run", footer=False),
        Action("monitor.cancel", "Cancel", "Cancel the run, after asking; once more: at once.", ("c",), "Run"),
        Action("monitor.rerun", "Run again", "Run the workflow again, starting from these inputs.", ("r",), "Run"),
        Action("monitor.edit", "Editor", "Open the workflow at the step that made this line.", ("e",), "Run"),
        Action("monitor.copy", "Copy", "Copy the value or log line under the cursor.", ("y",), "Run"),
        Action("monitor.copy_id", "Copy id", "Copy the run's id.", ("Y",), "Run", footer=False),
        Action("monitor.steps", "Steps", "Show the steps.", ("1",), "Panes", footer=False),
        Action("monitor.logs", "Logs", "Show the log.", ("2",), "Panes", footer=False),
        Action("monitor.results", "Results", "Show the outputs.", ("3",), "Panes", footer=False),
        Action("monitor.canvas", "Canvas", "Show the workflow as a graph.", ("4",), "Panes", footer=False),
        Action("monitor.zoom", "Zoom", "Give the pane all the room, or back.", ("z",), "Panes", footer=False),
        Action("monitor.search", "Search", "Search the log lines shown.", ("slash",), "Log"),
        Action("monitor.filter", "Filter", "Show only log lines with a text in them.", ("t",), "Log"),
        Action("monitor.level", "Level", "Show only the graver log lines, level by level.", ("l",), "Log"),
        Action("monitor.step_log", "Of step", "Show the log of the selected step only, or of all.", ("s",), "Log"),
        Action("monitor.follow", "Follow", "Keep up with the run: its step and the end of the log.", ("f",), "Run"),
        Action("monitor.next_match", "Next match", "Go to the next line found.", ("n",), "Log", footer=False),
        Action("monitor.previous_match", "Match before", "Go to the line found before.", ("N",), "Log", footer=False),
        Action(
            "monitor.fold", "Fold", "Fold long log lines, or let them run out of view.", ("w",), "Log", footer=False
        ),
        Action("monitor.next_failure", "Next failure", "Go to the next failed step.", ("d",), "Steps", footer=False),
        Action("monitor.faults", "Failures only", "Show only failed steps, or all.", ("F",), "Steps", footer=False),
        Action(
            "monitor.open_all",
            "Open all",
            "Open every step of the tree, or close again.",
            ("O",),
            "Steps",
            footer=False,
        ),
    )

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.run_id = run_id
        self.state = RunState(run_id)
        self._chosen = False
        self._painting: Timer | None = None
        self._painted = 0.0
        self._cost = 0.0
        self._trouble = ""
        self._counted: frozenset[str] = frozenset()

    # --- what it is made of

    def trail(self) -> tuple[str, ...]:
        """The run's workflow and id."""
        return ("Runs", self.state.record.workflow_id or self.run_id)

    def compose_body(self) -> ComposeResult:
        """Header, question, panes."""
        plain_signs, now = self.wftui.ascii, self.workbench.clock
        yield RunHeader(self.state, now, ascii_only=plain_signs)
        yield ApprovalForm()
        yield PaneTabs(PANES, "steps")
        with Container(id="panes"):
            with Container(id="upper"):
                yield Timeline(self.state, now, ascii_only=plain_signs)
                with Container(id="side"):
                    yield StepDetail(now, ascii_only=plain_signs)
                    yield ValueView(self._text, ascii_only=plain_signs, id="results")
                    yield WorkflowCanvas(ascii_only=plain_signs)
            yield LogPanel(self.state.lines, ascii_only=plain_signs)

    def on_mount(self) -> None:
        """Follow the run."""
        self._show_pane("steps")
        self.query_one(Timeline).border_title = "Steps"
        self.query_one("#results").border_title = "Results"
        self.query_one(WorkflowCanvas).border_title = "Canvas"
        self.query_one(Timeline).focus()
        self.set_interval(_TICK, self._tick)
        self.run_worker(self._follow(), group="follow", exclusive=True)

    # --- reading

    async def _follow(self) -> None:
        read = -1
        while read < self.state.record.last_seq:
            read = self.state.record.last_seq
            try:
                async for batch in self.workbench.follow(self.run_id, after=read):
                    self.state.apply(batch)
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
        self._painting = None
        begin = time.monotonic()
        if not self._chosen:
            self._choose_pane()
        self.query_one(RunHeader).read(self.state)
        self.query_one(TitleBar).trail = self.trail()
        self.query_one(Timeline).read()
        self.query_one(LogPanel).view.read()
        self.query_one(ApprovalForm).show(self._asking_step())
        self._show_side()
        self.refresh_bindings()
        self._painted = time.monotonic()
        self._cost = self._painted - begin

    def _tick(self) -> None:
        """Let the clocks go on."""
        if self.state.is_live:
            self.query_one(RunHeader).tick()
            self.query_one(Timeline).redraw()

    # --- panes

    def _choose_pane(self) -> None:
        """Until the user picks a pane: a run that is done shows its results, any other its steps."""
        self._show_pane("results" if self.state.record.status == "completed" else "steps")

    def _show_pane(self, name: str) -> None:
        for other, _ in PANES:
            self.set_class(other == name, f"-{other}")
        self.query_one(PaneTabs).current = name

    def _pick(self, name: str, *, enter: bool = True) -> None:
        """Show a pane because the user wants it; in a wide terminal the log is there anyway."""
        self._chosen = True
        if name != "logs" or self.has_class("-narrow"):
            self._show_pane(name)
            self._show_side()
        if enter:
            selectors = {"steps": "Timeline", "logs": "LogView", "results": "#results", "canvas": "WorkflowCanvas"}
            self.query_one(selectors[name]).focus()

    def _show_side(self) -> None:
        """Bring the pane beside the timeline up to date, whichever is shown."""
        record = self.state.record
        if self.has_class("-results"):
            results = self.query_one("#results", ValueView)
            if record.outputs is not None:
                results.show(record.outputs)
            elif record.status == "completed":
                results.show_nothing("The workflow has no outputs.")
            elif self.state.is_live:
                results.show_nothing("Results come when the run has ended.")
            else:
                results.show_nothing(f"No results: the run is {record.status}.")
        elif self.has_class("-canvas"):
            self._show_canvas()
        else:
            detail = self.query_one(StepDetail)
            step = self.query_one(Timeline).selected
            detail.show(step)
            detail.border_title = title(step).replace("[", "\\[") if step is not None else "Step"

    def _show_canvas(self) -> None:
        canvas, record = self.query_one(WorkflowCanvas), self.state.record
        counted = frozenset(step.path for step in record.step_results if step.iterations is not None)
        if counted != self._counted or (self.state.declared and not canvas.nodes):
            self._counted = counted
            canvas.set_graph(graph_of(self.state.declared.values(), counted))
        canvas.set_statuses(*canvas_statuses(self.state))

    @on(PaneTabs.Chosen)
    def _tab_chosen(self, event: PaneTabs.Chosen) -> None:
        self._pick(event.pane, enter=event.enter)

    @on(LineView.Moved)
    def _cursor_moved(self, event: LineView.Moved) -> None:
        if isinstance(event.view, Timeline):
            self._chosen = True
            self._show_side()
            self._follow_selection()

    @on(LineView.Chosen)
    def _row_chosen(self, event: LineView.Chosen) -> None:
        if isinstance(event.view, Timeline):
            self._show_pane("steps")
            self._show_side()
            self.query_one(StepDetail).focus()

    @on(StepView.Selected)
    def _canvas_chosen(self, event: StepView.Selected) -> None:
        timeline = self.query_one(Timeline)
        timeline.following = False
        if timeline.select(event.step_path, reveal=True):
            self._pick("steps")

    @on(StepDetail.Opened)
    def _value_opened(self, event: StepDetail.Opened) -> None:
        self._open_value(f"{event.section} of {event.step.path}", section_value(event.step, event.section))

    def _open_value(self, title: str, value: Json) -> None:
        from wftui.tui.screens.value import ValueScreen

        self.app.push_screen(ValueScreen(title, value, self._text, ascii_only=self.wftui.ascii))

    async def _text(self, reference: ValueRef, offset: int) -> tuple[str, int | None]:
        return await (await self.workbench.store()).value_text(reference, offset)

    # --- actions

    def why_not(self, action_id: str) -> str | None:
        """The workbench's reasons, and those of the panes."""
        verb = action_id.partition(".")[2]
        for action in self.workbench.actions(self.state.record):
            if action.id == verb:
                return action.reason
        match verb:
            case "next_match" | "previous_match":
                return None if self._log.search else "search for something first, with /"
            case "edit":
                return None if self.state.record.workflow_id else self._trouble or "the run is still being read"
            case "next_failure":
                failed = any(step.status == "failed" for step in self.state.record.step_results)
                return None if failed else "no step has failed"
        return None

    @property
    def _log(self) -> LogView:
        return self.query_one(LogPanel).view

    def action_steps(self) -> None:
        """Show the steps."""
        self._pick("steps")

    def action_logs(self) -> None:
        """Show the log."""
        self._pick("logs")

    def action_results(self) -> None:
        """Show the outputs."""
        self._pick("results")

    def action_canvas(self) -> None:
        """Show the graph."""
        self._pick("canvas")

    def action_zoom(self) -> None:
        """Give the focused pane all the room, or back."""
        if self.maximized is not None:
            self.minimize()
        elif self.focused is not None:
            self.maximize(self.focused)

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

    def _asking_step(self) -> StepResult | None:
        for step in self.state.record.step_results:
            if step.status == "waiting" and step.waiting is not None and step.waiting.reason == "approval":
                return step
        return None

    def action_approve(self) -> None:
        """Answer yes."""
        self.query_one(ApprovalForm).answer(approved=True)

    def action_reject(self) -> None:
        """Answer no."""
        self.query_one(ApprovalForm).answer(approved=False)

    @on(ApprovalForm.Answered)
    def _answered(self, event: ApprovalForm.Answered) -> None:
        answer = self.workbench.answer(self.run_id, event.path, approved=event.approved, data=event.data)
        self.attempt(answer, group="answer")
        self.query_one(Timeline).focus()

    def action_rerun(self) -> None:
        """Open the run form with this run's inputs."""
        self.attempt(self._rerun(), group="rerun", exclusive=True)

    async def _rerun(self) -> None:
        record = await self.workbench.record(self.run_id, whole=True)
        self.wftui.open_run_form(record.workflow_id, record.inputs)

    def action_edit(self) -> None:
        """Open the editor."""
        self.wftui.open_editor(self.state.record.workflow_id)

    def action_follow(self) -> None:
        """Follow the run in timeline and log again."""
        timeline = self.query_one(Timeline)
        timeline.following = True
        timeline.read()
        self._show_side()
        self._log.following = True

    def action_next_failure(self) -> None:
        """Go to the next failed step, round the end."""
        timeline = self.query_one(Timeline)
        timeline.to_next_failure()
        self._show_side()

    def action_faults(self) -> None:
        """Show only failures, or everything."""
        timeline = self.query_one(Timeline)
        timeline.show_only_faults(not timeline.only_faults)
        timeline.border_title = "Failures" if timeline.only_faults else "Steps"
        self._show_side()

    def action_open_all(self) -> None:
        """Open the whole tree, or close it."""
        self.query_one(Timeline).open_all()

    # --- the log

    def _show_logs(self) -> None:
        if self.has_class("-narrow") and not self.has_class("-logs"):
            self._pick("logs")

    def action_search(self) -> None:
        """Ask what to search for."""
        self._show_logs()
        self.query_one(LogPanel).ask("search")

    def action_filter(self) -> None:
        """Ask what lines must hold."""
        self._show_logs()
        self.query_one(LogPanel).ask("filter")

    def action_level(self) -> None:
        """Show one level less."""
        self._show_logs()
        self.query_one(LogPanel).next_level()

    def action_step_log(self) -> None:
        """Show the selected step's lines only, or all."""
        self._show_logs()
        step = self.query_one(Timeline).selected
        self.query_one(LogPanel).show_step(step.path if step and self._log.wanted.path is None else None)

    def _follow_selection(self) -> None:
        step = self.query_one(Timeline).selected
        if step is not None and self._log.wanted.path is not None:
            self._log.set_filter(replace(self._log.wanted, path=step.path))

    def action_next_match(self) -> None:
        """Go to the next match."""
        self._show_logs()
        self._log.jump(1)

    def action_previous_match(self) -> None:
        """Go to the match before."""
        self._show_logs()
        self._log.jump(-1)

    def action_fold(self) -> None:
        """Fold lines, or not."""
        self._log.folded = not self._log.folded

    # --- the clipboard

    def action_copy_id(self) -> None:
        """Copy the run's id."""
        self.app.copy_to_clipboard(self.run_id)
        self.notify(f"Copied {self.run_id}", markup=False)

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        self.attempt(self._copy(), group="copy", exclusive=True)

    async def _copy(self) -> None:
        focused = self.focused
        if isinstance(focused, LogView):
            line = focused.line_at(focused.cursor)
            text, what = (plain(line.text), "the line") if line else ("", "")
        else:
            value, what = self._value_at_cursor()
            reference = as_reference(value)
            if reference is not None:
                if reference.bytes > _COPY_LIMIT:
                    size = size_text(reference.bytes)
                    self.notify(f"{size} are too much for the clipboard; `wftui show {self.run_id} --json` prints it")
                    return
                value = await self.workbench.value(reference)
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
        if not what:
            self.notify("There is nothing to copy here.")
            return
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {what}", markup=False)

    def _value_at_cursor(self) -> tuple[Json, str]:
        step = self.query_one(Timeline).selected
        if self.has_class("-results"):
            return self.state.record.outputs, "the results" if self.state.record.outputs is not None else ""
        if step is None:
            return None, ""
        section = self.query_one(StepDetail).section
        value = section_value(step, section)
        return value, f"the {section} of {step.path}" if value is not None else ""
