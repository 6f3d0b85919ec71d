"""Base of the editor: operations on steps with a question or a form."""

from typing import TYPE_CHECKING

from wftui.tui.display.formatting import count
from wftui.tui.screens.editor.questions import ask_about_callers, ask_for_name, ask_which
from wftui.tui.screens.editor.steps_screen import StepsScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wftui.compiler.editing.placed_steps import Object
    from wftui.compiler.editing.restructuring import Operation, Wrapper

_NEW_BRANCHES = {
    "cases": ("new case", "steps that run when its condition is true"),
    "default": ("default", "steps that run when no case is true"),
    "branches": ("new branch", "steps that race with the others"),
    "catch": ("new catch", "steps that handle its errors"),
}


class StepDialogsScreen(StepsScreen):
    """Operations with a question or a form."""

    def action_wrap(self) -> None:
        """Ask for a container, and wrap the steps in it."""
        self.attempt(self._wrap(), group="ask")

    async def _wrap(self) -> None:
        from wftui.compiler.editing.restructuring import WRAPPERS, wrap

        about: dict[Wrapper, str] = {
            "group": "steps that count as one from outside",
            "forEach": "once for each item of a list",
            "loop": "repeated until a condition is true",
            "switch": "only when a condition is true",
            "race": "beside others, of which the first success wins",
        }
        kind = await ask_which(self.services, "Wrap in", [(each, about[each]) for each in WRAPPERS])
        if kind is not None:
            self.operate(lambda: wrap(self._pointers, WRAPPERS[kind]))

    def action_rename(self) -> None:
        """Rename the step at the cursor, or what is named at the cursor of the source."""
        self.attempt(self._rename(), group="ask")

    async def _rename(self) -> None:
        from wftui.compiler.editing.renaming import RenameTarget, named_at, rename

        source, here = self.source, self.step_here
        place = source.cursor_location
        named = RenameTarget("step", here.id) if here else None
        if self.focused is source:
            named = named_at(source.text, source.line, source.column)
        if named is None:
            self.notify("No step, input, connection or output is named at the cursor.", severity="warning")
            return
        new = await ask_for_name(self.services, source.text, named)
        if new is None or new == named.name:
            return
        callers = await self.workbench.workflows.callers(self.workflow_id, named, new)
        chosen = await ask_about_callers(self.services, named, callers) if callers else "here"
        if chosen == "stay":
            return
        old = next((each.path for each in self.steps if named.kind == "step" and each.id == named.name), None)
        if not await self.operated(lambda: rename(named, new)):
            return
        if self.focused is source:
            source.move_cursor(source.clamp_visitable(place))
        if chosen == "both" and await self.save() is not None:
            changed = await self.workbench.workflows.rename_in_callers(self.workflow_id, named, new)
            self.notify(f"Changed {', '.join(changed)}", markup=False)
        if old is not None:
            path = old.removesuffix(named.name) + new
            await self._with_pins(self.workbench.trials.follow_rename(self.workflow_id, old, path))

    # --- adding

    def action_add_step(self) -> None:
        """Add a step of a type that the user picks."""
        self.attempt(self._add("after"), group="step", exclusive=True)

    def action_add_before(self) -> None:
        """Add a step before the one at the cursor."""
        self.attempt(self._add("before"), group="step", exclusive=True)

    def action_add_inside(self) -> None:
        """Add a step at the end of the container at the cursor."""
        self.attempt(self._add_inside(), group="step", exclusive=True)

    async def _add(self, where: str) -> None:
        from wftui.compiler.editing.restructuring import insert

        here = self.step_here
        at = here.pointer if here else None
        await self._add_at(lambda steps: insert(steps, at, "before" if where == "before" else "after"))

    async def _add_inside(self) -> None:
        from wftui.compiler.editing.placed_steps import inner_lists
        from wftui.compiler.editing.restructuring import insert, insert_in_branch, new_branches
        from wftui.compiler.editing.step_edits import step_value

        here = self.step_here
        if here is None:
            return
        step = step_value(self.source_text, here.pointer)
        lists, new = inner_lists(step), new_branches(step)
        options = [(each.label, count(len(each.steps), "step")) for each in lists]
        options += [_NEW_BRANCHES[key] for key in new]
        place = 0
        if [each.label for each in lists] != ["steps"] or new != ["catch"]:
            chosen = await ask_which(self.services, f"Add inside {here.id}", options)
            if chosen is None:
                return
            place = chosen
        if place < len(lists):
            inside = here.pointer + lists[place].pointer
            await self._add_at(lambda steps: insert(steps, inside))
        else:
            key = new[place - len(lists)]
            await self._add_at(lambda steps: insert_in_branch(steps, here.pointer, key))

    async def _add_at(self, place: "Callable[[Sequence[Object]], Operation]") -> None:
        from wftui.tui.screens.editor.step_editing import ask_for_step

        step = await ask_for_step(self.services, self.workflow_id, self.source.text, place, self.drafts)
        if step is not None:
            self.operate(lambda: place([step]))

    def action_edit_step(self) -> None:
        """Edit the step at the cursor in a form."""
        here = self.step_here
        if here is not None:
            self.attempt(self._edit_step(here.pointer), group="step", exclusive=True)

    async def _edit_step(self, pointer: str) -> None:
        from wftui.tui.screens.editor.step_editing import edit_step

        change = await edit_step(self.services, self.workflow_id, self.source.text, pointer, self.drafts)
        if change is not None:
            self.operate(lambda: change)

    def action_paste_command(self) -> None:
        """Create a step from a shell command."""
        self.attempt(self._paste_command(), group="ask")

    async def _paste_command(self) -> None:
        from wftui.compiler.editing.restructuring import insert
        from wftui.tui.screens.editor.step_commands import step_from_command

        here = self.step_here
        step = await step_from_command(self.services, self.source.text)
        if step is not None:
            self.operate(lambda: insert([step], here.pointer if here else None), f"Added the step {step['id']}")

    def action_try_step(self) -> None:
        """Run only the step at the cursor."""
        self._try(whole=False)

    def action_run_to(self) -> None:
        """Run the steps up to that at the cursor."""
        self._try(whole=True)

    def _try(self, *, whole: bool) -> None:
        from wftui.tui.screens.editor.trying import try_step

        here = self.step_here
        if here is not None:
            work = try_step(self.services, self.workflow_id, self.source_text, here.path, whole=whole)
            self.attempt(self._with_pins(work), group="step", exclusive=True)

    def action_pin(self) -> None:
        """Pin the output of the step in the last run, or remove its pinned output."""
        from wftui.tui.screens.editor.trying import toggle_pin

        here = self.step_here
        if here is not None:
            self.attempt(self._with_pins(toggle_pin(self.services, self.workflow_id, here.path)), group="pin")

    def action_copy_command(self) -> None:
        """Copy the step at the cursor as a shell command."""
        from wftui.tui.screens.editor.step_commands import copy_step

        here = self.step_here
        if here is not None:
            self.attempt(copy_step(self.services, self.source_text, here.pointer))
