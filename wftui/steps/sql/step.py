"""The `sql` step type."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, model_validator

from wftui.connections.connection_kinds import DatabaseConnection
from wftui.model.base import Json
from wftui.model.text.raw_text import literal_text
from wftui.model.workflow.durations import Duration
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.findings import Repair, exactly_one_of, raw_repair
from wftui.steps.api.requirements import Host, MissingRequirement
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepType
from wftui.steps.api.threads import run_stoppable
from wftui.steps.files.paths import resolve_path
from wftui.steps.sql.sqlite_job import SqliteJob
from wftui.steps.sql.values import QueryResult

if TYPE_CHECKING:
    from wftui.steps.sql.sqlalchemy_job import SqlAlchemyJob

_ADDRESS = "Put the URL of a database into a database connection; this is the path of a SQLite file."
_NO_BRACES = (
    'Do not put values into the SQL text: use "?" or ":name" here and pass the value in "params". '
    "Write literal braces between {% raw %} and {% endraw %}."
)


class SqlInput(StepModel):
    """Input of `sql`."""

    database: Annotated[
        str | None, Field(min_length=1, description='SQLite file, or ":memory:"; omit with a connection.')
    ] = None
    query: Annotated[str | None, Field(description='One statement, with "?" or ":name" for values.')] = None
    params: Annotated[
        list[Json] | dict[str, Json] | None,
        Field(
            description='Values: an object for ":name", or a list for "?" (with a connection: for the placeholders '
            "of its driver). Lists and objects are bound as JSON text."
        ),
    ] = None
    many: Annotated[
        list[list[Json] | dict[str, Json]] | None,
        Field(description="Rows of values: the statement runs once for each, in one transaction."),
    ] = None
    script: Annotated[str | None, Field(description="Statements without values, run in one transaction.")] = None
    read_only: Annotated[
        bool,
        Field(description="Read-only mode, enforced by the database."),
    ] = False
    max_rows: Annotated[int, Field(ge=1, le=1_000_000, description="Maximum rows in the output.")] = 10_000
    wait: Annotated[Duration, Field(description="Time to wait while another process locks the database.")] = 5.0

    @model_validator(mode="after")
    def _one_of_the_two(self) -> "SqlInput":
        if (self.query is None) == (self.script is None):
            raise ValueError('give exactly one of "query" and "script"')
        if self.params is not None and self.many is not None:
            raise ValueError('"params" cannot be combined with "many"')
        if self.script is not None and (self.params is not None or self.many is not None):
            raise ValueError('"script" takes no values; use "query" with "params" or "many"')
        return self


class SqlOutput(StepModel):
    """Output of `sql`."""

    rows: Annotated[list[dict[str, Json]], Field(description="Rows as objects by column name.")]
    row_count: Annotated[int, Field(description="Number of `rows`, or of rows changed.")]
    truncated: Annotated[bool, Field(description="Whether rows beyond maxRows were left out.")]
    columns: Annotated[list[str], Field(description="Names of the columns, in order.")]
    last_id: Annotated[int | None, Field(description="Row id of the last insert.")] = None


class SqlStep(StepType[SqlInput]):
    """Runs in a thread; a cancel interrupts the query."""

    word = "sql"
    title = "SQL"
    description = (
        "Queries or changes a SQLite database, or any other through a connection. Values are bound, never inserted "
        "into the text."
    )
    connection_kind = "database"
    icon = "∑"
    ascii_icon = "q"
    search_words = ("database", "query", "postgres", "mysql", "sqlite", "select", "insert")
    input_model = SqlInput
    path_fields: ClassVar = {"database": "machine"}
    field_rules: ClassVar = exactly_one_of("query", "script")
    example: ClassVar = {"database": ":memory:", "query": "SELECT :a + :b AS total", "params": {"a": 1, "b": 2}}
    output_schema: ClassVar = SqlOutput.model_json_schema(by_alias=True)

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check for one of query and script, and bound values."""
        problems: list[tuple[str, str]] = []
        for field in ("query", "script"):
            text = literal_input.get(field)
            if isinstance(text, str) and literal_text(text) is None:
                problems.append((field, _NO_BRACES))
        database = literal_input.get("database")
        if isinstance(database, str) and "://" in database:
            problems.append(("database", _ADDRESS))
        if ("query" in literal_input) == ("script" in literal_input):
            problems.append(("", 'Give exactly one of "query" (one statement) and "script" (several).'))
        return problems

    @classmethod
    def repairs(cls, literal_input: Mapping[str, Json]) -> Mapping[str, Repair]:
        """Keep braces as text."""
        return {**raw_repair("query", literal_input), **raw_repair("script", literal_input)}

    @classmethod
    def missing(cls, host: Host) -> Sequence[MissingRequirement]:
        """SQLAlchemy for any database but SQLite; its driver once the address is known."""
        from wftui.steps.sql.drivers import missing_driver

        if not host.connected:
            return ()
        address = host.connection.get("url") if host.connection is not None else None
        found = missing_driver(address if isinstance(address, str) else None)
        return () if found is None else (found,)

    async def run(self, input: SqlInput, context: StepContext) -> Json:
        """Run the statement or script.

        Raises:
            WorkflowError: `sql.open`, `sql.statement`, `sql.constraint`, `sql.locked`, `sql.value`,
                `sql.read_only`, `sql.driver`.
        """
        job = _job(input, context)
        rows = await run_stoppable(lambda: _work(job, input), job.stop)
        if rows.truncated:
            context.log(f"There are more than {input.max_rows:,} rows; the rest was left out (maxRows).", "warn")
        return SqlOutput(
            rows=rows.rows,
            row_count=rows.count,
            truncated=rows.truncated,
            columns=rows.columns,
            last_id=rows.last_id,
        ).model_dump(by_alias=True)


def _job(step: SqlInput, context: StepContext) -> "SqliteJob | SqlAlchemyJob":
    if context.connection is not None:
        if step.database is not None:
            raise WorkflowError("sql.open", "database cannot be combined with a connection, which has its own.")
        from wftui.steps.sql.sqlalchemy_job import SqlAlchemyJob

        server = DatabaseConnection.model_validate(dict(context.connection))
        return SqlAlchemyJob(server.url, read_only=step.read_only, max_rows=step.max_rows, wait=step.wait)
    if step.database is None:
        raise WorkflowError("sql.open", 'The step needs "database" (a SQLite file) or a database connection.')
    if "://" in step.database:
        raise WorkflowError("sql.open", _ADDRESS)
    path = None if step.database == ":memory:" else resolve_path(step.database, context.working_directory)
    return SqliteJob(path, read_only=step.read_only, max_rows=step.max_rows, wait=step.wait)


def _work(job: "SqliteJob | SqlAlchemyJob", step: SqlInput) -> QueryResult:
    if step.script is not None:
        return job.script(step.script)
    if step.many is not None:
        return job.many(step.query or "", step.many)
    return job.query(step.query or "", step.params if step.params is not None else [])
