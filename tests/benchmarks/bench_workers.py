"""Steps on workers: beside bare jobs of procrastinate, and 200 waits on one, two and three workers.

Needs the programs of PostgreSQL and the extra `workers`; rows say so where they are missing.
"""

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from measure import Row

sys.path.insert(0, str(Path(__file__).parents[1]))
from steps.sql.sql_servers import postgresql

from wftui.model.workers_address import VARIABLE
from wftui.steps.registry.trust import TrustedFiles
from wftui.workbench import Settings, Workbench

STEPS = 50
ROUNDS = 5
WAIT = """
import asyncio
from wftui.steps.plugin import step

@step("bench.wait", title="Wait")
async def wait() -> int:
    "Waits for half a second."
    await asyncio.sleep(0.5)
    return 1
"""
BARE = """
import asyncio, sys
import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=sys.argv[1], max_size=8))

@app.task(queue="bare", name="bare")
async def bare(key):
    await app.connector.execute_query_async("select pg_notify('done', %(key)s)", key=key)

async def main():
    async with app.open_async():
        print("ready", flush=True)
        await app.run_worker_async(queues=["bare"], concurrency=25, delete_jobs="always")

asyncio.run(main())
"""


def rows() -> Iterable[Row]:
    """All rows, or one with the reason why there are none."""
    try:
        with tempfile.TemporaryDirectory(prefix="wftui-bench-") as folder, _server(Path(folder)) as url:
            yield from asyncio.run(_measured(Path(folder), url))
    except pytest.skip.Exception as reason:
        yield Row("steps on workers", "-", str(reason))


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[str]:
    for package in ("procrastinate", "psycopg_pool", "cryptography"):
        pytest.importorskip(package, reason=f"the package {package} is not installed")
    with postgresql() as url:
        os.environ[VARIABLE] = url.replace("+psycopg", "")
        os.environ["WFTUI_CONNECTIONS"] = str(folder)
        yield os.environ[VARIABLE]


async def _measured(folder: Path, url: str) -> list[Row]:
    from wftui.workers.database import conninfo
    from wftui.workers.sealing import make_key

    make_key()
    found: list[Row] = []
    tables = folder / "tables"
    write = {"action": "write", "path": "x", "content": "1", "overwrite": True}
    work = {"type": "file", "pool": "build", "input": write}
    chain = [{"id": f"s{n}", **work, "needs": [f"s{n - 1}"] if n else []} for n in range(STEPS)]
    _write(tables, "sequence", *chain)
    _write(tables, "beside", *[{"id": f"s{n}", **work, "needs": []} for n in range(STEPS)], maxParallel=STEPS)
    file = tables / "steps" / "wait.py"
    file.write_text(WAIT)
    TrustedFiles().trust(file, WAIT.encode())
    wait = {"id": "w", "type": "bench.wait", "pool": "build", "input": {}}
    each = {"in": "range(200)", "maxParallel": 200, "maxItems": 200}
    _write(tables, "waits", {**wait, "forEach": each}, maxParallel=200)
    bench = Workbench(Settings(tables=tables, database=folder / "bench.db", user_id="bench"))
    try:
        with _worker("-j", "25"), _worker("-j", "25"), _bare(conninfo(url, "bare")), _bare(conninfo(url, "bare")):
            bare = _Bare(conninfo(url, "bare"))
            await bare.open()
            for name, how in (("sequence", bare.in_sequence), ("beside", bare.side_by_side)):
                mine, theirs = await _pairs(partial(_run, bench, name), how)
                label = "one after another" if name == "sequence" else "side by side"
                value, against = f"{mine / STEPS * 1e3:.2f} ms a step", f"bare job {theirs / STEPS * 1e3:.2f} ms"
                found.append(Row(f"{STEPS} steps on workers, {label}", value, against, mine / theirs, 1.5))
            await bare.close()
        seconds = []
        for count in (1, 2, 3):
            with contextlib.ExitStack() as workers:
                for _ in range(count):
                    workers.enter_context(_worker("-j", "10"))
                seconds.append(await _run(bench, "waits"))
        faster = seconds[0] / seconds[2]
        shown = ", ".join(f"{each:.1f}" for each in seconds)
        found.append(Row("200 waits of 0.5 s on 1, 2, 3 workers", f"{shown} s", f"{faster:.2f} times (aim 2.7)"))
        found += await _interruptions(bench, tables)
    finally:
        await bench.close(cancel=True)
    return found


async def _interruptions(bench: Workbench, tables: Path) -> list[Row]:
    """Times from a cancel to the end of the run, and from kill -9 of a worker to the step on another one."""
    _write(tables, "long", {"id": "a", "type": "shell", "pool": "build", "input": {"argv": ["sleep", "300"]}})
    with _worker() as first:
        run = await bench.runs.start("long", {})
        await _until(bench, run, "step_taken")
        with _worker():
            first.kill()
            begin = time.perf_counter()
            await _until(bench, run, "step_moved")
            moved = time.perf_counter() - begin
            begin = time.perf_counter()
            await bench.runs.cancel(run)
            await bench.runs.wait(run)
            cancelled = time.perf_counter() - begin
    return [
        Row("kill -9 of a worker to the step on another", f"{moved:.1f} s", "10 s", moved / 10, 1),
        Row("cancel to the end of a run on a worker", f"{cancelled * 1e3:.0f} ms"),
    ]


async def _until(bench: Workbench, run: str, event: str) -> None:
    async for batch in bench.runs.follow(run):
        if any(each.type == event for each in batch):
            return


async def _pairs(ours: Callable[[], Awaitable[float]], theirs: Callable[[], Awaitable[float]]) -> tuple[float, float]:
    """Medians of both, measured in turn."""
    mine, others = [], []
    for number in range(ROUNDS + 1):
        a, b = await ours(), await theirs()
        if number:
            mine.append(a)
            others.append(b)
    return statistics.median(mine), statistics.median(others)


async def _run(bench: Workbench, workflow: str) -> float:
    begin = time.perf_counter()
    run = await bench.runs.start(workflow, {})
    await bench.runs.wait(run)
    seconds = time.perf_counter() - begin
    record = await bench.runs.record(run)
    assert record.status == "completed", record.error
    return seconds


def _write(tables: Path, name: str, *steps: dict[str, Any], **fields: Any) -> None:
    path = tables / "workflows" / name / "workflow.json"
    path.parent.mkdir(parents=True)
    (tables / "steps").mkdir(exist_ok=True)
    path.write_text(json.dumps({"format": 1, "id": name, **fields, "steps": list(steps)}))


@contextlib.contextmanager
def _worker(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    yield from _started(sys.executable, "-m", "wftui", "worker", "--pool", "build", *arguments)


@contextlib.contextmanager
def _bare(url: str) -> Iterator["subprocess.Popen[str]"]:
    yield from _started(sys.executable, "-c", BARE, url)


def _started(*command: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        try:
            yield process
        finally:
            process.terminate()


class _Bare:
    """Bare jobs of procrastinate: enqueued, and waited for by NOTIFY."""

    def __init__(self, url: str) -> None:
        import procrastinate

        self._url = url
        self._app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, max_size=8))
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._number = 0

    async def open(self) -> None:
        import psycopg

        await self._app.open_async()
        self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        await self._connection.execute("listen done")
        self._hearing = asyncio.create_task(self._hear())

    async def close(self) -> None:
        self._hearing.cancel()
        await asyncio.gather(self._hearing, return_exceptions=True)
        await self._connection.close()
        await self._app.close_async()

    async def in_sequence(self) -> float:
        begin = time.perf_counter()
        for _ in range(STEPS):
            await self._job()
        return time.perf_counter() - begin

    async def side_by_side(self) -> float:
        begin = time.perf_counter()
        await asyncio.gather(*(self._job() for _ in range(STEPS)))
        return time.perf_counter() - begin

    async def _job(self) -> None:
        self._number += 1
        key = str(self._number)
        ended = self._waiting[key] = asyncio.get_running_loop().create_future()
        await self._app.configure_task("bare", queue="bare").defer_async(key=key)
        await ended

    async def _hear(self) -> None:
        async for notification in self._connection.notifies():
            self._waiting.pop(notification.payload).set_result(None)
