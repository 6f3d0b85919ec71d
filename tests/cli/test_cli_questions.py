"""Questions of the command line: asked in a terminal, refused in a pipe."""

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from helpers import PATIENCE, Cli

SECRET = "sesame-open-please"
ECHO = 'echo x >> "$F/{}"; echo "{}"'
BROKEN: dict[str, Any] = {
    "format": 1,
    "id": "flow",
    "inputSchema": {
        "type": "object",
        "properties": {"token": {"type": "string", "writeOnly": True}, "folder": {"type": "string"}},
    },
    "steps": [
        {"id": "header", "type": "set", "input": {"value": "Bearer {{ inputs.token }}"}},
        {
            "id": "publish",
            "type": "shell",
            "needs": [],
            "input": {
                "script": ECHO.format("published", "$TOKEN"),
                "env": {"TOKEN": "{{ inputs.token }}", "F": "{{ inputs.folder }}"},
            },
        },
        {
            "id": "tell",
            "type": "shell",
            "input": {
                "script": ECHO.format("told", "done"),
                "env": {"F": "{{ inputs.folder }}", "H": "{{ steps.header.output.value }}"},
            },
        },
        {
            "id": "apart",
            "type": "shell",
            "needs": [],
            "input": {"script": ECHO.format("apart", "done"), "env": {"F": "{{ inputs.folder }}"}},
        },
        {
            "id": "last",
            "type": "shell",
            "needs": ["publish", "tell"],
            "input": {"script": 'test -e "$F/ready"', "env": {"F": "{{ inputs.folder }}"}},
        },
    ],
}


def command(folder: Path, *words: str) -> tuple[list[str], dict[str, str]]:
    environment = {**os.environ, "TOKEN": SECRET, "HOME": str(folder), "WFTUI_TABLES": str(folder / "tables")}
    return [sys.executable, "-m", "wftui", *words, "--db", str(folder / "runs.db")], environment


@pytest.fixture
def piped(tmp_path: Path, bare_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs commands in this process, where nobody answers a question."""
    line, environment = command(tmp_path)
    for name in ("TOKEN", "HOME", "WFTUI_TABLES"):
        monkeypatch.setenv(name, environment[name])
    return lambda *words: bare_cli(*words, *line[3:])


def asked(folder: Path, question: str, typed: str, *words: str) -> tuple[int, str]:
    """Run a command in a terminal, answer its question; return exit code and output."""
    line, environment = command(folder, *words)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(line[0], line, environment)
    shown, answered = b"", False
    with contextlib.suppress(OSError):  # the end of a terminal
        while True:
            if not answered and shown.endswith(question.encode()):
                os.write(terminal, typed.encode())
                answered = True
            if not select.select([terminal], [], [], PATIENCE)[0]:
                os.kill(pid, signal.SIGKILL)  # it should have ended by itself
            if not (piece := os.read(terminal, 1000)):
                break
            shown += piece
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    assert answered, shown
    return code, shown.decode()


@pytest.fixture
def failed(tmp_path: Path, piped: Cli) -> Path:
    """A folder with a run whose last step failed."""
    place = tmp_path / "tables" / "workflows" / "flow"
    place.mkdir(parents=True)
    (place / "workflow.json").write_text(json.dumps(BROKEN))
    assert piped("run", "flow", "-i", "token=env:TOKEN", "-i", f"folder={tmp_path}")[0] == 1
    assert counts(tmp_path) == {"published": 1, "told": 1, "apart": 1}
    (tmp_path / "ready").touch()
    return tmp_path


def counts(folder: Path) -> Mapping[str, int]:
    return {name: len((folder / name).read_text().split()) for name in ("published", "told", "apart")}


RERUN = ("rerun", "last", "--from-failed", "-i", "token=env:TOKEN")


def test_rerun_of_completed_steps_is_refused_in_a_pipe(failed: Path, piped: Cli) -> None:
    plan = {each["path"]: each for each in json.loads(piped(*RERUN, "--plan", "--json")[1])}
    held = "its output held a secret, which is not stored"
    assert plan["publish"]["why"] == f"{held}: runs again if confirmed"
    assert plan["header"]["why"] == f"{held}: derived again"
    assert plan["apart"]["action"] == "keep"
    code, _, errors = piped(*RERUN)
    assert code == 1
    assert "error[resume.confirm] publish: completed, but the output held a secret" in errors
    assert "; tell: completed, but runs again after a step whose output held a secret" in errors
    assert errors.rstrip().endswith("confirm to repeat it: --confirmed")
    assert counts(failed) == {"published": 1, "told": 1, "apart": 1}
    assert len(json.loads(piped("history", "--json")[1])["executions"]) == 1
    assert piped(*RERUN, "--confirmed")[0] == 0
    assert counts(failed) == {"published": 2, "told": 2, "apart": 1}


@pytest.mark.first_cases(1)
@pytest.mark.pty
@pytest.mark.parametrize(("typed", "code", "times"), [("y\n", 0, 2), ("\n", 1, 1), ("n\n", 1, 1), ("\x03", 130, 1)])
def test_rerun_of_completed_steps_asks_in_a_terminal(failed: Path, typed: str, code: int, times: int) -> None:
    ended, shown = asked(failed, "Repeat it? [y/N] ", typed, *RERUN)
    assert ended == code, shown
    assert counts(failed) == {"published": times, "told": times, "apart": 1}


def test_explicit_options_skip_the_question(failed: Path, piped: Cli) -> None:
    assert piped(*RERUN[:2], "--from", "publish", "-i", "token=env:TOKEN")[0] == 0
    assert counts(failed) == {"published": 2, "told": 2, "apart": 1}
    assert piped("rerun", "last", "-i", "token=env:TOKEN")[0] == 0
    assert counts(failed) == {"published": 3, "told": 3, "apart": 2}


@pytest.mark.first_cases(1)
@pytest.mark.pty
@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("\n", 1)])
def test_foreign_folder_is_asked_about_once(tmp_path: Path, piped: Cli, typed: str, code: int) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "people.csv").write_text("name\n")
    line, environment = command(tmp_path, "new", "hello")
    no_input = subprocess.run(["sh", "-c", '"$@" <&-', "sh", *line], env=environment, capture_output=True, text=True)
    refused, _, errors = piped("new", "hello")
    assert (no_input.returncode, no_input.stderr) == (refused, errors)
    assert refused == 1
    assert "error[workspace.other]" in errors
    assert f"--tables {tmp_path / 'tables'}" in errors
    ended, shown = asked(tmp_path, "Make it a workspace? [y/N] ", typed, "new", "hello")
    assert ended == code, shown
    if code == 0:
        assert (tmp_path / "tables" / "workflows" / "hello" / "workflow.py").is_file()
        assert piped("new", "bye")[0] == 0, "it is a workspace now"
    else:
        assert [each.name for each in (tmp_path / "tables").iterdir()] == ["people.csv"]
