"""The accounts behind a Composio connection, and linking another."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from wftui.model.text.local_times import local_day
from wftui.model.user.accounts import AccountLink, UserAccount
from wftui.tui.actions import Action
from wftui.tui.key_actions.key_sentences import with_keys
from wftui.tui.screens.base.local_screen import LocalScreen
from wftui.tui.screens.dialogs.prompt import PromptScreen

_GROUP = "Accounts"


class AccountsScreen(LocalScreen[None]):
    """A list of accounts; below, the link of an account being connected.

    Args:
        connection: the connection of the accounts.
        toolkit: suggested toolkit of a new account, such as `github`.
    """

    DEFAULT_CSS = """
    AccountsScreen {
        .heading { padding: 0 1; }
        OptionList, OptionList:focus { height: 1fr; border: none; background: $background; padding: 0 1; }
        .empty { height: 1fr; padding: 1 2; color: $foreground-muted; }
        .link { height: auto; padding: 0 2; border-top: solid $border-blurred; display: none; }
        &.-linking .link { display: block; }
    }
    """
    ACTIONS: ClassVar[tuple[Action, ...]] = (
        Action("accounts.connect", "Connect", "Connect an account by opening a link.", ("n", "enter"), _GROUP),
        Action("accounts.copy", "Copy link", "Copy the link.", ("y",), _GROUP),
        Action("accounts.refresh", "Refresh", "Reload the accounts.", ("r",), _GROUP),
    )

    def __init__(self, connection: str, toolkit: str = "") -> None:
        super().__init__()
        self.connection = connection
        self.toolkit = toolkit
        self.accounts: list[UserAccount] = []
        self.link: AccountLink | None = None

    def trail(self) -> tuple[str, ...]:
        """Return the location of this screen."""
        return ("Connections", self.connection, "Accounts")

    def compose_body(self) -> ComposeResult:
        """Yield the list and the link."""
        yield Static(classes="heading", markup=False)
        yield OptionList(markup=False)
        yield Static("Loading accounts…", classes="empty", markup=False)
        yield Static(classes="link", markup=False)

    def on_mount(self) -> None:
        """Load the accounts."""
        listed = self.query_one(OptionList)
        listed.display = listed.can_focus = False
        self.attempt(self._read(), group="read", exclusive=True)

    def why_not(self, action_id: str) -> str | None:
        """Disable copying while there is no link."""
        return "no account is being connected" if action_id == "accounts.copy" and self.link is None else None

    async def _read(self) -> None:
        empty = self.query_one(".empty", Static)
        try:
            self.accounts = await self.workbench.connections.accounts(self.connection)
        except BaseException:
            empty.update(with_keys(self.app, "Loading the accounts failed. Press {accounts.refresh} to retry."))
            raise
        listed = self.query_one(OptionList)
        width = max((len(each.toolkit) for each in self.accounts), default=0)
        listed.set_options([Option(Content(_line(each, width))) for each in self.accounts])
        self.query_one(".heading", Static).update("Account" if self.accounts else "")
        listed.display = listed.can_focus = bool(self.accounts)
        empty.display = not self.accounts
        what = f"a {self.toolkit} account" if self.toolkit else "an account"
        press = with_keys(self.app, "Press {accounts.connect} to connect")
        empty.update(f"{self.workbench.settings.user_id} has no connected accounts. {press} {what}.")

    def action_refresh(self) -> None:
        """Reload the accounts."""
        self.attempt(self._read(), group="read", exclusive=True)

    def action_copy(self) -> None:
        """Copy the link."""
        if self.link is not None:
            self.app.copy_to_clipboard(self.link.address)
            self.notify("Copied the link", markup=False)

    def action_connect(self) -> None:
        """Ask for a toolkit, show the link, and wait until it has been used."""
        self.attempt(self._connect(), group="connect", exclusive=True)

    async def _connect(self) -> None:
        prompt = PromptScreen("Connect an account", self.toolkit, hint="A toolkit, such as github, gmail or slack.")
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
        self.notify(f"Connected {account.toolkit}.", markup=False)
        await self._read()

    def _show(self, link: AccountLink | None) -> None:
        self.link = link
        self.set_class(link is not None, "-linking")
        if link is not None:
            press = with_keys(self.app, "press {accounts.copy} to copy it.")
            about = f"Open this link to connect {link.toolkit}; {press} Waiting for the connection…"
            self.query_one(".link", Static).update(Content(f"{about}\n{link.address}"))
        self.refresh_bindings()


def _line(account: UserAccount, width: int) -> str:
    since = f"  since {local_day(account.created_at)}" if account.created_at is not None else ""
    reason = f"  {account.reason}" if account.reason else ""
    return f"{account.toolkit:{width}}  {account.status.lower():12} {account.id}{since}{reason}"
