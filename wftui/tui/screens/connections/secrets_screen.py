"""The user's encrypted secrets, by name; values are never shown."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wftui.model.base import Json
from wftui.model.forms.building import form_of
from wftui.model.forms.state import build_form
from wftui.runtime.validation.form_errors import form_problems
from wftui.tui.actions import Action
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.base.form_screen import FormScreen, Submit
from wftui.tui.screens.base.local_screen import LocalScreen
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen

_GROUP = "Secrets"
_EMPTY = (
    "No secrets yet. Press {secrets.add} to store one: workflows read it as secrets.NAME, connections as store:NAME."
)
_SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "Workflows read it as secrets.NAME: letters, digits and _."},
        "secret": {"type": "string", "writeOnly": True, "minLength": 1, "description": "Stored encrypted."},
    },
    "required": ["name", "secret"],
}


class SecretForm(FormScreen):
    """Returns the name and value of a secret, or None after Escape.

    Args:
        name: initial name.
        submit: see `FormScreen`.
    """

    DEFAULT_CSS = """
    SecretForm {
        .dialog { max-width: 80; }
        SchemaForm { max-height: 8; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("secret_form.take", "Save", "Store the secret.", ("enter", "f2"), _GROUP),
        Action("secret_form.leave", "Cancel", "Close without saving.", ("escape",), _GROUP),
        Action("secret_form.help", "Keys", "Show the keys of this form.", ("f1",), _GROUP),
    )

    def __init__(self, name: str, submit: Submit) -> None:
        super().__init__("A secret", build_form(form_of(_SCHEMA), {"name": name} if name else {}), submit)

    async def problems(self, values: Json) -> Mapping[str, str]:
        """Require a name and a value."""
        return await asyncio.to_thread(form_problems, _SCHEMA, self._state, values)


class SecretsScreen(LocalScreen[None]):
    """A list of names.

    Args:
        wanted: a missing secret to ask for at once.
    """

    DEFAULT_CSS = """
    SecretsScreen {
        .heading { padding: 0 1; }
        OptionList, OptionList:focus { height: 1fr; border: none; background: $background; padding: 0 1; }
        .empty { height: 1fr; padding: 1 2; color: $foreground-muted; }
        .about { height: auto; padding: 0 2; border-top: solid $border-blurred; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("secrets.change", "Replace", "Change the value of the secret.", ("enter", "e"), _GROUP),
        Action("secrets.add", "New", "Store a secret, encrypted.", ("n",), _GROUP),
        Action("secrets.remove", "Remove", "Delete the secret, after confirmation.", ("delete", "D"), _GROUP),
    )

    def __init__(self, wanted: str = "") -> None:
        super().__init__()
        self._wanted = wanted
        self._names: list[str] = []

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("Connections", "Secrets")

    def compose_body(self) -> ComposeResult:
        """Yield the names, and who can read the selected secret."""
        yield Static(classes="heading", markup=False)
        yield OptionList(markup=False)
        yield Static("Loading secrets…", classes="empty", markup=False)
        yield Static(classes="about", markup=False)

    def on_mount(self) -> None:
        """Load the names."""
        listed = self.query_one(OptionList)
        listed.display = listed.can_focus = False
        self.attempt(self._begin())

    async def _begin(self) -> None:
        await self._read()
        if self._wanted and self._wanted not in self._names:
            await self._ask(self._wanted)

    def why_not(self, action_id: str) -> str | None:
        """Disable actions without a secret, and editing one of a connection."""
        if action_id == "secrets.add":
            return None
        if self.selected is None:
            return "no secret is selected"
        owner, of_connection, _ = self.selected.partition("/")
        if of_connection and action_id == "secrets.change":
            return f"it belongs to the connection {owner}; edit it there"
        return None

    @property
    def selected(self) -> str | None:
        """The selected name."""
        index = self.query_one(OptionList).highlighted
        return self._names[index] if index is not None and index < len(self._names) else None

    async def _read(self, select: str = "") -> None:
        self._names = await self.workbench.connections.secrets()
        listed, empty = self.query_one(OptionList), self.query_one(".empty", Static)
        listed.set_options([Option(Content(name)) for name in self._names])
        self.query_one(".heading", Static).update("Secret" if self._names else "")
        if self._names:
            listed.highlighted = self._names.index(select) if select in self._names else 0
        listed.display = listed.can_focus = bool(self._names)
        empty.display = not self._names
        empty.update(with_keys(self.app, _EMPTY))
        self._show_details()

    @on(OptionList.OptionHighlighted)
    def _show_details(self) -> None:
        name, about = self.selected, ""
        if name is not None:
            owner, of_connection, field = name.partition("/")
            if of_connection:
                about = f"The {field} of the connection {owner}."
            else:
                about = f"Workflows read it as secrets.{name}, connections as store:{name}. It is never shown."
        self.query_one(".about", Static).update(Content(about))
        self.refresh_bindings()

    @on(OptionList.OptionSelected)
    async def _chosen(self) -> None:
        await self.action_act("secrets.change")

    def action_change(self) -> None:
        """Ask for a new value."""
        self.attempt(self._ask(self.selected or ""), group="edit", exclusive=True)

    def action_add(self) -> None:
        """Ask for a name and a value."""
        self.attempt(self._ask(""), group="edit", exclusive=True)

    async def _ask(self, name: str) -> None:
        async def save(values: dict[str, Json]) -> None:
            await self.workbench.connections.set_secret(values["name"], values["secret"])

        values = await self.app.push_screen_wait(SecretForm(name, save))
        if values is not None:
            await self._read(values["name"])
            self.notify(f"Stored {values['name']}.", markup=False)

    def action_remove(self) -> None:
        """Remove the secret, after confirmation."""
        if self.selected is not None:
            self.attempt(self._remove(self.selected), group="edit", exclusive=True)

    async def _remove(self, name: str) -> None:
        question = f"Delete the secret {name} permanently? Workflows and connections that use it will fail."
        choices = [Choice("keep", "Cancel", "escape"), Choice("remove", "Remove", "r", danger=True)]
        if await self.app.push_screen_wait(ConfirmScreen("Remove secret", question, choices)) == "remove":
            await self.workbench.connections.remove_secret(name)
            await self._read()
