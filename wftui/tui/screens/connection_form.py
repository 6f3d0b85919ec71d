"""The form of one connection, made from the schema of its kind."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from wftui.model.base import Json
from wftui.model.form_state import build_form, in_form_order, pointer_of, text_problems
from wftui.model.forms import form_of
from wftui.runtime.validation import validate_inputs
from wftui.tui.actions import Action, bindings
from wftui.tui.widgets.schema_form.field_text import facts_of
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.schema_form.key_line import KeyLine
from wftui.tui.widgets.schema_form.messages import FocusMoved

_SECRETS = (
    "A secret is best given as where it is: env:NAME, file:PATH or cmd:PROGRAM. Given in clear, it is kept encrypted."
)


class ConnectionForm(ModalScreen[dict[str, Json] | None]):
    """Returns the values of the connection, or None after Escape.

    Args:
        heading: what the form is about.
        schema: JSON Schema of the kind's values.
        values: what it starts with.
    """

    DEFAULT_CSS = """
    ConnectionForm {
        .dialog { width: 100%; max-width: 100; max-height: 100%; padding: 0; }
        SchemaForm { max-height: 14; }
        .about { padding: 0 1; height: auto; color: $foreground-muted; }
        .facts { padding: 0 1; height: 1; color: $foreground-muted; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("connection_form.save", "Save", "Check and save the connection.", ("enter", "f2"), "Connection"),
        Action("connection_form.leave", "Leave", "Leave without saving.", ("escape",), "Connection"),
        Action("connection_form.help", "Keys", "Show the keys of this form.", ("f1",), "Connection"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(ACTIONS)]

    def __init__(self, heading: str, schema: Mapping[str, Json], values: Mapping[str, Json] | None = None) -> None:
        super().__init__()
        self._heading = heading
        self._schema = dict(schema)
        self._state = build_form(form_of(self._schema), dict(values or {}))

    def compose(self) -> ComposeResult:
        """The fields, how secrets are given, the keys."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            yield SchemaForm(self._state)
            yield Static(_SECRETS, classes="about", markup=False)
            yield Static(classes="facts")
            yield KeyLine(self.ACTIONS)

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
        self.action_save()

    def action_save(self) -> None:
        """Leave with the values, or say what is wrong at each field."""
        self.run_worker(self._check(), exclusive=True)

    async def _check(self) -> None:
        values = self._state.collect()
        problems = {pointer_of(leaf): sentence for leaf, sentence in text_problems(self._state)}
        _, found = await asyncio.to_thread(validate_inputs, self._schema, values)
        for problem in found:
            problems.setdefault(problem.pointer, problem.message)
        if not problems and isinstance(values, dict):
            self.dismiss(values)
            return
        in_order = {pointer: problems[pointer] for pointer in in_form_order(self._state, problems)}
        form = self.query_one(SchemaForm)
        await form.show_problems(in_order)
        if in_order:
            await form.focus_on(next(iter(in_order)))

    def action_leave(self) -> None:
        """Leave without saving."""
        self.dismiss(None)
