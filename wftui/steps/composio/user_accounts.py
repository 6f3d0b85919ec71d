"""Accounts of a user behind a `composio` connection: list and connect."""

import asyncio
from datetime import UTC, datetime, timedelta

from wftui.connections.connection_errors import ConnectionsError
from wftui.connections.connection_kinds import ComposioConnection
from wftui.connections.connections import Connections
from wftui.model.clock import Clock, utc_now
from wftui.model.user.accounts import AccountLink, UserAccount
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.composio.client import ACTIVE, DEAD, ComposioClient, ConnectedAccount

CALL_SECONDS = 30.0
LOOK_SECONDS = 2.0
"""Interval of checks of an account while a user connects it."""
_LONGEST_WAIT = timedelta(minutes=10)


class UserAccounts:
    """Accounts of one user behind one connection.

    Resolving the connection blocks: see `of`.

    Raises (all methods):
        ConnectionsError: `composio.*` or `http.*`, with the message of the service.
    """

    def __init__(self, name: str, service: ComposioConnection, user: str) -> None:
        self.name = name
        self.user = user
        self._client = ComposioClient(service.base_url, service.api_key, CALL_SECONDS)

    @classmethod
    def of(cls, connections: Connections, name: str, user: str) -> "UserAccounts":
        """Return the accounts behind a connection of the user.

        Raises:
            NotFoundError: there is none of that name.
            ConnectionsError: it is of another kind, or its key cannot be had.
        """
        found = connections.resolve(name, ComposioConnection.word)
        return cls(name, ComposioConnection.model_validate(found.values), user)

    async def all(self) -> list[UserAccount]:
        """Return all accounts, whatever their status, by toolkit."""
        try:
            found = await self._client.accounts(self.user, only_active=False)
        except WorkflowError as error:
            raise _sentence(error) from error
        return sorted((self._shown(each) for each in found), key=lambda each: (each.toolkit, each.id))

    async def connect(self, toolkit: str) -> AccountLink:
        """Create a link to connect one more account of a toolkit (`github`)."""
        try:
            link = await self._client.link(self.user, toolkit.lower())
        except WorkflowError as error:
            raise _sentence(error) from error
        return AccountLink(
            connection=self.name,
            toolkit=toolkit.lower(),
            address=link.address,
            account_id=link.account_id,
            expires_at=_parsed_time(link.expires_at),
        )

    async def connected(self, link: AccountLink, clock: Clock = utc_now) -> UserAccount:
        """Wait until the user has followed the link and connected the account.

        Raises:
            ConnectionsError: `composio.expired` when that did not happen in time, `composio.failed` when it went wrong.
        """
        last = link.expires_at or clock() + _LONGEST_WAIT
        while True:
            try:
                account = self._shown(await self._client.account(link.account_id))
            except WorkflowError as error:
                if not error.recoverable:
                    raise _sentence(error) from error
            else:
                if account.status == ACTIVE:
                    return account
                if account.status in DEAD:
                    why = f": {account.reason.rstrip('.')}" if account.reason else ""
                    code = "composio.expired" if account.status == "EXPIRED" else "composio.failed"
                    message = f"the {link.toolkit} account was not connected: it is {account.status.lower()}{why}"
                    raise ConnectionsError(message, code=code)
            if clock() >= last:
                message = f"the link to connect {link.toolkit} has expired; create a new one"
                raise ConnectionsError(message, code="composio.expired")
            await asyncio.sleep(LOOK_SECONDS)

    def _shown(self, account: ConnectedAccount) -> UserAccount:
        return UserAccount(
            connection=self.name,
            id=account.id,
            toolkit=account.toolkit,
            status=account.status,
            reason=account.reason,
            created_at=_parsed_time(account.created_at),
        )


def _parsed_time(text: str | None) -> datetime | None:
    try:
        timestamp = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return timestamp.replace(tzinfo=UTC) if timestamp is not None and timestamp.tzinfo is None else timestamp


def _sentence(error: WorkflowError) -> ConnectionsError:
    return ConnectionsError(error.message, code=error.type)
