"""Runs that steps started, which lists leave out by an index."""

from pathlib import Path
from typing import Any

import pytest

from store.store_helpers import START
from wftui.model.errors import NotFoundError
from wftui.model.run.summary import ExecutionFilters
from wftui.store.execution_store import ExecutionStore
from wftui.store.history.run_lists import find_run, list_runs
from wftui.store.sqlite.database import OpenedDatabase
from wftui.store.sqlite.reader import Reader, Row

pytest_plugins = "store.store_fixtures"


class _Explained(Reader):
    """Keeps how SQLite answers what is asked of `executions`."""

    def __init__(self, opened: OpenedDatabase) -> None:
        super().__init__(opened)
        self.steps: list[str] = []

    async def rows(self, sql: str, values: Any = ()) -> list[Row]:
        if "created_at" in sql:
            self.steps += [step[3] for step in await super().rows(f"EXPLAIN QUERY PLAN {sql}", values)]
        return await super().rows(sql, values)


async def test_child_runs_are_skipped_by_index(database: Path) -> None:
    await (await ExecutionStore.open(database)).close()
    reader = _Explained(OpenedDatabase(database))
    with pytest.raises(NotFoundError):
        await find_run(reader, "last")
    for index, wanted in (
        ("status", ExecutionFilters(children=False)),
        ("status", ExecutionFilters(children=False, status=["failed"], since=START)),
        ("workflow", ExecutionFilters(children=False, workflow_id="backup")),
        ("workflow", ExecutionFilters(workflow_id="backup", user_id="ann")),
        ("user", ExecutionFilters(children=False, user_id="ann")),
        ("parent", ExecutionFilters(parent_id="run-000")),
    ):
        await list_runs(reader, wanted, 50, "12~x")
        looked = [step for step in reader.steps if "executions" in step]
        assert looked
        assert all(f"SEARCH executions USING INDEX executions_by_{index} (" in step for step in looked), looked
        assert all("status=? AND <expr>=?" in step for step in looked)
        reader.steps.clear()
    await reader.close()
