"""Requests to a run whose process is stopped by a signal."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest
from helpers import PATIENCE, Cli, status_of, wait_until

from wftui.workbench import Settings

ASKS = {
    "format": 1,
    "id": "asks",
    "steps": [{"id": "sure", "type": "approval", "input": {"prompt": "Go on?"}}],
}


def command(settings: Settings, *arguments: str) -> list[str]:
    places = ["--tables", str(settings.tables), "--db", str(settings.database)]
    return [sys.executable, "-m", "wftui", *arguments, *places]


@pytest.fixture
def owner(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """A process that has asked for an approval and is stopped."""
    path = settings.tables / "workflows" / "asks" / "workflow.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(ASKS))
    with subprocess.Popen(command(settings, "run", "asks", "--events"), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while json.loads(process.stdout.readline())["type"] != "step_waiting":
            pass
        process.send_signal(signal.SIGSTOP)
        wait_until(lambda: status_of(process.pid) == psutil.STATUS_STOPPED)
        yield process
        process.kill()


def test_a_stopped_process_is_named_where_its_run_is_shown(owner: subprocess.Popen[str], cli: Cli) -> None:
    _, listed, _ = cli("history")
    assert "◔ waiting" in listed
    assert "◔ waiting" in cli("list")[1]
    assert f"process stopped, waiting for you, {_user(cli)} on " in listed
    assert f", process {owner.pid}\n" in listed
    assert json.loads(cli("history", "--json")[1])["executions"][0]["owner"]["stopped"] is True
    assert f"is stopped; kill -CONT {owner.pid} continues it\n" in cli("show", "last")[1]


def test_an_answer_that_nobody_has_taken_is_not_called_done(owner: subprocess.Popen[str], cli: Cli) -> None:
    code, printed, _ = cli("approve", "last", "sure")
    assert code == 0
    assert f"; not yet seen by the run: process {owner.pid} on " in printed
    owner.send_signal(signal.SIGCONT)
    assert owner.stdout is not None
    assert json.loads(owner.stdout.readlines()[-1])["type"] == "completed"
    assert owner.wait(timeout=PATIENCE) == 0


@pytest.mark.parametrize(("verb", "end"), [("cancel", " cancelled\n"), ("watch", "")])
def test_what_waits_for_the_end_prints_why(
    owner: subprocess.Popen[str], settings: Settings, cli: Cli, verb: str, end: str
) -> None:
    with subprocess.Popen(
        command(settings, verb, "last"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as following:
        assert following.stdout is not None
        assert following.stderr is not None
        try:
            line = following.stderr.readline()
            assert line.startswith("wftui: waiting for the end of run ")
            assert line.endswith(f" is stopped; kill -CONT {owner.pid} continues it\n")
            owner.send_signal(signal.SIGCONT)
            if verb == "watch":
                assert cli("approve", "last", "sure")[0] == 0
            assert end in following.stdout.read()
            assert following.wait(timeout=PATIENCE) == 0
        finally:
            following.kill()  # where an assertion failed, it waits for a process that is stopped


def _user(cli: Cli) -> str:
    found: str = json.loads(cli("history", "--json")[1])["executions"][0]["userId"]
    return found
