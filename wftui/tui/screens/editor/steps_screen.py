"""Base of the editor: operations on the steps under the cursor, or on marked ones."""

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual import events

from wftui.model.errors import UserError
from wftui.model.listing import WorkflowOutline
from wftui.tui.canvas.graph import CanvasNode
from wftui.tui.canvas.step_list import StepList
from wftui.tui.canvas.step_view import StepView
from wftui.tui.canvas.workflow_canvas import WorkflowCanvas
from wftui.tui.editing.step_rows import RowLooks, StepRows, step_rows
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screen_memory import editor_memory
from wftui.tui.screens.editor.questions import ask_about_reads
from wftui.tui.screens.editor.source_screen import SourceScreen

if TYPE_CHECKING:
    from wftui.compiler.editing.restructuring import Operation
    from wftui.compiler.editing.step_edits import Edit, ListedStep
    from wftui.model.workflow.compilation import CompilationError, CompilationResult

ADDING = frozenset({"add_step", "add_before", "paste_step", "paste_command", "edit_workflow"})
"""Verbs that need a source they can change, and no step."""
CHANGING = frozenset(
    {
        "edit_step", "add_inside", "delete_step", "duplicate_step", "cut_step", "move_up", "move_down", "move_in",
        "move_out", "wrap", "unwrap", "toggle_step",
    }
)  # fmt: skip
"""Verbs that change a step."""
NAMED = "rename"
"""Verb that takes a step, or a name at the cursor of the source."""
READING = frozenset({"copy_step", "copy_command", "mark", "try_step", "run_to", "pin"})
"""Verbs that only read a step."""
_ANYWHERE = frozenset({"edit_step", "copy_command", "try_step", "run_to", "pin"})
"""Verbs that also take the step at the cursor of the source, and that of the inspector."""

_EMPTY = "No steps yet. Press {editor.add_step} to add the first."
_WITH_ERRORS = "Drawn once the source has no errors. Press {editor.next_problem} for the first one."
"""Message of a canvas without a drawing, beside a list with steps."""
_NO_JSON = "Not valid JSON. Press {editor.problems} for the problem, {editor.fix} to fix it."


class StepsScreen(SourceScreen):
    """A screen with a list of steps, a canvas, and operations on the steps in both.

    Attributes:
        steps: all steps of the source, as of the last check or operation.
        memory_name: what the place in this screen is remembered by.
    """

    def __init__(self, workflow_id: str) -> None:
        super().__init__(workflow_id)
        self.steps: list[ListedStep] = []
        self.memory_name = editor_memory(workflow_id)
        self._looks = RowLooks()
        self._prepared: StepRows | None = None
        self._is_json = True
        self._to_focus: str | None = None
        self._kept_steps: list[ListedStep] = []
        self._pins_of = ""

    @property
    def step_list(self) -> StepList:
        """The list of all steps."""
        return self.query_one(StepList)

    @property
    def step_views(self) -> tuple[StepView, ...]:
        """The list and the canvas."""
        return (self.step_list, self.query_one(WorkflowCanvas))

    def prepare(self, text: str, outline: WorkflowOutline | None) -> None:
        """Find what list and canvas show of a source, in another thread."""
        looks = self._looks if outline is None else replace(self._looks, pools=outline.pools)
        self._prepared = step_rows(text, replace(looks, ascii_only=self.services.ascii), outline)

    def show_steps(self) -> None:
        """Update the list from the source, unless that is not valid JSON."""
        text, rows, pinned = self.source_text, self._prepared, self._looks.pinned
        if rows is None or rows.text != text:
            rows = step_rows(text, replace(self._looks, ascii_only=self.services.ascii))
        elif rows.looks.pinned != pinned:
            rows = self._prepared = step_rows(text, replace(rows.looks, pinned=pinned), rows.outline)
        self._is_json = rows.steps is not None
        canvas = self.query_one(WorkflowCanvas)
        self.step_list.message = with_keys(self.app, _EMPTY if self._is_json else _NO_JSON)
        canvas.message = with_keys(self.app, _WITH_ERRORS) if rows.steps else self.step_list.message
        if rows.steps is None:
            self.step_list.refresh()
            return
        self.steps, self._looks = rows.steps, rows.looks
        self.step_list.set_graph(rows.listed)
        self.step_list.border_title = f"Steps  {len(rows.steps)}"
        for view in self.step_views:
            view.set_statuses({}, rows.signs)
            view.set_marked(self.step_list.marked & rows.signs.keys())
        if rows.graph is not None:
            canvas.set_graph(rows.graph)
            self._looks = replace(self._looks, needs={node.path: node.needs for node in rows.graph})

    @property
    def graph(self) -> "list[CanvasNode]":
        """The steps and their edges, as of the last source without errors."""
        return self.query_one(WorkflowCanvas).nodes

    def marks_here(self) -> str:
        """Return the settings of the step at the cursor in words."""
        here = self.step_here
        return ", ".join(self.words_of(here)) if here is not None else ""

    def words_of(self, step: "ListedStep") -> list[str]:
        """Return the settings of a step in words."""
        return [each.words for each in self._looks.marks(step)]

    async def read_pins(self) -> None:
        """Read which steps have a pinned output, and show it."""
        pinned = frozenset(await self.workbench.trials.pins(self.workflow_id))
        if pinned != self._looks.pinned:
            self._looks = replace(self._looks, pinned=pinned)
            self.show_steps()

    def loaded(self, text: str) -> None:
        """Take the steps of a source as those whose outputs are pinned."""
        self._pins_of = text

    async def save(self) -> "CompilationResult | None":
        """Save and compile; the pinned outputs of removed steps go with them."""
        result = await super().save()
        text = self._file.text
        if result is not None and text != self._pins_of:
            try:
                if await self.workbench.trials.follow_save(self.workflow_id, self._pins_of, text):
                    self._pins_of = text
                await self.read_pins()
            except UserError as error:
                self.services.show_error(error, "Pinned outputs")
        return result

    async def _with_pins(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work after which other steps may be pinned."""
        try:
            await work
        finally:
            await self.read_pins()

    def keep_ids(self) -> None:
        """Keep the ids of a source without errors, to recognize renamed steps."""
        self._kept_steps = self.steps

    def with_rename_fixes(self, problems: "list[CompilationError]") -> "list[CompilationError]":
        """Return the problems, with a fix for those of steps that were renamed by hand."""
        from wftui.compiler.editing.rename_fixes import renamed_by_hand, with_rename_fixes

        return with_rename_fixes(problems, self.source_text, renamed_by_hand(self._kept_steps, self.steps))

    def focus_operated_step(self) -> None:
        """Move the cursor of the canvas to the step of the last operation."""
        if self._to_focus is not None:
            self.query_one(WorkflowCanvas).focus_step(self._to_focus)
            self._to_focus = None

    # --- the steps meant

    @property
    def _focused_view(self) -> StepView | None:
        return next((view for view in self.step_views if self.focused is view), None)

    @property
    def step_here(self) -> "ListedStep | None":
        """The step at the cursor of the focused pane, or else of the list."""
        if self.focused is self.source:
            line = self.source.line
            above = [each for each in self.steps if each.line <= line]
            return above[-1] if above else next(iter(self.steps), None)
        path = (self._focused_view or self.step_list).cursor
        return next((each for each in self.steps if each.path == path), None)

    @property
    def _chosen(self) -> "list[ListedStep]":
        marked = self.step_list.marked
        return [each for each in self.steps if each.path in marked] or [each for each in [self.step_here] if each]

    @property
    def _pointers(self) -> list[str]:
        return [each.pointer for each in self._chosen]

    def why_no_step(self, verb: str) -> str | None:
        """Return why an operation on steps is disabled."""
        if verb not in ADDING | CHANGING | READING | {NAMED}:
            return None
        if verb not in READING and self.source.read_only:
            return "the file is read-only here"
        if not self._is_json:
            return "the source is not valid JSON at the moment"
        if verb in ADDING or (verb == NAMED and self.focused is self.source):
            return None
        if self._focused_view is None and not (
            verb in _ANYWHERE and self.focused is not None and self.focused.id in ("source", "inspector")
        ):
            return "select a step in the list or the canvas"
        return None if self.step_here is not None else "there is no step at the cursor"

    # --- operations

    def operate(self, make: "Callable[[], Operation]", done: str = "") -> None:
        """Apply an operation as one edit; ask first if it breaks reads of steps.

        Args:
            make: returns the operation; may raise a `UserError`.
            done: what to say afterwards.
        """
        edit = self._edit_of(make)
        if edit is not None and edit.missed:
            self.attempt(self._ask_and_take(edit, done), group="ask")
        elif edit is not None:
            self._take(edit.text, edit.selected, done)

    async def operated(self, make: "Callable[[], Operation]") -> bool:
        """Apply an operation as `operate` does; return whether it changed the source."""
        edit = self._edit_of(make)
        if edit is None:
            return False
        if edit.missed:
            return await self._ask_and_take(edit, "")
        self._take(edit.text, edit.selected, "")
        return True

    def _edit_of(self, make: "Callable[[], Operation]") -> "Edit | None":
        from wftui.compiler.editing.step_edits import apply_operation

        try:
            return apply_operation(self.source.text, make())
        except UserError as error:
            self.notify(str(error), severity="warning", markup=False)
            return None

    async def _ask_and_take(self, edit: "Edit", done: str) -> bool:
        chosen = await ask_about_reads(self.services, edit)
        if chosen == "replace" and edit.forgotten is not None:
            self._take(edit.forgotten, edit.selected, done)
            return True
        if chosen == "leave":
            self._take(edit.text, edit.selected, done)
        return chosen == "leave"

    def _take(self, text: str, selected: Sequence[str], done: str) -> None:
        keep_marks = len(self._chosen) > 1 and bool(self.step_list.marked)
        self.source.change_to(text)
        self.show_steps()
        now = [each for each in self.steps if each.pointer in selected]
        self._mark([each.path for each in now] if keep_marks and len(now) > 1 else [])
        if now:
            for view in self.step_views:
                view.focus_step(now[0].path)
            self.source.jump(now[0].line)
            self._to_focus = now[0].path
        if done:
            self.notify(done, markup=False)
        self.refresh_bindings()

    def _mark(self, paths: Iterable[str]) -> None:
        marked = [*paths]
        for view in self.step_views:
            view.set_marked(marked)

    def _names(self) -> str:
        chosen = self._chosen
        return chosen[0].id if len(chosen) == 1 else f"{len(chosen)} steps"

    def action_mark(self) -> None:
        """Mark the step at the cursor, or unmark it, and go to the next."""
        here, view = self.step_here, self._focused_view
        if here is not None and view is not None:
            self._mark(self.step_list.marked ^ {here.path})
            view.action_step("down")

    @property
    def _undoes(self) -> str:
        return with_keys(self.app, "{editor.undo} undoes it.")

    def action_delete_step(self) -> None:
        """Delete the steps; those that need them take over their needs."""
        from wftui.compiler.editing.restructuring import delete

        self.operate(lambda: delete(self._pointers), f"Deleted {self._names()}; {self._undoes}")

    def action_duplicate_step(self) -> None:
        """Copy the steps under new ids."""
        from wftui.compiler.editing.snippets import duplicate

        self.operate(lambda: duplicate(self.source.text, self._pointers))

    def action_copy_step(self) -> None:
        """Copy the steps as JSON to the clipboard."""
        self._copy()
        self.notify(f"Copied {self._names()}", markup=False)

    def _copy(self) -> None:
        from wftui.compiler.editing.snippets import copied

        self.app.copy_to_clipboard(copied(self.source_text, self._pointers))

    def action_cut_step(self) -> None:
        """Copy the steps to the clipboard, and delete them."""
        from wftui.compiler.editing.restructuring import delete

        self._copy()
        self.operate(lambda: delete(self._pointers), f"Cut {self._names()}")

    def action_paste_step(self) -> None:
        """Insert the steps of the clipboard after the step at the cursor."""
        self._paste(self.app.clipboard)

    def on_paste(self, event: events.Paste) -> None:
        """Insert the steps that the terminal pastes into the list or the canvas."""
        if self._focused_view is not None and self.why_no_step("paste_step") is None:
            event.stop()
            self._paste(event.text)

    def _paste(self, snippet: str) -> None:
        from wftui.compiler.editing.snippets import paste

        here = self.step_here
        self.operate(lambda: paste(snippet, here.pointer if here else None))

    def action_move_up(self) -> None:
        """Move the steps up in their list."""
        self._move(-1)

    def action_move_down(self) -> None:
        """Move the steps down in their list."""
        self._move(1)

    def _move(self, by: int) -> None:
        from wftui.compiler.editing.restructuring import move

        self.operate(lambda: move(self._pointers, by))

    def action_move_in(self) -> None:
        """Move the steps into the container beside them."""
        from wftui.compiler.editing.restructuring import move_in

        self.operate(lambda: move_in(self._pointers))

    def action_move_out(self) -> None:
        """Move the steps out of their container."""
        from wftui.compiler.editing.restructuring import move_out

        self.operate(lambda: move_out(self._pointers))

    def action_toggle_step(self) -> None:
        """Disable the steps, or enable them."""
        from wftui.compiler.editing.restructuring import toggle

        self.operate(lambda: toggle(self._pointers))

    def action_unwrap(self) -> None:
        """Put the steps of a container in its place."""
        from wftui.compiler.editing.restructuring import lost_by_unwrapping, unwrap
        from wftui.compiler.editing.step_edits import step_value

        lost = [key for each in self._pointers for key in lost_by_unwrapping(step_value(self.source.text, each))]
        done = f"Removed with {self._names()}: {', '.join(dict.fromkeys(lost))}; {self._undoes}" if lost else ""
        self.operate(lambda: unwrap(self._pointers), done)
