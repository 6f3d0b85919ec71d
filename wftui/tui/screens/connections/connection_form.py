"""The form of one connection, made from the schema of its kind."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from wftui.model.base import Json
from wftui.model.forms.fields import form_of
from wftui.model.forms.state import build_form
from wftui.runtime.validation.form_errors import form_problems
from wftui.tui.actions import Action
from wftui.tui.screens.base.form_screen import FormScreen, Keep

_SECRETS = (
    "A secret is best given as where it is: env:NAME, file:PATH or cmd:PROGRAM. Given in clear, it is kept encrypted."
)


class ConnectionForm(FormScreen):
    """Returns the values of the connection, or None after Escape.

    Args:
        heading: what the form is about.
        schema: JSON Schema of the kind's values.
        values: what it starts with.
        keep: see `FormScreen`.
    """

    DEFAULT_CSS = """
    ConnectionForm {
        .dialog { max-width: 100; }
        SchemaForm { max-height: 14; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("connection_form.take", "Save", "Check and save the connection.", ("enter", "f2"), "Connection"),
        Action("connection_form.leave", "Leave", "Leave without saving.", ("escape",), "Connection"),
        Action("connection_form.help", "Keys", "Show the keys of this form.", ("f1",), "Connection"),
    )

    def __init__(self, heading: str, schema: Mapping[str, Json], values: Mapping[str, Json], keep: Keep) -> None:
        super().__init__(heading, build_form(form_of(schema), dict(values)), keep)
        self._schema = dict(schema)

    def compose_form(self) -> ComposeResult:
        """The fields, and how secrets are given."""
        yield from super().compose_form()
        yield Static(_SECRETS, classes="about", markup=False)

    async def problems(self, values: Json) -> Mapping[str, str]:
        """What the schema of the kind says of the values."""
        return await asyncio.to_thread(form_problems, self._schema, self._state, values)
