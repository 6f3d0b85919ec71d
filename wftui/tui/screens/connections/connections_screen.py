"""The user's connections, with secrets by reference."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wftui.connections.connection_kinds import KINDS
from wftui.connections.connections import StoredConnection
from wftui.model.base import Json
from wftui.model.schema.facets import literal
from wftui.tui.actions import Action
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.base.local_screen import LocalScreen
from wftui.tui.screens.connections.connection_form import ConnectionForm
from wftui.tui.screens.dialogs.confirm import Choice, ConfirmScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen
from wftui.tui.widgets.picker import Picker

_GROUP = "Connections"
_EMPTY = (
    "No connections yet. Press {connections.add} to add one:"
    " a web service, a model, an MCP server, a mail server, a database."
)


class ConnectionsScreen(LocalScreen[None]):
    """A list of connections with name and kind; below, the values of the selected one.

    Args:
        wanted: name of the connection to select; the form of a new one opens if it does not exist.
        kind: kind of the new connection.
    """

    DEFAULT_CSS = """
    ConnectionsScreen {
        .heading { padding: 0 1; }
        OptionList, OptionList:focus { height: 1fr; border: none; background: $background; padding: 0 1; }
        .empty { height: 1fr; padding: 1 2; color: $foreground-muted; }
        .about { height: auto; max-height: 8; padding: 0 2; border-top: solid $border-blurred; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("connections.edit", "Edit", "Edit the connection.", ("enter", "e"), _GROUP),
        Action("connections.add", "New", "Add a connection.", ("n",), _GROUP),
        Action("connections.accounts", "Accounts", "Show and link the accounts behind it.", ("a",), _GROUP),
        Action("connections.test", "Test", "Check its secrets and the response of the service.", ("t",), _GROUP),
        Action("connections.secrets", "Secrets", "Show the secrets in the encrypted store.", ("s",), _GROUP),
        Action(
            "connections.remove",
            "Remove",
            "Delete it and its stored secrets, after confirmation.",
            ("delete", "D"),
            _GROUP,
        ),
    )

    def __init__(self, wanted: str | None = None, kind: str | None = None) -> None:
        super().__init__()
        self._wanted = wanted
        self._kind = kind
        self._shown: list[StoredConnection] = []

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("Connections",)

    def compose_body(self) -> ComposeResult:
        """Yield the list, and the values of the selected connection."""
        yield Static(classes="heading", markup=False)
        yield OptionList(markup=False)
        yield Static(with_keys(self.app, _EMPTY), classes="empty", markup=False)
        yield Static(classes="about", markup=False)

    async def on_mount(self) -> None:
        """Load the connections."""
        self.attempt(self._begin())

    async def _begin(self) -> None:
        await self._read(self._wanted)
        if self._wanted is not None and self._wanted not in {each.name for each in self._shown}:
            self.attempt(self._add(), group="edit", exclusive=True)

    def why_not(self, action_id: str) -> str | None:
        """Disable actions that need a connection, or one with accounts."""
        if action_id not in {"connections.add", "connections.secrets"} and self.selected is None:
            return "no connection is selected"
        if action_id == "connections.accounts" and self.selected is not None and self.selected.kind != "composio":
            return f"a connection of kind {self.selected.kind} has no accounts"
        return None

    @property
    def selected(self) -> StoredConnection | None:
        """The selected connection."""
        index = self.query_one(OptionList).highlighted
        return self._shown[index] if index is not None and index < len(self._shown) else None

    async def _read(self, select: str | None = None) -> None:
        self._shown = await self.workbench.connections.all()
        listed = self.query_one(OptionList)
        width = max((len(each.name) for each in self._shown), default=4)
        self.query_one(".heading", Static).update(f"{'Name':{width}}  {'Kind':10} Description" if self._shown else "")
        listed.set_options(
            [Option(Content(f"{each.name:{width}}  {each.kind:10} {each.description or ''}")) for each in self._shown]
        )
        names = [each.name for each in self._shown]
        if names:
            listed.highlighted = names.index(select) if select in names else 0
        listed.display = listed.can_focus = bool(names)
        self.query_one(".empty").display = not names
        self._show_details()

    @on(OptionList.OptionHighlighted)
    def _show_details(self) -> None:
        chosen = self.selected
        lines = [] if chosen is None else [f"{key}: {literal(value)}" for key, value in chosen.values.items()]
        self.query_one(".about", Static).update(Content("\n".join(lines)))

    @on(OptionList.OptionSelected)
    def _chosen(self) -> None:
        self.action_edit()

    def action_edit(self) -> None:
        """Edit the values of the selected connection."""
        if self.selected is not None:
            self.attempt(self._ask(self.selected), group="edit", exclusive=True)

    def action_add(self) -> None:
        """Ask for kind, name and values of a new connection."""
        self.attempt(self._add(), group="edit", exclusive=True)

    async def _add(self) -> None:
        kinds = list(KINDS.values())
        wanted, kind = self._wanted, self._kind
        self._wanted = self._kind = None
        if kind in KINDS:
            index: int | None = list(KINDS).index(kind)
        else:
            options = [(kind.title, kind.word) for kind in kinds]
            index = await self.app.push_screen_wait(Picker("Connection kind", options))
        if index is None:
            return
        taken = {each.name for each in self._shown}
        name = await self.app.push_screen_wait(
            PromptScreen(
                "Connection name",
                wanted if wanted is not None and wanted not in taken else "",
                hint="The name used in workflows: a-z, 0-9, _ and -.",
                check=lambda text: "a connection of that name already exists" if text in taken else None,
            )
        )
        if not name:
            return
        await self._ask(StoredConnection(name=name, kind=kinds[index].word))

    async def _ask(self, connection: StoredConnection) -> None:
        """Edit a connection and save it; the form stays open if that fails."""

        async def save(values: dict[str, Json]) -> None:
            await self.workbench.connections.save(connection.model_copy(update={"values": values}))

        kind = KINDS[connection.kind]
        schema = kind.model_json_schema(by_alias=True)
        for field in schema["properties"].values():
            field.pop("title", None)  # derived from the name by pydantic, and less readable
        heading = f"{kind.title}: {connection.name}"
        if await self.app.push_screen_wait(ConnectionForm(heading, schema, connection.values, save)) is not None:
            await self._read(connection.name)
            self.notify(f"Saved {connection.name}.", markup=False)

    def action_accounts(self) -> None:
        """Open the accounts behind the connection."""
        if self.selected is not None:
            self.services.open_screen("accounts", self.selected.name)

    def action_secrets(self) -> None:
        """Open the stored secrets."""
        self.services.open_screen("secrets")

    def action_test(self) -> None:
        """Connect to the service."""
        if self.selected is not None:
            self.attempt(self._test(self.selected.name), group="test", exclusive=True)

    async def _test(self, name: str) -> None:
        self.notify(f"Testing {name}…", markup=False)
        self.notify(f"{name}: {await self.workbench.connections.test(name)}", markup=False)

    def action_remove(self) -> None:
        """Remove the connection, after confirmation."""
        if self.selected is not None:
            self.attempt(self._remove(self.selected.name), group="edit", exclusive=True)

    async def _remove(self, name: str) -> None:
        question = f"Delete the connection {name} and its stored secrets? Workflows that use it will fail."
        choices = [Choice("keep", "Cancel", "escape"), Choice("remove", "Remove", "r", danger=True)]
        if await self.app.push_screen_wait(ConfirmScreen("Remove connection", question, choices)) == "remove":
            await self.workbench.connections.remove(name)
            await self._read()
