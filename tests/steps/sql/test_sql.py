"""The sql step on real SQLite files."""

import asyncio
import sqlite3
import threading
from collections.abc import Mapping
from typing import Any

import pydantic
import pytest
from helpers import patience, until

from steps.step_helpers import RecordingContext, Run
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.sql.statements import sqlite_statements
from wftui.steps.sql.step import SqlInput, SqlStep

STEP = SqlStep()
DB = {"database": "data.db"}
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
async def table(run: Run) -> None:
    await run(STEP, {**DB, "script": "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b)"})


@pytest.mark.usefixtures("table")
async def test_insert_and_select(run: Run) -> None:
    many = [["x", 1], ["y; DROP TABLE t", None], ["z", [1, {"k": 2}]]]
    inserted = await run(STEP, {**DB, "query": "INSERT INTO t (a, b) VALUES (?, ?)", "many": many})
    assert inserted["rowCount"] == 3
    one = await run(STEP, {**DB, "query": "INSERT INTO t (a) VALUES (:a)", "params": {"a": "w"}})
    assert (one["rowCount"], one["lastId"], one["rows"]) == (1, 4, [])
    found = await run(STEP, {**DB, "query": "SELECT a, b FROM t WHERE id <= ? ORDER BY id", "params": [3]})
    assert found == {
        "rows": [{"a": "x", "b": 1}, {"a": "y; DROP TABLE t", "b": None}, {"a": "z", "b": '[1, {"k": 2}]'}],
        "rowCount": 3,
        "truncated": False,
        "columns": ["a", "b"],
        "lastId": None,
    }


@pytest.mark.usefixtures("table")
async def test_many_is_atomic(run: Run) -> None:
    with pytest.raises(WorkflowError, match="UNIQUE") as caught:
        await run(STEP, {**DB, "query": "INSERT INTO t (a) VALUES (?)", "many": [["x"], ["y"], ["x"]]})
    assert caught.value.type == "sql.constraint"
    assert (await run(STEP, {**DB, "query": "SELECT * FROM t"}))["rows"] == []


@pytest.mark.usefixtures("table")
async def test_script_is_atomic(run: Run) -> None:
    with pytest.raises(WorkflowError):
        await run(STEP, {**DB, "script": "INSERT INTO t (a) VALUES ('x'); INSERT INTO nowhere VALUES (1);"})
    assert (await run(STEP, {**DB, "query": "SELECT * FROM t"}))["rows"] == []
    output = await run(
        STEP,
        {
            **DB,
            "script": "PRAGMA journal_mode = WAL; -- a comment; with semicolon\n"
            "INSERT INTO t (a) VALUES ('x;y'); INSERT INTO t (a) VALUES ('z');"
            "SELECT count(*) AS n FROM t",
        },
    )
    assert output["rows"] == [{"n": 2}]


async def test_row_limit_is_reported(run: Run, context: RecordingContext) -> None:
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i FROM n"
    output = await run(STEP, {"database": ":memory:", "query": query, "maxRows": 1000})
    assert (output["rowCount"], output["truncated"], output["rows"][-1]) == (1000, True, {"i": 1000})
    assert "more than 1,000 rows" in context.lines()[0]
    assert (await run(STEP, {"database": ":memory:", "query": query, "maxRows": 5000}))["truncated"] is False


async def test_duplicate_column_names_are_kept(run: Run) -> None:
    output = await run(STEP, {"database": ":memory:", "query": "SELECT 1 AS a, 2 AS a, 3 AS a"})
    assert output["rows"] == [{"a": 1, "a_2": 2, "a_3": 3}]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM t",
        "INSERT INTO t (a) VALUES ('q') RETURNING a",
        "WITH n(a) AS (SELECT 'q') INSERT INTO t (a) SELECT a FROM n",
        "CREATE TEMP TABLE u (a)",
        "ATTACH 'other.db' AS o",
        "VACUUM INTO 'other.db'",
        "VACUUM",
        "PRAGMA query_only = OFF",
        "PRAGMA user_version = 5",
        "PRAGMA journal_mode = WAL",
        "REINDEX",
        "SELECT load_extension('x')",
    ],
)
async def test_read_only_changes_nothing(run: Run, context: RecordingContext, statement: str) -> None:
    file = context.working_directory / "data.db"
    before = file.read_bytes()
    for values in ({"query": statement}, {"script": f"PRAGMA query_only; {statement}; SELECT 1"}):
        with pytest.raises(WorkflowError, match="read-only") as caught:
            await run(STEP, {**DB, **values, "readOnly": True})
        assert caught.value.type == "sql.read_only"
    assert file.read_bytes() == before
    assert not (context.working_directory / "other.db").exists()


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) AS n FROM t",
        "WITH n(a) AS (SELECT 1) SELECT a FROM n",
        "PRAGMA table_info(t)",
        "PRAGMA user_version",
        "SELECT name FROM pragma_table_info('t')",
        "SELECT value FROM json_each('[1]')",
        "EXPLAIN QUERY PLAN SELECT * FROM t",
    ],
)
async def test_read_only_lets_everything_be_read(run: Run, query: str) -> None:
    assert (await run(STEP, {**DB, "query": query, "readOnly": True}))["rowCount"] >= 1


async def test_reading_does_not_create_a_database(run: Run, context: RecordingContext) -> None:
    with pytest.raises(WorkflowError, match="The database"):
        await run(STEP, {"database": "missing.db", "query": "SELECT 1", "readOnly": True})
    assert not (context.working_directory / "missing.db").exists()


@pytest.mark.usefixtures("table")
async def test_a_cancel_reaches_the_wait_for_a_lock(run: Run, context: RecordingContext) -> None:
    other = sqlite3.connect(context.working_directory / "data.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    task = asyncio.ensure_future(run(STEP, {**DB, "query": "INSERT INTO t (a) VALUES ('late')", "wait": "10m"}))
    await until(lambda: any(thread.name == "step-work" for thread in threading.enumerate()))
    task.cancel()
    async with patience():
        with pytest.raises(asyncio.CancelledError):
            await task
    other.execute("COMMIT")
    other.close()
    await until(lambda: not any(thread.name == "step-work" for thread in threading.enumerate()))
    assert (await run(STEP, {**DB, "query": "SELECT * FROM t"}))["rows"] == [], "nothing is written after a cancel"


@pytest.mark.usefixtures("table")
async def test_released_lock_is_waited_for(run: Run, context: RecordingContext) -> None:
    other = sqlite3.connect(context.working_directory / "data.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    task = asyncio.ensure_future(run(STEP, {**DB, "query": "INSERT INTO t (a) VALUES ('late')", "wait": "10m"}))
    await until(lambda: any(thread.name == "step-work" for thread in threading.enumerate()))
    assert not task.done()
    other.execute("COMMIT")
    other.close()
    assert (await task)["rowCount"] == 1


async def test_values_keep_their_types(run: Run) -> None:
    params: list[Json] = [1, 2**63 - 1, 1.5, True, None, "2026-11-22", "\u00fc\u0000\U0001f600", {"k": [1]}]
    marks = ", ".join(f"? AS c{index}" for index in range(len(params)))
    output = await run(STEP, {"database": ":memory:", "query": f"SELECT {marks}", "params": params})
    assert list(output["rows"][0].values()) == [1, 2**63 - 1, 1.5, 1, None, "2026-11-22", params[6], '{"k": [1]}']


async def test_cancel_interrupts_a_query(run: Run, context: RecordingContext) -> None:
    task = asyncio.ensure_future(run(STEP, {**DB, "query": ENDLESS}))
    await until((context.working_directory / "data.db").exists)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("values", "kind", "sentence"),
    [
        ({"query": "SELEKT 1"}, "sql.statement", "syntax error"),
        ({"query": "SELECT 1; SELECT 2"}, "sql.statement", 'use "script" for several'),
        ({"query": "SELECT ?"}, "sql.statement", "binding"),
        ({"query": "SELECT :a", "params": {"b": 1}}, "sql.statement", ":?a"),
        ({"query": "SELECT x'00' AS raw"}, "sql.value", r"hex\(raw\) in SQLite"),
        ({"query": "SELECT ?", "params": [2**63]}, "sql.value", "too large"),
        ({"query": "SELECT ?", "params": ["\ud800"]}, "sql.value", "surrogates"),
        ({"query": "SELECT 9e999 AS big"}, "sql.value", "not a JSON value"),
        ({"query": "SELECT 1", "database": "."}, "sql.open", "cannot be opened"),
    ],
)
async def test_failures_have_types(run: Run, values: Mapping[str, Json], kind: str, sentence: str) -> None:
    with pytest.raises(WorkflowError, match=sentence) as caught:
        await run(STEP, {**DB, **values})
    assert caught.value.type == kind


async def test_file_of_another_format(run: Run, context: RecordingContext) -> None:
    (context.working_directory / "data.db").write_text("no database at all" * 100)
    with pytest.raises(WorkflowError, match="is not a SQLite database") as caught:
        await run(STEP, {**DB, "query": "SELECT * FROM t"})
    assert caught.value.type == "sql.open"


@pytest.mark.usefixtures("table")
async def test_lock_is_a_recoverable_error(run: Run, context: RecordingContext) -> None:
    other = sqlite3.connect(context.working_directory / "data.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(WorkflowError, match="in use by another process") as caught:
        await run(STEP, {**DB, "query": "DELETE FROM t", "wait": "10ms"})
    other.close()
    assert (caught.value.type, caught.value.recoverable) == ("sql.locked", True)


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("SELECT 1", ["SELECT 1;"]),
        ("SELECT ';'; -- end;\n;;", ["SELECT ';';"]),
        ("/* a;b */ SELECT 1;", ["/* a;b */ SELECT 1;"]),
        (
            "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END; SELECT 2",
            ["CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END;", " SELECT 2;"],
        ),
        (" ; \n", []),
    ],
)
def test_scripts_are_split_at_statements(text: str, statements: list[str]) -> None:
    assert list(sqlite_statements(text)) == statements


@pytest.mark.parametrize(
    "values",
    [{}, {"query": "x", "script": "y"}, {"query": "x", "params": [], "many": []}, {"script": "x", "params": [1]}],
)
def test_bad_input_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        SqlInput.model_validate({**DB, **values})


async def test_url_is_not_a_file(run: Run) -> None:
    address = "postgresql://wf:secret@host/db"
    [(field, sentence)] = STEP.check({"database": address, "query": "SELECT 1"})
    assert (field, "into a database connection" in sentence) == ("database", True)
    with pytest.raises(WorkflowError, match="into a database connection"):
        await run(STEP, {"database": address, "query": "SELECT 1"})


def test_values_in_the_text_are_refused_with_the_fix() -> None:
    [(field, sentence)] = STEP.check({"database": "x", "query": "SELECT '{{ inputs.a }}'"})
    assert field == "query"
    assert "params" in sentence
