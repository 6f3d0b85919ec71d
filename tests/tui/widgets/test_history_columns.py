"""Columns of the table of runs."""

from datetime import UTC, datetime, timedelta

import pytest

from wftui.model.run.summary import ExecutionSummary
from wftui.model.user.user_settings import HistoryColumn
from wftui.tui.widgets.history.columns import COLUMNS, cell, fit

NOW = datetime(2026, 1, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("name", ["started", "ended"])
@pytest.mark.parametrize("ago", [timedelta(minutes=5), timedelta(days=1), timedelta(days=2), timedelta(days=400)])
def test_no_time_is_cut(name: HistoryColumn, ago: timedelta) -> None:
    time = NOW - ago
    run = ExecutionSummary(id="a", workflow_id="w", status="completed", started_at=time, completed_at=time)
    text, _ = cell(COLUMNS[name], run, NOW, "5.0s", "", ascii_only=False)
    assert fit(text, COLUMNS[name].width, ascii_only=False).rstrip() == text
