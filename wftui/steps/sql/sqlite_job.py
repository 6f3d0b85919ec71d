"""Work on a SQLite file, in a thread, stoppable from another."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.sql.statements import first_word, sqlite_statements
from wftui.steps.sql.values import Parameters, QueryResult, bindable, json_value, unique_names

ResultT = TypeVar("ResultT")
ItemT = TypeVar("ItemT")

_FETCH = 500
_INSTRUCTIONS_BETWEEN_LOOKS = 20_000
_SECONDS_BETWEEN_TRIES = 0.02
_OUTSIDE_TRANSACTION = frozenset({"PRAGMA", "VACUUM", "ATTACH", "DETACH", "BEGIN", "COMMIT", "END", "ROLLBACK"})
_MEMORY = ":memory:"
_LEADING_OUT = (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH)
"""Actions that reach other files; VACUUM INTO consists of them."""
_TELLING = frozenset(
    {
        "application_id", "collation_list", "compile_options", "data_version", "database_list", "encoding",
        "foreign_key_check", "freelist_count", "function_list", "integrity_check", "journal_mode", "page_count",
        "page_size", "pragma_list", "quick_check", "schema_version", "table_list", "user_version",
    }
)  # fmt: skip
"""PRAGMAs that tell something as long as they are given no value."""
_TELLING_OF = frozenset(
    {
        "foreign_key_check", "foreign_key_list", "index_info", "index_list", "index_xinfo", "integrity_check",
        "quick_check", "table_info", "table_list", "table_xinfo",
    }
)  # fmt: skip
"""PRAGMAs that report on their argument."""


class SqliteJob:
    """Runs statements on one database file.

    Each public method is one transaction; call them from one thread only.

    Each public method is one transaction; call them from one thread only.

    Each public method is one transaction; call them from one thread only.

    Args:
        path: the file, or None for a database in memory.
        read_only: nothing may be changed: neither this file, nor another one that is attached or written to.
        wait: seconds to wait for a lock that another holds.
    """

    def __init__(self, path: Path | None, *, read_only: bool, max_rows: int, wait: float) -> None:
        self._path = path
        self._read_only = read_only
        self._max_rows = max_rows
        self._deadline = time.monotonic() + wait
        self._stop = threading.Event()

    def stop(self) -> None:
        """Stop the work, from any thread; it fails with `cancelled` and is rolled back."""
        self._stop.set()

    def query(self, statement: str, parameters: Parameters) -> QueryResult:
        """Run one statement.

        Raises:
            WorkflowError: `sql.*`.
        """
        with self._connection() as connection:
            values = bindable(parameters)
            return self._fetch(self._patiently(lambda: connection.execute(statement, values)))

    def many(self, statement: str, rows: Sequence[Parameters]) -> QueryResult:
        """Run one statement for each row in one transaction.

        Raises:
            WorkflowError: `sql.*`.
        """
        with self._connection() as connection:
            if not self._read_only:
                self._begin(connection)
            cursor = connection.executemany(statement, (bindable(row) for row in self._until_stopped(rows)))
            self._commit(connection)
            return QueryResult(count=max(0, cursor.rowcount))

    def script(self, text: str) -> QueryResult:
        """Run statements in one transaction; return the last rows.

        PRAGMA, VACUUM and ATTACH cannot run inside a transaction and must come first.

        Raises:
            WorkflowError: `sql.*`.
        """
        result = QueryResult()
        changed = 0
        with self._connection() as connection:
            for statement in sqlite_statements(text):
                word = first_word(statement)
                if not connection.in_transaction and word not in _OUTSIDE_TRANSACTION and not self._read_only:
                    self._begin(connection)
                rows = self._fetch(self._run(connection, statement))
                if rows.columns:
                    result = rows
                else:
                    changed += rows.count
            self._commit(connection)
        if not result.columns:
            result.count = changed
        return result

    def _connection(self) -> "_Transaction":
        return _Transaction(self)

    def open(self) -> sqlite3.Connection:
        """Return a new connection that regularly checks for a stop."""
        if self._path is None:
            connection = sqlite3.connect(_MEMORY, isolation_level=None)
        else:
            if self._read_only and not self._path.is_file():
                raise WorkflowError("sql.open", f"The database {str(self._path)!r} does not exist.")
            address = f"{self._path.absolute().as_uri()}?mode={'ro' if self._read_only else 'rwc'}"
            connection = sqlite3.connect(address, uri=True, timeout=0, isolation_level=None)
        if self._read_only:
            connection.execute("PRAGMA query_only = ON")
            connection.set_authorizer(_only_reading)
        connection.set_progress_handler(self._stop.is_set, _INSTRUCTIONS_BETWEEN_LOOKS)
        return connection

    def failure(self, error: Exception) -> WorkflowError:
        """Convert a SQLite or Python error to the failure of a step."""
        text = str(error).rstrip(".")
        if self._stop.is_set():
            return _stopped()
        if isinstance(error, OverflowError | UnicodeError):
            return WorkflowError("sql.value", f"A value cannot be bound: {text}.")
        if _is_busy(error):
            return WorkflowError("sql.locked", f"The database is in use by another process: {text}.", recoverable=True)
        if self._read_only and ("authoriz" in text or "readonly" in text):
            sentence = "The step is read-only (readOnly), and the statement writes."
            return WorkflowError("sql.read_only", sentence)
        if "one statement at a time" in text:
            return WorkflowError("sql.statement", '"query" takes one statement; use "script" for several.')
        if isinstance(error, sqlite3.IntegrityError):
            return WorkflowError("sql.constraint", f"The database rejected the change: {text}.")
        if isinstance(error, sqlite3.DatabaseError) and ("not a database" in text or "malformed" in text):
            return WorkflowError("sql.open", f"{str(self._path)!r} is not a SQLite database: {text}.")
        if "unable to open" in text or "readonly" in text:
            return WorkflowError("sql.open", f"The database {str(self._path)!r} cannot be opened: {text}.")
        return WorkflowError("sql.statement", f"Database error: {text}.")

    def _run(self, connection: sqlite3.Connection, statement: str) -> sqlite3.Cursor:
        return self._patiently(lambda: connection.execute(statement))

    def _begin(self, connection: sqlite3.Connection) -> None:
        self._run(connection, "BEGIN IMMEDIATE")

    def _commit(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            self._check()
            self._run(connection, "COMMIT")

    def _patiently(self, work: Callable[[], ResultT]) -> ResultT:
        """Retry while another process holds the lock: SQLite's own wait cannot stop."""
        while True:
            self._check()
            try:
                return work()
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or time.monotonic() >= self._deadline:
                    raise
            self._stop.wait(_SECONDS_BETWEEN_TRIES)

    def _check(self) -> None:
        if self._stop.is_set():
            raise _stopped()

    def _fetch(self, cursor: sqlite3.Cursor) -> QueryResult:
        if cursor.description is None:
            return QueryResult(count=max(0, cursor.rowcount), last_id=cursor.lastrowid)
        columns = unique_names([entry[0] for entry in cursor.description])
        rows: list[dict[str, Json]] = []
        truncated = False
        while not truncated and (batch := self._patiently(lambda: cursor.fetchmany(_FETCH))):
            for values in self._until_stopped(batch):
                if len(rows) == self._max_rows:
                    truncated = True
                    break
                rows.append({name: json_value(name, value) for name, value in zip(columns, values, strict=True)})
        cursor.close()
        return QueryResult(columns=columns, rows=rows, count=len(rows), truncated=truncated)

    def _until_stopped(self, items: Sequence[ItemT]) -> Iterator[ItemT]:
        for item in items:
            self._check()
            yield item


class _Transaction:
    """Connection that rolls back and closes; SQLite errors become failures."""

    def __init__(self, job: SqliteJob) -> None:
        self._job = job

    def __enter__(self) -> sqlite3.Connection:
        try:
            self._connection = self._job.open()
        except sqlite3.Error as error:
            raise self._job.failure(error) from None
        return self._connection

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        with closing(self._connection):
            if self._connection.in_transaction:
                self._connection.rollback()
        if isinstance(error, sqlite3.Error | sqlite3.Warning | OverflowError | UnicodeError):
            raise self._job.failure(error) from None


def _only_reading(action: int, first: str | None, second: str | None, _database: str | None, _by: str | None) -> int:
    """Authorizer that denies statements with effects outside the database."""
    if action in _LEADING_OUT:
        return sqlite3.SQLITE_DENY
    if action != sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK
    tells = (first or "").lower() in (_TELLING if second is None else _TELLING_OF)
    return sqlite3.SQLITE_OK if tells else sqlite3.SQLITE_DENY


def _is_busy(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _stopped() -> WorkflowError:
    return WorkflowError("cancelled", "The query was stopped.")
