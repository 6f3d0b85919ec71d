"""Base of the editor: its diagnostics, how to walk them, and their fixes."""

from textual import on
from textual.widgets import Static

from wftui.model.workflow.compilation import CompilationError
from wftui.tui.display.formatting import count
from wftui.tui.screens.editor.questions import ask_which_fix
from wftui.tui.screens.editor.step_dialogs_screen import StepDialogsScreen
from wftui.tui.widgets.line_view import LineView
from wftui.tui.widgets.source.compilation_status import diagnostic_counts
from wftui.tui.widgets.source.diagnostic_list import DiagnosticList

_ABOUT_PROBLEMS = frozenset({"fix", "fix_all", "next_problem", "previous_problem"})
"""Verbs that need the problems of the current source, not those of an older one."""


class ProblemsScreen(StepDialogsScreen):
    """A screen with a list of problems and the text of the selected one."""

    @property
    def _problems(self) -> DiagnosticList:
        return self.query_one(DiagnosticList)

    def show_steps(self) -> None:
        """Update the list, and the words about the step at the cursor."""
        super().show_steps()
        self._tell_problem()

    def _tell_problem(self) -> None:
        """Show the message of the selected problem, and of the one at the cursor."""
        chosen = self._problems.selected
        self.query_one("#problem", Static).update(chosen.message if chosen is not None else "")
        here = self._problems.at(self.source.line, self.source.column)
        self.status.problem = " ".join(here.message.split()) if here is not None else self.marks_here()

    @on(LineView.Moved, "#problems")
    def _problem_moved(self) -> None:
        self._tell_problem()
        self.refresh_bindings()

    @on(LineView.Chosen, "#problems")
    def _problem_chosen(self) -> None:
        self._go_to_problem(self._problems.selected)

    def _go_to_problem(self, problem: CompilationError | None) -> None:
        if problem is not None:
            self.enter("source")
            self.source.jump(problem.line, problem.column)

    async def action_act(self, action_id: str) -> None:
        """Run an action; one about problems runs after the check of the current source."""
        if action_id.partition(".")[2] in _ABOUT_PROBLEMS and not self.live_check.is_current:
            self.attempt(self._act_on_current(action_id), group="ask")
        else:
            await super().action_act(action_id)

    async def _act_on_current(self, action_id: str) -> None:
        await self.live_check.current()
        await super().action_act(action_id)

    def action_next_problem(self) -> None:
        """Go to the next problem after the cursor."""
        self._go_to_problem(self._problems.select_from(self.source.line, self.source.column, 1))

    def action_previous_problem(self) -> None:
        """Go to the previous problem before the cursor."""
        self._go_to_problem(self._problems.select_from(self.source.line, self.source.column, -1))

    def _problem_to_fix(self) -> CompilationError | None:
        """Return the problem selected in the focused list, or at the source's cursor."""
        chosen = self._problems.selected
        if self._problems.has_focus:
            return chosen if chosen is not None and chosen.fixes else None
        return self._problems.at(self.source.line, self.source.column, fixable=True)

    def action_fix(self) -> None:
        """Apply a fix; ask which if there are several."""
        problem = self._problem_to_fix()
        if problem is not None:
            self.attempt(self._fix(problem, self.source.text), group="ask")

    async def _fix(self, problem: CompilationError, text: str) -> None:
        """Apply a fix of a problem that was found in a text."""
        from wftui.compiler.diagnostics.fixes import apply_fix

        place = await ask_which_fix(self.services, problem)
        if place is not None and self._is_still(text):
            fix = problem.fixes[place]
            self.source.change_to(apply_fix(text, fix))
            self.notify(fix.title, markup=False)

    def _is_still(self, text: str) -> bool:
        """Return whether a text is the current source; say that nothing was fixed if not."""
        if self.source.text == text:
            return True
        self.notify("Nothing was fixed: the source has changed meanwhile.", severity="warning")
        return False

    def action_fix_all(self) -> None:
        """Apply all safe fixes as one edit."""
        self.attempt(self._fix_all(), group="ask")

    async def _fix_all(self) -> None:
        text = self.source.text
        fixed, applied = await self.workbench.workflows.fixed(self.workflow_id, text)
        if not self._is_still(text):
            return
        self.source.change_to(fixed)
        counts = diagnostic_counts(await self.workbench.workflows.check(self.workflow_id, fixed))
        self.notify(f"Fixed {count(len(applied), 'problem')}; {counts or 'none'} left.", markup=False)
