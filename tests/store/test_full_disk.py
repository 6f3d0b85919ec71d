"""A disk that is really full: said clearly, nothing that was shown is lost, and runs go on when there is room again."""

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
