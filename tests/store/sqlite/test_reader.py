"""Queries of the reader: texts that SQLite refuses, and closed readers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.store_helpers import created
from wftui.model.base import Json
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.database import OpenedDatabase
from wftui.store.sqlite.reader import Reader
from wftui.store.sqlite.store_errors import StoreError

pytest_plugins = "store.store_fixtures"


@pytest.fixture
async def reader(database: Path, store: ExecutionStore) -> AsyncIterator[Reader]:
    await store.append([created("a-run")], wait=True)
    reader = Reader(OpenedDatabase(database))
    yield reader
    await reader.close()


@pytest.mark.parametrize(
    ("sql", "values"),
    [("SELECT ?, ?", ["half \udc80", 1]), ("SELECT :text, :number", {"text": "half \udc80", "number": 1})],
)
async def test_half_characters_are_escaped(reader: Reader, sql: str, values: list[Json] | dict[str, Json]) -> None:
    assert await reader.rows(sql, values) == [("half \\udc80", 1)]


async def test_values_can_be_any_iterable(reader: Reader) -> None:
    assert await reader.rows("SELECT ?, ?", iter(["\udc80", "ü"])) == [("\\udc80", "ü")]


async def test_nothing_is_written(reader: Reader) -> None:
    with pytest.raises(StoreError) as refused:
        await reader.rows("DELETE FROM executions")
    assert refused.value.code == "store.read_only"
    assert await reader.rows("SELECT id FROM executions") == [("a-run",)]


async def test_a_closed_reader_opens_again(reader: Reader) -> None:
    assert await reader.open() is await reader.open()
    await reader.close()
    await reader.close()
    assert await reader.rows("SELECT 1") == [(1,)]
