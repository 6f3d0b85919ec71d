"""Lost workers, run processes and PostgreSQL: no effect is lost or repeated."""

import asyncio
import collections
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
import pytest
from helpers import PATIENCE, patience, until, write_workflow
from steps.sql.sql_servers import PLACES, program

from wftui.model.run.events import ExecutionEvent, Log, StepMoved
from wftui.model.run.record import ExecutionRecord
from wftui.workbench import Settings, Workbench
from workers.conftest import StartWorker, shell

pytestmark = pytest.mark.slow

ITEMS = 200


async def events_of(bench: Workbench, run_id: str) -> list[ExecutionEvent]:
    found: list[ExecutionEvent] = []
    while page := await bench.runs.events(run_id, after=found[-1].seq if found else 0):
        found += page
    return found


async def end_of(bench: Workbench, run_id: str) -> ExecutionRecord:
    async with patience():
        await bench.runs.wait(run_id)
    return await bench.runs.record(run_id, whole=True)


async def logged(bench: Workbench, run_id: str, path: str) -> list[str]:
    return [event.message for event in await events_of(bench, run_id) if isinstance(event, Log) and event.path == path]


def effects(folder: Path) -> collections.Counter[str]:
    """The number of times each item has done its work, by name."""
    return collections.Counter(line for file in folder.iterdir() for line in file.read_text().splitlines())


async def test_kill_9_of_one_of_three_workers_during_200_items(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    workers = [start_worker("--pool", "build", "-j", "4") for _ in range(3)]
    done = tmp_path / "done"
    done.mkdir()
    each = shell(
        "each", 'sleep 0.05; echo "$N" >> ' + str(done) + '/"$N"', forEach={"in": "range(200)", "maxParallel": 12}
    )
    each["input"]["env"] = {"N": "{{ item }}"}
    write_workflow(settings.tables, "many", each, maxParallel=12)
    run_id = await workbench.runs.start("many", {})
    await until(lambda: len(list(done.iterdir())) > ITEMS // 4)
    workers[0].process.kill()
    record = await end_of(workbench, run_id)
    assert record.status == "completed", record.error
    moved = {event.path for event in await events_of(workbench, run_id) if isinstance(event, StepMoved)}
    counts = effects(done)
    assert set(counts) == {str(number) for number in range(ITEMS)}
    twice = {f"each[{name}]" for name, count in counts.items() if count > 1}
    assert twice <= moved
    assert max(counts.values()) <= 2
    each_step = record.step("each")
    assert each_step is not None
    assert each_step.iterations is not None
    assert (each_step.iterations.completed, each_step.iterations.failed) == (ITEMS, 0)


async def test_the_result_of_a_worker_that_was_stopped_is_refused(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    first = start_worker()
    began, go = tmp_path / "began", tmp_path / "go"
    script = f'echo "$PPID" >> {began}; while ! test -e {go}; do sleep 0.05; done; echo "by $PPID"'
    write_workflow(settings.tables, "stopped", shell("a", script))
    run_id = await workbench.runs.start("stopped", {})
    await until(began.exists)
    first.process.send_signal(signal.SIGSTOP)
    second = start_worker()
    await until(lambda: len(began.read_text().split()) == 2)
    go.touch()  # the first one's step ends, too, but nobody there can say so
    record = await end_of(workbench, run_id)
    assert (record.status, record.step_results[0].worker) == ("completed", second.name)
    first.process.send_signal(signal.SIGCONT)
    await until(lambda: "is not wanted" in first.printed or "was given to another worker" in first.printed)
    moved = [event for event in await events_of(workbench, run_id) if isinstance(event, StepMoved)]
    assert [(event.from_, event.to) for event in moved] == [(first.name, second.name)]
    assert (await workbench.runs.record(run_id, whole=True)) == record
    # It is a worker as before.
    second.end()
    write_workflow(settings.tables, "after", shell("a", "echo hi"))
    after = await end_of(workbench, await workbench.runs.start("after", {}))
    assert (after.status, after.step_results[0].worker) == ("completed", first.name)


@pytest.mark.parametrize("offset", ["-1 hour", "1 hour"])
async def test_the_clock_of_postgresql_neither_loses_a_worker_nor_keeps_a_dead_one(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path, address: str, offset: str
) -> None:
    first = start_worker()
    began = tmp_path / "began"
    write_workflow(settings.tables, "clock", shell("a", f"echo x >> {began}; test $(wc -l < {began}) = 2 || sleep 300"))
    run_id = await workbench.runs.start("clock", {})
    await until(began.exists)
    # As if the clock had been set after each sign of life.
    change = f"begin new.seen := now() + interval '{offset}'; return new; end"
    with psycopg.connect(address, autocommit=True, options="-c search_path=wftui") as connection:
        connection.execute(f"create function later() returns trigger language plpgsql as $$ {change} $$")
        connection.execute("create trigger later before update on workers for each row execute function later()")
        signs: set[tuple[object, ...]] = set()
        while len(signs) < 10:
            signs.update(connection.execute("select seen from workers").fetchall())
            await asyncio.sleep(0.1)
    assert began.read_text() == "x\n"
    first.process.kill()
    second = start_worker()
    record = await end_of(workbench, run_id)
    assert (record.status, record.step_results[0].worker) == ("completed", second.name)
    moved = [event for event in await events_of(workbench, run_id) if isinstance(event, StepMoved)]
    assert [(event.from_, event.to) for event in moved] == [(first.name, second.name)]
    assert began.read_text() == "x\nx\n"


async def test_a_job_whose_worker_never_heard_of_it_is_given_back(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path, address: str
) -> None:
    worker = start_worker("--pool", "build", "-j", "1")
    log, go, begun = tmp_path / "log", tmp_path / "go", tmp_path / "begun"
    busy = shell("busy", f"touch {begun}; while ! test -e {go}; do sleep 0.05; done")
    pause = {
        "id": "pause",
        "type": "shell",
        "needs": [],
        "input": {"script": f"while ! test -e {begun}; do sleep 0.05; done"},
    }
    other = shell("other", f"echo other >> {log}", needs=["pause"])
    write_workflow(settings.tables, "unheard", busy, pause, other)
    run_id = await workbench.runs.start("unheard", {})
    # As if the connection had been lost with the answer to the worker, after it had taken the job.
    taken = "update jobs set state = 'running', worker = %s where path = 'other' and state = 'queued' returning id"
    with psycopg.connect(address, autocommit=True, options="-c search_path=wftui") as connection:
        while not connection.execute(taken, [worker.name]).fetchall():
            await asyncio.sleep(0.05)
        connection.execute("delete from procrastinate_jobs where status = 'todo'")
        again = "select count(*) from jobs where path = 'other' and claim = 2"
        while connection.execute(again).fetchone() != (1,):
            await asyncio.sleep(0.05)
    go.touch()
    record = await end_of(workbench, run_id)
    assert record.status == "completed", record.error
    assert log.read_text() == "other\n"


async def test_a_killed_process_of_the_run_is_resumed_and_joins_its_jobs(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    start_worker("--pool", "build", "-j", "3")
    log, go = tmp_path / "log", tmp_path / "go"
    waits = f"while ! test -e {go}; do sleep 0.05; done"
    write_workflow(
        settings.tables,
        "resumed",
        shell("before", f"echo before >> {log}"),
        shell("ended", f"echo ended >> {log}; echo out of ended", needs=["before"], idempotent=False),
        shell("running", f"echo running >> {log}; {waits}; echo out of running", needs=["before"], idempotent=False),
        shell("after", f"echo after >> {log}", needs=["ended", "running"]),
    )
    command = [sys.executable, "-m", "wftui", "run", "resumed", "--quiet"]
    command += ["--tables", str(settings.tables), "--db", str(settings.database)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
    await until(lambda: log.exists() and {"ended", "running"} <= set(log.read_text().split()))
    process.kill()
    process.wait()
    (run,) = (await workbench.runs.history()).executions
    await until(lambda: not psutil.pid_exists(process.pid))

    async def interrupted() -> bool:
        return (await workbench.runs.head(run.id)).status == "interrupted"

    while not await interrupted():
        await asyncio.sleep(0.1)
    assert "running" in log.read_text()
    await workbench.runs.resume(run.id, {})
    go.touch()
    record = await end_of(workbench, run.id)
    assert record.status == "completed", record.error
    assert sorted(log.read_text().split()) == ["after", "before", "ended", "running"]
    outputs = {step.path: step.output["stdout"] for step in record.step_results}
    assert (outputs["ended"], outputs["running"]) == ("out of ended\n", "out of running\n")


def control(server: str, *arguments: str) -> None:
    """Stop or start the PostgreSQL server of a URL."""
    folder = parse_qs(urlsplit(server).query)["host"][0]
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
    command = [
        program("pg_ctl", *PLACES),
        "-D",
        f"{folder}/data",
        "-w",
        "-l",
        f"{folder}/log",
        "-o",
        options,
        *arguments,
    ]
    if os.geteuid() == 0:
        command = [program("runuser", "/sbin", "/usr/sbin"), "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)


async def test_postgresql_that_is_away_delays_a_run_and_loses_nothing(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path, server: str
) -> None:
    worker = start_worker("--pool", "build", "-j", "2")
    log, go = tmp_path / "log", tmp_path / "go"
    waits = f"while ! test -e {go}; do sleep 0.05; done"
    write_workflow(
        settings.tables,
        "away",
        shell("twice", f"echo twice >> {log}; {waits}"),
        shell("once", f"echo once >> {log}; {waits}; echo said", needs=[], idempotent=False),
        shell("after", f"echo after >> {log}", needs=["twice", "once"]),
    )
    run_id = await workbench.runs.start("away", {})
    await until(lambda: log.exists() and sorted(log.read_text().split()) == ["once", "twice"])
    await asyncio.to_thread(control, server, "stop", "-m", "fast")
    try:
        # No other worker may have `once`, so it continues; `twice` is stopped before it could be reassigned.
        await until(lambda: "no sign of PostgreSQL: stopped twice" in worker.printed)
        await until(lambda: "PostgreSQL cannot be used: " in worker.printed)
        while not any("cannot be used" in line for line in await logged(workbench, run_id, "once")):
            await asyncio.sleep(0.1)
        go.touch()
    finally:
        await asyncio.to_thread(control, server, "start")
    record = await end_of(workbench, run_id)
    assert record.status == "completed", record.error
    done = collections.Counter(log.read_text().split())
    assert (done["once"], done["after"]) == (1, 1)
    moved = [event.path for event in await events_of(workbench, run_id) if isinstance(event, StepMoved)]
    assert done["twice"] == 1 + len(moved) == 2
    outputs = {step.path: step.output["stdout"] for step in record.step_results}
    assert outputs["once"] == "said\n"
    printed = await logged(workbench, run_id, "once")
    about = [line.partition(":")[0] for line in printed if "PostgreSQL" in line]
    assert about[0] == "the PostgreSQL of the workers cannot be used"
    assert about[-1] == "the PostgreSQL of the workers can be used again"
    await until(lambda: "PostgreSQL can be used again" in worker.printed)


async def test_tables_that_are_dropped_fail_the_step_and_not_the_worker(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, address: str, tmp_path: Path
) -> None:
    worker = start_worker()
    began = tmp_path / "began"
    write_workflow(settings.tables, "dropped", shell("a", f"touch {began}; sleep 300"))
    run_id = await workbench.runs.start("dropped", {})
    await until(began.exists)
    with psycopg.connect(address, autocommit=True) as connection:
        coordinator, job = connection.execute("select coordinator, id from wftui.jobs").fetchone() or ("", "")
        for forged in ("[", "[1]", "[" * 7_000, '["a", 1, 2, 3]', f'["{job}", 1, "evil", "AAAA"]', "unknown"):
            connection.execute("select pg_notify(%s, %s)", [coordinator, forged])
        connection.execute("drop schema wftui cascade")
        connection.execute("select pg_notify(%s, %s)", [coordinator, job])
    record = await end_of(workbench, run_id)
    assert record.error is not None
    assert record.error.type == "workers.database", record.error
    assert 'relation "jobs" does not exist' in record.error.message
    await until(lambda: "PostgreSQL cannot be used: " in worker.printed)
    assert worker.process.poll() is None, worker.printed


async def test_postgresql_away_for_a_minute_stops_no_run(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path, server: str
) -> None:
    worker = start_worker("--pool", "build", "-j", "2")
    log, go = tmp_path / "log", tmp_path / "go"
    waits = f"while ! test -e {go}; do sleep 0.05; done"
    write_workflow(
        settings.tables,
        "minute",
        shell("once", f"echo once >> {log}; {waits}; echo said", idempotent=False),
        shell("again", f"echo again >> {log}; {waits}", needs=[]),
        {"id": "pause", "type": "delay", "needs": [], "input": {"for": "1s"}},
        shell("mine", f"echo mine >> {log}", needs=["pause"]) | {"pool": "here"},
        shell("next", f"echo next >> {log}", needs=["mine"]),
        shell("after", f"echo after >> {log}", needs=["once", "again", "next"]),
    )
    write_workflow(settings.tables, "later", shell("a", f"echo later >> {log}"))
    run_id = await workbench.runs.start("minute", {})
    await until(lambda: log.exists() and {"once", "again"} <= set(log.read_text().split()))
    await asyncio.to_thread(control, server, "stop", "-m", "immediate")
    try:
        later = await workbench.runs.start("later", {})
        end = asyncio.get_running_loop().time() + 60
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(1)  # the minute itself is what is tested
            heads = [await workbench.runs.head(each) for each in (run_id, later)]
            assert [head.status for head in heads] == ["running", "running"]
            assert worker.process.poll() is None, worker.printed
        go.touch()
        assert "mine" in log.read_text().split(), "what runs here goes on"
    finally:
        await asyncio.to_thread(control, server, "start")
    for each in (run_id, later):
        record = await end_of(workbench, each)
        assert record.status == "completed", record.error
    done = collections.Counter(log.read_text().split())
    assert (done["once"], done["mine"], done["next"], done["after"], done["later"]) == (1, 1, 1, 1, 1)
    moved = [event.path for event in await events_of(workbench, run_id) if isinstance(event, StepMoved)]
    assert done["again"] == 1 + moved.count("again")
