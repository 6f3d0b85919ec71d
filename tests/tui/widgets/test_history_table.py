"""The table of runs: what it says about the processes of runs."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

import pytest
from textual.app import App, ComposeResult

from wftui.model.run.summary import ExecutionFilters, ExecutionPage, ExecutionSummary, RunOwner, RunSort
from wftui.model.run_notes import OwnerWatch
from wftui.tui.widgets.history.pages import PageStart
from wftui.tui.widgets.history.table import HistoryTable

Until = Callable[..., Awaitable[None]]
NOW = datetime(2026, 11, 30, 17, tzinfo=UTC)
RUN = ExecutionSummary(
    id="01k9x2m4z-10n9s",
    workflow_id="greet",
    user_id="ada",
    status="running",
    started_at=NOW,
    owner=RunOwner(host="vm", pid=7, heartbeat_at=NOW),
)


class TableApp(App[None]):
    """A table with one run, whose process has written one heartbeat."""

    reads = 0

    def compose(self) -> ComposeResult:
        yield HistoryTable(self._page, self._count, lambda: NOW, lambda: 0.0)

    async def _page(self, _filters: ExecutionFilters, _sort: RunSort, _start: PageStart) -> ExecutionPage:
        self.reads += 1
        return ExecutionPage(executions=[RUN], next=None)

    async def _count(self, _filters: ExecutionFilters) -> int:
        return 1


async def test_a_run_that_has_not_been_read_for_long_does_not_make_its_process_silent(
    monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    awake = 1000.0
    monkeypatch.setattr("wftui.tui.widgets.history.table.OwnerWatch", partial(OwnerWatch, lambda: awake))
    app = TableApp()
    async with app.run_test(size=(120, 10)) as pilot:
        table = app.query_one(HistoryTable)
        table.show(ExecutionFilters())
        await until(pilot, lambda: table.known)
        awake += 60  # as behind another screen, or on another page
        assert "ada on vm, process 7" in table.row(0, 118).plain
        assert "silent" not in table.row(0, 118).plain
        table.refresh_runs()
        await until(pilot, lambda: app.reads == 2 and "process silent for 1m" in table.row(0, 118).plain)
