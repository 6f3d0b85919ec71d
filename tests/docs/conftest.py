"""A reader of the documentation: an empty folder, a new home, the command line."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import wftui
from docs.page_runner import Execute
from wftui.cli.main import main

_ASSIGNMENT = re.compile(r"[A-Z_]+=")
_VARIABLE = re.compile(r"\$(URL|TOKEN)\b")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a workspace, where the reader works."""
    here = tmp_path / "reader"
    (here / "tables").mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path))
    return here


@pytest.fixture
def execute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Execute:
    """Runs `wftui …` in this process, with variables of the page; the rest in bash."""
    program = folder.parent / "bin" / "wftui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m wftui "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(Path(wftui.__file__).parents[1]))

    def run(line: str) -> tuple[int, str]:
        words = [_VARIABLE.sub(lambda found: os.environ[found[1]], word) for word in shlex.split(line)]
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
            return 0, ""
        with pytest.MonkeyPatch.context() as patch:
            while _ASSIGNMENT.match(words[0]):
                patch.setenv(*words.pop(0).split("=", 1))
            return run_wftui(words[1:]) if words[0] == "wftui" else run_bash(line)

    def run_wftui(words: list[str]) -> tuple[int, str]:
        # One stream, as on a terminal, so that lines of both are in order.
        printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                code = main(words)
            except SystemExit as ended:
                code = int(str(ended.code))
        printed.seek(0)
        return code, printed.read()

    def run_bash(line: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return done.returncode, done.stdout

    return run
