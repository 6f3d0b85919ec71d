"""The user's connections: services that steps speak to, with their secrets by reference."""

import json
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wftui.connections.connection_kinds import KINDS
from wftui.connections.connections import StoredConnection
from wftui.model.base import Json
from wftui.tui.actions import Action
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.screens.connections.connection_form import ConnectionForm
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.widgets.picker import Picker

_GROUP = "Connections"
_EMPTY = "No connections yet. Press n to add one: a web service, a model, an MCP server, a mail server, a database."


class ConnectionsScreen(ActionScreen[None]):
    """A list; each line is a name, its kind and its values, secrets as where they are.

    Args:
        wanted: name of the connection to begin with; one that is not there is offered to be added.
        kind: what it is to be.
    """

    DEFAULT_CSS = """
    ConnectionsScreen {
        OptionList, OptionList:focus { height: 1fr; border: none; background: $background; padding: 0 1; }
        .empty { height: 1fr; padding: 1 2; color: $foreground-muted; }
        .about { height: auto; max-height: 8; padding: 0 2; border-top: solid $border-blurred; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("connections.edit", "Edit", "Change the connection.", ("enter", "e"), _GROUP),
        Action("connections.add", "New", "Add a connection.", ("n",), _GROUP),
        Action("connections.accounts", "Accounts", "Show and connect the accounts behind it.", ("a",), _GROUP),
        Action("connections.test", "Test", "See whether its secrets are there and it answers.", ("t",), _GROUP),
        Action("connections.secrets", "Secrets", "Show the secrets in your encrypted store.", ("s",), _GROUP),
        Action(
            "connections.remove", "Remove", "Forget it and its stored secrets, after asking.", ("delete", "D"), _GROUP
        ),
    )

    def __init__(self, wanted: str | None = None, kind: str | None = None) -> None:
        super().__init__()
        self._wanted = wanted
        self._kind = kind
        self._shown: list[StoredConnection] = []

    def trail(self) -> tuple[str, ...]:
        """Where this screen is."""
        return ("Connections",)

    def compose_body(self) -> ComposeResult:
        """The list, and what the selected one holds."""
        yield OptionList(markup=False)
        yield Static(_EMPTY, classes="empty", markup=False)
        yield Static(classes="about", markup=False)

    async def on_mount(self) -> None:
        """Read the connections."""
        self.attempt(self._begin())

    async def _begin(self) -> None:
        await self._read(self._wanted)
        if self._wanted is not None and self._wanted not in {each.name for each in self._shown}:
            self.attempt(self._add(), group="edit", exclusive=True)

    def why_not(self, action_id: str) -> str | None:
        """Most need a connection."""
        if action_id not in {"connections.add", "connections.secrets"} and self.selected is None:
            return "there is no connection"
        if action_id == "connections.accounts" and self.selected is not None and self.selected.kind != "composio":
            return f"a connection of kind {self.selected.kind} has no accounts"
        return None

    @property
    def selected(self) -> StoredConnection | None:
        """The connection under the cursor."""
        index = self.query_one(OptionList).highlighted
        return self._shown[index] if index is not None and index < len(self._shown) else None

    async def _read(self, select: str | None = None) -> None:
        self._shown = await self.workbench.connections.all()
        listed = self.query_one(OptionList)
        width = max((len(each.name) for each in self._shown), default=0)
        listed.set_options(
            [Option(Content(f"{each.name:{width}}  {each.kind:10} {each.description or ''}")) for each in self._shown]
        )
        names = [each.name for each in self._shown]
        if names:
            listed.highlighted = names.index(select) if select in names else 0
        listed.display = bool(names)
        self.query_one(".empty").display = not names
        listed.focus()
        self._tell()

    @on(OptionList.OptionHighlighted)
    def _tell(self) -> None:
        chosen = self.selected
        lines = [] if chosen is None else [f"{key}: {_text(value)}" for key, value in chosen.values.items()]
        self.query_one(".about", Static).update(Content("\n".join(lines)))

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        self.action_edit()

    def action_edit(self) -> None:
        """Change the values of the selected connection."""
        if self.selected is not None:
            self.attempt(self._ask(self.selected), group="edit", exclusive=True)

    def action_add(self) -> None:
        """Ask for kind, name and values."""
        self.attempt(self._add(), group="edit", exclusive=True)

    async def _add(self) -> None:
        kinds = list(KINDS.values())
        wanted, kind = self._wanted, self._kind
        self._wanted = self._kind = None
        if kind in KINDS:
            index: int | None = list(KINDS).index(kind)
        else:
            options = [(kind.title, kind.word) for kind in kinds]
            index = await self.app.push_screen_wait(Picker("What kind of connection?", options))
        if index is None:
            return
        taken = {each.name for each in self._shown}
        name = await self.app.push_screen_wait(
            PromptScreen(
                "Name of the connection",
                wanted if wanted is not None and wanted not in taken else "",
                hint="Workflows ask for it by this name: a-z, 0-9, _ and -.",
                check=lambda text: "there is one of that name already" if text in taken else None,
            )
        )
        if not name:
            return
        await self._ask(StoredConnection(name=name, kind=kinds[index].word))

    async def _ask(self, connection: StoredConnection) -> None:
        """Take other values, and keep them; those that cannot be kept stay in the form."""

        async def keep(values: dict[str, Json]) -> None:
            await self.workbench.connections.save(connection.model_copy(update={"values": values}))

        kind = KINDS[connection.kind]
        schema = kind.model_json_schema(by_alias=True)
        for field in schema["properties"].values():
            field.pop("title", None)  # made from the name by pydantic, and worse than the name
        heading = f"{kind.title}: {connection.name}"
        if await self.app.push_screen_wait(ConnectionForm(heading, schema, connection.values, keep)) is not None:
            await self._read(connection.name)
            self.notify(f"{connection.name} is saved.", markup=False)

    def action_accounts(self) -> None:
        """Show the accounts behind it."""
        if self.selected is not None:
            self.services.open_screen("accounts", self.selected.name)

    def action_secrets(self) -> None:
        """Show the secrets in the store."""
        self.services.open_screen("secrets")

    def action_test(self) -> None:
        """Reach for its other end."""
        if self.selected is not None:
            self.attempt(self._test(self.selected.name), group="test", exclusive=True)

    async def _test(self, name: str) -> None:
        self.notify(f"Testing {name}…", markup=False)
        self.notify(f"{name}: {await self.workbench.connections.test(name)}", markup=False)

    def action_remove(self) -> None:
        """Forget it, after asking."""
        if self.selected is not None:
            self.attempt(self._remove(self.selected.name), group="edit", exclusive=True)

    async def _remove(self, name: str) -> None:
        question = f"Forget the connection {name} and the secrets stored for it? Workflows that ask for it cannot run."
        choices = [Choice("keep", "Keep", "escape"), Choice("remove", "Remove", "r", danger=True)]
        if await self.app.push_screen_wait(ConfirmScreen("Remove a connection", question, choices)) == "remove":
            await self.workbench.connections.remove(name)
            await self._read()


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
