"""Screens beside four writers to the same history: CPU time of a key's frame.

As a program: `bench_crowd.py DATABASE STOP` stores events of a run until the file STOP exists.
"""

import asyncio
import gc
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench_monitor import shown_app
from measure import Row
from textual.pilot import Pilot

from wftui.cli.main import _GARBAGE
from wftui.model.run.events import Completed, Created, Log, Started
from wftui.store.execution_store import ExecutionStore
from wftui.store.run_ids import new_id
from wftui.tui.screens.runs.monitor_screen import MonitorScreen
from wftui.tui.widgets.history.table import HistoryTable

_PROCESSES = 4
_BATCH = 200
_KEYS = 120
_HISTORY_KEYS = ("down", "down", "pagedown", "up", "home")
_MONITOR_KEYS = ("2", "pageup", "end", "1", "down")
_PAUSE = 0.005


def rows() -> Iterable[Row]:
    """Keys in the history, and in the monitor of one of the runs."""
    gc.set_threshold(*_GARBAGE)  # as the program does
    with tempfile.TemporaryDirectory() as name:
        yield from asyncio.run(_crowded(Path(name)))


async def _crowded(folder: Path) -> list[Row]:
    database, stop = folder / "runs.db", folder / "stop"
    await (await ExecutionStore.open(database)).close()
    words = [sys.executable, __file__, str(database), str(stop)]
    storms = [subprocess.Popen(words) for _ in range(_PROCESSES)]
    try:
        async with shown_app(folder) as (app, pilot):
            app.open_history()
            await _until(lambda: any(len(each.pages) >= _PROCESSES for each in app.screen.query(HistoryTable)))
            history = await _costs(pilot, _HISTORY_KEYS)
            app.open_monitor(app.screen.query_one(HistoryTable).pages.run(0).id)  # type: ignore[union-attr]  # it is read
            await _until(lambda: isinstance(app.screen, MonitorScreen) and app.screen.state.record.last_seq > 0)
            monitor = await _costs(pilot, _MONITOR_KEYS)
    finally:
        stop.touch()
        for storm in storms:
            storm.wait()
    return [
        _keys_row(f"History while {_PROCESSES} processes store events, key to frame", history),
        _keys_row("monitor of one of these runs, key to frame", monitor),
    ]


def _keys_row(what: str, taken: list[float]) -> Row:
    ordered = sorted(taken) or [0.0]
    middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    return Row(what, f"p50 {middle:.0f}, p99 {late:.0f} ms of CPU, {len(taken)} keys", "p99 50 ms", late / 50, 1)


async def _costs(pilot: Pilot[Any], keys: Iterable[str], count: int = _KEYS) -> list[float]:
    """Return the CPU milliseconds of the screen's thread for each key and its frame."""
    taken = []
    for key in itertools.islice(itertools.cycle(keys), count):
        begin = time.thread_time()
        await pilot.press(key)
        taken.append((time.thread_time() - begin) * 1000)
    return taken


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(_PAUSE)


async def _storm(database: Path, stop: Path) -> None:
    store = await ExecutionStore.open(database)
    run, at = new_id(lambda: datetime.now(UTC)), datetime.now(UTC)
    await store.append(
        [Created(run_id=run, timestamp=at, workflow_id="storm"), Started(run_id=run, timestamp=at)], wait=True
    )
    while not stop.exists():
        lines = [Log(run_id=run, timestamp=datetime.now(UTC), path="s", message=f"line {n}") for n in range(_BATCH)]
        await store.append(lines, wait=True)
    await store.append([Completed(run_id=run, timestamp=datetime.now(UTC), outputs=None, duration=1.0)], wait=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(_storm(Path(sys.argv[1]), Path(sys.argv[2])))
