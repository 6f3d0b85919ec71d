"""The accounts a user has connected behind a connection of kind composio; connecting one more, by a link."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wftui.model.accounts import AccountLink, UserAccount
from wftui.tui.actions import Action
from wftui.tui.screens.base.action_screen import ActionScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen

_GROUP = "Accounts"


class AccountsScreen(ActionScreen[None]):
    """A list of accounts; under it, while one is being connected, the link to open.

    Args:
        connection: the connection they are behind.
        toolkit: what an account is wanted of, such as `github`; offered when one is connected.
    """

    DEFAULT_CSS = """
    AccountsScreen {
        OptionList, OptionList:focus { height: 1fr; border: none; background: $background; padding: 0 1; }
        .empty { height: 1fr; padding: 1 2; color: $foreground-muted; }
        .link { height: auto; padding: 0 2; border-top: solid $border-blurred; display: none; }
        &.-linking .link { display: block; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("accounts.connect", "Connect", "Connect an account, by a link that you open.", ("n", "enter"), _GROUP),
        Action("accounts.copy", "Copy link", "Copy the link to open.", ("y",), _GROUP),
        Action("accounts.refresh", "Refresh", "Ask for the accounts again.", ("r",), _GROUP),
    )

    def __init__(self, connection: str, toolkit: str = "") -> None:
        super().__init__()
        self.connection = connection
        self.toolkit = toolkit
        self.accounts: list[UserAccount] = []
        self.link: AccountLink | None = None

    def trail(self) -> tuple[str, ...]:
        """Where this screen is."""
        return ("Connections", self.connection, "Accounts")

    def compose_body(self) -> ComposeResult:
        """The list, and the link."""
        yield OptionList(markup=False)
        yield Static("Asking for the accounts…", classes="empty", markup=False)
        yield Static(classes="link", markup=False)

    def on_mount(self) -> None:
        """Ask for the accounts."""
        self.query_one(OptionList).display = False
        self.attempt(self._read(), group="read", exclusive=True)

    def why_not(self, action_id: str) -> str | None:
        """There is a link while an account is being connected."""
        return "no account is being connected" if action_id == "accounts.copy" and self.link is None else None

    async def _read(self) -> None:
        empty = self.query_one(".empty", Static)
        try:
            self.accounts = await self.workbench.connections.accounts(self.connection)
        except BaseException:
            empty.update("The accounts are not known: r asks again.")
            raise
        listed = self.query_one(OptionList)
        width = max((len(each.toolkit) for each in self.accounts), default=0)
        listed.set_options([Option(Content(_line(each, width))) for each in self.accounts])
        listed.display = bool(self.accounts)
        empty.display = not self.accounts
        what = f"an account of {self.toolkit}" if self.toolkit else "an account"
        empty.update(f"{self.workbench.settings.user_id} has connected no account here. Press n to connect {what}.")
        if self.accounts:
            listed.focus()

    def action_refresh(self) -> None:
        """Ask again."""
        self.attempt(self._read(), group="read", exclusive=True)

    def action_copy(self) -> None:
        """Copy the link."""
        if self.link is not None:
            self.app.copy_to_clipboard(self.link.address)
            self.notify("Copied the link", markup=False)

    def action_connect(self) -> None:
        """Ask of what, show the link, and watch until it was used."""
        self.attempt(self._connect(), group="connect", exclusive=True)

    async def _connect(self) -> None:
        prompt = PromptScreen("Connect an account of", self.toolkit, hint="A toolkit, such as github, gmail or slack.")
        toolkit = await self.app.push_screen_wait(prompt)
        if not toolkit:
            return
        self.toolkit = toolkit
        try:
            self._show(await self.workbench.connections.connect(self.connection, toolkit))
            assert self.link is not None
            account = await self.workbench.connections.connected(self.link)
        finally:
            self._show(None)
        self.notify(f"{account.toolkit} is connected.", markup=False)
        await self._read()

    def _show(self, link: AccountLink | None) -> None:
        self.link = link
        self.set_class(link is not None, "-linking")
        if link is not None:
            said = f"Open this link to connect {link.toolkit}; y copies it. Waiting until it is connected…"
            self.query_one(".link", Static).update(Content(f"{said}\n{link.address}"))
        self.refresh_bindings()


def _line(account: UserAccount, width: int) -> str:
    since = f"  since {account.created_at:%Y-%m-%d}" if account.created_at is not None else ""
    reason = f"  {account.reason}" if account.reason else ""
    return f"{account.toolkit:{width}}  {account.status.lower():12} {account.id}{since}{reason}"
