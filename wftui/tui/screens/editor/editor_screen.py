"""The editor of a workflow: steps, source, canvas, generated code, problems."""

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static, TextArea

from wftui.model.listing import WorkflowOutline
from wftui.model.workflow.compilation import CompilationResult
from wftui.tui.actions import Action
from wftui.tui.canvas.step_list import StepList
from wftui.tui.canvas.step_view import StepView
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.display.theme import WIDE
from wftui.tui.key_actions.editor_actions import EDITOR_ACTIONS
from wftui.tui.screens.editor.inspecting import Inspecting
from wftui.tui.screens.editor.one_cursor import OneCursor
from wftui.tui.screens.editor.problems_screen import ProblemsScreen
from wftui.tui.widgets.finding import go_to_match
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.pane_tabs import PaneTabs
from wftui.tui.widgets.prompt_input import PromptInput
from wftui.tui.widgets.run.inspector import StepInspector
from wftui.tui.widgets.source.code_area import CodeArea
from wftui.tui.widgets.source.compilation_status import CompilationStatus, diagnostic_counts
from wftui.tui.widgets.source.diagnostic_list import DiagnosticList
from wftui.tui.widgets.source.python_view import PythonView
from wftui.tui.widgets.source.source_view import SourceView

if TYPE_CHECKING:
    from wftui.tui.screens.editor.binding_help import SourceNames

_SPACIOUS = 170
"""Columns from which list, canvas and inspector are side by side."""
_TALL = 45
"""Rows from which the inspector is below the list, and the source below the canvas, in a wide terminal."""
_AROUND = 5
"""Rows of a tall screen around the panes, and of the canvas around its drawing."""

_ENTERED = frozenset({"steps", "canvas", "inspector"})
"""Panes in which an editor can begin: those that take no text."""


class EditorScreen(ProblemsScreen):
    """One pane at a time in a narrow terminal, several side by side in a wide one."""

    DEFAULT_CSS = """
    EditorScreen {
        layout: vertical;
        #main { height: 1fr; }
        .overview { layout: horizontal; width: 1fr; height: 100%; }
        .whole { display: none; width: 3fr; height: 100%; }
        #steps { width: 2fr; min-width: 34; max-width: 64; }
        #inspector { width: 3fr; }
        .pane { height: 1fr; }
        SourceView, PythonView, WorkflowCanvas { display: none; }
        #problems { height: auto; min-height: 3; max-height: 9; }
        #problem { height: auto; max-height: 8; padding: 0 2; border-top: solid $border-blurred; display: none; }
        StepView { background: $background; }
        CompilationStatus { dock: none; }

        &.-source #source, &.-python #python, &.-canvas #canvas { display: block; }
        &.-source .whole, &.-python .whole, &.-canvas .whole { display: block; }
        /* Beside the list: the inspector, or the pane that was chosen instead of it. */
        &.-wide.-source, &.-wide.-python, &.-wide.-canvas {
            .overview { width: 2fr; min-width: 34; max-width: 64; }
            #steps { width: 1fr; max-width: 100%; }
            #inspector { display: none; }
        }
        &.-wide.-clean #problems { display: none; }
        &.-wide.-problems #problems { display: block; }
        &.-wide.-spacious {
            .overview { width: 100; max-width: 100; }
            #steps { width: 40; }
            #inspector { width: 60; display: block; }
            .whole { display: block; }
            &.-steps #canvas, &.-inspector #canvas, &.-problems #canvas { display: block; }
        }
        /* In a tall terminal, list and canvas take what they need; inspector and source the rest. */
        &.-wide.-tall {
            .overview { layout: vertical; width: 2fr; min-width: 34; max-width: 64; }
            #steps, #inspector { width: 100%; max-width: 100%; }
            #steps { height: auto; max-height: 40%; }
            #canvas { height: auto; min-height: 5; max-height: 50%; display: block; }
            .whole, #inspector, #source { display: block; }
            &.-python #canvas, &.-python #source { display: none; }
        }
        &.-narrow {
            .pane { border: none; }
            .overview, #steps, #inspector, #problems { display: none; width: 1fr; max-width: 100%; }
            .whole { width: 1fr; }
            &.-steps .overview, &.-inspector .overview { display: block; }
            &.-steps #steps, &.-inspector #inspector { display: block; }
            &.-problems #main { display: none; }
            &.-problems #problems { display: block; height: 1fr; max-height: 100%; }
            &.-problems #problem { display: block; }
        }
    }
    """

    ACTIONS: ClassVar[tuple[Action, ...]] = EDITOR_ACTIONS

    PANES = (
        ("steps", "Steps"),
        ("source", "Source"),
        ("canvas", "Canvas"),
        ("python", "Python"),
        ("problems", "Problems"),
        ("inspector", "Inspector"),
    )

    def __init__(self, workflow_id: str, step_id: str | None = None) -> None:
        super().__init__(workflow_id)
        self._one_cursor = OneCursor(self)
        self._first_step = step_id
        self._sought = ""
        self._sought_in: Widget | None = None
        self._completion: SourceNames | None = None

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("Workflows", self.workflow_id)

    def compose_body(self) -> ComposeResult:
        """Yield tabs, panes and status."""
        yield PaneTabs(self.PANES, "steps", "editor")
        ascii_only = self.services.ascii
        with Horizontal(id="main"):
            with Container(classes="overview"):
                yield StepList(ascii_only=ascii_only, id="steps", classes="pane")
                yield StepInspector(self.workbench.clock, ascii_only=ascii_only, id="inspector", classes="pane")
            with Vertical(classes="whole"):
                yield WorkflowCanvas(ascii_only=ascii_only, id="canvas", classes="pane")
                yield SourceView(id="source", classes="pane")
                yield PythonView(id="python", classes="pane")
        yield DiagnosticList(ascii_only=ascii_only, id="problems", classes="pane")
        yield Static(id="problem", markup=False)
        yield PromptInput()
        yield CompilationStatus(ascii_only=ascii_only)

    def on_mount(self) -> None:
        """Load the workflow and check it."""
        self._python = self.query_one(PythonView)
        for view in self.step_views:
            view.message = "Loading…"
        self._inspecting = Inspecting(self, self.query_one(StepInspector))
        self.begin()
        self.attempt(self._inspecting.read_last_run(), group="last-run", exclusive=True)
        self.services.runs_changed.subscribe(self, self._run_changed)
        self.attempt(self.read_pins(), group="pin")
        kept = self.services.memory.recall(self.memory_name)
        self._first_step = self._first_step or kept.get("step")
        # It has the focus before the first layout gives it to a list.
        self.enter(kept.get("view", "steps") if kept.get("view") in _ENTERED else "steps")

    def on_resize(self, event: events.Resize) -> None:
        """Show list, canvas and inspector side by side where there is room."""
        self.set_class(event.size.width >= _SPACIOUS, "-spacious")
        tall = event.size.width >= WIDE and event.size.height >= _TALL
        self.set_class(tall, "-tall")
        self._inspecting.explains = tall
        self.query_one(WorkflowCanvas).most_rows = event.size.height // 2 - _AROUND if tall else None
        self._inspecting.soon()

    def _run_changed(self, _run_id: str) -> None:
        self.attempt(self._inspecting.read_last_run(), group="last-run", exclusive=True)

    def watch_view(self, view: str) -> None:
        """Show the selected pane, and fill the inspector if it has come up."""
        super().watch_view(view)
        self.services.memory.keep(self.memory_name, view=view)
        self._inspecting.soon()

    # --- compilation results

    def checked(self, result: CompilationResult, outline: WorkflowOutline | None) -> None:
        """Show the result in every pane."""
        self.status.result, self.status.stale, self.status.took = result, False, self.live_check.took
        self.show_steps()
        if self._completion is not None and self._is_json:
            self._completion.parsed()
        problems = self.with_rename_fixes([*result.errors, *result.warnings])
        self._problems.show_problems(problems)
        self.set_class(not problems, "-clean")
        self._inspecting.checked(problems)
        self._problems.border_title = f"Problems  {diagnostic_counts(result)}".strip()
        self.source.mark(problems)
        self._python.show_code(result.generated_code)
        if outline is not None:
            self.keep_ids()
            self.focus_operated_step()
        self._go_to_first_step()
        if self.source.has_focus:
            self._follow_cursor()
        self.show_tabs()
        self._tell_problem()
        self.refresh_bindings()

    def _source_names(self) -> "SourceNames":
        if self._completion is None:
            from wftui.tui.screens.editor.binding_help import SourceNames

            self._completion = SourceNames(self.services, self.workflow_id, self.source)
            self._completion.parsed()
        return self._completion

    # --- showing

    def pane_title(self, pane: str, title: str) -> str:
        """Add the number of problems."""
        number = len(self._problems.problems)
        return f"{title} {number}" if pane == "problems" and number else title

    # --- reacting

    @on(TextArea.Changed, "#source")
    def _text_changed(self) -> None:
        self.status.stale = True
        self.live_check.text_changed()
        self.drafts.text_changed()
        self.show_place()
        self.refresh_bindings()

    @on(TextArea.SelectionChanged, "#source")
    def _cursor_moved(self) -> None:
        self.show_place()
        self._tell_problem()
        self.refresh_bindings()
        if self.source.has_focus:
            self._follow_cursor()

    def _follow_cursor(self) -> None:
        """Select the step at the cursor in the other panes."""
        here = self.step_here
        names, pointer = self._source_names(), here.pointer if here else None
        if names.is_needed(pointer):
            self.attempt(names.read(pointer), group="names", exclusive=True)
        if here is not None:
            self._one_cursor.show_in_views(here.path)
            self._inspecting.soon()

    @on(StepView.Highlighted)
    def _step_highlighted(self) -> None:
        self._one_cursor.soon()
        self._inspecting.soon()

    @on(StepView.Selected)
    def _step_selected(self, event: StepView.Selected) -> None:
        self._one_cursor.go_to(event.step_path)
        self.enter("source")

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """Focus a widget, at the step that the cursor was moved to."""
        self._one_cursor.settle()
        super().set_focus(widget, scroll_visible, from_app_focus)

    async def action_act(self, action_id: str) -> None:
        """Run an action at the step that the cursor was moved to."""
        self._one_cursor.settle()
        await super().action_act(action_id)

    async def may_leave(self) -> bool:
        """Remember the step; ask about unsaved changes."""
        self._one_cursor.settle()
        return await super().may_leave()

    def _go_to_first_step(self) -> None:
        wanted, self._first_step = self._first_step, None
        for step in self.steps:
            if step.id == wanted:
                self._one_cursor.go_to(step.path)

    @on(LineView.Chosen, "#inspector")
    def _inspector_chosen(self) -> None:
        if self.why_not("editor.edit_step") is None:
            self.action_edit_step()

    def on_key(self, event: events.Key) -> None:
        """Move the focus from the source to the tabs on Escape; from there it leaves."""
        if event.key == "escape" and self.source.has_focus:
            event.stop()
            self.query_one(PaneTabs).focus()

    # --- actions

    def why_not(self, action_id: str) -> str | None:
        """Disable actions without a problem, a fix or a writable file."""
        verb = action_id.partition(".")[2]
        if verb in {"next_problem", "previous_problem"} and not self._problems.problems:
            return "there are no problems"
        if verb in {"save", "fix", "fix_all"} and self.source.read_only:
            return "the file is read-only here"
        if verb == "insert_name" and (self.focused is not self.source or self.source.read_only):
            return "put the cursor into the source"
        if verb == "fix" and not self._problem_to_fix():
            return "no problem here has a fix"
        if verb == "fix_all" and not any(each.fixes for each in self._problems.problems):
            return "no problem has a fix"
        return self.why_no_step(verb)

    def action_run(self) -> None:
        """Save, compile and run."""
        self.attempt(self._save_and_run(), group="save")

    async def _save_and_run(self) -> None:
        result = await self.save()
        if result is None:
            return
        if result.success:
            self.services.open_run_form(self.workflow_id)
        else:
            self.notify(f"Run not started: {diagnostic_counts(result)}.", severity="error")
            self.enter("problems")

    def action_find(self) -> None:
        """Ask for a term to find in the text shown."""
        self._sought_in = None
        if self.view != "python":
            self.view = "source"
        self.query_one(PromptInput).ask("find", self._sought, self._text_shown)

    def action_find_step(self) -> None:
        """Ask for a step to find; in source and Python, for a text."""
        self._sought_in = self.focused if isinstance(self.focused, StepView | LineView) else None
        if self._sought_in is None:
            self.action_find()
        else:
            what = "a step by name, id or type" if isinstance(self._sought_in, StepView) else "in the list"
            self.query_one(PromptInput).ask(f"find {what}", self._sought, self._sought_in)

    @on(PromptInput.Answered)
    def _find(self, event: PromptInput.Answered) -> None:
        self._sought = event.text
        if event.text:
            go_to_match(self._sought_in or self._text_shown, event.text)

    @property
    def _text_shown(self) -> CodeArea:
        return self._python if self.view == "python" else self.source

    def action_steps(self) -> None:
        """Focus the steps."""
        self.enter("steps")

    def action_source(self) -> None:
        """Focus the source."""
        self.enter("source")

    def action_canvas(self) -> None:
        """Focus the canvas."""
        self.enter("canvas")

    def action_python(self) -> None:
        """Focus the generated code."""
        self.enter("python")

    def action_problems(self) -> None:
        """Focus the problems."""
        self.enter("problems")

    def action_inspector(self) -> None:
        """Focus the inspector."""
        self.enter("inspector")

    def action_edit_workflow(self) -> None:
        """Edit the workflow without its steps in a form."""
        from wftui.tui.screens.editor.step_editing import edit_workflow

        form = edit_workflow(self.services, self.workflow_id, self.source, self.drafts)
        self.attempt(form, group="step", exclusive=True)

    def action_insert_name(self) -> None:
        """Insert a name, a function or a filter at the cursor of the source."""
        self.attempt(self._insert_name(), group="ask")

    async def _insert_name(self) -> None:
        from wftui.tui.screens.editor.binding_help import insert_in_source

        here = self.step_here
        await insert_in_source(self.services, self.workflow_id, self.source, here.pointer if here else None)

    def action_runs(self) -> None:
        """Open the runs of this workflow."""
        self.services.open_history(self.workflow_id)

    def action_lock_tools(self) -> None:
        """Save, and lock the tools of the workflow's MCP servers."""
        self.attempt(self._lock_tools(), group="lock", exclusive=True)

    async def _lock_tools(self) -> None:
        from wftui.tui.screens.editor.tool_lock import lock_tools

        if await self.save() is not None:
            await lock_tools(self, self.workflow_id)
            self.live_check.check_now()
