"""Removal in steps short enough for those who write meanwhile."""

import asyncio
import itertools
import sqlite3
import time

import pytest

from store.store_helpers import completed, created, log, started
from wftui.store.execution_store import ExecutionStore
from wftui.store.maintenance import cleanup as cleaning
from wftui.store.sqlite.database import OpenedDatabase, connect

pytest_plugins = "store.store_fixtures"


async def test_appends_continue_during_removal(store: ExecutionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "_RUNS_AT_ONCE", 1)  # many steps, so that some of them meet appends
    await store.append([created("live"), started("live")], wait=True)
    written = attempts = 0
    while written <= 10:  # again where it was through before this thread got its turns
        attempts += 1
        for number in range(150):
            run = f"old-{attempts}-{number}"
            await store.append([created(run), *(log(run) for _ in range(30))], wait=False)
            await store.append([completed(run)], wait=True)
        cleanup = asyncio.create_task(store.cleanup(None))
        while not cleanup.done():
            await store.append([log("live")], wait=True)
            written += 1
            await asyncio.sleep(0)
        assert (await cleanup).runs == 150
        assert attempts < 10
    assert len(await store.events("live", limit=1_000_000)) == written + 2


async def test_steps_are_as_short_on_a_slow_disk(store: ExecutionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.append([created("old"), *(log("old") for _ in range(1000)), completed("old")], wait=True)
    statements: list[str] = []

    def watched(opened: OpenedDatabase) -> sqlite3.Connection:
        connection = connect(opened)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(cleaning, "connect", watched)
    hundredths = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: next(hundredths) / 100)
    assert (await store.cleanup(None)).runs == 1
    assert statements.count("COMMIT") > 10
