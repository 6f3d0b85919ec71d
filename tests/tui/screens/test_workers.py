"""The screen of workers, without a server; tests/workers tries it with one."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.app import App

from wftui.model.reports import worker_lines
from wftui.model.workers import WorkerInfo, WorkerJob
from wftui.tui.app import WftuiApp
from wftui.tui.screens.workers_screen import WorkersScreen
from wftui.workbench import Workbench

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def worker(name: str, **fields: Any) -> WorkerInfo:
    given: dict[str, Any] = {
        "name": name, "host": "vm", "pid": 1, "pools": ["build"], "places": 2, "version": "0.2", "key": "abc",
        "draining": False, "lost": False, "since": NOW - timedelta(hours=1),
    }  # fmt: skip
    return WorkerInfo(**{**given, **fields})


@pytest.mark.parametrize("ascii_only", [False, True])
def test_workers_are_distinguished_without_color(ascii_only: bool) -> None:
    job = WorkerJob(run="run1", path="each[3].fetch", type="http", started=NOW - timedelta(seconds=12))
    found = [
        worker("idle"),
        worker("busy", jobs=[job], pools=["build", "gpu"]),
        worker("ends", draining=True, jobs=[job]),
        worker("gone", lost=True),
    ]
    lines = list(worker_lines(found, NOW, ascii_only=ascii_only))
    assert [line.tone for line in lines] == ["heading", "dim", "plain", "plain", "changed", "plain", "bad"]
    workers = [line.text for line in lines if line.text[0] != " "]
    assert len({text[0] for text in workers}) == 4
    states = ("idle", "working", "draining", "lost")
    assert all(f" {state} " in text for state, text in zip(states, workers, strict=True))
    assert {line.run_id for line in lines if "each[3].fetch" in line.text} == {"run1"}
    assert all("0.2" in text and "2026-11-29" in text for text in workers)
    assert not ascii_only or all(line.text.isascii() for line in lines)
    assert list(worker_lines([], NOW)) == []


async def test_the_screen_says_what_is_missing(
    workbench: Workbench, until: Callable[..., Awaitable[None]], text_of: Callable[[App[Any]], str]
) -> None:
    app = WftuiApp(workbench)
    async with app.run_test(size=(100, 20)) as pilot:
        app.action_workers()
        await until(pilot, lambda: isinstance(app.screen, WorkersScreen))
        screen = app.screen
        assert isinstance(screen, WorkersScreen)
        await until(pilot, lambda: screen.report.message != "Loading…")
        await until(pilot, lambda: "WFTUI_WORKERS" in text_of(app) or "wftui[workers]" in text_of(app))
        assert screen.why_not("workers.open") == "the line names no run"
