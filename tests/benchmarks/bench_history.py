"""The history screen over a million runs: CPU time of keys, idle cost, and memory."""

import asyncio
import gc
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from bench_store import _FILL, CHILDREN, MILLION, START
from measure import Row

from wftui.cli.main import _GARBAGE
from wftui.model.run.summary import RunSort
from wftui.store.execution_store import ExecutionStore
from wftui.tui.app import WftuiApp
from wftui.tui.widgets.history.table import HistoryTable
from wftui.workbench import Settings, Workbench

_KEYS: tuple[tuple[RunSort, str, int], ...] = (
    ("-started", "pagedown", 120),
    ("-started", "end", 1),
    ("-started", "pageup", 60),
    ("-duration", "pagedown", 60),
    ("-duration", "end", 1),
    ("workflow", "pagedown", 60),
    ("workflow", "end", 1),
)
_IDLE_SECONDS = 10
_PAUSE = 0.005


def rows() -> Iterable[Row]:
    """Open, sort and page a million runs."""
    gc.set_threshold(*_GARBAGE)  # as the program does
    with tempfile.TemporaryDirectory() as name:
        return asyncio.run(_measure(Path(name)))


async def _measure(folder: Path) -> list[Row]:
    path = folder / "million.db"
    await (await ExecutionStore.open(path)).close()
    connection = sqlite3.connect(path)
    connection.execute(_FILL, (START, MILLION, MILLION - CHILDREN))
    connection.commit()
    connection.close()
    workbench = Workbench(Settings(tables=folder / "tables", database=path))
    app = WftuiApp(workbench)
    taken: dict[str, list[float]] = {}
    async with app.run_test(size=(80, 24)) as pilot:
        app.open_history()
        await _until(lambda: any(each.known for each in app.screen.query(HistoryTable)))
        table = app.screen.query_one(HistoryTable)
        await _until(lambda: len(table.pages) == MILLION)
        for sort, key, times in _KEYS:
            if sort != table.sort:
                table.sort_by(sort)
                await _until(lambda: table.known)
            for _ in range(times):
                begin = time.process_time()
                await pilot.press(key)
                await _until(lambda: table.selected is not None)
                taken.setdefault(f"{key}, sorted by {sort}", []).append((time.process_time() - begin) * 1000)
        begin, at = time.process_time(), time.monotonic()
        await asyncio.sleep(_IDLE_SECONDS)
        idle = (time.process_time() - begin) / (time.monotonic() - at) * 100
    await workbench.close()
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
    everything = sorted(each for some in taken.values() for each in some)
    percent = everything[int(len(everything) * 0.99)]
    table_rows = [
        Row(f"a million runs, {name}", f"{sorted(some)[len(some) // 2]:.0f} ms, at most {max(some):.0f}")
        for name, some in taken.items()
    ]
    return [
        *table_rows,
        Row("a million runs, key to frame, p99", f"{percent:.0f} ms of CPU", "aim 50 ms", percent / 50, 1),
        Row("a million runs, screen at rest", f"{idle:.2f} % of a core", "aim 1 %", idle, 1),
        Row("a million runs, memory", f"{memory:.0f} MB", "aim 150 MB", memory / 150, 1),
    ]


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(_PAUSE)
