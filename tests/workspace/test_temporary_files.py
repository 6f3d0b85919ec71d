"""Temporary files of atomic writes: removed after kills, kept while in use."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import has_open, wait_until

from wftui.steps.files.paths import replacing
from wftui.workspace import temporary_file
from wftui.workspace.atomic import atomic_write
from wftui.workspace.temporary_file import temporary_beside

WRITER = """
import sys, time
from pathlib import Path
from wftui.workspace.temporary_file import temporary_beside
with temporary_beside(Path(sys.argv[1]), 0o600) as file:
    file.write(b"half"); file.flush()
    print(flush=True)
    time.sleep(600)
"""


def replace(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"new")


def write(path: Path) -> None:
    atomic_write(path, b"new")


def age(path: Path) -> None:
    old = time.time() - 3600
    os.utime(path, (old, old))


@pytest.fixture(autouse=True)
def no_folder_was_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at each folder again; an earlier test may have had one of its name."""
    monkeypatch.setattr(temporary_file, "_swept", set())


@pytest.mark.parametrize("again", [replace, write])
def test_leftovers_of_killed_processes_are_removed(tmp_path: Path, again: Callable[[Path], None]) -> None:
    target = tmp_path / "file.json"
    killed, living = (
        subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE) for _ in range(2)
    )
    for each in (killed, living):
        assert each.stdout is not None
        each.stdout.readline()
    of_killed = next(path for path in tmp_path.iterdir() if has_open(killed.pid, path))
    killed.kill()
    killed.wait()
    of_0_1 = tmp_path / ".file.json.ab_cd012.tmp"
    not_ours = [tmp_path / name for name in (".file.json.swp", "file.part", ".part", ".file.tmp")]
    for path in (of_0_1, *not_ours):
        path.touch()
    for path in tmp_path.iterdir():
        age(path)
    again(target)
    left = sorted(path for path in tmp_path.iterdir() if path != target)
    assert of_killed not in left
    assert of_0_1 not in left
    assert set(not_ours) < set(left)
    assert len(left) == len(not_ours) + 1, "the file of a living process is left alone"
    living.kill()
    living.wait()


def test_young_leftover_stays(tmp_path: Path) -> None:
    target = tmp_path / "file"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(target)])
    wait_until(lambda: list(tmp_path.iterdir()))
    young = next(tmp_path.iterdir())
    writer.kill()
    writer.wait()
    write(target)
    assert young.exists(), "it may not be locked yet"


@pytest.mark.parametrize("name", ["x" * 255, "\N{GRINNING FACE}" * 63, "é" * 127, ".hidden", "with\nline"])
def test_every_name_can_be_replaced(tmp_path: Path, name: str) -> None:
    for again in (replace, write):
        again(tmp_path / name)
        (tmp_path / name).write_bytes(b"old")
        again(tmp_path / name)
        assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_replacing_a_private_file_is_private(tmp_path: Path) -> None:
    target = tmp_path / "secret"
    target.write_bytes(b"old")
    target.chmod(0o600)
    with replacing(target) as file:
        assert Path(file.name).stat().st_mode & 0o077 == 0
    assert target.stat().st_mode & 0o777 == 0o600


def test_error_names_the_target(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="secret") as caught, temporary_beside(tmp_path / "missing" / "secret", 0o600):
        pass
    assert ".part" not in str(caught.value)
