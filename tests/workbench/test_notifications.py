"""Notifications about runs, with a real program."""

import asyncio
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE, lives, run_to_end, until, wait_until, write_workflow
from store.store_helpers import START, asking, cancelled, completed, created, failed, interrupted, started

from wftui.model.run.events import ExecutionEvent
from wftui.store.execution_store import ExecutionStore
from wftui.store.transfer.transfer import export_run
from wftui.workbench import Settings, Workbench
from wftui.workbench.setup import notification_service

FAILS = {"id": "boom", "type": "shell", "input": {"script": "echo disk full >&2; exit 3"}}
WORKS = {"id": "fine", "type": "set", "input": {"x": 1}}
ASKS = {"id": "ask", "type": "approval", "input": {"prompt": "Go on?"}}
Rule = Callable[..., None]


SLOW = f"""
import sys, time
from wftui.cli.main import main
from wftui.output.output_thread import OutputThread
from wftui.workbench.setup import notification_service

def late(self, run=OutputThread._run):
    if any(b"notification" in bytes(data) for _, data in list(self._queue)):
        time.sleep(1)
    run(self)

OutputThread._run = late
notification_service._ENDING_SECONDS = {PATIENCE}
sys.exit(main())
"""
"""The program on a busy machine: what it says of a notification is written late, and its end waits for one."""


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """Has a line of JSON for each time the program was started."""
    return tmp_path / "heard"


@pytest.fixture
def rule(tmp_path: Path, heard: Path, monkeypatch: pytest.MonkeyPatch) -> Rule:
    """Writes the settings; without a script, the program keeps what it reads."""
    file = tmp_path / "mine" / "settings.toml"
    file.parent.mkdir()
    monkeypatch.setenv("WFTUI_CONFIG", str(file))
    monkeypatch.setattr(notification_service, "_ENDING_SECONDS", PATIENCE)  # a busy machine needs more than an end has

    def write(more: str = "", *, script: str | None = None) -> None:
        program = file.parent / "tell"
        program.write_text(f"#!/bin/sh\n{script or f'cat >> {shlex.quote(str(heard))}'}\n")
        program.chmod(0o755)
        limit = "" if "seconds" in more else f"seconds = {PATIENCE:.0f}"
        file.write_text(f'[notify]\ncommand = ["./tell"]\n{limit}\n{more}\n')

    return write


def told(heard: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in heard.read_text().splitlines()] if heard.exists() else []


async def test_a_failure_is_notified_once_and_a_success_is_not(
    workbench: Workbench, settings: Settings, rule: Rule, heard: Path
) -> None:
    rule()
    write_workflow(settings.tables, "fails", FAILS)
    write_workflow(settings.tables, "works", WORKS)
    other = Workbench(settings)
    await other.executor()
    await run_to_end(workbench, "works", {})
    record = await run_to_end(workbench, "fails", {})
    await other.close()
    await workbench.close()
    (message,) = told(heard)
    assert message["event"] == "failure"
    assert message["text"].startswith("fails failed: ")
    assert (message["run"]["id"], message["run"]["status"]) == (record.id, "failed")
    assert message["run"]["error"]["type"] == "exit_code"


async def test_an_event_is_claimed_by_one_process(settings: Settings, workbench: Workbench) -> None:
    write_workflow(settings.tables, "works", WORKS)
    record = await run_to_end(workbench, "works", {})
    other = Workbench(settings)
    stores = [await workbench.store(), await other.store()]
    claims = await asyncio.gather(*(store.claim_notification(record.id, "end 4") for store in stores * 5))
    assert sorted(claims) == [False] * 9 + [True]
    assert await stores[1].claim_notification(record.id, "approval ask")
    await stores[0].delete(record.id)
    assert not await stores[1].claim_notification(record.id, "end 4")
    await other.close()


async def test_an_approval_is_notified_when_it_is_asked(
    workbench: Workbench, settings: Settings, rule: Rule, heard: Path
) -> None:
    rule()
    write_workflow(settings.tables, "asks", ASKS)
    write_workflow(settings.tables, "calls", {"id": "call", "type": "workflow", "input": {"workflow": "asks"}})
    run_id = await workbench.runs.start("calls", {})
    await until(lambda: told(heard))
    (message,) = told(heard)
    assert (message["event"], message["text"]) == ("approval", "asks is waiting for approval: Go on?")
    assert message["approval"] == {"path": "ask", "prompt": "Go on?"}
    assert message["run"]["parentId"] == run_id
    await workbench.runs.answer(message["run"]["id"], "ask", approved=False)
    await workbench.runs.wait(run_id)
    await workbench.close()
    assert [each["run"]["workflowId"] for each in told(heard)] == ["asks", "calls"]


async def test_by_workflow_and_by_duration(workbench: Workbench, settings: Settings, rule: Rule, heard: Path) -> None:
    rule('on = ["end"]\n[notify.workflows]\nlong.after_minutes = 1\nquiet.on = []\nbad.on = ["failure"]')
    for name in ("short", "long", "quiet"):
        write_workflow(settings.tables, name, WORKS)
    for name in ("fails", "bad"):
        write_workflow(settings.tables, name, FAILS)
    for name in ("short", "long", "quiet", "fails", "bad"):
        await run_to_end(workbench, name, {})
    await workbench.close()
    found = sorted((each["run"]["workflowId"], each["event"]) for each in told(heard))
    assert found == [("bad", "failure"), ("fails", "end"), ("short", "end")]


@pytest.mark.parametrize("end", [completed, failed, cancelled, interrupted])
@pytest.mark.parametrize(("minutes", "is_notified"), [(0.99, False), (1, True), (600, True)])
async def test_an_end_is_notified_after_the_given_minutes(
    workbench: Workbench,
    rule: Rule,
    heard: Path,
    end: Callable[..., ExecutionEvent],
    minutes: float,
    is_notified: bool,
) -> None:
    rule('on = ["end"]\nafter_minutes = 1')
    await workbench.executor()
    at = START + timedelta(minutes=minutes)
    last = end(at=at)
    if hasattr(last, "duration"):
        last.duration = minutes * 60_000
    events: list[ExecutionEvent] = [created(workflow="slow"), started(), last]
    await (await workbench.store()).append(events, wait=True)
    await workbench.close()
    assert [(each["event"], each["run"]["status"]) for each in told(heard)] == [("end", last.type)] * is_notified


async def test_a_run_that_is_imported_is_not_told(
    workbench: Workbench, settings: Settings, rule: Rule, heard: Path, tmp_path: Path
) -> None:
    """Neither its end nor its approvals nor its children's: the file may be anyone's."""
    rule('on = ["failure", "approval", "end"]')
    elsewhere = await ExecutionStore.open(tmp_path / "elsewhere.db")
    fields: dict[str, Any] = {"parent_id": "one", "parent_path": "call"}
    ends: list[tuple[str, dict[str, Any], ExecutionEvent]] = [
        ("one", {}, failed("one")),
        ("two", {}, asking("two")),
        ("child", fields, asking("child")),
    ]
    for run, more, last in ends:
        await elsewhere.append([created(run, **more), started(run), asking(run, step="x"), last], wait=True)
    for run in ("one", "two"):
        await export_run(elsewhere, run, tmp_path / f"{run}.wfrun")
    await elsewhere.close()
    await workbench.executor()
    for run in ("one", "two"):
        assert await workbench.transfer.import_file(tmp_path / f"{run}.wfrun") == run
    write_workflow(settings.tables, "works", WORKS)
    record = await run_to_end(workbench, "works", {})
    await workbench.close()
    assert [each["run"]["id"] for each in told(heard)] == [record.id]


async def test_a_program_that_ignores_a_long_text_is_not_a_failure(
    workbench: Workbench, settings: Settings, rule: Rule
) -> None:
    rule(script="exec 0<&-; exit 0")
    write_workflow(settings.tables, "asks", {**ASKS, "input": {"prompt": "x" * 1_000_000}})
    reports: list[str] = []
    workbench.notifications.report_to(reports.append)
    run_id = await workbench.runs.start("asks", {})
    await workbench.runs.cancel(run_id)
    await workbench.runs.wait(run_id)
    await workbench.close()
    assert reports == []


async def test_no_secret_reaches_the_program(workbench: Workbench, settings: Settings, rule: Rule, heard: Path) -> None:
    rule('on = ["failure", "approval", "end"]')
    schema = {"type": "object", "properties": {"token": {"type": "string", "format": "password"}}}
    ask = {**ASKS, "input": {"prompt": "Send {{ inputs.token }}?"}}
    say = {**FAILS, "input": {"script": 'echo "no $T" >&2; exit 1', "env": {"T": "{{ inputs.token }}"}}}
    write_workflow(settings.tables, "leaks", ask, say, inputSchema=schema)
    run_id = await workbench.runs.start("leaks", {"token": "correct-horse-battery"})
    await until(lambda: told(heard))
    await workbench.runs.answer(run_id, "ask", approved=True)
    await workbench.runs.wait(run_id)
    await workbench.close()
    asked, failed = told(heard)
    assert asked["approval"]["prompt"] == "Send ***?"
    assert "no ***" in failed["text"]
    assert "correct-horse" not in heard.read_text()


@pytest.mark.parametrize(
    ("script", "wrong"),
    [
        ("echo no display >&2; exit 4", "The program './tell' ended with exit code 4: no display"),
        ("sleep 600 & echo $! > pids; echo $$ >> pids; sleep 600", "The program './tell' was ended after 1 s."),
        ("exec yes", "The program './tell' was ended after 1 s."),
        pytest.param("exec yes >&2", "The program './tell' was ended after 1 s.", marks=pytest.mark.slow),
        ("kill -9 $$", "The program './tell' ended with exit code 137."),
        (
            "trap '' TERM; sleep 600 & echo $! > pids; echo $$ >> pids; wait; wait",
            "The program './tell' was ended after 1 s.",
        ),
    ],
)
async def test_its_failure_is_reported_and_is_not_the_runs(
    workbench: Workbench, settings: Settings, rule: Rule, tmp_path: Path, script: str, wrong: str
) -> None:
    rule(f'on = ["end"]\n{"seconds = 1" if "after 1 s" in wrong else ""}', script=script)
    write_workflow(settings.tables, "works", WORKS)
    reports: list[str] = []
    workbench.notifications.report_to(reports.append)
    record = await run_to_end(workbench, "works", {})
    assert record.status == "completed"
    await workbench.close()
    assert reports == [f"the notification about run {record.id} failed: {wrong}"]
    pids = tmp_path / "mine" / "pids"
    left = [int(pid) for pid in pids.read_text().split()] if pids.exists() else []
    await until(lambda: not any(map(lives, left)))


async def test_settings_that_became_invalid_are_reported(
    workbench: Workbench, settings: Settings, rule: Rule, heard: Path
) -> None:
    write_workflow(settings.tables, "works", WORKS)
    reports: list[str] = []
    workbench.notifications.report_to(reports.append)
    rule("on = 3")
    assert (await run_to_end(workbench, "works", {})).status == "completed"
    await workbench.close()
    assert "notify.on must be" in reports[0]
    assert told(heard) == []


def test_a_killed_process_is_notified_by_the_next(settings: Settings, rule: Rule, heard: Path) -> None:
    rule()
    write_workflow(settings.tables, "waits", ASKS)
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    command = [sys.executable, "-m", "wftui"]
    process = subprocess.Popen([*command, "run", "waits", "--events", *places], stdout=subprocess.DEVNULL)
    wait_until(lambda: told(heard))
    process.kill()
    process.wait()
    for _ in range(2):
        subprocess.run([*command, "history", *places], check=True, capture_output=True, timeout=PATIENCE)
    assert [(each["event"], each["run"]["status"]) for each in told(heard)] == [
        ("approval", "running"),
        ("failure", "interrupted"),
    ]


def test_the_command_line_prints_why_it_failed(settings: Settings, rule: Rule, tmp_path: Path) -> None:
    rule()
    (tmp_path / "mine" / "tell").unlink()
    write_workflow(settings.tables, "fails", FAILS)
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    command = [sys.executable, "-c", SLOW, "run", "fails", *places]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=os.environ)
    assert done.returncode == 1
    assert "failed: The program './tell' was not found." in done.stderr
