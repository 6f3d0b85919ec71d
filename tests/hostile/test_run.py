"""The command of all harnesses: its names exist, and a broken promise fails it."""

import subprocess
from pathlib import Path

import pytest

from hostile import run
from hostile.run import HARNESSES, ROOT, Harness


@pytest.mark.slow
@pytest.mark.parametrize("marked", sorted({each.marked for each in HARNESSES.values()}))
def test_every_harness_has_tests(marked: str) -> None:
    tests = tuple(test for each in HARNESSES.values() if each.marked == marked for test in each.tests)
    collecting = Harness("", tests, "", marked).command("--collect-only")
    done = subprocess.run(collecting, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for test in tests:
        assert test in done.stdout


def test_the_readme_has_the_rows_with_results(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--list"]) == 0
    listed = [_cells(line) for line in capsys.readouterr().out.splitlines()]
    table = [_cells(line) for line in (ROOT / "README.md").read_text("utf-8").splitlines() if line.startswith("|")]
    assert [row[:2] + row[3:] for row in table] == [row[:2] + row[3:] for row in listed]
    assert [row[0] for row in table[2:] if not row[2] or "broken" in row[2]] == []


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "code"), [("assert True", 0), ("assert False", 1), ("import time; time.sleep(900)", 1)]
)
def test_a_broken_promise_is_the_exit_code(
    body: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    test = tmp_path / "test_promise.py"
    test.write_text(f"def test_it():\n    {body}\n")
    monkeypatch.setitem(
        HARNESSES, "own", Harness("It holds", (str(test),), "once", minutes=0.01 if "sleep" in body else 10)
    )
    assert run.main(["own"]) == code
    result = capsys.readouterr().out.splitlines()[-1]
    assert ("held: 1 tests, " in result) == (not code)
    assert ("**broken**" in result) == bool(code)
    assert ("(not ended)" in result) == ("sleep" in body)


@pytest.mark.slow
def test_figures_of_tests_are_in_the_result(tmp_path: Path) -> None:
    test = tmp_path / "test_promise.py"
    test.write_text("def test_it(record_property):\n    record_property('figure', '7 tried')\n")
    assert run.run(Harness("It holds", (str(test),), "often"))[1].startswith("held: 7 tried, ")


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["nonsense"]) == 2
    assert "there are crash, leftovers" in capsys.readouterr().err
