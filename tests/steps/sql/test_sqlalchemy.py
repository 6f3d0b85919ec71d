"""The sql step through SQLAlchemy, with the one driver that is everywhere."""

import asyncio
import sys
import threading
from collections.abc import Mapping

import pytest
from helpers import until

from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.model.installation import install_command
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.sql.statements import statements
from wftui.steps.sql.step import SqlStep

STEP = SqlStep()
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture(autouse=True)
async def database(run: Run, context: RecordingContext) -> None:
    context.connection = {"url": f"sqlite+pysqlite:///{context.working_directory}/data.db"}
    await run(STEP, {"script": "CREATE TABLE t (a TEXT UNIQUE, d DATE); INSERT INTO t VALUES ('x', '2026-11-22')"})


async def test_the_same_input_works(run: Run) -> None:
    many = [["y", None], ["z; DROP TABLE t", "2026-11-23"]]
    assert (await run(STEP, {"query": "INSERT INTO t VALUES (?, ?)", "many": many}))["rowCount"] == 2
    output = await run(STEP, {"query": "SELECT a, a, d FROM t WHERE a > :low ORDER BY a", "params": {"low": "x"}})
    assert output["rows"] == [
        {"a": "y", "a_2": "y", "d": None},
        {"a": "z; DROP TABLE t", "a_2": "z; DROP TABLE t", "d": "2026-11-23"},
    ]
    assert (await run(STEP, {"query": "SELECT a FROM t", "maxRows": 1}))["truncated"] is True


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"query": "SELEKT"}, "sql.statement"),
        ({"query": "SELECT :a"}, "sql.statement"),
        ({"query": "INSERT INTO t (a) VALUES ('x')"}, "sql.constraint"),
        ({"query": "INSERT INTO t (a) VALUES (?)", "many": [["n"], ["x"]]}, "sql.constraint"),
        ({"query": "SELECT 1", "database": "x.db"}, "sql.open"),
    ],
)
async def test_failures_have_types_and_roll_back(run: Run, values: Mapping[str, Json], kind: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, values)
    assert caught.value.type == kind
    assert (await run(STEP, {"query": "SELECT count(*) AS n FROM t"}))["rows"] == [{"n": 1}]


@pytest.mark.parametrize("statement", ["DELETE FROM t", "PRAGMA query_only = OFF", "ATTACH 'other.db' AS o"])
async def test_read_only_changes_nothing(run: Run, statement: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"query": statement, "readOnly": True})
    assert caught.value.type == "sql.read_only"
    with pytest.raises(WorkflowError, match="readonly"):
        hidden = "WITH n(a) AS (SELECT 'q') INSERT INTO t (a) SELECT a FROM n"
        await run(STEP, {"query": hidden, "readOnly": True})
    assert (await run(STEP, {"query": "SELECT count(*) AS n FROM t", "readOnly": True}))["rows"] == [{"n": 1}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT ';' ; -- end;\n;;", ["SELECT ';' "]),
        ("/* a;b */ SELECT 1;SELECT 2", ["/* a;b */ SELECT 1", "SELECT 2"]),
        ("DO $$ BEGIN x; END $$; SELECT 2", ["DO $$ BEGIN x; END $$", " SELECT 2"]),
        ("DO $a$ ; $b$ ; $a$; SELECT ';", ["DO $a$ ; $b$ ; $a$", " SELECT ';"]),
        ("SELECT `a;b`, \"c;d\", 'it''s;'", ["SELECT `a;b`, \"c;d\", 'it''s;'"]),
        ("SELECT $1; SELECT a$b; SELECT c$d", ["SELECT $1", " SELECT a$b", " SELECT c$d"]),
        (" ; \n", []),
    ],
)
def test_scripts_are_split_at_statements(text: str, expected: list[str]) -> None:
    assert list(statements(text)) == expected


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("nonsense", "sql.driver"),
        ("gopher://x/y", "sql.driver"),
        ("mysql+nodriver://user:secret-pw@x/y", "sql.driver"),
        ("sqlite+aiosqlite:///x.db", "sql.driver"),
        ("sqlite:////no/such/folder/x.db", "sql.open"),
    ],
)
async def test_unreachable_url(run: Run, context: RecordingContext, url: str, kind: str) -> None:
    context.connection = {"url": url}
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"query": "SELECT 1"})
    assert caught.value.type == kind
    assert "secret-pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "hidden", "message", "package"),
    [
        (
            "postgresql+psycopg://x/y",
            "psycopg",
            "the driver of the database, psycopg, is not installed",
            "psycopg[binary]",
        ),
        ("mysql+pymysql://x/y", "pymysql", "the driver of the database, pymysql, is not installed", "pymysql"),
        ("mysql://x/y", "MySQLdb", "the driver of the database, MySQLdb, is not installed", "mysqlclient"),
        (
            "snowflake://x/y",
            "snowflake",
            "SQLAlchemy does not support snowflake without a plugin",
            "snowflake-sqlalchemy",
        ),
        ("postgresql://x/y", "sqlalchemy", "databases other than SQLite need SQLAlchemy and a driver", "wftui[sql]"),
    ],
)
async def test_missing_driver_is_named_with_the_command(
    run: Run,
    context: RecordingContext,
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    hidden: str,
    message: str,
    package: str,
) -> None:
    monkeypatch.setitem(sys.modules, hidden, None)
    context.connection = {"url": url}
    with pytest.raises(WorkflowError) as caught:
        await run(STEP, {"query": "SELECT 1"})
    assert caught.value.type == "sql.driver"
    assert str(caught.value) == f"{message}: {install_command(package)}"


async def test_cancel_interrupts(run: Run, context: RecordingContext) -> None:
    task = asyncio.ensure_future(run(STEP, {"query": ENDLESS}))
    await until(lambda: any(thread.name == "step-work" for thread in threading.enumerate()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
