"""The sql step on other real databases: PostgreSQL, MariaDB and DuckDB."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import patience, until

from steps.sql.sql_servers import PASSWORD, mariadb, postgresql
from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.sql.step import SqlStep

STEP = SqlStep()
SLOW = {
    "postgresql": "SELECT pg_sleep(300)",
    "mysql": "SELECT SLEEP(300)",
    "duckdb": "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = 3",
}
MANY = {  # a server that gets to a row that nobody asked for fails, or is very slow
    "postgresql": "SELECT i + 0 / (9000 - i) AS i FROM generate_series(1, 5000000) AS s(i)",
    "mysql": "SELECT seq + IF(seq = 9000, SLEEP(300), 0) AS i FROM seq_1_to_5000000",
    "duckdb": "SELECT range AS i FROM range(1, 5000000)",
}
CHANGES = [
    "DELETE FROM t",
    "INSERT INTO t (a) VALUES ('q')",
    "CREATE TABLE u (a int)",
    "DROP TABLE t",
    "SELECT 1; COMMIT; DELETE FROM t",
    "COMMIT",
    "SET TRANSACTION READ WRITE",
]


@pytest.fixture(scope="module")
def postgresql_url() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def mysql_url() -> Iterator[str]:
    with mariadb() as url:
        yield url


@pytest.fixture
def duckdb_url(tmp_path: Path) -> str:
    pytest.importorskip("duckdb_engine", reason="duckdb-engine is not installed")
    return f"duckdb:///{tmp_path}/data.duckdb"


@pytest.fixture(params=[*(pytest.param(name, marks=pytest.mark.slow) for name in ("postgresql", "mysql")), "duckdb"])
async def engine(request: pytest.FixtureRequest, run: Run, context: RecordingContext) -> str:
    """A database with a table `t` of one row; the context's connection leads to it."""
    name = str(request.param)
    context.connection = {"url": request.getfixturevalue(f"{name}_url")}
    await run(STEP, {"script": "DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS u"})
    await run(STEP, {"script": "CREATE TABLE t (a varchar(100) UNIQUE, b int); INSERT INTO t VALUES ('x', 1)"})
    return name


async def count(run: Run) -> Json:
    return (await run(STEP, {"query": "SELECT count(*) AS n FROM t"}))["rows"][0]["n"]


@pytest.mark.usefixtures("engine")
async def test_values_are_bound(run: Run) -> None:
    rows: list[Json] = [{"a": "y; DROP TABLE t", "b": None}, {"a": "100 % of :b", "b": 3}]
    assert (await run(STEP, {"query": "INSERT INTO t (a, b) VALUES (:a, :b)", "many": rows}))["rowCount"] in (2, 0)
    output = await run(STEP, {"query": "SELECT a, b, a FROM t WHERE a <> :x ORDER BY a", "params": {"x": "x"}})
    assert output["rows"] == [
        {"a": "100 % of :b", "b": 3, "a_2": "100 % of :b"},
        {"a": "y; DROP TABLE t", "b": None, "a_2": "y; DROP TABLE t"},
    ]
    assert (output["columns"], output["truncated"]) == (["a", "b", "a_2"], False)


@pytest.mark.usefixtures("engine")
async def test_script_is_atomic_and_text_is_not_a_parameter(run: Run) -> None:
    script = (
        "INSERT INTO t VALUES ('a;b -- :c 50 %', 2); /* ; */ INSERT INTO t VALUES ('12:30', 3); "
        "SELECT a FROM t ORDER BY b"
    )
    output = await run(STEP, {"script": script})
    assert [row["a"] for row in output["rows"]] == ["x", "a;b -- :c 50 %", "12:30"]
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"script": "INSERT INTO t VALUES ('z', 4); INSERT INTO nowhere VALUES (1)"})
    assert caught.value.type == "sql.statement"
    assert await count(run) == 3


@pytest.mark.usefixtures("engine")
async def test_many_is_atomic(run: Run) -> None:
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"query": "INSERT INTO t (a) VALUES (:a)", "many": [{"a": "n"}, {"a": "x"}]})
    assert caught.value.type == "sql.constraint"
    assert await count(run) == 1


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("statement", CHANGES)
async def test_read_only_refuses_changes(run: Run, statement: str) -> None:
    for field in ("query", "script"):
        with pytest.raises(WorkflowError) as caught:
            await run(STEP, {field: statement, "readOnly": True})
        assert caught.value.type == "sql.read_only"
    assert await count(run) == 1


async def test_database_refuses_disguised_writes(run: Run, engine: str) -> None:
    hidden = {
        "postgresql": "WITH gone AS (DELETE FROM t RETURNING a) SELECT * FROM gone",
        "mysql": "EXPLAIN SELECT 1",
        "duckdb": "EXPLAIN ANALYZE DELETE FROM t",
    }
    if engine == "mysql":
        await run(STEP, {"script": "CREATE OR REPLACE SEQUENCE s"})
        hidden["mysql"] = "SELECT NEXTVAL(s)"
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"query": hidden[engine], "readOnly": True})
    assert caught.value.type in ("sql.statement", "sql.open")
    assert await count(run) == 1
    output = await run(STEP, {"query": "SELECT a FROM t WHERE a = :a", "params": {"a": "x"}, "readOnly": True})
    assert output["rows"] == [{"a": "x"}]


async def test_cancel_stops_the_query(run: Run, context: RecordingContext, engine: str) -> None:
    task = asyncio.ensure_future(run(STEP, {"query": SLOW[engine]}))
    if engine == "duckdb":
        await until(lambda: any(thread.name == "step-work" for thread in threading.enumerate()))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return
    listing = {
        "postgresql": "SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()",
        "mysql": "SELECT count(*) n FROM information_schema.processlist WHERE info = concat('SELECT ', 'SLEEP(300)')",
    }

    async def queries(number: int) -> None:
        async with patience():
            while (await run(STEP, {"query": listing[engine]}))["rows"][0]["n"] != number:
                await asyncio.sleep(0.02)

    await queries(1)
    task.cancel()
    async with patience():
        with pytest.raises(asyncio.CancelledError):
            await task
    await queries(0)


async def test_the_row_cap_does_not_fetch_the_rest(run: Run, engine: str) -> None:
    async with patience():
        output = await run(STEP, {"query": MANY[engine], "maxRows": 700})
    assert (output["rowCount"], output["truncated"], output["rows"][-1]) == (700, True, {"i": 700})


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("SELEKT", "sql.statement"),
        ("SELECT :a", "sql.statement"),
        ("SELECT * FROM nowhere", "sql.statement"),
    ],
)
async def test_failures_have_types(run: Run, query: str, kind: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"query": query})
    assert caught.value.type == kind
    assert "sqlalche.me" not in caught.value.message


@pytest.mark.parametrize(
    ("server", "query", "row"),
    [
        (
            "postgresql",
            "SELECT DATE '2026-11-22' AS d, TIMESTAMPTZ '2026-11-22 10:00+00' AT TIME ZONE 'UTC' AS t,"
            " 1.50::numeric AS n, '{\"a\": [1, null]}'::jsonb AS j, ARRAY[DATE '2026-01-01'] AS l,"
            " INTERVAL '90 minutes' AS i, 'b4b1c1c2-0000-4000-8000-000000000000'::uuid AS u, true AS b",
            {
                "d": "2026-11-22",
                "t": "2026-11-22T10:00:00",
                "n": "1.50",
                "j": {"a": [1, None]},
                "l": ["2026-01-01"],
                "i": "1:30:00",
                "u": "b4b1c1c2-0000-4000-8000-000000000000",
                "b": True,
            },
        ),
        (
            "mysql",
            "SELECT DATE '2026-11-22' AS d, TIMESTAMP '2026-11-22 10:00:00' AS t, 1.50 AS n, 1.5e0 AS f, TRUE AS b",
            {"d": "2026-11-22", "t": "2026-11-22T10:00:00", "n": "1.50", "f": 1.5, "b": 1},
        ),
        (
            "duckdb",
            "SELECT DATE '2026-11-22' AS d, 1.50::decimal(5, 2) AS n, {'a': DATE '2026-01-01'} AS s, [1, 2] AS l",
            {"d": "2026-11-22", "n": "1.50", "s": {"a": "2026-01-01"}, "l": [1, 2]},
        ),
    ],
)
async def test_types_become_json(
    request: pytest.FixtureRequest, run: Run, context: RecordingContext, server: str, query: str, row: Json
) -> None:
    context.connection = {"url": request.getfixturevalue(f"{server}_url")}
    assert (await run(STEP, {"query": query}))["rows"] == [row]


@pytest.mark.parametrize(
    ("server", "query"),
    [
        ("postgresql", "SELECT 'a'::bytea AS x"),
        ("postgresql", "SELECT 'NaN'::float8 AS x"),
        ("mysql", "SELECT UNHEX('FF') AS x"),
        ("duckdb", "SELECT 'a'::blob AS x"),
    ],
)
async def test_non_json_values_are_reported(
    request: pytest.FixtureRequest, run: Run, context: RecordingContext, server: str, query: str
) -> None:
    context.connection = {"url": request.getfixturevalue(f"{server}_url")}
    with pytest.raises(WorkflowError, match="Column 'x' contains") as caught:
        await run(STEP, {"query": query})
    assert caught.value.type == "sql.value"


async def test_a_function_body_is_one_statement(run: Run, context: RecordingContext, postgresql_url: str) -> None:
    context.connection = {"url": postgresql_url}
    body = "CREATE OR REPLACE FUNCTION two() RETURNS int AS $f$ BEGIN PERFORM 1; RETURN 2; END $f$ LANGUAGE plpgsql"
    assert (await run(STEP, {"script": f"{body}; SELECT two() AS n"}))["rows"] == [{"n": 2}]


@pytest.mark.parametrize("server", ["postgresql", "mysql"])
async def test_lock_wait_is_bounded_and_retryable(
    request: pytest.FixtureRequest, run: Run, context: RecordingContext, server: str
) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    url = request.getfixturevalue(f"{server}_url")
    context.connection = {"url": url}
    await run(STEP, {"script": "DROP TABLE IF EXISTS t; CREATE TABLE t (a int PRIMARY KEY); INSERT INTO t VALUES (1)"})
    other = sqlalchemy.create_engine(url)
    with other.begin() as connection:
        connection.exec_driver_sql("UPDATE t SET a = 2")
        with pytest.raises(WorkflowError) as caught:
            await run(STEP, {"query": "UPDATE t SET a = 3", "wait": "20ms"})
    other.dispose()
    assert (caught.value.type, caught.value.recoverable) == ("sql.locked", True)


@pytest.mark.parametrize("server", ["postgresql", "mysql"])
async def test_errors_omit_the_password(
    request: pytest.FixtureRequest, run: Run, context: RecordingContext, server: str
) -> None:
    url = request.getfixturevalue(f"{server}_url")
    for wrong in (
        url.replace(PASSWORD, "wrong-password"),
        url.replace("wf:", "nobody:"),
        url.replace("wftui-", "none-"),
    ):
        context.connection = {"url": wrong}
        with pytest.raises(WorkflowError) as caught:
            await run(STEP, {"query": "SELECT 1"})
        assert caught.value.type == "sql.open"
        assert PASSWORD not in caught.value.message
        assert "wrong-password" not in caught.value.message
