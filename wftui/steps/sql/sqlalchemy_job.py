"""`SqliteJob` for databases supported by SQLAlchemy; needs `wftui[sql]`."""

import contextlib
import importlib
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.sql.drivers import missing_driver
from wftui.steps.sql.engines import Engine, codes_of, engine_of, words_of
from wftui.steps.sql.statements import first_word, only_reads, sqlite_statements, statements
from wftui.steps.sql.values import Parameters, QueryResult, bindable, json_value, unique_names

_FETCH = 500
_MASK = "***"
_BACKGROUND = re.compile(r"\s*\(Background on this error at: [^)]*\)")


class SqlAlchemyJob:
    """Runs statements at one URL.

    Each of `query`, `many` and `script` is one transaction; call them from one thread only.

    Each of `query`, `many` and `script` is one transaction; call them from one thread only.

    Each of `query`, `many` and `script` is one transaction; call them from one thread only.

    Args:
        read_only: nothing may be changed; the database itself sees to that.
        wait: seconds to wait for locks, where the database supports it.

    Raises (all of these):
        WorkflowError: `sql.driver` when SQLAlchemy or the driver is absent, `sql.open`, `sql.statement`,
            `sql.constraint`, `sql.locked`, `sql.read_only`, `sql.value`.
    """

    def __init__(self, url: str, *, read_only: bool, max_rows: int, wait: float) -> None:
        self._address = url
        self._read_only = read_only
        self._max_rows = max_rows
        self._wait = wait
        self._stopped = threading.Event()
        self._cancel: Any = None

    def stop(self) -> None:
        """Stop the work, from any thread; nothing more is committed."""
        self._stopped.set()
        cancel = self._cancel
        if cancel is not None:
            # Some drivers tell their server over a new connection: not on the event loop.
            threading.Thread(target=cancel, name="sql-cancel", daemon=True).start()

    def query(self, statement: str, parameters: Parameters) -> QueryResult:
        """Run one statement; a list binds driver marks, an object `:name` marks."""
        self._check_reading(statement)
        with self._connection() as connection:
            return self._fetch(self._execute(connection, statement, parameters))

    def many(self, statement: str, rows: Sequence[Parameters]) -> QueryResult:
        """Run one statement for each row in one transaction."""
        self._check_reading(statement)
        count = 0
        with self._connection() as connection:
            for row in rows:
                self._check()
                count += max(0, self._execute(connection, statement, row).rowcount)
        return QueryResult(count=count)

    def script(self, text: str) -> QueryResult:
        """Run statements; return the rows of the last one that has any."""
        result, changed = QueryResult(), 0
        with self._connection() as connection:
            split = sqlite_statements if connection.dialect.name == "sqlite" else statements
            for statement in split(text):
                self._check()
                self._check_reading(statement)
                # Nothing in it is a mark for a value.
                rows = self._fetch(self._execute(connection, statement.replace(":", "\\:"), []))
                if rows.columns:
                    result = rows
                else:
                    changed += rows.count
        if not result.columns:
            result.count = changed
        return result

    def _check_reading(self, statement: str) -> None:
        if self._read_only and not only_reads(statement):
            raise WorkflowError(
                "sql.read_only",
                "The step is read-only (readOnly): it accepts single reading statements, such as SELECT, without a "
                'semicolon inside; pass texts with one in "params".',
            )

    def _execute(self, connection: Any, statement: str, parameters: Parameters) -> Any:
        values = bindable(parameters)
        # Rows are fetched as they are read: a server would else send all there are, whatever the cap.
        options = {"stream_results": True, "max_row_buffer": _FETCH} if first_word(statement) == "SELECT" else {}
        if isinstance(values, dict) or not values:
            text = importlib.import_module("sqlalchemy").text(statement)
            return connection.execute(text, values or {}, execution_options=options)
        return connection.exec_driver_sql(statement, tuple(values), execution_options=options)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Any]:
        """Yield a connection in a transaction; commit unless stopped."""
        missing = missing_driver(self._address)
        if missing is not None:
            raise missing.error()
        sqlalchemy = importlib.import_module("sqlalchemy")
        exceptions = sqlalchemy.exc
        opened = False
        engine, family = self._engine(sqlalchemy)
        try:
            with engine.connect() as connection:
                driver = connection.connection.driver_connection
                self._cancel = lambda: family.cancel(driver, lambda: engine.raw_connection())
                self._prepare(connection, family)
                opened = True
                self._check()
                yield connection
                self._check()
                if self._read_only:
                    connection.rollback()
                else:
                    connection.commit()
        except exceptions.IntegrityError as error:
            raise WorkflowError("sql.constraint", f"The database rejected the change: {self._reason(error)}.") from None
        except exceptions.DBAPIError as error:
            self._check()
            raise self._failure(error, family, opened=opened) from None
        except exceptions.SQLAlchemyError as error:
            raise WorkflowError("sql.statement", f"The statement cannot run: {self._reason(error)}.") from None
        finally:
            self._cancel = None
            engine.dispose()

    def _engine(self, sqlalchemy: Any) -> tuple[Any, Engine]:
        exceptions = sqlalchemy.exc
        try:
            url = sqlalchemy.make_url(self._address)
            family = engine_of(url.get_backend_name(), url.database)
            if self._read_only and not family.can_be_read_only:
                name = url.get_backend_name()
                raise WorkflowError("sql.read_only", f"Read-only mode is not supported for this {name} database.")
            arguments = dict(family.read_only_arguments or {}) if self._read_only else {}
            engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool, connect_args=arguments)
        except (exceptions.ArgumentError, exceptions.NoSuchModuleError):
            raise WorkflowError(
                "sql.driver", "The URL of the connection is not one that SQLAlchemy supports."
            ) from None
        if engine.dialect.is_async:
            message = f"The driver {url.drivername} is asynchronous; use a synchronous one, such as postgresql+psycopg."
            raise WorkflowError("sql.driver", message)
        return engine, family

    def _prepare(self, connection: Any, family: Engine) -> None:
        if family.most_rows is not None:
            connection.exec_driver_sql(family.most_rows(self._max_rows + 1))
        if family.wait is not None:
            connection.exec_driver_sql(family.wait(max(1, round(self._wait * 1000))))
        for statement in family.read_only if self._read_only else ():
            connection.exec_driver_sql(statement)

    def _failure(self, error: Any, family: Engine, *, opened: bool) -> WorkflowError:
        detail = f"Database error: {self._reason(error)}."
        if not opened:
            return WorkflowError("sql.open", detail, recoverable=True)
        if codes_of(error.orig) & family.busy:
            return WorkflowError("sql.locked", detail, recoverable=True)
        if error.connection_invalidated:
            return WorkflowError("sql.open", detail, recoverable=True)
        return WorkflowError("sql.statement", detail)

    def _reason(self, error: Any) -> str:
        """Return the database's message, never values or the password."""
        text = _BACKGROUND.sub("", words_of(getattr(error, "orig", None) or error))
        password = importlib.import_module("sqlalchemy").make_url(self._address).password
        if password:
            text = text.replace(password, _MASK)
        return text.replace(self._address, _MASK).strip().rstrip(".")

    def _fetch(self, result: Any) -> QueryResult:
        if not result.returns_rows:
            return QueryResult(count=max(0, result.rowcount))
        columns = unique_names(list(result.keys()))
        rows: list[dict[str, Json]] = []
        while batch := result.fetchmany(_FETCH):
            self._check()
            for values in batch:
                if len(rows) == self._max_rows:
                    result.close()
                    return QueryResult(columns=columns, rows=rows, count=len(rows), truncated=True)
                rows.append({name: json_value(name, value) for name, value in zip(columns, values, strict=True)})
        return QueryResult(columns=columns, rows=rows, count=len(rows))

    def _check(self) -> None:
        if self._stopped.is_set():
            raise WorkflowError("cancelled", "The query was stopped.")
