"""Interrupts, termination and lost readers of `wftui run` and `wftui watch`."""

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import PATIENCE, lives, rest_of

from wftui.model.base import Json
from wftui.model.run.record import ExecutionRecord
from wftui.workbench import Settings, Workbench

pytest_plugins = "started_programs"

Start = Callable[..., "subprocess.Popen[str]"]

IGNORES = "trap '' TERM INT; echo $$; until [ -e \"$F\" ]; do sleep 0.02; done"
STEPS: Json = [
    {"id": "first", "type": "set", "input": {}},
    {"id": "stubborn", "type": "shell", "input": {"script": IGNORES, "env": {"F": "{{ inputs.end }}"}}},
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    schema = {"type": "object", "properties": {"end": {"type": "string"}}}
    tidy = {"id": "tidy", "type": "set", "input": {}}
    short = [{"id": f"s{number}", "type": "delay", "input": {"for": 0.05}} for number in range(4)]
    endless = [{"id": "nap", "type": "delay", "input": {"for": "1h"}}]
    for workflow_id, steps in (("long", STEPS), ("short", short), ("endless", endless)):
        folder = tmp_path / "tables" / "workflows" / workflow_id
        folder.mkdir(parents=True)
        workflow = {"format": 1, "id": workflow_id, "inputSchema": schema, "steps": steps, "finally": [tidy]}
        (folder / "workflow.json").write_text(json.dumps(workflow))
    return Settings(tables=tmp_path / "tables", database=tmp_path / "wftui.db", user_id="me")


PATIENT = f"""
import sys
from wftui.cli.main import main
from wftui.engine.primitives.engine_settings import EngineSettings
from wftui.steps.process import process_tree

end_tree = process_tree.end_tree
process_tree.end_tree = lambda pid, mark, *, grace, hurry: end_tree(pid, mark, grace={PATIENCE}, hurry=hurry)
EngineSettings.__init__.__kwdefaults__.update(grace={PATIENCE}, force={PATIENCE})
sys.exit(main())
"""
"""The program, but a step that is asked to end may take longer than the test needs to look at it."""


def command(settings: Settings, *words: str) -> list[str]:
    return ["-m", "wftui", *words, "--tables", str(settings.tables), "--db", str(settings.database)]


def until(program: "subprocess.Popen[str]", event_type: str) -> dict[str, Json]:
    """The next event of that type that the program prints."""
    assert program.stdout is not None
    for line in program.stdout:
        event: dict[str, Json] = json.loads(line)
        if event["type"] == event_type:
            return event
    raise AssertionError(f"no {event_type}")


async def record_of(settings: Settings) -> ExecutionRecord:
    workbench = Workbench(settings)
    try:
        return await workbench.runs.record("last")
    finally:
        await workbench.close()


def statuses(record: ExecutionRecord) -> dict[str, str]:
    return {step.path: step.status for step in record.step_results}


async def test_a_first_ctrl_c_asks_and_a_second_one_does_not_wait(settings: Settings, start: Start) -> None:
    program = start("-c", PATIENT, *command(settings, "run", "long", "-i", "end=/nowhere", "--events")[2:])
    stubborn = int(str(until(program, "log")["message"]))
    program.send_signal(signal.SIGINT)
    until(program, "cancel_requested")
    assert lives(stubborn), "it is asked, and ignores that"
    program.send_signal(signal.SIGINT)
    until(program, "cancel_requested")
    out, errors = rest_of(program)
    assert (program.returncode, errors) == (130, "")
    assert json.loads(out.splitlines()[-1])["type"] == "cancelled"
    assert not lives(stubborn)
    record = await record_of(settings)
    assert statuses(record) == {"first": "completed", "stubborn": "cancelled", "tidy": "skipped"}


async def test_sigterm_cancels_and_runs_finally(settings: Settings, start: Start) -> None:
    program = start(*command(settings, "run", "long", "-i", f"end={settings.database.parent / 'end'}", "--events"))
    until(program, "log")
    program.send_signal(signal.SIGTERM)
    until(program, "cancel_requested")
    (settings.database.parent / "end").touch()
    _, errors = program.communicate(timeout=PATIENCE)
    assert (program.returncode, errors) == (130, "")
    record = await record_of(settings)
    assert (record.status, statuses(record)["tidy"]) == ("cancelled", "completed")


async def test_late_signals_do_not_change_the_exit_summary(settings: Settings, start: Start) -> None:
    program = start(*command(settings, "run", "endless", "--events"))
    until(program, "step_started")
    while program.poll() is None:
        program.send_signal(signal.SIGINT)
        time.sleep(0.0005)
    out, errors = rest_of(program)
    assert (program.returncode, errors) == (130, "")
    assert (await record_of(settings)).status == json.loads(out.splitlines()[-1])["type"] == "cancelled"


async def test_run_continues_after_its_reader_exits(settings: Settings) -> None:
    line = f"{shlex.join([sys.executable, *command(settings, 'run', 'short', '--events')])} | head -1"
    head = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert [json.loads(text)["type"] for text in head.stdout.splitlines()] == ["created"]
    assert head.stderr == ""
    record = await record_of(settings)
    assert (record.status, set(statuses(record).values())) == ("completed", {"completed"})


async def test_interrupting_watch_does_not_cancel(settings: Settings, start: Start) -> None:
    end = settings.database.parent / "end"
    program = start(*command(settings, "run", "long", "-i", f"end={end}", "--events"))
    until(program, "log")
    watching = start(*command(settings, "watch", "last", "--events"))
    until(watching, "log")
    watching.send_signal(signal.SIGINT)
    _, errors = watching.communicate(timeout=PATIENCE)
    assert (watching.returncode, errors) == (130, "")
    assert (await record_of(settings)).status == "running"
    end.touch()
    program.communicate(timeout=PATIENCE)
    assert program.returncode == 0
