"""The engine with full history against bare loops over the same file system."""

import asyncio
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import aiosqlite
from cli_runs import Runs
from measure import Pair, Row, measure_pair

from wftui.compiler.module_run import LoadedWorkflow
from wftui.engine.host.executor import WorkflowExecutor
from wftui.model.clock import utc_now
from wftui.model.run.record import ExecutionRequest
from wftui.model.workflow.compilation import CompilationResult
from wftui.runtime.plan import Bind, ForEachPlan, StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope
from wftui.steps.registry.step_registry import builtin_registry
from wftui.store.execution_store import ExecutionStore

_ROW = '{"timestamp":"2026-11-22T19:17:52.004Z","type":"step_completed","path":"s1","output":{"n":1},"duration":0.1}'


def rows() -> Iterable[Row]:
    """Steps in sequence and side by side, runs back to back, memory, cancel, follower."""
    with tempfile.TemporaryDirectory(prefix="wftui-bench-", dir=Path.cwd()) as folder:
        yield from _sequences(Path(folder))
        yield from _others(Path(folder))
    memory = _peak_memory()
    yield Row("peak memory of the engine alone, 1,000 steps", f"{memory:.0f} MB", "60 MB", memory / 60, 1)
    with tempfile.TemporaryDirectory(prefix="wftui-bench-", dir=Path.cwd()) as folder:
        yield from _command_line(Runs(Path(folder)))


def _sequences(folder: Path) -> Iterable[Row]:
    per_step: dict[int, float] = {}
    for steps, rounds in ((100, 7), (1000, 5), (10_000, 3)):
        pair = _against(folder, partial(_bare_aiosqlite, folder, min(steps, 1000)), chain(steps), rounds)
        scale = min(steps, 1000) / steps
        per_step[steps] = pair.median_a / steps
        yield Row(
            f"{steps:,} set steps in sequence",
            f"{per_step[steps] * 1000:.3f} ms a step",
            f"aiosqlite, a commit a step {pair.median_b / min(steps, 1000) * 1000:.3f} ms",
            pair.ratio * scale,
            2,
        )
    pair = _against(folder, lambda: _bare_sqlite(folder, 1000), chain(1000), 5)
    yield Row(
        "1,000 set steps in sequence",
        f"{pair.median_a:.3f} ms a step",
        f"sqlite3, two commits a step {pair.median_b:.3f} ms",
        pair.ratio,
        3,
    )
    pair = measure_pair(
        lambda: _cpu_seconds(lambda: run_once(folder, chain(1000))),
        lambda: _cpu_seconds(lambda: _bare_sqlite(folder, 1000)),
        rounds=5,
    )
    yield Row(
        "1,000 set steps in sequence, CPU time",
        f"{pair.median_a * 1000:.0f} µs a step",
        f"sqlite3, two commits a step {pair.median_b * 1000:.0f} µs",
        pair.ratio,
    )
    flat = per_step[10_000] / per_step[1000]
    yield Row("a step of 10,000", f"{per_step[10_000] * 1000:.3f} ms", "a step of 1,000", flat, 1.2)
    written = _bytes_written(folder)
    yield Row("bytes in the database per step", f"{written:.0f}", "1,500", written / 1500, 1)


def _command_line(runs: Runs) -> Iterable[Row]:
    one = runs.chain(1)
    pair = measure_pair(lambda: runs.until_first_step(one), runs.bare_imports, rounds=7)
    yield Row(
        "start of wftui run to its first step",
        f"{pair.median_a * 1000:.0f} ms",
        f"Python importing the same libraries {pair.median_b * 1000:.0f} ms",
        pair.ratio,
        3,
    )
    thousand = runs.chain(1000)
    compiling = runs.peak_of_compiling(thousand)
    least = runs.measure(runs.chain(2)).peak
    yield Row(
        "peak memory of wftui run -q, 2 steps, cold",
        f"{least:.0f} MB",
        f"its libraries alone {runs.peak_of_imports():.0f} MB",
    )
    for name in ("cold", "unchanged"):
        peak = runs.measure(thousand).peak
        against = f"60 MB; wftui compile {compiling:.0f} MB"
        yield Row(f"peak memory of wftui run -q, 1,000 steps, {name}", f"{peak:.0f} MB", against, peak / 60, 1)
    few, many = runs.measure(runs.for_each(1000)), runs.measure(runs.for_each(100_000))
    yield Row(
        "peak memory of wftui run -q, forEach over 100,000 items", f"{many.peak:.0f} MB", "200 MB", many.peak / 200, 1
    )
    yield Row("forEach over 100,000 items", f"{many.seconds:.1f} s", "25 s", many.seconds / 25, 1)
    yield Row(
        "an item of 100,000",
        f"{many.seconds / 100:.3f} ms",
        f"an item of 1,000 {few.seconds:.3f} ms",
        many.seconds / 100 / few.seconds,
        1.5,
    )
    showing = runs.showing()
    yield Row("wftui show of it", f"{showing:.1f} s", f"its run {many.seconds:.1f} s", showing / many.seconds, 0.4)


def _others(folder: Path) -> Iterable[Row]:
    def seconds(plan: WorkflowPlan, times: int = 1) -> float:
        return statistics.median(_run(folder, lambda path: _repeat(path, plan, times)) for _ in range(3))

    beside = seconds(side_by_side(100)) * 1000
    yield Row("100 steps side by side", f"{beside:.0f} ms", "24 ms", beside / 24, 1)
    yield Row("forEach over 1,000 items, 10 at once", f"{seconds(for_each(1000)) * 1000:.0f} ms")
    each = seconds(chain(1), 200) / 200 * 1000
    yield Row("200 runs of one step back to back", f"{each:.2f} ms a run", "0.8 ms", each / 0.8, 1)
    latency = statistics.median(asyncio.run(_cancel_latency(folder)) for _ in range(5))
    yield Row("cancel to the end of the run", f"{latency * 1000:.1f} ms", "50 ms", latency / 0.05, 1)
    yield Row("events to a follower", f"{asyncio.run(_events_per_second(folder)):,.0f} a second")


# --- plans


def chain(count: int) -> WorkflowPlan:
    """Set steps, each reading the one before."""
    steps = [StepPlan(id="s0", type="set", name="s0", input=lambda _scope: {"n": 0})]
    for index in range(1, count):
        before = f"s{index - 1}"
        steps.append(StepPlan(id=f"s{index}", type="set", name=f"s{index}", needs=(before,), input=_next(before)))
    return _plan(*steps)


def side_by_side(count: int) -> WorkflowPlan:
    """Set steps that need nothing."""
    return _plan(*(StepPlan(id=f"s{n}", type="set", name=f"s{n}", input=lambda _scope: {"n": 0}) for n in range(count)))


def for_each(count: int) -> WorkflowPlan:
    """One set step over many items."""
    items = ForEachPlan(items=lambda _scope: list(range(count)), max_parallel=10)
    return _plan(StepPlan(id="s", type="set", name="s", input=lambda _scope: {"n": 0}, for_each=items))


def waiting() -> WorkflowPlan:
    """A step that waits."""
    return _plan(StepPlan(id="s", type="delay", name="s", input=lambda _scope: {"for": 3600}))


def _next(before: str) -> Bind:
    def bind(scope: Scope) -> dict[str, int]:
        return {"n": scope.steps[before].output["n"] + 1}

    return bind


def _plan(*steps: StepPlan) -> WorkflowPlan:
    return WorkflowPlan(id="bench", name="", version="1", source_hash="", compiler="", max_parallel=10, steps=steps)


# --- measuring


@asynccontextmanager
async def executor(path: Path, plan: WorkflowPlan) -> AsyncIterator[WorkflowExecutor]:
    """An executor of one plan over a database file."""
    result = CompilationResult(success=True, workflow_id="bench", timestamp=utc_now())
    store = await ExecutionStore.open(path)
    engine = WorkflowExecutor(store, builtin_registry(), lambda _id: LoadedWorkflow(plan, "{}", "", result))
    try:
        yield engine
    finally:
        await engine.close(cancel=True)
        await store.close()


def run_once(folder: Path, plan: WorkflowPlan) -> float:
    """Seconds of one run with full history in a fresh database; empties the folder."""
    return run_often(folder, plan, 1)


def run_often(folder: Path, plan: WorkflowPlan, times: int) -> float:
    """Seconds that a number of runs take, one after the other; as `run_once`."""
    return _run(folder, lambda path: _repeat(path, plan, times))


def _run(folder: Path, work: Callable[[Path], Awaitable[float]]) -> float:
    async def session() -> float:
        return await work(_fresh(folder))

    return asyncio.run(session())


async def _repeat(path: Path, plan: WorkflowPlan, times: int) -> float:
    async with executor(path, plan) as engine:
        begin = time.perf_counter()
        for _ in range(times):
            await engine.start(ExecutionRequest(workflow_id="bench"))
            await engine.close()
        return time.perf_counter() - begin


def _cpu_seconds(work: Callable[[], float]) -> float:
    """CPU seconds of all threads of this process, independent of other processes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def _against(folder: Path, other: Callable[[], float], plan: WorkflowPlan, rounds: int) -> Pair:
    return measure_pair(lambda: run_once(folder, plan), other, rounds=rounds)


def _fresh(folder: Path) -> Path:
    for path in folder.iterdir():
        path.unlink()
    return folder / "bench.db"


def _prepare(folder: Path) -> Path:
    path = _fresh(folder)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, data TEXT)")
    connection.close()
    return path


def _bare_aiosqlite(folder: Path, steps: int) -> float:
    path = _prepare(folder)

    async def loop() -> float:
        async with aiosqlite.connect(path) as connection:
            await connection.execute("PRAGMA synchronous=NORMAL")
            begin = time.perf_counter()
            for _ in range(steps):
                await connection.execute("INSERT INTO events (data) VALUES (?)", (_ROW,))
                await connection.execute("INSERT INTO events (data) VALUES (?)", (_ROW,))
                await connection.commit()
            return time.perf_counter() - begin

    return asyncio.run(loop())


def _bare_sqlite(folder: Path, steps: int) -> float:
    connection = sqlite3.connect(_prepare(folder))
    connection.execute("PRAGMA synchronous=NORMAL")
    begin = time.perf_counter()
    for _ in range(steps):
        for _ in range(2):
            connection.execute("INSERT INTO events (data) VALUES (?)", (_ROW,))
            connection.commit()
    taken = time.perf_counter() - begin
    connection.close()
    return taken


def _bytes_written(folder: Path) -> float:
    sizes = []
    for steps in (100, 2100):
        run_once(folder, chain(steps))
        sizes.append(sum(path.stat().st_size for path in folder.iterdir()))
    return (sizes[1] - sizes[0]) / 2000


async def _cancel_latency(folder: Path) -> float:
    async with executor(_fresh(folder), waiting()) as engine:
        run_id = await engine.start(ExecutionRequest(workflow_id="bench"))
        async for batch in engine.get_event_stream(run_id):
            if any(event.type == "step_waiting" for event in batch):
                break
        begin = time.perf_counter()
        await engine.cancel(run_id)
        await engine.wait(run_id)
        return time.perf_counter() - begin


async def _events_per_second(folder: Path) -> float:
    async with executor(_fresh(folder), chain(2000)) as engine:
        run_id = await engine.start(ExecutionRequest(workflow_id="bench"))
        begin = time.perf_counter()
        count = 0
        async for batch in engine.get_event_stream(run_id):
            count += len(batch)
        return count / (time.perf_counter() - begin)


def _peak_memory() -> float:
    """MB of a process that runs 1,000 steps."""
    code = (
        "import tempfile, bench_engine as b, pathlib\n"
        "with tempfile.TemporaryDirectory() as d:\n"
        "    b.run_once(pathlib.Path(d), b.chain(1000))\n"
        "from memory import peak_of_this_process; print(peak_of_this_process())"
    )
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), str(here.parents[1])])
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout)
