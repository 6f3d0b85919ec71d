"""Base class of dialogs with a form that must be valid to be submitted."""

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.forms.nodes import FormNode
from wftui.tui.actions import FIELD_KEYS
from wftui.tui.background import in_background
from wftui.tui.display.glyphs import glyph
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.schema_form.field_text import type_description
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.schema_form.messages import FocusMoved

Submit = Callable[[dict[str, Json]], Awaitable[None]]
"""Processes the submitted values; the form shows its `UserError` and stays open."""


async def _nothing(_values: dict[str, Json]) -> None:
    pass


class FormScreen(ActionModal[dict[str, Json] | None]):
    """Returns the submitted values, or None after Escape.

    Subclasses define `ACTIONS` and `problems`, and may override `compose_form`.

    Args:
        heading: title of the form.
        state: the form with its initial values.
        submit: processes the values while the form is still open, so that they are not lost on an error.
    """

    DEFAULT_CSS = """
    FormScreen {
        .dialog { width: 100%; max-height: 100%; padding: 0; }
        .about { padding: 0 1; height: auto; color: $foreground-muted; }
        .facts { padding: 0 1; height: 1; color: $foreground-muted; }
        .wrong { padding: 0 1; height: auto; max-height: 5; color: $text-error; display: none; }
        &.-wrong .wrong { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*FIELD_KEYS]

    def __init__(self, heading: str, state: FormNode, submit: Submit = _nothing) -> None:
        super().__init__()
        self._submit = submit
        self._heading = heading
        self._state = state

    def compose(self) -> ComposeResult:
        """Yield the form, details of the focused field, and the keys."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            yield from self.compose_form()
            yield Static(classes="wrong", markup=False)
            yield Static(classes="facts", markup=False)
            yield KeyLine(self.ACTIONS)

    def compose_form(self) -> ComposeResult:
        """Yield the fields, and text about them as a whole."""
        yield SchemaForm(self._state)

    async def problems(self, values: Json) -> Mapping[str, str]:
        """Return the errors by JSON Pointer, in the order of the form."""
        raise NotImplementedError

    @on(FocusMoved)
    def _focus_moved(self, message: FocusMoved) -> None:
        self.query_one(".facts", Static).update(type_description(message.node), layout=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_take()

    def action_take(self) -> None:
        """Submit the form, or show its errors and focus the first."""
        in_background(self, self._take, exclusive=True)

    async def _take(self) -> None:
        values = self._state.collect()
        problems = await self.problems(values)
        if not problems and isinstance(values, dict):
            try:
                await self._submit(values)
            except UserError as error:
                self.query_one(".wrong", Static).update(f"{glyph(self, '✗')} {error}")
                self.add_class("-wrong")
            else:
                self.dismiss(values)
            return
        form = self.query_one(SchemaForm)
        await form.show_problems(problems)
        if problems:
            await form.focus_on(next(iter(problems)))

    def action_leave(self) -> None:
        """Close the form without changes."""
        self.dismiss(None)
