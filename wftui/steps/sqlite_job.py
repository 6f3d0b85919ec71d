"""One piece of work on a SQLite file, made to run in a thread and to be stopped from another."""

import json
import math
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError

Parameters = Sequence[Json] | Mapping[str, Json]

ItemT = TypeVar("ItemT")

_FETCH = 500
_INSTRUCTIONS_BETWEEN_LOOKS = 20_000
_OUTSIDE_TRANSACTION = frozenset({"PRAGMA", "VACUUM", "ATTACH", "DETACH", "BEGIN", "COMMIT", "END", "ROLLBACK"})
_MEMORY = ":memory:"


@dataclass(slots=True)
class Rows:
    """What a statement gave. `count`: rows returned, or rows changed when it returns none."""

    columns: list[str] = field(default_factory=list)
    rows: list[dict[str, Json]] = field(default_factory=list)
    count: int = 0
    truncated: bool = False
    last_id: int | None = None


class SqliteJob:
    """Runs statements on one database file. Each public method is one transaction; call them from one thread only.

    Args:
        path: the file, or None for a database in memory.
        wait: seconds to wait for a lock that another holds.
    """

    def __init__(self, path: Path | None, *, read_only: bool, max_rows: int, wait: float) -> None:
        self._path = path
        self._read_only = read_only
        self._max_rows = max_rows
        self._wait = wait
        self._stop = threading.Event()

    def stop(self) -> None:
        """End the work soon, from any thread; it then fails with `cancelled`."""
        self._stop.set()

    def query(self, statement: str, parameters: Parameters) -> Rows:
        """Run one statement.

        Raises:
            WorkflowError: `sql.*`.
        """
        with self._connection() as connection:
            return self._fetch(connection.execute(statement, bindable(parameters)))

    def many(self, statement: str, rows: Sequence[Parameters]) -> Rows:
        """Run one statement for each of the rows, all or none.

        Raises:
            WorkflowError: `sql.*`.
        """
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            cursor = connection.executemany(statement, (bindable(row) for row in self._until_stopped(rows)))
            connection.execute("COMMIT")
            return Rows(count=max(0, cursor.rowcount))

    def script(self, text: str) -> Rows:
        """Run several statements in one transaction; the rows of the last one that gives any are the result.

        PRAGMA, VACUUM and ATTACH cannot run inside a transaction and must come first.

        Raises:
            WorkflowError: `sql.*`.
        """
        result = Rows()
        changed = 0
        with self._connection() as connection:
            for statement in split_statements(text):
                word = _first_word(statement)
                if not connection.in_transaction and word not in _OUTSIDE_TRANSACTION and not self._read_only:
                    connection.execute("BEGIN IMMEDIATE")
                rows = self._fetch(connection.execute(statement))
                if rows.columns:
                    result = rows
                else:
                    changed += rows.count
            if connection.in_transaction:
                connection.execute("COMMIT")
        if not result.columns:
            result.count = changed
        return result

    def _connection(self) -> "_Transaction":
        return _Transaction(self)

    def open(self) -> sqlite3.Connection:
        """A new connection that looks now and then whether it is to stop."""
        if self._path is None:
            connection = sqlite3.connect(_MEMORY, isolation_level=None)
        else:
            if self._read_only and not self._path.is_file():
                raise WorkflowError("sql.open", f"There is no database {str(self._path)!r}.")
            address = f"{self._path.absolute().as_uri()}?mode={'ro' if self._read_only else 'rwc'}"
            connection = sqlite3.connect(address, uri=True, timeout=self._wait, isolation_level=None)
        connection.set_progress_handler(self._stop.is_set, _INSTRUCTIONS_BETWEEN_LOOKS)
        return connection

    def failure(self, error: sqlite3.Error | sqlite3.Warning) -> WorkflowError:
        """The error as a step's failure."""
        text = str(error)
        if self._stop.is_set():
            return WorkflowError("cancelled", "The query was stopped.")
        if "locked" in text:
            return WorkflowError("sql.locked", f"The database is in use by another process: {text}.", recoverable=True)
        if "one statement at a time" in text:
            return WorkflowError("sql.statement", 'Only one statement can stand in "query"; put several into "script".')
        if isinstance(error, sqlite3.IntegrityError):
            return WorkflowError("sql.constraint", f"The database refused the change: {text}.")
        if isinstance(error, sqlite3.DatabaseError) and ("not a database" in text or "malformed" in text):
            return WorkflowError("sql.open", f"{str(self._path)!r} is not a SQLite database: {text}.")
        if "unable to open" in text or "readonly" in text:
            return WorkflowError("sql.open", f"The database {str(self._path)!r} cannot be used: {text}.")
        return WorkflowError("sql.statement", f"The database says: {text}.")

    def _fetch(self, cursor: sqlite3.Cursor) -> Rows:
        if cursor.description is None:
            return Rows(count=max(0, cursor.rowcount), last_id=cursor.lastrowid)
        columns = unique_names([entry[0] for entry in cursor.description])
        rows: list[dict[str, Json]] = []
        truncated = False
        while not truncated and (batch := cursor.fetchmany(_FETCH)):
            for values in self._until_stopped(batch):
                if len(rows) == self._max_rows:
                    truncated = True
                    break
                rows.append({name: json_value(name, value) for name, value in zip(columns, values, strict=True)})
        cursor.close()
        return Rows(columns=columns, rows=rows, count=len(rows), truncated=truncated)

    def _until_stopped(self, items: Sequence[ItemT]) -> Iterator[ItemT]:
        for item in items:
            if self._stop.is_set():
                raise WorkflowError("cancelled", "The query was stopped.")
            yield item


class _Transaction:
    """Opens a connection, and rolls back and closes it whatever happens; sqlite errors become step failures."""

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
        if isinstance(error, sqlite3.Error | sqlite3.Warning):
            raise self._job.failure(error) from None


def split_statements(text: str) -> Iterator[str]:
    """The statements of a script; semicolons inside texts, comments and triggers do not end one."""
    statement = ""
    for piece in text.split(";"):
        statement += piece + ";"
        if sqlite3.complete_statement(statement):
            if _first_word(statement):
                yield statement
            statement = ""
    if _first_word(statement):
        yield statement  # an unfinished one: the database says what is wrong with it


def _first_word(statement: str) -> str:
    """The first word of a statement in capitals, comments skipped; empty when there is none."""
    rest = statement.lstrip(" \t\r\n;")
    while rest.startswith(("--", "/*")):
        _, _, rest = rest.partition("\n" if rest.startswith("--") else "*/")
        rest = rest.lstrip(" \t\r\n;")
    return rest.split(None, 1)[0].rstrip(";").upper() if rest else ""


def bindable(parameters: Parameters) -> Sequence[Json] | dict[str, Json]:
    """The values to bind; lists and objects become JSON text."""
    if isinstance(parameters, Mapping):
        return {name: _scalar(value) for name, value in parameters.items()}
    return [_scalar(value) for value in parameters]


def _scalar(value: Json) -> Json:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def json_value(column: str, value: object) -> Json:
    """A cell as a JSON value.

    Raises:
        WorkflowError: `sql.value` when it is none.
    """
    if isinstance(value, bytes):
        raise WorkflowError(
            "sql.value", f"Column {column!r} holds bytes, which are no JSON value; select hex({column}) instead."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise WorkflowError("sql.value", f"Column {column!r} holds {value}, which is no JSON value.")
    return value


def unique_names(names: list[str]) -> list[str]:
    """Column names that differ: a second `a` becomes `a_2`."""
    found: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in found:
            number += 1
            candidate = f"{name}_{number}"
        found.append(candidate)
    return found
