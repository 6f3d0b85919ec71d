"""The same work as `SqliteJob` on any database that SQLAlchemy speaks to; needs the extra `wftui[sql]`."""

import contextlib
import datetime
import decimal
import importlib
import threading
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.steps.sqlite_job import Parameters, Rows, bindable, json_value, split_statements, unique_names

_FETCH = 500


class SqlAlchemyJob:
    """Runs statements at one URL. Each of `query`, `many` and `script` is one transaction; call from one thread only.

    Raises (all of these):
        WorkflowError: `sql.driver` when SQLAlchemy or the driver is absent, `sql.open`, `sql.statement`,
            `sql.constraint`, `sql.value`.
    """

    def __init__(self, url: str, *, read_only: bool, max_rows: int) -> None:
        self._url = url
        self._read_only = read_only
        self._max_rows = max_rows
        self._stopped = threading.Event()
        self._driver_connection: Any = None

    def stop(self) -> None:
        """End the work soon, from any thread, as far as the driver can."""
        self._stopped.set()
        connection = self._driver_connection
        cancel = getattr(connection, "cancel", None) or getattr(connection, "interrupt", None)
        if cancel is not None:
            with contextlib.suppress(Exception):  # the driver's own complaint: there was nothing to stop
                cancel()

    def query(self, statement: str, parameters: Parameters) -> Rows:
        """Run one statement; a list of values fits the driver's own marks, an object the marks `:name`."""
        with self._connection() as connection:
            return self._fetch(self._execute(connection, statement, parameters))

    def many(self, statement: str, rows: Sequence[Parameters]) -> Rows:
        """Run one statement for each of the rows, all or none."""
        count = 0
        with self._connection() as connection:
            for row in rows:
                self._check()
                count += max(0, self._execute(connection, statement, row).rowcount)
        return Rows(count=count)

    def script(self, text: str) -> Rows:
        """Run several statements; the rows of the last one that gives any are the result."""
        result, changed = Rows(), 0
        with self._connection() as connection:
            for statement in split_statements(text):
                self._check()
                rows = self._fetch(connection.exec_driver_sql(statement))
                if rows.columns:
                    result = rows
                else:
                    changed += rows.count
        if not result.columns:
            result.count = changed
        return result

    def _execute(self, connection: Any, statement: str, parameters: Parameters) -> Any:
        values = bindable(parameters)
        if isinstance(values, dict) or not values:
            return connection.execute(importlib.import_module("sqlalchemy").text(statement), values or {})
        return connection.exec_driver_sql(statement, tuple(values))

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Any]:
        try:
            sqlalchemy = importlib.import_module("sqlalchemy")
        except ImportError:
            raise WorkflowError(
                "sql.driver", "Databases other than SQLite need SQLAlchemy: pip install 'wftui[sql]' and a driver."
            ) from None
        exceptions = sqlalchemy.exc
        try:
            engine = sqlalchemy.create_engine(self._url, poolclass=sqlalchemy.pool.NullPool)
        except (exceptions.ArgumentError, exceptions.NoSuchModuleError) as error:
            raise WorkflowError(
                "sql.driver", "The URL of the connection names no database SQLAlchemy knows."
            ) from error
        except ImportError as error:
            raise WorkflowError("sql.driver", f"The driver of the database is not installed: {error.name}.") from None
        try:
            with engine.connect() as connection:
                self._driver_connection = connection.connection.driver_connection
                with connection.begin() as transaction:
                    yield connection
                    if self._read_only:
                        transaction.rollback()
        except exceptions.IntegrityError as error:
            raise WorkflowError("sql.constraint", f"The database refused the change: {error.orig}.") from None
        except exceptions.DBAPIError as error:
            self._check()
            kind = "sql.statement" if self._driver_connection is not None else "sql.open"
            raise WorkflowError(kind, f"The database says: {error.orig}.", recoverable=kind == "sql.open") from None
        except exceptions.SQLAlchemyError as error:
            raise WorkflowError("sql.statement", f"The statement cannot be run: {error}.") from None
        finally:
            self._driver_connection = None
            engine.dispose()

    def _fetch(self, result: Any) -> Rows:
        if not result.returns_rows:
            return Rows(count=max(0, result.rowcount))
        columns = unique_names(list(result.keys()))
        rows: list[dict[str, Json]] = []
        while batch := result.fetchmany(_FETCH):
            self._check()
            for values in batch:
                if len(rows) == self._max_rows:
                    result.close()
                    return Rows(columns=columns, rows=rows, count=len(rows), truncated=True)
                pairs = zip(columns, values, strict=True)
                rows.append({name: json_value(name, _plain(value)) for name, value in pairs})
        return Rows(columns=columns, rows=rows, count=len(rows))

    def _check(self) -> None:
        if self._stopped.is_set():
            raise WorkflowError("cancelled", "The query was stopped.")


def _plain(value: object) -> object:
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value) if isinstance(value, decimal.Decimal | uuid.UUID | datetime.timedelta) else value
