"""A reader of the documentation: an empty folder, a home of their own, and the command line."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from docs.page_runner import Execute
from wftui.cli.main import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a workspace, where the reader works."""
    here = tmp_path / "reader"
    (here / "tables").mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path))
    return here


@pytest.fixture
def execute(folder: Path, capsys: pytest.CaptureFixture[str]) -> Execute:
    """Runs `wftui …` in this process, with `NAME=value` before it as environment variables."""

    def run(line: str) -> tuple[int, str]:
        words = shlex.split(line)
        with pytest.MonkeyPatch.context() as patch:
            while "=" in words[0]:
                patch.setenv(*words.pop(0).split("=", 1))
            assert words.pop(0) == "wftui", line
            try:
                code = main(words)
            except SystemExit as ended:
                code = int(str(ended.code))
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return run


@pytest.fixture
def shell(folder: Path, tmp_path: Path) -> Callable[[], Execute]:
    """Runs command lines in bash, one after the other, with `wftui` on the path."""
    program = tmp_path / "bin" / "wftui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m wftui "$@"\n')
    program.chmod(0o755)
    state = tmp_path / "state"
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(root), *sys.path]),
    }

    def run(line: str) -> tuple[int, str]:
        # Variables and the folder are handed from one command to the next, as in one terminal.
        script = f'[ ! -f "{state}" ] || . "{state}"\n{line}\ncode=$?\nexport -p > "{state}"\nexit $code\n'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        return done.returncode, done.stdout

    return lambda: run
