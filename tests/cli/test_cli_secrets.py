"""Secret inputs on the command line: by reference, never in arguments or messages."""

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import psutil
import pytest
from helpers import PATIENCE, Cli

from wftui.connections.secret_store import SecretStore

TOKEN = "tok-91c4-secret"
WORKFLOW: dict[str, Any] = {
    "format": 1,
    "id": "guarded",
    "inputSchema": {
        "type": "object",
        "properties": {
            "token": {"type": "string", "format": "password"},
            "pin": {"type": "integer", "writeOnly": True},
            "who": {"type": "string"},
        },
        "required": ["token"],
    },
    "steps": [
        {
            "id": "use",
            "type": "shell",
            "input": {"script": 'printf %s "$T" > seen; test -e open', "env": {"T": "{{ inputs.token }}"}},
        }
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "tables" / "workflows" / "guarded"
    place.mkdir(parents=True)
    (place / "workflow.json").write_text(json.dumps(WORKFLOW))
    return tmp_path


def wftui(folder: Path, *words: str, **more: Any) -> "subprocess.CompletedProcess[str]":
    places = ["--tables", str(folder / "tables"), "--db", str(folder / "runs.db")]
    environment = {**os.environ, "TOK": TOKEN, "WFTUI_CONNECTIONS": str(folder / "private")}
    return subprocess.run(
        [sys.executable, "-m", "wftui", *words, *places],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=PATIENCE,
        **more,
    )


@pytest.fixture
def here(folder: Path, bare_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs commands over that workspace in this process, which has the secret."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TOK", TOKEN)
    monkeypatch.setenv("WFTUI_CONNECTIONS", str(folder / "private"))
    return lambda *words: bare_cli(*words, "--tables", str(folder / "tables"), "--db", str(folder / "runs.db"))


@pytest.mark.parametrize("given", ["env:TOK", "file:{}/token.txt", "cmd:printenv TOK", "@{}/token.txt", TOKEN])
def test_a_secret_input_is_given_by_where_it_is(folder: Path, here: Cli, given: str) -> None:
    (folder / "token.txt").write_text(TOKEN)
    (folder / "open").touch()
    code, out, errors = here("run", "guarded", "-i", f"token={given.format(folder)}", "--json")
    assert code == 0, errors
    assert (folder / "seen").read_text() == TOKEN
    assert json.loads(out)["inputs"] == {"token": "***"}


def test_only_secret_inputs_are_looked_up(folder: Path, here: Cli) -> None:
    (folder / "open").touch()
    out = here("run", "guarded", "-i", "token=env:TOK", "-i", "who=env:TOK", "--json")[1]
    assert json.loads(out)["inputs"]["who"] == "env:TOK"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (f"pin={TOKEN}", "-i pin=…: expected a whole number"),
        (f"token=@/nowhere/{TOKEN}", "-i token: cannot read the file after @"),
        (TOKEN, "-i: expected KEY=VALUE"),
        ("token=env:NOT_THERE", "the environment variable NOT_THERE is not set"),
    ],
)
def test_a_secret_is_in_no_message(here: Cli, given: str, message: str) -> None:
    code, out, errors = here("run", "guarded", "-i", given)
    assert code != 0
    assert message in errors
    assert TOKEN not in errors + out


@pytest.mark.parametrize("command", [["rerun", "last"], ["rerun", "last", "--from-failed"]])
def test_rerun_explains_how_to_give_missing_secrets(folder: Path, here: Cli, command: list[str]) -> None:
    assert here("run", "guarded", "-i", "token=env:TOK")[0] == 1
    code, _, errors = here(*command)
    assert code == 2
    assert "give them again: token; pass it as -i NAME=env:VARIABLE" in errors
    (folder / "open").touch()
    code, _, errors = here(*command, "-i", "token=env:TOK", "--json")
    assert code == 0, errors
    assert (folder / "seen").read_text() == TOKEN


def test_detached_run_hides_inputs_from_other_processes(folder: Path) -> None:
    workflow = json.loads(json.dumps(WORKFLOW))
    workflow["steps"][0]["input"]["script"] = 'printf %s "$T" > seen; until [ -e open ]; do sleep 0.02; done'
    (folder / "tables" / "workflows" / "guarded" / "workflow.json").write_text(json.dumps(workflow))
    started = wftui(folder, "run", "guarded", "-i", f"token={TOKEN}", "--detach")
    assert started.returncode == 0, started.stderr
    run_id = started.stdout.strip()
    running = {
        process: "\0".join(process.info["cmdline"] or ())
        for process in psutil.process_iter(["cmdline"])
        if str(folder) in "\0".join(process.info["cmdline"] or ())
    }
    assert any("--announce" in words for words in running.values()), "the run is one of them"
    assert not any(TOKEN in words for words in running.values())
    (folder / "open").touch()
    assert wftui(folder, "watch", run_id).returncode == 0
    assert (folder / "seen").read_text() == TOKEN
    psutil.wait_procs(list(running), timeout=PATIENCE)  # a process that runs workflows inherits what its children leave


@pytest.mark.pty
@pytest.mark.parametrize(
    ("typed", "exit_code"), [(f"{TOKEN}\n", 0), ("\x03", 130), ("\x04", 2)], ids=["text", "ctrl+c", "ctrl+d"]
)
def test_secret_prompt_hides_input_and_can_be_cancelled(folder: Path, typed: str, exit_code: int) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        command = [sys.executable, "-m", "wftui", "connections", "secret", "set", "door"]
        os.execve(sys.executable, command, {**os.environ, "WFTUI_CONNECTIONS": str(folder / "private")})
    shown = b""
    while b"door: " not in shown:
        shown += os.read(terminal, 1000)
    while termios.tcgetattr(terminal)[3] & termios.ECHO:  # the question comes first
        os.sched_yield()
    os.write(terminal, typed.encode())
    with contextlib.suppress(OSError):  # the end of a terminal
        piece = b"-"
        while piece:
            if not select.select([terminal], [], [], PATIENCE)[0]:
                os.kill(pid, signal.SIGKILL)  # it should have ended by itself
            piece = os.read(terminal, 1000)
            shown += piece
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == exit_code, shown
    os.close(terminal)
    assert TOKEN.encode() not in shown
    assert SecretStore(folder / "private").get("door") == (TOKEN if exit_code == 0 else None)
