"""Connections, connected accounts and stored secrets of the user."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wftui.connections.connections import Connections, StoredConnection
    from wftui.model.user.accounts import AccountLink, UserAccount
    from wftui.steps.composio.user_accounts import UserAccounts


class ConnectionService:
    """`workbench.connections`: manage connections, accounts and stored secrets.

    Args:
        user_id: owner of the accounts that are listed and connected, where a call does not name one (`by`).
    """

    def __init__(self, user_id: str) -> None:
        self._user_id = user_id

    async def all(self) -> list[StoredConnection]:
        """Return the user's connections; secret fields hold references."""
        return await asyncio.to_thread(lambda: stored_connections().all())

    async def get(self, name: str) -> StoredConnection:
        """Return one connection.

        Raises:
            NotFoundError: there is no connection of that name.
        """
        return await asyncio.to_thread(lambda: stored_connections().get(name))

    async def save(self, connection: StoredConnection) -> StoredConnection:
        """Add or replace a connection; secrets in clear text go to the encrypted store.

        Raises:
            ConnectionsError: lists every invalid field.
        """
        return await asyncio.to_thread(lambda: stored_connections().save(connection))

    async def remove(self, name: str) -> None:
        """Delete a connection and its stored secrets.

        Raises:
            NotFoundError: there is no connection of that name.
        """
        await asyncio.to_thread(lambda: stored_connections().remove(name))

    async def test(self, name: str) -> str:
        """Check a connection's secrets and that its server responds; return the result.

        Raises:
            NotFoundError: there is no connection of that name.
            ConnectionsError: the connection does not work; the message says why.
        """
        from wftui.steps.connection_test import probe

        return await probe(stored_connections(), name)

    async def accounts(self, name: str, *, by: str | None = None) -> list[UserAccount]:
        """Return the accounts that the user has connected through a composio connection.

        Raises:
            NotFoundError: there is no connection of that name.
            ConnectionsError: it is of another kind, or the service refuses.
        """
        return await (await self._accounts(name, by)).all()

    async def connect(self, name: str, toolkit: str, *, by: str | None = None) -> AccountLink:
        """Return a link where the user connects an account of a toolkit.

        Raises:
            NotFoundError, ConnectionsError: as `accounts`.
        """
        return await (await self._accounts(name, by)).connect(toolkit)

    async def connected(self, link: AccountLink, *, by: str | None = None) -> UserAccount:
        """Wait until the user has connected an account through a link.

        Raises:
            ConnectionsError: `composio.expired`, `composio.failed`, or an error of the service.
        """
        return await (await self._accounts(link.connection, by)).connected(link)

    async def secrets(self) -> list[str]:
        """Return the names in the encrypted store, with those of connections (`NAME/…`)."""
        return await asyncio.to_thread(lambda: stored_connections().store.names())

    async def set_secret(self, name: str, secret: str) -> None:
        """Store or replace a secret for `secrets.NAME` and `store:NAME`.

        Raises:
            UsageError: the name cannot be used in an expression, or the secret is empty.
            ConnectionsError: the store cannot be used.
        """
        await asyncio.to_thread(lambda: stored_connections().store.keep(name, secret))

    async def remove_secret(self, name: str) -> None:
        """Delete a stored secret.

        Raises:
            NotFoundError: there is no secret of that name.
        """
        await asyncio.to_thread(lambda: stored_connections().store.forget(name))

    async def _accounts(self, name: str, by: str | None) -> UserAccounts:
        from wftui.steps.composio.user_accounts import UserAccounts

        owner = self._user_id if by is None else by
        return await asyncio.to_thread(lambda: UserAccounts.of(stored_connections(), name, owner))


def stored_connections() -> Connections:
    """Return the user's connections, reread by each call: other processes change them."""
    from wftui.connections.connections import Connections

    return Connections()
