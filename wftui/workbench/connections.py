"""The user's connections, as a face asks for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wftui.connections.connections import Connections, StoredConnection


class ConnectionsDesk:
    """`workbench.connections`: list, save, remove, test. `changed` is called after every change."""

    def __init__(self, *, changed: Callable[[], None]) -> None:
        self._changed = changed

    async def all(self) -> list[StoredConnection]:
        """The user's connections; secret fields hold references."""
        return await asyncio.to_thread(lambda: stored_connections().all())

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
        from wftui.connections.probe import probe

        return await probe(stored_connections(), name)


def stored_connections() -> Connections:
    """The file of connections as it is now, read at each question: another process may have changed it."""
    from wftui.connections.connections import Connections

    return Connections()
