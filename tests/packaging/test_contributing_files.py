"""Files for contributors and CI are current: versions, tasks, workflows."""

import re
import subprocess
import tomllib
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest
from builds import ROOT, build
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_constraints_satisfy_the_metadata(tmp_path: Path) -> None:
    pins = {
        canonicalize_name(each.name): each.specifier
        for each in map(Requirement, (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())
    }
    archive = zipfile.ZipFile(build(ROOT, "wheel", tmp_path))
    name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    lines = BytesParser().parsebytes(archive.read(name)).get_all("Requires-Dist", [])
    asked = [each for each in map(Requirement, lines) if each.name != "wftui"]
    assert len(asked) > 20
    for each in asked:
        (pin,) = pins.get(canonicalize_name(each.name), [None])
        assert pin is not None, f"{each.name} is not in constraints.txt: make lock"
        assert each.specifier.contains(pin.version, prereleases=True), f"{each} is not {pin}: make lock"


def test_ci_runs_the_command_of_the_readme_first() -> None:
    """In parentheses: `set -e` overlooks a failure before `&&`."""
    (command,) = re.findall(r"^(pip install '\.\[test\]' && pytest)\b", README, re.MULTILINE)
    commands = [line for line in CI.splitlines() if re.match(r"\(?(pip|pytest|make)\b", line)]
    assert commands == [f"({command})", "pip install '.[test,lint]'", "pytest -m slow", "make check"]


def test_ci_runs_on_every_declared_python() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [each.rpartition(" ")[2] for each in project["classifiers"] if re.search(r":: 3\.\d+$", each)]
    (matrix,) = re.findall(r'python: \[("3.*")\]', WORKFLOW)
    assert re.findall(r"[\d.]+", matrix) == named
    assert "bash .ci/run" in WORKFLOW


def test_make_checks_and_lists_its_tasks() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tasks = [line.split()[0] for line in listed.splitlines()]
    assert tasks == ["check", "test", "slow", "snapshots", "docs", "hostile", "bench", "lock"]
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [task for task in tasks if f"`make {task}" not in page] == []


@pytest.mark.parametrize(
    ("task", "command"),
    [(["test", "ROOM=store"], "pytest -n 2 tests/store"), (["test"], "pytest "), (["check"], "ruff format --check .")],
)
def test_a_task_is_the_command_it_says(task: list[str], command: str) -> None:
    message = subprocess.run(["make", "--dry-run", *task], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert message.splitlines()[0] == command
