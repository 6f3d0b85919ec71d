"""Programs of users with few processes or without a name: refused, or recorded."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from helpers import PATIENCE, write_workflow

NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")
pytestmark = pytest.mark.skipif(
    os.getuid() != 0 or not shutil.which("setpriv") or not shutil.which("prlimit"),
    reason="needs a user that has no other process, which only root can become",
)


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    write_workflow(
        tmp_path / "tables",
        "few",
        {"id": "first", "type": "set", "input": {"x": 1}},
        {"id": "piped", "type": "shell", "needs": ["first"], "input": {"script": "echo a | cat | cat"}},
    )
    return ["--tables", str(tmp_path / "tables"), "--db", str(tmp_path / "runs.db")]


def as_other_user(folder: Path, words: Sequence[str], prefix: Sequence[str] = ()) -> "subprocess.CompletedProcess[str]":
    """Run the program as a user of its own, who may read the files of this one."""
    rights = "+dac_override,+dac_read_search"
    user = ["setpriv", f"--reuid={1_000_000 + os.getpid()}", f"--inh-caps={rights}", f"--ambient-caps={rights}"]
    environment = {name: text for name, text in os.environ.items() if name not in NAMES}
    environment |= {"HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")}
    return subprocess.run(
        [*user, *prefix, sys.executable, "-m", "wftui", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
    )


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("most", [1, 3, 6, 10, 40])
def test_a_run_at_the_limit_of_processes_says_so_and_is_recorded(tmp_path: Path, places: list[str], most: int) -> None:
    done = as_other_user(tmp_path, ["run", "few", *places], ["prlimit", f"--nproc={most}"])
    assert "Traceback" not in done.stderr
    shown = as_other_user(tmp_path, ["show", "last", "--json", *places])
    record = json.loads(shown.stdout) if shown.returncode == 0 else None
    if done.returncode == 0:
        assert record is not None
        assert record["status"] == "completed"
    else:
        assert done.returncode == 1
        assert "(ulimit -u)" in done.stdout + done.stderr
        assert record is None or record["status"] in ("completed", "failed", "interrupted", "cancelled")
    if record is not None and record["status"] == "failed":
        assert "(ulimit -u)" in record["error"]["message"]
    if most in (1, 40):
        assert (done.returncode, record is None) == ((1, True) if most == 1 else (0, False))


def test_a_user_without_a_name_has_a_number(tmp_path: Path, places: list[str]) -> None:
    done = as_other_user(tmp_path, ["run", "few", "--json", *places])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["userId"] == str(1_000_000 + os.getpid())
