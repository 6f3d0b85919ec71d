"""The inspector: the form of one step, made from the schema of its type; any field takes an expression too."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from wftui.model.base import Json
from wftui.model.form_state import Node, in_form_order, leaves, pointer_of, text_problems
from wftui.tui.actions import Action, bindings
from wftui.tui.widgets.schema_form.field_text import facts_of
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.schema_form.key_line import KeyLine
from wftui.tui.widgets.schema_form.messages import FocusMoved


class StepForm(ModalScreen[dict[str, Json] | None]):
    """Returns the step as it was filled in, or None after Escape.

    Args:
        heading: what the form is about.
        about: what a step of this type does.
        state: the form, filled in with the step as it is written.
    """

    DEFAULT_CSS = """
    StepForm {
        .dialog { width: 100%; max-width: 110; height: 100%; max-height: 44; padding: 0; }
        SchemaForm { height: 1fr; }
        .about { padding: 0 1; height: auto; max-height: 3; color: $foreground-muted; }
        .facts { padding: 0 1; height: 1; color: $foreground-muted; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("step_form.take", "Apply", "Write the changes into the source.", ("enter", "f2"), "Step"),
        Action("step_form.leave", "Leave", "Leave the step as it was.", ("escape",), "Step"),
        Action("step_form.help", "Keys", "Show the keys of this form.", ("f1",), "Step"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(ACTIONS)]

    def __init__(self, heading: str, about: str, state: Node) -> None:
        super().__init__()
        self._heading = heading
        self._about = about
        self._state = state

    def compose(self) -> ComposeResult:
        """What the type does, the fields, what the field at the cursor takes, the keys."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            yield Static(self._about, classes="about", markup=False)
            yield SchemaForm(self._state)
            yield Static(classes="facts")
            yield KeyLine(self.ACTIONS)

    async def on_mount(self) -> None:
        """Begin at the first field, rather than at the heading over it."""
        first = next(leaves(self._state), None)
        if first is not None:
            self.call_after_refresh(self.query_one(SchemaForm).focus_on, pointer_of(first))

    async def action_act(self, action_id: str) -> None:
        """Do an action of the form."""
        await self.run_action(f"screen.{action_id.partition('.')[2]}")

    async def action_help(self) -> None:
        """Show the keys."""
        await self.run_action("app.help")

    @on(FocusMoved)
    def _focus_moved(self, message: FocusMoved) -> None:
        self.query_one(".facts", Static).update(facts_of(message.node), layout=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_take()

    def action_take(self) -> None:
        """Leave with the step, or say where a text is no value. The compiler judges the rest, as it does the source."""
        self.run_worker(self._take(), exclusive=True)

    async def _take(self) -> None:
        problems = {pointer_of(leaf): sentence for leaf, sentence in text_problems(self._state)}
        step = self._state.collect()
        if not problems and isinstance(step, dict):
            self.dismiss(step)
            return
        in_order = {pointer: problems[pointer] for pointer in in_form_order(self._state, problems)}
        form = self.query_one(SchemaForm)
        await form.show_problems(in_order)
        if in_order:
            await form.focus_on(next(iter(in_order)))

    def action_leave(self) -> None:
        """Leave without changing anything."""
        self.dismiss(None)
