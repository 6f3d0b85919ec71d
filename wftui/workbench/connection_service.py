"""The user's connections, as a face asks for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wftui.connections.connections import Connections, StoredConnection
    from wftui.model.accounts import AccountLink, UserAccount
    from wftui.steps.composio.user_accounts import UserAccounts


class ConnectionService:
    """`workbench.connections`: list, save, remove, test; accounts of the user; secrets of the user's store.

    Args:
        user_id: whose accounts are listed and connected.
        changed: is called after every change.
    """

    def __init__(self, user_id: str, *, changed: Callable[[], None]) -> None:
        self._user_id = user_id
        self._changed = changed

    async def all(self) -> list[StoredConnection]:
        """The user's connections; secret fields hold references."""
        return await asyncio.to_thread(lambda: stored_connections().all())

    async def get(self, name: str) -> StoredConnection:
        """One of them.

        Raises:
            NotFoundError: there is none of that name.
        """
        return await asyncio.to_thread(lambda: stored_connections().get(name))

    async def save(self, connection: StoredConnection) -> StoredConnection:
        """Add a connection, or replace the one of the same name; a secret in clear goes into the encrypted store.

        Raises:
            ConnectionsError: with every field that is wrong.
        """
        kept = await asyncio.to_thread(lambda: stored_connections().save(connection))
        self._changed()
        return kept

    async def remove(self, name: str) -> None:
        """Forget a connection and its stored secrets.

        Raises:
            NotFoundError: there is none of that name.
        """
        await asyncio.to_thread(lambda: stored_connections().remove(name))
        self._changed()

    async def test(self, name: str) -> str:
        """Whether its secrets are there and its other end answers, as a sentence.

        Raises:
            NotFoundError: there is none of that name.
            ConnectionsError: it cannot work; the sentence says why.
        """
        from wftui.steps.connection_test import probe

        return await probe(stored_connections(), name)

    async def accounts(self, name: str) -> list[UserAccount]:
        """The accounts that the user has connected behind a connection of kind composio.

        Raises:
            NotFoundError: there is no connection of that name.
            ConnectionsError: it is of another kind, or the service says why it cannot be had.
        """
        return await (await self._accounts(name)).all()

    async def connect(self, name: str, toolkit: str) -> AccountLink:
        """A link at which the user connects an account of a toolkit; raises as `accounts`."""
        return await (await self._accounts(name)).connect(toolkit)

    async def connected(self, link: AccountLink) -> UserAccount:
        """Wait until the user has gone through a link.

        Raises:
            ConnectionsError: `composio.expired`, `composio.failed`, or what the service says.
        """
        return await (await self._accounts(link.connection)).connected(link)

    async def secrets(self) -> list[str]:
        """Names of the secrets in the user's encrypted store, those of connections (`NAME/…`) among them."""
        return await asyncio.to_thread(lambda: stored_connections().store.names())

    async def set_secret(self, name: str, secret: str) -> None:
        """Keep a secret for `secrets.NAME` and `store:NAME`, in place of any of the same name.

        Raises:
            UsageError: the name cannot stand in an expression, or the secret is empty.
            ConnectionsError: the store cannot be used.
        """
        await asyncio.to_thread(lambda: stored_connections().store.keep(name, secret))

    async def remove_secret(self, name: str) -> None:
        """Forget a secret.

        Raises:
            NotFoundError: there is none of that name.
        """
        await asyncio.to_thread(lambda: stored_connections().store.forget(name))

    async def _accounts(self, name: str) -> UserAccounts:
        from wftui.steps.composio.user_accounts import UserAccounts

        return await asyncio.to_thread(lambda: UserAccounts.of(stored_connections(), name, self._user_id))


def stored_connections() -> Connections:
    """The file of connections as it is now, read at each question: another process may have changed it."""
    from wftui.connections.connections import Connections

    return Connections()
