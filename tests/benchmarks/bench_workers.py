"""Steps on workers against bare jobs of procrastinate; 200 waits on one to three.

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
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from measure import Row

sys.path.insert(0, str(Path(__file__).parents[1]))
from steps.sql.sql_servers import postgresql

from wftui.engine.primitives.cancellation import StopScope, supervise
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.engine.run.state.leaf_work import LeafAttempt, run_here
from wftui.model.workers_address import VARIABLE
from wftui.steps.registry.trust import TrustedFiles
from wftui.workbench import Settings, Workbench

STEPS = 50
ROUNDS = 5
WAIT = """
import asyncio
from wftui.steps.plugin import step

@step("bench.nothing", title="Nothing")
async def nothing() -> int:
    "Does nothing."
    return 1

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
    work = {"type": "bench.nothing", "pool": "build", "input": {}}
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
                label = "one after another" if name == "sequence" else "side by side"
                here = partial(_run, bench, name, "here")
                found += await _beside_bare(label, url, partial(_run, bench, name), how, here)
            await bare.close()
        found.append(await _seam(await _cpu_here(bench)))
        seconds = []
        for count in (1, 2, 3):
            with contextlib.ExitStack() as workers:
                for _ in range(count):
                    workers.enter_context(_worker("-j", "4"))
                seconds.append(await _run(bench, "waits"))
        faster = seconds[0] / seconds[2]
        shown = ", ".join(f"{each:.1f}" for each in seconds)
        found.append(Row("200 waits of 0.5 s on 1, 2, 3 workers", f"{shown} s", f"{faster:.2f} times (aim 2.7)"))
        found += await _interruptions(bench, tables)
    finally:
        await bench.close(cancel=True)
    return found


async def _interruptions(bench: Workbench, tables: Path) -> list[Row]:
    """Times from a cancel to the run's end, and from a killed worker to the next one."""
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


async def _beside_bare(
    label: str,
    url: str,
    ours: Callable[[], Awaitable[float]],
    theirs: Callable[[], Awaitable[float]],
    here: Callable[[], Awaitable[float]],
) -> list[Row]:
    """Steps on workers, bare jobs and local steps in turn: elapsed time and CPU time.

    A step on a worker is a bare job and a step here, whose events are stored: their sum is its floor.
    """
    seconds: list[tuple[float, ...]] = []
    used: list[tuple[dict[str, float], ...]] = []
    for number in range(ROUNDS + 1):
        clock, cpu = [], []
        for work in (ours, theirs, here):
            before = _cpu(url)
            clock.append(await work())
            cpu.append({name: value - before[name] for name, value in _cpu(url).items()})
        if number:
            seconds.append(tuple(clock))
            used.append(tuple(cpu))
    mine, other, local = (statistics.median(each) / STEPS * 1e3 for each in zip(*seconds, strict=True))
    ratio = statistics.median(a / b for a, b, _ in seconds)
    floor = statistics.median((b + c) / b for _, b, c in seconds)
    costs = [
        {name: statistics.fmean(each[side][name] for each in used) / STEPS * 1e3 for name in used[0][side]}
        for side in range(3)
    ]
    by_cpu = [sum(each.values()) for each in costs]
    parts = ["{run:.2f} + {worker:.2f} + {server:.2f}".format(**each) for each in costs]
    what = f"{STEPS} steps on workers, {label}"
    return [
        Row(what, f"{mine:.2f} ms a step", f"bare job {other:.2f} ms", ratio, 1.5),
        Row("… bare job and step here: its floor", f"{other + local:.2f} ms", f"step here {local:.2f} ms", floor),
        Row("… CPU of run + workers + PostgreSQL", f"{parts[0]} ms", f"bare {parts[1]} ms", by_cpu[0] / by_cpu[1]),
        Row("… CPU of bare job and step here", f"{by_cpu[1] + by_cpu[2]:.2f} ms", f"on workers {by_cpu[0]:.2f} ms"),
    ]


def _cpu(url: str) -> dict[str, float]:
    """CPU seconds of this process, all workers and the server, ended ones included."""
    folder = parse_qs(urlsplit(url).query)["host"][0]
    server = psutil.Process(int(Path(folder, "data", "postmaster.pid").read_text().split()[0]))
    ended = server.cpu_times()
    backends = [server, *server.children()]
    workers = [each for each in psutil.Process().children() if each.status() != psutil.STATUS_ZOMBIE]
    return {
        "run": _seconds([psutil.Process()]),
        "worker": _seconds(workers),
        "server": _seconds(backends) + ended.children_user + ended.children_system,
    }


def _seconds(processes: list[psutil.Process]) -> float:
    """CPU seconds of some processes; one that ends meanwhile has none."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total


async def _cpu_here(bench: Workbench) -> float:
    """CPU seconds of a step in this process."""
    await _run(bench, "sequence", "here")
    begin = time.process_time()
    for _ in range(ROUNDS):
        await _run(bench, "sequence", "here")
    return (time.process_time() - begin) / ROUNDS / STEPS


async def _seam(here_cpu: float) -> Row:
    """CPU time that the seam of remote attempts adds to a local step."""
    kind, context, settings = _Nothing(), SimpleNamespace(cancelled=asyncio.Event()), EngineSettings()
    stop, grace, force = StopScope(), settings.grace, settings.force

    async def through() -> None:
        work: Any = LeafAttempt(None, kind, {}, {}, context, 1, False, stop, None, settings)  # type: ignore[arg-type]
        await run_here(work)

    async def direct() -> None:
        signal = context.cancelled
        await supervise(lambda: kind.run({}, context), stop=stop, signal=signal, limit=None, grace=grace, force=force)

    async def cost(call: Callable[[], Awaitable[None]]) -> float:
        begin = time.process_time()
        for _ in range(1_000):
            await call()
        return (time.process_time() - begin) / 1_000

    pairs = [(await cost(through), await cost(direct)) for _ in range(41)][1:]
    more = statistics.median(a - b for a, b in pairs)
    value = f"{more * 1e6:.2f} µs of {here_cpu * 1e6:.0f} µs CPU"
    return Row("a step here: what the seam adds", value, "without it", 1 + more / here_cpu, 1.03)


class _Nothing:
    async def run(self, _input: object, _context: object) -> int:
        return 1


async def _run(bench: Workbench, workflow: str, pool: str | None = None) -> float:
    begin = time.perf_counter()
    run = await bench.runs.start(workflow, {}, pool=pool)
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
