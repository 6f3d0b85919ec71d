"""Files for outputs of steps: private, and removed at the next use after a kill."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import wait_until

from wftui.model.base import Json
from wftui.steps.process.scratch import private_file, remove_leftovers, scratch_folder

SECRET = "sesame-open-please"
WRITES: Json = {
    "format": 1,
    "id": "writes",
    "inputSchema": {
        "type": "object",
        "properties": {"token": {"type": "string", "writeOnly": True}, "folder": {"type": "string"}},
    },
    "steps": [
        {
            "id": "say",
            "type": "shell",
            "input": {
                "script": 'echo "token=$TOKEN" >> "$WFTUI_OUTPUT"; echo > "$F/written"\n'
                'until [ -e "$F/go" ]; do sleep 0.02; done',
                "env": {"TOKEN": "{{ inputs.token }}", "F": "{{ inputs.folder }}"},
            },
        }
    ],
}
HOLDS = """
import sys, time
from wftui.steps.process.scratch import private_file, scratch_folder
with scratch_folder() as folder:
    private_file(folder / "outputs").write_text("sesame-open-please")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "wftui"


@pytest.fixture
def holder(data: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """A process that has written a secret to a file of its own, and that file."""
    program = subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, umask=0
    )
    assert program.stdout is not None
    yield program, Path(program.stdout.readline().strip()) / "outputs"
    program.kill()
    program.communicate()


def secrets_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and SECRET in path.read_text(errors="replace")]


def test_scratch_files_are_private_under_any_umask(holder: tuple["subprocess.Popen[str]", Path]) -> None:
    _, file = holder
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for folder in (file.parent, file.parent.parent, file.parent.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_scratch_files_of_dead_processes_are_removed(holder: tuple["subprocess.Popen[str]", Path], data: Path) -> None:
    program, file = holder
    with scratch_folder() as mine:
        private_file(mine / "outputs")
        assert remove_leftovers() == 0
        assert file.exists()
        program.send_signal(signal.SIGKILL)
        program.wait()
        assert file.exists(), "nobody could remove it yet"
        assert remove_leftovers() == 1
        assert secrets_in(data) == []
        assert (mine / "outputs").exists(), "one's own files stay"
    assert not mine.exists()


def test_exiting_process_removes_its_scratch_files(holder: tuple["subprocess.Popen[str]", Path], data: Path) -> None:
    program, file = holder
    program.communicate("")
    assert not file.exists()


def test_steps_run_with_a_read_only_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with scratch_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("then", ["resume", "cancel", "history"])
def test_next_command_removes_scratch_of_killed_programs(tmp_path: Path, data: Path, then: str) -> None:
    folder = tmp_path / "tables" / "workflows" / "writes"
    folder.mkdir(parents=True)
    (folder / "workflow.json").write_text(json.dumps(WRITES))
    places = ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "wftui.db")]
    environment = {**os.environ, "TOKEN": SECRET}
    given = ["-i", "token=env:TOKEN", "-i", f"folder={tmp_path}"]
    wftui = [sys.executable, "-m", "wftui"]
    program = subprocess.Popen([*wftui, "run", "writes", *given, *places], env=environment, stdout=subprocess.DEVNULL)
    wait_until((tmp_path / "written").exists)
    program.send_signal(signal.SIGKILL)
    program.wait()
    assert len(secrets_in(data)) == 1, "the file is left"
    (tmp_path / "go").touch()
    words = {
        "resume": ["resume", "last", "-i", "token=env:TOKEN", *places],
        "cancel": ["cancel", "last", *places],
        "history": ["history", *places],
    }
    done = subprocess.run([*wftui, *words[then]], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert secrets_in(data) == []
    assert secrets_in(tmp_path / "data") == []
