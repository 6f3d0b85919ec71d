"""A form over the screen that is left with what was filled in, once nothing of it is wrong."""

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
from wftui.model.forms.state import Node
from wftui.tui.actions import FIELD_KEYS
from wftui.tui.background import in_background
from wftui.tui.screens.base.action_modal import ActionModal
from wftui.tui.widgets.glyphs import glyph
from wftui.tui.widgets.key_line import KeyLine
from wftui.tui.widgets.schema_form.field_text import type_description
from wftui.tui.widgets.schema_form.form import SchemaForm
from wftui.tui.widgets.schema_form.messages import FocusMoved

Keep = Callable[[dict[str, Json]], Awaitable[None]]
"""Does with the values what they are asked for; a `UserError` is told on the form, which stays."""


async def _nothing(_values: dict[str, Json]) -> None:
    pass


class FormScreen(ActionModal[dict[str, Json] | None]):
    """Returns what was filled in, or None after Escape. A subclass gives `ACTIONS`, `compose_form` and `problems`.

    Args:
        heading: what the form is about.
        state: the form, filled in with what it starts with.
        keep: what is done with the values while the form is still there, so that it has them where it fails.
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

    def __init__(self, heading: str, state: Node, keep: Keep = _nothing) -> None:
        super().__init__()
        self._keep = keep
        self._heading = heading
        self._state = state

    def compose(self) -> ComposeResult:
        """The form, what the field at the cursor takes, the keys."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._heading)
            yield from self.compose_form()
            yield Static(classes="wrong", markup=False)
            yield Static(classes="facts")
            yield KeyLine(self.ACTIONS)

    def compose_form(self) -> ComposeResult:
        """The fields, and what is to be known of them as a whole."""
        yield SchemaForm(self._state)

    async def problems(self, values: Json) -> Mapping[str, str]:
        """What is wrong, by JSON Pointer, in the order of the form."""
        raise NotImplementedError

    @on(FocusMoved)
    def _focus_moved(self, message: FocusMoved) -> None:
        self.query_one(".facts", Static).update(type_description(message.node), layout=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_take()

    def action_take(self) -> None:
        """Leave with what was filled in, or say what is wrong at each field and go to the first."""
        in_background(self, self._take, exclusive=True)

    async def _take(self) -> None:
        values = self._state.collect()
        problems = await self.problems(values)
        if not problems and isinstance(values, dict):
            try:
                await self._keep(values)
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
        """Leave without changing anything."""
        self.dismiss(None)
