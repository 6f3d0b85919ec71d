"""Connections to PostgreSQL, which may be away for a while."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row

from wftui.model.workers_address import has_password, is_address, is_ambiguous
from wftui.workers.tables import KEPT_DAYS, REVISION, SCHEMA, TABLES
from wftui.workers.workers_errors import WorkersError

Row = dict[str, Any]
Params = Sequence[Any] | Mapping[str, Any]

_CONNECT_SECONDS = 5
_HOST_BYTES = 32
"""PostgreSQL allows 63 bytes for the name of a channel, which is the name of a process."""
_NO_ADDRESS = (
    "the address of the workers' PostgreSQL is not a URL like postgresql://USER:PASSWORD@HOST/DATABASE;"
    " special characters of a password are written as codes, as %2F for / and %40 for @"
)
_LOGGERS = ("procrastinate", "psycopg", "psycopg.pool")
_AGAIN_SECONDS = 0.25
_TABLES_LOCK = 0x77667475
_LOST = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction)
"""Errors that pass: a lost connection, a long wait for the pool, a full disk, a server that becomes the main one."""
_LIMITS = "54"
"""Beginning of the codes of statements over a limit of PostgreSQL: they are the same the next time."""
_SAID_AFTER = 3.0
"""Seconds without a successful statement after which that is reported."""
_REMOVE_OLD = """
with old as (select run from runs where seen < now() - make_interval(days => %s))
, gone as (delete from jobs using old where jobs.run = old.run returning delivery)
, freed as (delete from runs using old where runs.run = old.run)
delete from procrastinate_jobs using gone where procrastinate_jobs.id = gone.delivery
"""
_NETWORK: Mapping[str, Any] = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2500,
    "keepalives_idle": 2,
}


def conninfo(address: str, program: str) -> str:
    """Return the parameters of a connection: the address, with network timeouts.

    Raises:
        WorkersError: the address is not one.
    """
    if not is_address(address) or is_ambiguous(address):
        raise WorkersError(_NO_ADDRESS, code="workers.address")
    try:
        given = conninfo_to_dict(address)
        options = f"{given.get('options', '')} -c search_path={SCHEMA}".strip()
        return make_conninfo(
            address,
            **{**_NETWORK, **given, "options": options, "application_name": program},
        )
    except psycopg.ProgrammingError as error:
        # PostgreSQL quotes what it could not read, which may be the password.
        why = "" if has_password(address) else f" ({sentence_of(error)})"
        raise WorkersError(_NO_ADDRESS + why, code="workers.address") from None


class Database:
    """A pool of connections; a statement waits while PostgreSQL is away.

    Statements are repeated after a lost connection, so each one may be carried out twice without harm.

    Args:
        tell: gets a sentence when PostgreSQL cannot be used for a while, and None when it can be used again.

    Attributes:
        trouble: the sentence that was reported last.
    """

    def __init__(
        self, address: str, program: str, *, size: int = 4, tell: Callable[[str | None], None] = lambda _sentence: None
    ) -> None:
        self.trouble: str | None = None
        self._tell = tell
        self._failing_since: float | None = None
        self.conninfo = conninfo(address, program)
        for name in _LOGGERS:  # errors say what they would print on the screen
            logging.getLogger(name).setLevel(logging.CRITICAL)
        from psycopg_pool import AsyncConnectionPool

        self.pool: AsyncConnectionPool[psycopg.AsyncConnection[Row]] = AsyncConnectionPool(
            self.conninfo,
            kwargs={"row_factory": dict_row},
            configure=_configure,
            min_size=1,
            max_size=size,
            open=False,
            timeout=_CONNECT_SECONDS,
            reconnect_timeout=1.0,
        )

    async def open(self) -> None:
        """Connect, and create the tables if there are none.

        Raises:
            WorkersError: PostgreSQL cannot be reached or used, or has tables of another version of wftui.
        """
        await self.connect()
        await self.pool.open()

    async def connect(self) -> None:
        """Create the tables if there are none; raises what `open` raises."""
        try:
            async with await psycopg.AsyncConnection.connect(self.conninfo, autocommit=True) as connection:
                await _create_tables(connection)
        except psycopg.Error as error:
            raise WorkersError(f"PostgreSQL cannot be used: {sentence_of(error)}") from None

    async def close(self) -> None:
        """Close all connections."""
        await self.pool.close(timeout=1)

    async def rows(self, statement: LiteralString, params: Params = ()) -> list[Row]:
        """Carry out a statement and return its rows; wait while PostgreSQL is away."""
        while True:
            try:
                return await self.rows_now(statement, params)
            except _LOST as error:
                if (error.sqlstate or "").startswith(_LIMITS):
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)

    async def rows_now(self, statement: LiteralString, params: Params = ()) -> list[Row]:
        """Carry out a statement and return its rows.

        Raises:
            psycopg.Error: PostgreSQL is away, or refuses it.
        """
        try:
            async with self.pool.connection() as connection:
                cursor = await connection.execute(statement, params)
                rows = await cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            self._note_error(error)
            raise
        self._failing_since = None
        if self.trouble is not None:
            self.trouble = None
            self._tell(None)
        return rows

    def _note_error(self, error: psycopg.Error) -> None:
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
        elif self.trouble is None and now - self._failing_since >= _SAID_AFTER:
            self.trouble = sentence_of(error)
            self._tell(self.trouble)


async def _configure(connection: "psycopg.AsyncConnection[Row]") -> None:
    # Not as an argument: procrastinate adds that one itself.
    await connection.set_autocommit(True)


async def ended(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait a bounded time for its end.

    Its error, if any, comes from the closed connection and is ignored.
    """
    task.cancel()
    await asyncio.wait([task], timeout=_CONNECT_SECONDS)
    if task.done() and not task.cancelled():
        task.exception()


def process_name() -> str:
    """Return a name for this process in PostgreSQL, unlike any other.

    Containers of one image often have the same host name and process number.
    """
    host = os.uname().nodename.partition(".")[0].encode("utf-8", "replace")[:_HOST_BYTES].decode("utf-8", "ignore")
    return f"{host}-{os.getpid()}-{os.urandom(4).hex()}"


async def _create_tables(connection: "psycopg.AsyncConnection[Any]") -> None:
    from procrastinate import schema

    engine = metadata.version("procrastinate")
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s)", [_TABLES_LOCK])
        cursor = await connection.execute("select to_regclass(%s)", [f"{SCHEMA}.meta"])
        row = await cursor.fetchone()
        if row is None or row[0] is None:
            await connection.execute(f"create schema if not exists {SCHEMA}")
            await connection.execute(schema.SchemaManager.get_schema())
            await connection.execute(TABLES)
            await connection.execute("insert into meta values (%s, %s)", [REVISION, engine])
        cursor = await connection.execute("select revision, engine from meta")
        found = await cursor.fetchone()
        if found is None or (found[0], _series(found[1])) != (
            REVISION,
            _series(engine),
        ):
            made = f"revision {found[0]}, procrastinate {found[1]}" if found else "nothing"
            raise WorkersError(
                f"the tables of this database are of another version of wftui ({made}; here revision {REVISION},"
                f" procrastinate {engine}); take another database, or drop the schema {SCHEMA} while nothing runs",
                code="workers.version",
            )
        await connection.execute(_REMOVE_OLD, [KEPT_DAYS])
        await connection.execute("delete from workers where seen < now() - make_interval(days => 1)")


def _series(version: str) -> str:
    return ".".join(version.split(".")[:2])


def sentence_of(error: psycopg.Error) -> str:
    """Return the message of PostgreSQL as one line."""
    return " ".join(str(error).split()) or type(error).__name__
