"""The form of a connection, built from the schema of its kind."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Static

from wftui.model.base import Json
from wftui.model.forms.building import form_of
from wftui.model.forms.state import build_form
from wftui.runtime.validation.form_errors import form_problems
from wftui.tui.actions import Action
from wftui.tui.screens.base.form_screen import FormScreen, Submit

_SECRETS = (
    "Enter a secret as a reference: env:NAME, file:PATH or cmd:PROGRAM. A secret in clear text is stored encrypted."
)


class ConnectionForm(FormScreen):
    """Returns the values of the connection, or None after Escape.

    Args:
        heading: title of the form.
        schema: JSON Schema of the kind's values.
        values: initial values.
        submit: see `FormScreen`.
    """

    DEFAULT_CSS = """
    ConnectionForm {
        .dialog { max-width: 100; }
        SchemaForm { max-height: 14; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("connection_form.take", "Save", "Validate and save the connection.", ("enter", "f2"), "Connection"),
        Action("connection_form.leave", "Cancel", "Close without saving.", ("escape",), "Connection"),
        Action("connection_form.help", "Keys", "Show the keys of this form.", ("f1",), "Connection"),
    )

    def __init__(self, heading: str, schema: Mapping[str, Json], values: Mapping[str, Json], submit: Submit) -> None:
        super().__init__(heading, build_form(form_of(schema), dict(values)), submit)
        self._schema = dict(schema)

    def compose_form(self) -> ComposeResult:
        """Yield the fields, and how to enter secrets."""
        yield from super().compose_form()
        yield Static(_SECRETS, classes="about", markup=False)

    async def problems(self, values: Json) -> Mapping[str, str]:
        """Return the validation errors of the kind's schema."""
        return await asyncio.to_thread(form_problems, self._schema, self._state, values)
