"""Differences between databases: read-only mode, lock waits, cancellation."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Engine:
    """One family of databases.

    Attributes:
        read_only: statements that make the session read-only; empty where there are none.
        read_only_arguments: arguments of the driver's `connect` for the same purpose.
        wait: the statement that bounds the wait for locks, in milliseconds.
        most_rows: the statement that bounds the rows of a query.
        cancel: stops the statement of a connection from another thread, over a second connection if needed.
        busy: codes of errors that mean that others hold a lock.
    """

    read_only: tuple[str, ...] = ()
    read_only_arguments: Mapping[str, Any] | None = None
    wait: Callable[[int], str] | None = None
    most_rows: Callable[[int], str] | None = None
    cancel: Callable[[Any, Callable[[], Any]], None] = lambda driver, connect: _cancel(driver)
    busy: frozenset[str] = frozenset()

    @property
    def can_be_read_only(self) -> bool:
        """True if the database itself enforces it."""
        return bool(self.read_only or self.read_only_arguments)


def engine_of(dialect: str, database: str | None) -> Engine:
    """Return the family of a database by SQLAlchemy's name."""
    if dialect == "duckdb" and database in (None, "", ":memory:"):
        return Engine()  # there is nothing in it that could be only read
    return _ENGINES.get(dialect, Engine())


def words_of(error: BaseException) -> str:
    """Return the message of a driver's error without number and position."""
    diagnosis = getattr(error, "diag", None)  # PostgreSQL's
    if diagnosis is not None and diagnosis.message_primary:
        parts = (diagnosis.message_primary, diagnosis.message_detail, diagnosis.message_hint)
        return "; ".join(part.strip().rstrip(".") for part in parts if part)
    arguments = error.args
    numbered = len(arguments) == 2 and isinstance(arguments[0], int)  # MySQL's
    return str(arguments[1] if numbered else error)


def codes_of(error: BaseException) -> frozenset[str]:
    """Return the codes of a driver's error."""
    state = getattr(error, "sqlstate", None)
    return frozenset(map(str, filter(None, (state, error.args[0] if error.args else None))))


def _cancel(driver: Any) -> None:
    """Cancel through the driver: `cancel` (PostgreSQL), `interrupt` (SQLite, DuckDB)."""
    stop = getattr(driver, "cancel", None) or getattr(driver, "interrupt", None)
    if stop is not None:
        with contextlib.suppress(Exception):  # the driver's own complaint: there was nothing to stop
            stop()


def _kill_query(driver: Any, connect: Callable[[], Any]) -> None:
    """Cancel through another connection, as MySQL needs it."""
    number = driver.thread_id() if hasattr(driver, "thread_id") else getattr(driver, "connection_id", None)
    if number is None:
        return
    with contextlib.suppress(Exception):  # it has ended meanwhile, or the server is gone
        other = connect()
        try:
            other.cursor().execute(f"KILL QUERY {int(number)}")
        finally:
            other.close()


_MYSQL = Engine(
    read_only=("SET SESSION TRANSACTION READ ONLY", "COMMIT"),
    wait=lambda milliseconds: f"SET SESSION innodb_lock_wait_timeout = {max(1, round(milliseconds / 1000))}",
    # Its drivers read to the end whatever is sent.
    most_rows=lambda rows: f"SET SESSION sql_select_limit = {rows}",
    cancel=_kill_query,
    busy=frozenset({"1205", "1213"}),
)
_ENGINES: dict[str, Engine] = {
    "postgresql": Engine(
        # A transaction stays read-only once something has been asked in it.
        read_only=("SET TRANSACTION READ ONLY", "SELECT 1"),
        wait=lambda milliseconds: f"SET LOCAL lock_timeout = {milliseconds}",
        busy=frozenset({"55P03", "40001", "40P01"}),
    ),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": Engine(
        read_only=("PRAGMA query_only = ON",),
        wait=lambda milliseconds: f"PRAGMA busy_timeout = {milliseconds}",
        busy=frozenset({"database is locked", "database table is locked"}),
    ),
    "duckdb": Engine(read_only_arguments={"read_only": True}),
}
