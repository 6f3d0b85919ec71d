"""The store: steps with history against bare loops, bytes, and big histories."""

import asyncio
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiosqlite
from measure import Row, measure_pair, timed

from wftui.model.clock import utc_now
from wftui.model.run.events import Completed, Created, Log, Started, StepCompleted, StepStarted
from wftui.model.run.summary import ExecutionFilters
from wftui.store.execution_store import ExecutionStore
from wftui.store.sqlite.connection import WritingConnection

MILLION = 1_000_000
CHILDREN = 100_000
START = 1_700_000_000_000


def rows() -> Iterable[Row]:
    """Everything about the store."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from _steps(folder)
        yield _checked(folder)
        yield from asyncio.run(_reading(folder))
        yield from asyncio.run(_big_value(folder))
        yield from _second_process(folder)
        yield from asyncio.run(_million(folder))


def _absolute(name: str, value: float, unit: str, aim: float | None = None) -> Row:
    """A row whose aim is a bare number; the ratio is to that aim."""
    shown = f"{value:.3g} {unit}" if value < 1000 else f"{value:,.0f} {unit}"
    if aim is None:
        return Row(name, shown)
    return Row(name, shown, f"aim {aim:g} {unit}", value / aim, 1)


# --- writing ----------------------------------------------------------------------------------------------------------


async def run_steps(path: Path, count: int) -> float:
    """Milliseconds a step of a run whose every step is committed before the next."""
    store = await ExecutionStore.open(path)
    run = f"bench-{time.monotonic_ns()}"
    await store.append([Created(run_id=run, timestamp=utc_now(), workflow_id="bench")], wait=True)
    await store.append([Started(run_id=run, timestamp=utc_now())], wait=False)
    begin = time.perf_counter()
    for number in range(count):
        step = f"step_{number}"
        named: dict[str, Any] = {"run_id": run, "step_id": step, "path": step}
        started = StepStarted(**named, timestamp=utc_now(), step_name=step, step_type="set", input={"value": number})
        await store.append([started], wait=False)
        done = StepCompleted(**named, timestamp=utc_now(), output={"value": number}, duration=0.1)
        await store.append([done], wait=True)
        await asyncio.sleep(0)
    taken = time.perf_counter() - begin
    await store.append([Completed(run_id=run, timestamp=utc_now(), duration=1)], wait=True)
    await store.close()
    return taken * 1000 / count


async def bare_aiosqlite(path: Path, count: int) -> float:
    """Milliseconds per step of a loop that inserts the same two rows by aiosqlite."""
    async with aiosqlite.connect(path) as connection:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = NORMAL")
        await connection.execute("CREATE TABLE IF NOT EXISTS e (run, seq, data)")
        begin = time.perf_counter()
        for number in range(count):
            await connection.execute("INSERT INTO e VALUES (1, ?, ?)", (2 * number, "x" * 80))
            await connection.execute("INSERT INTO e VALUES (1, ?, ?)", (2 * number + 1, "x" * 80))
            await connection.commit()
        return (time.perf_counter() - begin) * 1000 / count


def bare_sqlite(path: Path, count: int) -> float:
    """Milliseconds a step of a loop with two commits a step, through sqlite3."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("CREATE TABLE IF NOT EXISTS e (run, seq, data)")

    def work() -> None:
        for number in range(2 * count):
            connection.execute("INSERT INTO e VALUES (1, ?, ?)", (number, "x" * 80))

    taken = timed(work)
    connection.close()
    return taken * 1000 / count


def _steps(folder: Path) -> Iterable[Row]:
    for count in (100, 1000, 10_000):
        rounds = 3 if count == 10_000 else 5
        pair = measure_pair(
            lambda count=count: asyncio.run(run_steps(folder / "steps.db", count)),  # type: ignore[misc]
            lambda count=count: asyncio.run(bare_aiosqlite(folder / "aiosqlite.db", min(count, 1000))),  # type: ignore[misc]
            rounds=rounds,
        )
        against = f"bare aiosqlite, one commit a step {pair.median_b:.3f} ms"
        yield Row(f"{count:,} steps stored, each", f"{pair.median_a:.3f} ms", against, pair.ratio, 2)
    bare = bare_sqlite(folder / "sqlite.db", 1000)
    yield Row("1,000 steps stored, each", f"{pair.median_a:.3f} ms", f"sqlite3, two commits a step {bare:.3f} ms")
    yield _absolute("a step of 10,000", pair.median_a, "ms", 0.15)
    asyncio.run(run_steps(folder / "bytes.db", 1))
    before = _written()
    asyncio.run(run_steps(folder / "bytes.db", 1000))
    yield _absolute("written to disk for a step", (_written() - before) / 1000, "bytes", 1536)
    size = (folder / "bytes.db").stat().st_size
    yield _absolute("file, for a step", size / 1000, "bytes")


def _checked(folder: Path) -> Row:
    """Commits with and without the check for a replaced or updated database file."""

    def unchecked() -> float:
        with patch.object(WritingConnection, "_check_file", lambda _: None):
            return asyncio.run(run_steps(folder / "checked.db", 1000))

    pair = measure_pair(lambda: asyncio.run(run_steps(folder / "checked.db", 1000)), unchecked)
    against = f"without a look at the file {pair.median_b:.3f} ms"
    return Row("1,000 steps stored, each", f"{pair.median_a:.3f} ms", against, pair.ratio, 1.1)


def _written() -> int:
    """Bytes this process has handed to write calls."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["wchar"])


# --- reading ----------------------------------------------------------------------------------------------------------


async def _reading(folder: Path) -> list[Row]:
    store = await ExecutionStore.open(folder / "reading.db")
    await store.append([Created(run_id="run", timestamp=utc_now(), workflow_id="bench")], wait=True)

    async def follow() -> int:
        seen = 0
        async for batch in store.follow("run"):
            seen += len(batch)
        return seen

    follower = asyncio.create_task(follow())
    await asyncio.sleep(0)
    begin = time.perf_counter()
    for number in range(10_000):
        await store.append([Log(run_id="run", timestamp=utc_now(), message=f"line {number}")], wait=False)
        if number % 50 == 0:
            await asyncio.sleep(0)
    await store.append([Completed(run_id="run", timestamp=utc_now(), duration=1)], wait=True)
    seen = await follower
    rate = seen / (time.perf_counter() - begin)
    begin = time.perf_counter()
    await store.get("run")
    got = (time.perf_counter() - begin) * 1000
    await store.close()
    return [_absolute("live events to a follower", rate, "a second"), _absolute("record of 10,000 events", got, "ms")]


async def _big_value(folder: Path) -> list[Row]:
    store = await ExecutionStore.open(folder / "big.db")
    await store.append([Created(run_id="run", timestamp=utc_now(), workflow_id="bench")], wait=True)
    value = [{"row": number, "text": "some text of a row " * 4} for number in range(1_000_000)]
    named: dict[str, Any] = {"run_id": "run", "timestamp": utc_now(), "step_id": "big", "path": "big"}
    event = StepCompleted(**named, output=value, duration=1)
    stored, gap = await _gap_during(lambda: store.append([event], wait=True))
    record = await store.get("run")
    reference = record.step_results[0].output if record else {}
    page, _ = await _gap_during(lambda: store.value_text(reference["$value"], 0))
    await store.close()
    size = reference["bytes"] / 1e6
    return [
        _absolute(f"value of {size:.0f} MB stored", stored * 1000, "ms"),
        _absolute("longest hold-up of the event loop meanwhile", gap * 1000, "ms", 100),
        _absolute("first page of it read", page * 1000, "ms"),
    ]


async def _gap_during(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Seconds that some work takes, and the longest block of the event loop meanwhile."""
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            begin = time.perf_counter()
            await asyncio.sleep(0.002)
            longest = max(longest, time.perf_counter() - begin - 0.002)

    ticker = asyncio.create_task(tick())
    await asyncio.sleep(0.01)
    begin = time.perf_counter()
    await work()
    taken = time.perf_counter() - begin
    ticker.cancel()
    return taken, longest


_FOLLOW = """
import asyncio, sys, time
from pathlib import Path
from wftui.store.execution_store import ExecutionStore

async def main():
    store = await ExecutionStore.open(Path(sys.argv[1]))
    async for batch in store.follow("run"):
        for event in batch:
            print(event.seq, time.time(), flush=True)
    await store.close()

asyncio.run(main())
"""


def _second_process(folder: Path) -> Iterable[Row]:
    path = folder / "second.db"
    delays = asyncio.run(_delays(path))
    worst = max(delays) * 1000
    yield _absolute("commit to a second process, median", statistics.median(delays) * 1000, "ms", 150)
    yield _absolute("commit to a second process, worst of 40", worst, "ms", 150)


async def _delays(path: Path) -> list[float]:
    store = await ExecutionStore.open(path)
    await store.append([Created(run_id="run", timestamp=utc_now(), workflow_id="bench")], wait=True)
    follower = subprocess.Popen([sys.executable, "-c", _FOLLOW, str(path)], stdout=subprocess.PIPE, text=True)
    assert follower.stdout is not None
    follower.stdout.readline()
    delays = []
    for number in range(40):
        await asyncio.sleep(0.013 * (number % 5))
        await store.append([Log(run_id="run", timestamp=utc_now(), message="x")], wait=True)
        committed = time.time()
        delays.append(float(follower.stdout.readline().split()[1]) - committed)
    await store.append([Completed(run_id="run", timestamp=utc_now(), duration=1)], wait=True)
    follower.communicate()
    await store.close()
    return delays


# --- a million runs ---------------------------------------------------------------------------------------------------

_FILL = """
INSERT INTO executions (id, workflow_id, status, user_id, created_at, started_at, completed_at, duration,
                        workflow_version, workflow_hash, parent_id, parent_path, error)
SELECT printf('%09d-%05d', n, n * 7919 % 100000), 'workflow_' || (n * 31 % 40),
       CASE WHEN n % 1000 = 1 THEN 'interrupted' WHEN n % 12 = 0 THEN 'failed' WHEN n % 50 = 3 THEN 'cancelled'
            ELSE 'completed' END,
       'user_' || (n * 17 % 20), ?1 + n * 60000, ?1 + n * 60000 + 5, ?1 + n * 60000 + 5000, 4995, '1.0.0', '',
       CASE WHEN n > ?3 THEN '000000001-07919' END, CASE WHEN n > ?3 THEN 'each[' || n || '].run' END,
       CASE WHEN n % 12 = 0 THEN '{"type":"exit_code","message":"the command ended with ' || n || '"}' END
FROM (WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2) SELECT n FROM numbers)
"""


async def _million(folder: Path) -> list[Row]:
    path = folder / "million.db"
    await (await ExecutionStore.open(path)).close()
    connection = sqlite3.connect(path)
    connection.execute(_FILL, (START, MILLION, MILLION - CHILDREN))
    connection.commit()
    connection.close()
    begin = time.perf_counter()
    store = await ExecutionStore.open(path)
    table = [_absolute("a million runs: open the database", (time.perf_counter() - begin) * 1000, "ms", 50)]
    middle = datetime.fromtimestamp(START / 1000, UTC) + timedelta(minutes=MILLION / 2)
    deep = f"{START + (MILLION - 500_000) * 60_000}~zzz"
    questions: list[tuple[str, ExecutionFilters, str | None, float]] = [
        ("first page", ExecutionFilters(), None, 50),
        ("page 10,000", ExecutionFilters(), deep, 50),
        ("failed", ExecutionFilters(status=["failed"]), None, 50),
        ("rare status of a user", ExecutionFilters(status=["interrupted"], user_id="user_18"), None, 50),
        ("workflow", ExecutionFilters(workflow_id="workflow_7"), None, 50),
        ("workflow and status", ExecutionFilters(workflow_id="workflow_12", status=["failed"]), None, 50),
        ("user", ExecutionFilters(user_id="user_3"), None, 50),
        ("one day", ExecutionFilters(since=middle, until=middle + timedelta(days=1)), None, 50),
        ("without children, which are the newest 100,000", ExecutionFilters(children=False), None, 50),
        ("a workflow's without children", ExecutionFilters(workflow_id="workflow_7", children=False), None, 50),
        (
            "a workflow and a user who never ran it",
            ExecutionFilters(workflow_id="workflow_7", user_id="user_3"),
            None,
            50,
        ),
        ("text, found often", ExecutionFilters(text="workflow_7"), None, 1000),
        ("text, found once", ExecutionFilters(text="ended with 240000"), None, 1000),
    ]
    for name, filters, cursor, aim in questions:
        taken = []
        for _ in range(5):
            begin = time.perf_counter()
            await store.list(filters, cursor=cursor)
            taken.append((time.perf_counter() - begin) * 1000)
        table.append(_absolute(f"a million runs: {name}", statistics.median(taken), "ms", aim))
    failed = ExecutionFilters(status=["failed"])
    works: list[tuple[str, Callable[[], Awaitable[object]]]] = [
        ("last page", lambda: store.list(limit=100, offset=-100)),
        ("page in the middle", lambda: store.list(limit=100, offset=MILLION // 2)),
        ("by duration", lambda: store.list(limit=100, sort="-duration")),
        ("by duration, last page", lambda: store.list(limit=100, sort="-duration", offset=-100)),
        ("by workflow, last page", lambda: store.list(limit=100, sort="workflow", offset=-100)),
        ("number of all", lambda: store.count(ExecutionFilters())),
        ("number of the failed", lambda: store.count(failed)),
        ("groups by workflow", lambda: store.groups(ExecutionFilters(), "workflow")),
        ("groups by error", lambda: store.groups(ExecutionFilters(), "error")),
        ("a part searched for a value", lambda: store.list(ExecutionFilters(contains="nothing"), limit=100)),
    ]
    for name, work in works:
        begin = time.process_time()
        await work()
        table.append(_absolute(f"a million runs: {name}", (time.process_time() - begin) * 1000, "ms of CPU"))
    begin = time.perf_counter()
    await store.stats()
    table.append(_absolute("a million runs: statistics", (time.perf_counter() - begin) * 1000, "ms"))
    size = path.stat().st_size / MILLION
    table.append(_absolute("a million runs: file, for a run without events", size, "bytes"))
    await store.close()
    return table
