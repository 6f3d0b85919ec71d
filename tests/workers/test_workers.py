"""Steps of a pool on a worker in another process, through a real PostgreSQL."""

import asyncio
import json
import signal
from pathlib import Path

import psutil
import psycopg
import pytest
from helpers import lives, patience, run_to_end, until, wait_until, write_workflow

from wftui import __version__
from wftui.cli.main import main
from wftui.model.run.events import ExecutionEvent, Log, StepMoved
from wftui.model.run.record import ExecutionRecord
from wftui.workbench import Settings, Workbench
from workers.conftest import StartWorker, shell

pytestmark = pytest.mark.slow


async def events_of(bench: Workbench, run_id: str) -> list[ExecutionEvent]:
    return await (await bench.store()).events(run_id)


async def test_outputs_logs_and_errors_are_those_of_a_step_here(
    start_worker: StartWorker, settings: Settings, workbench: Workbench
) -> None:
    worker = start_worker("--pool", "build", "-j", "4")
    steps = [
        {"id": "out", "type": "shell", "input": {"script": "echo hello; echo 'key=v' >> $WFTUI_OUTPUT"}},
        {
            "id": "code",
            "type": "python",
            "input": {"code": "def main(x):\n    print('seen')\n    return x * 2", "args": {"x": 21}},
        },
        {"id": "bad", "type": "shell", "input": {"script": "echo why >&2; exit 3"}, "onError": "continue"},
        {"id": "late", "type": "shell", "input": {"script": "sleep 300"}, "timeout": "0.2s", "onError": "continue"},
        {
            "id": "crash",
            "type": "python",
            "input": {"code": "def main():\n    raise ValueError('no')"},
            "onError": "continue",
        },
        {
            "id": "again",
            "type": "shell",
            "input": {"script": "exit 4"},
            "retry": {"maxAttempts": 2, "delay": "1ms"},
            "onError": "continue",
        },
    ]
    write_workflow(settings.tables, "here", *steps)
    write_workflow(settings.tables, "there", *steps, pool="build")
    here, there = [await run_to_end(workbench, name, {}) for name in ("here", "there")]

    def seen(record: ExecutionRecord) -> list[object]:
        return [
            (
                step.path,
                step.status,
                step.output,
                step.error and step.error.model_copy(update={"stack": None}),
                len(step.attempts),
            )
            for step in record.step_results
        ]

    assert seen(there) == seen(here)
    assert {step.worker for step in there.step_results} == {worker.name}
    assert {step.worker for step in here.step_results} == {None}
    logs = [
        sorted(
            (event.path, event.stream, event.message)
            for event in await events_of(workbench, run.id)
            if isinstance(event, Log)
        )
        for run in (here, there)
    ]
    assert logs[0] == logs[1]


async def test_a_cancel_ends_the_whole_tree_on_the_worker(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    start_worker()
    pids = tmp_path / "pids"
    stubborn = f"(trap '' TERM; echo $BASHPID >> {pids}; while :; do sleep 300; done)"
    script = f"setsid sleep 300 & echo $! >> {pids}; {stubborn} & wait"
    write_workflow(settings.tables, "tree", shell("a", script))
    run_id = await workbench.runs.start("tree", {})
    await until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    await workbench.runs.cancel(run_id)
    await workbench.runs.wait(run_id)
    assert not any(lives(int(pid)) for pid in pids.read_text().split())
    record = await workbench.runs.record(run_id, whole=True)
    assert (record.status, record.step_results[0].status) == ("cancelled", "cancelled")


async def test_a_killed_worker_is_noticed_and_its_step_moves(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    first = start_worker()
    began = tmp_path / "began"
    write_workflow(settings.tables, "long", shell("a", f"echo x >> {began}; test $(wc -l < {began}) = 2 || sleep 300"))
    run_id = await workbench.runs.start("long", {})
    await until(began.exists)
    left = psutil.Process(first.process.pid).children(recursive=True)
    first.process.kill()
    second = start_worker()
    async with patience():
        await workbench.runs.wait(run_id)
    record = await workbench.runs.record(run_id, whole=True)
    assert record.status == "completed"
    moved = [event for event in await events_of(workbench, run_id) if isinstance(event, StepMoved)]
    assert [(event.from_, event.to) for event in moved] == [(first.name, second.name)]
    assert record.step_results[0].worker == second.name
    await until(lambda: not any(lives(process.pid) for process in left))


async def test_a_step_that_may_not_run_twice_fails_with_its_worker(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    worker = start_worker()
    began = tmp_path / "began"
    write_workflow(settings.tables, "once", shell("a", f"echo x >> {began}; sleep 300", idempotent=False))
    run_id = await workbench.runs.start("once", {})
    await until(began.exists)
    worker.end()
    start_worker()
    await workbench.runs.wait(run_id)
    error = (await workbench.runs.record(run_id, whole=True)).error
    assert error is not None and error.type == "worker.lost"
    assert began.read_text() == "x\n"


async def test_a_pool_without_workers_waits_and_says_so(
    start_worker: StartWorker, settings: Settings, workbench: Workbench
) -> None:
    write_workflow(settings.tables, "wait", shell("a", "echo hi"))
    run_id = await workbench.runs.start("wait", {})
    while True:
        record = await workbench.runs.record(run_id, whole=True)
        step = record.step_results[0]
        if step.waiting is not None:
            break
        await asyncio.sleep(0.05)
    assert (step.waiting.reason, step.waiting.pool) == ("worker", "build")
    start_worker()
    await workbench.runs.wait(run_id)
    assert (await workbench.runs.record(run_id)).status == "completed"


async def test_a_worker_that_drains_ends_after_its_jobs(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    worker = start_worker()
    began, go = tmp_path / "began", tmp_path / "go"
    write_workflow(
        settings.tables, "job", shell("a", f"touch {began}; while ! test -e {go}; do sleep 0.02; done; echo done")
    )
    run_id = await workbench.runs.start("job", {})
    await until(began.exists)
    worker.process.send_signal(signal.SIGTERM)
    await until(lambda: "still running" in worker.printed)
    go.touch()
    await workbench.runs.wait(run_id)
    assert (await workbench.runs.record(run_id)).status == "completed"
    await until(lambda: worker.process.poll() is not None)
    assert worker.process.returncode == 0


async def test_a_second_signal_gives_jobs_back(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    first = start_worker()
    began = tmp_path / "began"
    script = f"echo $$ >> {began}; test $(wc -l < {began}) = 2 || sleep 300"
    write_workflow(settings.tables, "back", shell("a", script))
    run_id = await workbench.runs.start("back", {})
    await until(began.exists)
    first.process.send_signal(signal.SIGTERM)
    await until(lambda: "still running" in first.printed)
    second = start_worker()
    first.process.send_signal(signal.SIGTERM)
    await until(lambda: first.process.poll() is not None)
    assert not lives(int(began.read_text().split()[0]))
    await workbench.runs.wait(run_id)
    record = await workbench.runs.record(run_id, whole=True)
    assert (record.status, record.step_results[0].worker) == ("completed", second.name)


async def waits_because(bench: Workbench, run_id: str, words: str) -> str:
    """Wait until the reason of a run's only step contains some words; return it."""
    while True:
        waiting = (await bench.runs.record(run_id, whole=True)).step_results[0].waiting
        if waiting is not None and words in waiting.why:
            return waiting.why
        await asyncio.sleep(0.05)


async def test_workers_of_another_version_or_key_leave_jobs_to_others(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    pool = "p" * 63  # the longest name
    write_workflow(settings.tables, "any", shell("a", "echo hi") | {"pool": pool})
    old = start_worker("--pool", pool, prelude="import wftui; wftui.__version__ = '0.0.1'")
    run_id = await workbench.runs.start("any", {})
    why = await waits_because(workbench, run_id, old.name)
    assert why == f"no worker in pool {pool} fits: {old.name} has wftui 0.0.1, this run {__version__}"
    assert [item.kind for item in await workbench.runs.attention()] == ["worker"]
    old.end()

    other = tmp_path / "other"
    other.mkdir()
    (other / "workers.key").write_text("A" * 43 + "=\n")
    (other / "workers.key").chmod(0o600)
    wrong = start_worker("--pool", pool, WFTUI_CONNECTIONS=str(other))
    assert "has the key" in await waits_because(workbench, run_id, wrong.name)
    right = start_worker("--pool", pool)
    await workbench.runs.wait(run_id)
    record = await workbench.runs.record(run_id, whole=True)
    assert (record.status, record.step_results[0].worker) == ("completed", right.name)
    assert wrong.process.poll() is None
    assert "refused" not in wrong.printed


async def test_a_job_that_was_changed_in_the_database_is_refused(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, address: str
) -> None:
    write_workflow(settings.tables, "any", shell("a", "echo hi"))
    run_id = await workbench.runs.start("any", {})
    await waits_because(workbench, run_id, "no worker")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("update wftui.jobs set job = set_byte(job, 20, (get_byte(job, 20) + 1) % 256)")
    worker = start_worker()
    await workbench.runs.wait(run_id)
    error = (await workbench.runs.record(run_id)).error
    assert error is not None
    assert (error.type, worker.name in error.message) == ("worker.key", True)


def test_workers_are_listed(start_worker: StartWorker, capsys: pytest.CaptureFixture[str]) -> None:
    worker = start_worker("--pool", "build", "--pool", "gpu", "-j", "3")
    assert main(["workers", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["pools"], each["places"], each["lost"]) for each in found] == [
        (worker.name, ["build", "gpu"], 3, False)
    ]
    worker.process.send_signal(signal.SIGTERM)
    wait_until(lambda: worker.process.poll() is not None)
    assert main(["workers", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
