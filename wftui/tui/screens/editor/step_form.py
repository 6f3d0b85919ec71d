"""The inspector: the form of one step, made from the schema of its type; any field takes an expression too."""

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from wftui.model.base import Json
from wftui.model.forms.state import Node, in_form_order, leaves, pointer_of, text_problems
from wftui.tui.actions import Action
from wftui.tui.screens.base.form_screen import FormScreen
from wftui.tui.widgets.schema_form.form import SchemaForm


class StepForm(FormScreen):
    """Returns the step as it was filled in, or None after Escape.

    Args:
        heading: what the form is about.
        about: what a step of this type does.
        state: the form, filled in with the step as it is written.
    """

    DEFAULT_CSS = """
    StepForm {
        .dialog { max-width: 110; height: 100%; max-height: 44; }
        SchemaForm { height: 1fr; }
        .about { max-height: 3; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("step_form.take", "Apply", "Write the changes into the source.", ("enter", "f2"), "Step"),
        Action("step_form.leave", "Leave", "Leave the step as it was.", ("escape",), "Step"),
        Action("step_form.help", "Keys", "Show the keys of this form.", ("f1",), "Step"),
    )

    def __init__(self, heading: str, about: str, state: Node) -> None:
        super().__init__(heading, state)
        self._about = about

    def compose_form(self) -> ComposeResult:
        """What the type does, and the fields."""
        yield Static(self._about, classes="about", markup=False)
        yield from super().compose_form()

    async def on_mount(self) -> None:
        """Begin at the first field, rather than at the heading over it."""
        first = next(leaves(self._state), None)
        if first is not None:
            self.call_after_refresh(self.query_one(SchemaForm).focus_on, pointer_of(first))

    async def problems(self, values: Json) -> Mapping[str, str]:
        """Where a text is no value. The compiler judges the rest, as it does the source."""
        found = {pointer_of(leaf): sentence for leaf, sentence in text_problems(self._state)}
        return {pointer: found[pointer] for pointer in in_form_order(self._state, found)}
