"""Runs whose process was killed while workers did their steps."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from helpers import lives, until, wait_until, write_workflow

from wftui.workbench import Settings, Workbench
from workers.conftest import StartWorker, shell

pytestmark = pytest.mark.slow


def killed_run(settings: Settings, workflow: str, began: Callable[[], bool], prelude: str = "") -> None:
    """Start a run in a process of its own, and kill that once the step has begun."""
    program = f"{prelude}\nimport sys\nfrom wftui.cli.main import main\nsys.exit(main())"
    command = [sys.executable, "-c", program, "run", workflow]
    command += ["--tables", str(settings.tables), "--db", str(settings.database)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until(began)
        process.kill()


async def only_run(bench: Workbench) -> str:
    """The id of the only run in the history, which is interrupted."""
    store = await bench.store()
    await store.recover()
    page = await bench.runs.history()
    return page.executions[0].id


async def test_a_resume_joins_the_job_and_asks_nothing(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    worker = start_worker()
    began, go = tmp_path / "began", tmp_path / "go"
    script = f"echo x >> {began}; while ! test -e {go}; do sleep 0.02; done; echo done"
    write_workflow(settings.tables, "once", shell("a", script, idempotent=False))
    killed_run(settings, "once", began.exists)
    run_id = await only_run(workbench)
    await workbench.runs.resume(run_id, {})
    go.touch()
    await workbench.runs.wait(run_id)
    record = await workbench.runs.record(run_id, whole=True)
    assert (record.status, record.error) == ("completed", None)
    assert (record.step_results[0].output["value"], record.step_results[0].worker) == ("done", worker.name)
    assert began.read_text() == "x\n"


async def test_a_cancel_of_an_interrupted_run_ends_its_jobs(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path
) -> None:
    start_worker()
    began = tmp_path / "began"
    write_workflow(settings.tables, "long", shell("a", f"echo $$ > {began}.new; mv {began}.new {began}; sleep 300"))
    killed_run(settings, "long", began.exists)
    run_id = await only_run(workbench)
    await workbench.runs.cancel(run_id)
    await until(lambda: not lives(int(began.read_text())))
    assert (await workbench.runs.record(run_id)).status == "cancelled"


async def test_a_job_that_waits_since_before_an_update_is_done_after_it(
    start_worker: StartWorker, settings: Settings, workbench: Workbench, tmp_path: Path, address: str
) -> None:
    write_workflow(settings.tables, "once", shell("a", f"echo x >> {tmp_path}/log", idempotent=False))

    def is_queued() -> bool:
        with psycopg.connect(address, autocommit=True) as connection:
            (made,) = connection.execute("select to_regclass('wftui.jobs') is not null").fetchone() or (False,)
            return made and connection.execute("select version from wftui.jobs").fetchall() == [("0.0.1",)]

    killed_run(settings, "once", is_queued, prelude="import wftui; wftui.__version__ = '0.0.1'")
    start_worker()
    run_id = await only_run(workbench)
    await workbench.runs.resume(run_id, {})
    await workbench.runs.wait(run_id)
    record = await workbench.runs.record(run_id, whole=True)
    assert (record.status, record.error) == ("completed", None)
    assert (tmp_path / "log").read_text() == "x\n"
