"""A killed `wftui run`: watchers notice, approvals work, a resume continues."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import psutil
import pytest
from helpers import patience, wait_until

from wftui.engine.restart.resume import ConfirmationNeeded
from wftui.model.base import Json
from wftui.model.errors import ConflictError
from wftui.model.run.events import ExecutionEvent, StepAnswered
from wftui.workbench import Settings, Workbench

SECRET = "sesame-open-please"
_TOKEN: Json = {
    "type": "object",
    "properties": {"token": {"type": "string", "writeOnly": True}, "folder": {"type": "string"}},
    "required": ["token", "folder"],
}
_ENV: Json = {"F": "{{ inputs.folder }}"}
PARENT: Json = {
    "format": 1,
    "id": "parent",
    "inputSchema": _TOKEN,
    "steps": [
        {"id": "before", "type": "shell", "input": {"script": 'echo before >> "$F/done"', "env": _ENV}},
        {"id": "ask", "type": "approval", "needs": ["before"], "input": {"prompt": "Go on?"}},
        {
            "id": "sub",
            "type": "workflow",
            "needs": ["before"],
            "input": {
                "workflow": "child",
                "inputs": {"token": "{{ inputs.token }}", "folder": "{{ inputs.folder }}"},
            },
        },
    ],
    "outputs": {"by": "{{ steps.ask.output.by }}", "length": "{{ steps.sub.output.length }}"},
}
CHILD: Json = {
    "format": 1,
    "id": "child",
    "inputSchema": _TOKEN,
    "steps": [
        {"id": "first", "type": "shell", "input": {"script": 'echo first >> "$F/done"', "env": _ENV}},
        {
            "id": "pay",
            "type": "shell",
            "idempotent": False,
            # The process that dies leaves this one behind; it ends by the file.
            "input": {"script": 'echo pay >> "$F/done"; until [ -e "$F/go" ]; do sleep 0.02; done', "env": _ENV},
        },
        {"id": "tell", "type": "set", "input": {"length": "{{ inputs.token | length }}"}},
    ],
    "outputs": {"length": "{{ steps.tell.output.length }}"},
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for workflow in (PARENT, CHILD):
        folder = tmp_path / "tables" / "workflows" / workflow["id"]
        folder.mkdir(parents=True)
        (folder / "workflow.json").write_text(json.dumps(workflow))
    return Settings(tables=tmp_path / "tables", database=tmp_path / "wftui.db", user_id="me")


@asynccontextmanager
async def workbench_of(settings: Settings) -> AsyncIterator[Workbench]:
    workbench = Workbench(settings)
    try:
        yield workbench
    finally:
        await workbench.close(cancel=True)


def begin(settings: Settings, until: Callable[[set[str]], bool]) -> tuple["subprocess.Popen[str]", str]:
    """A `wftui run parent` of which these things have happened, and the run's id."""
    command = [sys.executable, "-m", "wftui", "run", "parent", "--events"]
    command += ["-i", f"token={SECRET}", "-i", f"folder={settings.database.parent}"]
    command += ["--tables", str(settings.tables), "--db", str(settings.database)]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    seen: set[str] = set()
    for line in program.stdout:
        event = json.loads(line)
        seen.add(f"{event['type']} {event.get('path', '')}")
        if until(seen):
            return program, event["executionId"]
    raise AssertionError(f"only {seen}")


def kill(program: "subprocess.Popen[str]") -> None:
    program.kill()
    program.wait()
    assert program.stdout is not None
    program.stdout.close()


def stop(program: "subprocess.Popen[str]", settings: Settings) -> None:
    """Stop a program that holds no database lock, which would block all writers."""
    while True:
        program.send_signal(signal.SIGSTOP)
        wait_until(lambda: psutil.Process(program.pid).status() == psutil.STATUS_STOPPED)
        with closing(sqlite3.connect(settings.database, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
            except sqlite3.OperationalError:
                program.send_signal(signal.SIGCONT)
            else:
                return


def waits(seen: set[str]) -> bool:
    return {"step_waiting ask", "step_waiting sub"} <= seen


async def test_followers_see_the_death_of_the_process(settings: Settings) -> None:
    program, run_id = begin(settings, waits)
    async with workbench_of(settings) as watching:
        watched: list[ExecutionEvent] = []

        async def watch() -> None:
            async for batch in watching.runs.follow(run_id):
                watched.extend(batch)

        task = asyncio.create_task(watch())
        assert (await watching.runs.record(run_id)).status == "running"
        with pytest.raises(ConflictError, match="still running; wait"):
            await watching.runs.rerun(run_id, {"token": SECRET}, reuse=True)
        kill(program)
        async with patience():
            await task
        assert watched[-1].type == "interrupted"
        assert [event.seq for event in watched] == list(range(1, len(watched) + 1))
    async with workbench_of(settings) as later:
        assert {run.workflow_id: run.status for run in (await later.runs.history()).executions} == {
            "parent": "interrupted",
            "child": "interrupted",
        }
        record = await later.runs.record(run_id)
        assert {step.path: step.status for step in record.step_results} == {
            "before": "completed",
            "ask": "waiting",
            "sub": "waiting",
        }
        assert {action.id for action in later.runs.actions(record) if action.enabled} >= {"cancel", "approve", "resume"}
    (settings.database.parent / "go").touch()


async def test_another_process_resumes_everything_under_way(settings: Settings) -> None:
    program, run_id = begin(settings, waits)
    done = settings.database.parent / "done"
    while not done.exists() or "pay" not in done.read_text():
        await asyncio.sleep(0.01)
    kill(program)
    shutil.rmtree(settings.tables / "workflows" / "parent")  # a run continues with its stored plan
    async with workbench_of(settings) as workbench:
        await workbench.runs.answer(run_id, "ask", approved=True)  # while nobody runs it
        inputs = {"token": SECRET}
        with pytest.raises(ConfirmationNeeded) as asked:
            await workbench.runs.resume(run_id, inputs)
        assert asked.value.paths == ["sub > pay"]
        (child,) = [run.id for run in (await workbench.runs.history()).executions if run.workflow_id == "child"]
        with pytest.raises(ConfirmationNeeded) as asked:
            await workbench.runs.rerun(child, inputs, reuse=True)
        assert asked.value.paths == ["pay"]
        (settings.database.parent / "go").touch()
        await workbench.runs.resume(run_id, inputs, confirmed=True)
        async with patience():
            record = await workbench.runs.wait(run_id)
        assert (record.status, record.outputs) == ("completed", {"by": "me", "length": len(SECRET)})
        answers = [event for event in await workbench.runs.events(run_id) if isinstance(event, StepAnswered)]
        assert [event.by for event in answers if event.path == "ask"] == ["me"]
        runs = (await workbench.runs.history()).executions
        assert {run.workflow_id: run.status for run in runs} == {"parent": "completed", "child": "completed"}
        assert len(runs) == 2, "the sub-workflow is the one that had begun"
    assert sorted(done.read_text().split()) == ["before", "first", "pay", "pay"]
    files = settings.database.parent.glob("wftui.db*")
    assert SECRET.encode() not in b"".join(file.read_bytes() for file in files)


async def test_suspended_process_or_clock_jump_is_not_dead(settings: Settings) -> None:
    from datetime import UTC, datetime, timedelta

    program, run_id = begin(settings, waits)
    stop(program, settings)  # as all processes of a machine that is put to sleep
    try:
        for hours in (0, 24, -24):
            jumped = Workbench(settings, clock=lambda hours=hours: datetime.now(UTC) + timedelta(hours=hours))  # type: ignore[misc]
            assert (await jumped.runs.record(run_id)).status == "running"
            assert await (await jumped.store()).recover() == []
            await jumped.close()
    finally:
        program.send_signal(signal.SIGCONT)
    (settings.database.parent / "go").touch()
    async with workbench_of(settings) as workbench:
        await workbench.runs.answer(run_id, "ask", approved=True)
        async with patience():
            assert (await workbench.runs.wait(run_id)).status == "completed"
    program.communicate()
    assert program.returncode == os.EX_OK


@pytest.mark.slow
async def test_process_stopped_beyond_its_heartbeat_continues(settings: Settings) -> None:
    """Its silence exceeds the heartbeat interval, while its step keeps working."""
    program, run_id = begin(settings, waits)
    stop(program, settings)
    try:
        await asyncio.sleep(12)
        async with workbench_of(settings) as workbench:
            assert await (await workbench.store()).recover() == []
            assert (await workbench.runs.record(run_id)).status == "running"
            (settings.database.parent / "go").touch()
            await workbench.runs.answer(run_id, "ask", approved=True)
            with pytest.raises(ConflictError):
                await workbench.runs.resume(run_id, {"token": SECRET, "folder": str(settings.database.parent)})
    finally:
        program.send_signal(signal.SIGCONT)
    async with workbench_of(settings) as workbench, patience():
        record = await workbench.runs.wait(run_id)
        events = await workbench.runs.events(run_id)
    assert (record.status, record.outputs) == ("completed", {"by": "me", "length": len(SECRET)})
    assert record.duration is not None
    assert record.duration >= 12_000
    assert [event.type for event in events if event.type in ("interrupted", "resumed")] == []
    program.communicate()
    assert program.returncode == os.EX_OK
    assert sorted((settings.database.parent / "done").read_text().split()) == ["before", "first", "pay"]
