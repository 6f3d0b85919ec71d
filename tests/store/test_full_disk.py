"""A full disk: reported clearly, without loss; runs continue once there is space."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import PATIENCE

# A file system of its own, which is gone with the process: root may mount one, others in a user namespace.
_NAMESPACE = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--mount"]
_MOUNT = 'mount -t tmpfs -o size=3m tmpfs "$0" && exec "$@"'


_FILL = """
if [ ! -e "$OUTSIDE/filled" ]; then
  touch "$OUTSIDE/filled"
  dd if=/dev/zero of="$FOLDER/ballast" bs=512 2>&1 || true
fi
"""
_STEPS = [
    {"id": "first", "type": "set", "input": {"n": 1}},
    {"id": "fill", "type": "shell", "input": {"script": _FILL, "env": {"OUTSIDE": "{{ inputs.outside }}"}}},
    {"id": "last", "type": "set", "input": {"n": "{{ steps.first.output.n + 1 }}"}},
]
_WORKFLOW = {
    "format": 1,
    "id": "w",
    "inputSchema": {"type": "object", "properties": {"outside": {"type": "string"}}},
    "steps": _STEPS,
    "outputs": {"n": "{{ steps.last.output.n }}"},
}
_COMMANDS = """
wftui() { "$PYTHON" -m wftui "$@" --db "$FOLDER/history.sqlite3" --tables "$OUTSIDE/tables"; }
wftui run w $FORM -i outside="$OUTSIDE" >"$OUTSIDE/out" 2>"$OUTSIDE/err"; echo "exit $?"
cat "$OUTSIDE/err"
rm "$FOLDER/ballast"
wftui show last --events
wftui resume last
"""


def may_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_NAMESPACE, "sh", "-c", _MOUNT, folder, "true"], capture_output=True).returncode == 0


def test_a_run_survives_a_full_disk(tmp_path: Path) -> None:
    if not may_mount(tmp_path):
        pytest.skip("no file system can be mounted here")
    script = Path(__file__).with_name("full_disk.py")
    told = subprocess.run(
        [*_NAMESPACE, "sh", "-c", _MOUNT, tmp_path, sys.executable, script, tmp_path],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert told.stderr == ""
    assert told.stdout.splitlines() == [
        "ENOSPC",
        "run: run.unrecorded",
        "start: store.full",
        "open beside another: done",
        "while full: running",
        "shown is stored: True",
        "when there is room: interrupted True",
        "resumed: completed {'count': 100}",
        "open when nobody else has it open: store.full",
    ]


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("form", ["", "--quiet", "--json", "--events"])
def test_a_full_disk_is_reported_by_the_command_and_in_the_record(tmp_path: Path, form: str) -> None:
    folder, outside = tmp_path / "small", tmp_path / "outside"
    source = outside / "tables" / "workflows" / "w" / "workflow.json"
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps(_WORKFLOW))
    folder.mkdir()
    if not may_mount(folder):
        pytest.skip("no file system can be mounted here")
    told = subprocess.run(
        [*_NAMESPACE, "sh", "-c", _MOUNT, folder, "sh", "-c", _COMMANDS],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env={
            **os.environ,
            "PYTHON": sys.executable,
            "FOLDER": str(folder),
            "OUTSIDE": str(outside),
            "FORM": form,
            "XDG_DATA_HOME": str(outside / "data"),
        },
    )
    assert told.stderr == ""
    code, error, *rest = told.stdout.splitlines()
    assert code == "exit 1"
    assert error.startswith("wftui: error[run.unrecorded] run ")
    assert f"the disk is full: {folder}/history.sqlite3 cannot grow; it was stopped, and can be resumed" in error
    (interrupted,) = [line for line in rest if "interrupted" in line]
    assert "its events could not be stored: the disk was full" in interrupted
    assert rest[-1] == "n: 2"
    assert not [path for path in folder.iterdir() if "unrecorded" in path.name]
