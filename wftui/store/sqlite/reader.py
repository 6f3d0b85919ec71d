"""Reading connection in its own thread, by aiosqlite, without open transactions."""

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import aiosqlite

from wftui.model.base import Json
from wftui.store.sqlite.database import (
    BUSY_SECONDS,
    OpenedDatabase,
    connection_uri,
    file_identity,
    is_damage,
    mark_damaged,
)
from wftui.store.sqlite.storable_text import storable
from wftui.store.sqlite.store_errors import StoreError, explain, replaced_sentence

Row = tuple[Json, ...]


class Reader:
    """Runs one query after another; opened by the first."""

    def __init__(self, opened: OpenedDatabase) -> None:
        self._opened = opened
        self._file = file_identity(opened.path)
        self._connection: aiosqlite.Connection | None = None
        self._opening = asyncio.Lock()

    async def rows(self, sql: str, values: Iterable[Json] | Mapping[str, Json] = ()) -> list[Row]:
        """Return all rows of a query, in one call to the thread.

        Raises:
            StoreError: the database cannot be read, or was replaced.
        """
        if file_identity(self._opened.path) != self._file:
            raise StoreError(f"{replaced_sentence(self._opened.path)}; start this program again", code="store.replaced")
        if not isinstance(values, Mapping):
            values = list(values)
        try:
            connection = self._connection or await self.open()
            try:
                found = await connection.execute_fetchall(sql, values)
            except UnicodeEncodeError:  # half a character, as of an argument that is not UTF-8
                found = await connection.execute_fetchall(sql, _storable(values))
            return list(found)  # type: ignore[arg-type]  # rows are tuples
        except sqlite3.Error as error:
            if is_damage(error) and not self._opened.read_only:
                mark_damaged(self._opened.path)
            raise explain(error, self._opened.path) from error

    async def close(self) -> None:
        """Close the connection after the running queries."""
        async with self._opening:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    async def open(self) -> aiosqlite.Connection:
        """Return the connection; the first call opens it, others wait for that."""
        async with self._opening:
            if self._connection is None:
                connection = aiosqlite.connect(
                    connection_uri(self._opened), uri=True, timeout=BUSY_SECONDS, isolation_level=None
                )
                # A program that ends with an exception, without closing, must not wait for this thread.
                # (Up to aiosqlite 0.21 the connection is the thread.)
                thread: Any = getattr(connection, "_thread", connection)
                thread.daemon = True
                await connection
                await connection.execute("PRAGMA query_only = ON")
                self._connection = connection
            return self._connection


def _storable(values: Iterable[Json] | Mapping[str, Json]) -> list[Json] | dict[str, Json]:
    def clean(value: Json) -> Json:
        return storable(value) if isinstance(value, str) else value

    if isinstance(values, Mapping):
        return {name: clean(value) for name, value in values.items()}
    return [clean(value) for value in values]
