"""The one command of all harnesses: what it names exists, and a broken promise is its exit code."""

import subprocess
from pathlib import Path

import pytest

from hostile import run
from hostile.run import HARNESSES, ROOT, Harness


@pytest.mark.parametrize("name", HARNESSES)
def test_every_harness_has_tests(name: str) -> None:
    done = subprocess.run(HARNESSES[name].command("--collect-only"), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "::" in done.stdout or HARNESSES[name].test in done.stdout


def test_the_readme_names_the_test_of_every_promise(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--list"]) == 0
    rows = [line.removesuffix(" not run |").rstrip() for line in capsys.readouterr().out.splitlines()[2:]]
    page = (ROOT / "README.md").read_text("utf-8")
    assert [row for row in rows if row not in page] == []


@pytest.mark.parametrize(("body", "code"), [("assert True", 0), ("assert False", 1)])
def test_a_broken_promise_is_the_exit_code(
    body: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test = tmp_path / "test_promise.py"
    test.write_text(f"def test_it():\n    {body}\n")
    monkeypatch.setitem(HARNESSES, "own", Harness("It holds", str(test), "once"))
    assert run.main(["own"]) == code
    assert ("**broken**" in capsys.readouterr().out) == bool(code)


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["nonsense"]) == 2
    assert "there are crash, leftovers" in capsys.readouterr().err
