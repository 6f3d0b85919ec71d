"""The panes of the monitor: steps, step details, results, canvas, log."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from wftui.model.base import Json
from wftui.model.clock import Clock
from wftui.model.run.paths import without_indices
from wftui.model.run.steps import StepInfo, StepResult
from wftui.tui.canvas.graph import nodes_from_steps
from wftui.tui.canvas.step_view import StepView
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.display.formatting import LOADING
from wftui.tui.display.theme import WIDE
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.log.panel import LogPanel
from wftui.tui.widgets.log.sanitize import plain
from wftui.tui.widgets.log.view import LogView
from wftui.tui.widgets.pane_tabs import PaneTabs
from wftui.tui.widgets.run.canvas_status import canvas_statuses, newest_of
from wftui.tui.widgets.run.detail import StepDetail, StepSurroundings, section_value
from wftui.tui.widgets.run.state import RunState
from wftui.tui.widgets.run.timeline import Timeline
from wftui.tui.widgets.run.tree import Only
from wftui.tui.widgets.value.browser import ValueBrowser
from wftui.tui.widgets.value.export import TextSource

Pane = Literal["steps", "logs", "results", "canvas"]
PANES: tuple[tuple[Pane, str], ...] = (
    ("steps", "Steps"),
    ("logs", "Logs"),
    ("results", "Results"),
    ("canvas", "Canvas"),
)
_LOG_LINES = 5
"""Log lines of a step below its details."""


class RunPanes(Container):
    """The panes of a run.

    The log is always visible in a wide terminal and one of the panes in a narrow one.
    """

    DEFAULT_CSS = """
    RunPanes {
        height: 1fr;
        layout: vertical;
        #upper { height: 1fr; layout: vertical; }
        #side { height: 1fr; }
        Timeline, StepDetail, #results, WorkflowCanvas { height: 1fr; }
        &.-narrow {
            StepDetail { border-top: solid $border-blurred; border-title-color: $foreground-muted; }
            StepDetail:focus { border-top: $focused-border $border; border-title-color: $primary; }
        }
        &.-wide {
            #upper { layout: horizontal; height: 3fr; }
            Timeline { width: 5fr; }
            #side { width: 4fr; }
            LogPanel { height: 2fr; }
            &.-no-log LogPanel { height: 4; }
            Timeline, StepDetail, #results, WorkflowCanvas, LogPanel { border: round $border-blurred; }
            Timeline, StepDetail, #results, WorkflowCanvas { border-title-color: $foreground-muted; }
            Timeline:focus, StepDetail:focus, #results:focus, WorkflowCanvas:focus, LogPanel:focus-within {
                border: $focused-border $border;
                border-title-color: $primary;
            }
        }
    }
    """

    class DeclaredRequested(Message):
        """The declared steps are needed and were not read."""

    def __init__(self, state: RunState, now: Clock, source: TextSource, *, ascii_only: bool = False) -> None:
        # Each class that is set later styles all panes again.
        super().__init__(classes="-narrow -no-log")
        self.state = state
        self.pane: Pane = "steps"
        self.chosen = False
        """True once the user has picked a pane or a step; until then the panes follow the run."""
        self.timeline = Timeline(state, now, ascii_only=ascii_only)
        self.detail = StepDetail(now, ascii_only=ascii_only)
        self.results = ValueBrowser(source, ascii_only=ascii_only, id="results")
        self.canvas = WorkflowCanvas(ascii_only=ascii_only, within=True)
        self.canvas.message = LOADING
        self.log_panel = LogPanel(state.lines, ascii_only=ascii_only)
        self._tabs = PaneTabs(PANES, "steps", "monitor")
        self._upper = Container(id="upper")
        self._counted: frozenset[str] = frozenset()
        self._drawn: RunState | None = None
        self._requested: RunState | None = None
        self._display()

    def compose(self) -> ComposeResult:
        """Compose tabs, upper part and log."""
        yield self._tabs
        with self._upper:
            yield self.timeline
            with Container(id="side"):
                yield self.detail
                yield self.results
                yield self.canvas
        yield self.log_panel

    def on_mount(self) -> None:
        """Start with the steps."""
        self.timeline.border_title, self.results.border_title, self.canvas.border_title = "Steps", "Results", "Canvas"
        self._show_pane("steps")
        self.timeline.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the width."""
        is_wide = event.size.width >= WIDE
        if is_wide != self.has_class("-wide"):
            self.set_class(is_wide, "-wide", update=False)
            self.set_class(not is_wide, "-narrow")
            self._display()

    @property
    def log_view(self) -> LogView:
        """The log lines."""
        return self.log_panel.view

    # --- the run

    def show(self, state: RunState) -> None:
        """Show the current state of a run, or another state during playback."""
        if state is not self.state:
            self.state = state
            self.timeline.replace_state(state)
            self.log_view.replace_lines(state.lines)
        if not self.chosen:
            self._switch_to("results" if state.record.status == "completed" else "steps")
        self.set_class(not len(state.lines), "-no-log")
        self.log_view.known = state.is_known
        self.log_view.begun = state.record.started_at
        self.timeline.read()
        self.log_view.read()
        self.show_side()

    def tick(self) -> None:
        """Update elapsed times."""
        self.timeline.repaint()
        self.detail.tick()

    def show_side(self) -> None:
        """Update the pane beside the timeline."""
        if self.pane == "results":
            self._show_results()
        elif self.pane == "canvas":
            self._show_canvas()
        else:
            step = self.timeline.selected
            self.detail.show(step, self.state.record, self._around(step))
            self.detail.border_title = Content(self.state.title(step) if step is not None else "Step")

    def _around(self, step: StepResult | None) -> StepSurroundings:
        if step is None:
            return StepSurroundings()
        declared = self._declared().get(without_indices(step.path))
        return StepSurroundings(
            declared.line if declared is not None else None,
            self.state.lines.last_of(step.path, _LOG_LINES),
            self.state.is_stopped(step),
        )

    def _show_results(self) -> None:
        record = self.state.record
        if not self.state.is_known:
            self.results.show_nothing(LOADING)
        elif record.outputs:
            self.results.show(record.outputs)
        elif record.status == "completed":
            self.results.show_nothing("The workflow has no outputs.")
        elif self.state.is_live:
            self.results.show_nothing("Results appear when the run ends.")
        else:
            self.results.show_nothing(f"No results: the run is {record.status}.")

    def _show_canvas(self) -> None:
        declared = self._declared()
        if self.state.declared is not None and self.state.is_known and self.canvas.message == LOADING:
            self.canvas.message = "This run has no steps."
            self.canvas.refresh()
        # Before the graph: a first drawing opens at the current step.
        self.canvas.set_statuses(*canvas_statuses(self.state))
        steps = self.state.record.step_results
        counted = frozenset(step.path for step in steps if step.iterations is not None)
        counted |= {path for path in declared if self.state.record.step(path) is None}
        if declared and (self._drawn is None or counted != self._counted):
            self._drawn, self._counted = self.state, counted
            self.canvas.set_graph(nodes_from_steps(declared.values(), counted))

    def _declared(self) -> Mapping[str, StepInfo]:
        """Return the declared steps; ask for them if they were not read."""
        if self.state.declared is None and self._requested is not self.state:
            self._requested = self.state
            self.post_message(self.DeclaredRequested())
        return self.state.declared or {}

    # --- current pane

    def _show_pane(self, pane: Pane) -> None:
        self.pane = pane
        self._display()
        self._tabs.current = pane

    def _display(self) -> None:
        """Display the current pane and the one beside it.

        A class for each pane would style all of them again, which took a third of a switch.
        """
        pane, is_narrow = self.pane, self.has_class("-narrow")
        self.detail.display = pane in ("steps", "logs")
        self.results.display = pane == "results"
        self.canvas.display = pane == "canvas"
        self.timeline.display = not is_narrow or pane in ("steps", "logs")
        self._upper.display = not is_narrow or pane != "logs"
        self.log_panel.display = not is_narrow or pane == "logs"

    def _switch_to(self, pane: Pane) -> None:
        """Switch the pane automatically; move the focus if its widget is hidden."""
        if pane == self.pane:
            return
        was_in_it = self.screen.focused is self._view(self.pane)
        self._show_pane(pane)
        if was_in_it and self.has_class("-narrow"):
            self._view(pane).focus()

    def _view(self, pane: Pane) -> Widget:
        views: dict[Pane, Widget] = {
            "steps": self.timeline,
            "logs": self.log_view,
            "results": self.results,
            "canvas": self.canvas,
        }
        return views[pane]

    def pick(self, pane: Pane, *, enter: bool = True) -> None:
        """Show a pane chosen by the user; a visible log is only focused."""
        self.chosen = True
        if pane != "logs" or self.has_class("-narrow"):
            self._show_pane(pane)
            self.show_side()
        if pane == "canvas" and self.timeline.selected is not None:
            self.canvas.focus_step(without_indices(self.timeline.selected.path))
        if enter:
            self._view(pane).focus()

    def show_steps(self) -> None:
        """Bring the steps into view."""
        if self.pane != "steps" and self.has_class("-narrow"):
            self.pick("steps")

    def show_log(self) -> None:
        """Bring the log into view."""
        if self.has_class("-narrow") and self.pane != "logs":
            self.pick("logs")

    @on(PaneTabs.Chosen)
    def _tab_chosen(self, event: PaneTabs.Chosen) -> None:
        event.stop()
        for pane, _ in PANES:
            if pane == event.pane:
                self.pick(pane, enter=event.enter)

    # --- selected step

    @on(LineView.Moved)
    def _moved(self, event: LineView.Moved) -> None:
        if event.view is self.timeline:
            self.chosen = True
            self.selection_changed()

    def selection_changed(self) -> None:
        """Show the details of the selected step."""
        self.show_side()
        step, log_filter = self.timeline.selected, self.log_view.log_filter
        if step is not None and log_filter.path is not None:
            self.log_view.set_filter(replace(log_filter, path=step.path))

    def follow(self) -> None:
        """Follow the run again, in timeline and log."""
        self.timeline.following = True
        self.timeline.read()
        self.selection_changed()
        self.log_view.following = True

    def toggle_only(self, only: Only) -> None:
        """Toggle between failed or slow steps and all steps."""
        self.show_steps()
        self.timeline.show_only(None if self.timeline.only == only else only)
        titles = {"failures": "Failures", "slow": "Slow steps"}
        self.timeline.border_title = titles.get(self.timeline.only or "", "Steps")
        self.selection_changed()

    @on(LineView.Chosen)
    def _row_chosen(self, event: LineView.Chosen) -> None:
        if event.view is self.timeline:
            self.pick("steps", enter=False)
            self.detail.focus()

    @on(StepView.Selected)
    def _canvas_chosen(self, event: StepView.Selected) -> None:
        event.stop()
        self.timeline.following = False
        if self.timeline.select(newest_of(self.state, event.step_path), reveal=True):
            self.pick("steps")

    def line_step(self) -> str | None:
        """Return the path of the step under the cursor, if any."""
        focused = self.screen.focused
        if focused is self.log_view:
            line = self.log_view.line_at(self.log_view.cursor)
            return line.path or None if line is not None else None
        if focused is self.canvas:
            return self.canvas.cursor
        return self.timeline.selected.path if self.timeline.selected is not None else None

    def to_copy(self) -> tuple[Json, str]:
        """Return the value to copy and its description; "" if there is none."""
        if self.screen.focused is self.log_view:
            line = self.log_view.line_at(self.log_view.cursor)
            return (plain(line.text), "the line") if line is not None else (None, "")
        if self.pane == "results":
            outputs = self.state.record.outputs
            return outputs, "the results" if outputs is not None else ""
        step = self.timeline.selected
        value = section_value(step, self.detail.section) if step is not None else None
        return value, f"the {self.detail.section} of {step.path}" if step is not None and value is not None else ""
