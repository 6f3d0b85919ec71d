"""The worked examples of CONTRIBUTING.md, applied to a copy of this checkout."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from builds import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^## Example: ([^\n]+)\n(.*?)(?=^## )", PAGE, re.DOTALL | re.MULTILINE))
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CHECKS = "ruff format --check .\nruff check .\nlint-imports\n"


def apply(text: str, hunk: str) -> str:
    """Change a file as a diff shows; its lines may be prefixes of the file's lines."""
    lines, changes = text.split("\n"), hunk.rstrip("\n").split("\n")
    old = [line[1:] for line in changes if line[:1] != "+"]
    places = [
        at
        for at in range(len(lines) - len(old) + 1)
        if all(lines[at + number].startswith(line) for number, line in enumerate(old))
    ]
    assert len(places) == 1, f"the diff fits {len(places)} places:\n{hunk}"
    made, at, removed = lines[: places[0]], places[0], ""
    for line in changes:
        if line[:1] == "+":
            made.append(line[1:] + removed)
            removed = ""
        else:
            if line[:1] == "-":
                removed = lines[at][len(line) - 1 :]
            else:
                made.append(lines[at])
            at += 1
    return "\n".join([*made, *lines[at:]])


def test_a_diff_is_applied_where_it_fits() -> None:
    assert apply("a\nb\nc\n", " b\n+new\n") == "a\nb\nnew\nc\n"
    assert apply("a = [1, 2]\n", "-a = [1,\n+a = [0, 1,\n") == "a = [0, 1, 2]\n"
    with pytest.raises(AssertionError, match="fits 2 places"):
        apply("b\nb\n", " b\n+new\n")


def test_every_kind_has_an_example() -> None:
    assert list(EXAMPLES) == ["a step type", "a filter", "a check of the compiler", "a screen"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_diffs_fit_the_source(name: str) -> None:
    for language, path, text in _BLOCK.findall(EXAMPLES[name]):
        if language == "diff":
            apply((ROOT / path).read_text(encoding="utf-8"), text)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_example_works_as_written(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "wftui"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", "venv", ".venv", "__pycache__", ".*_cache"))
    script = ""
    for language, path, text in _BLOCK.findall(EXAMPLES[name]):
        if language == "sh":
            script += text
        elif language == "diff":
            file = copy / path
            file.write_text(apply(file.read_text(encoding="utf-8"), text), encoding="utf-8")
        else:
            assert not (copy / path).exists()
            (copy / path).write_text(text, encoding="utf-8")
    assert "pytest" in script
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": programs, "PYTHONPATH": str(copy)}
    done = subprocess.run(["bash", "-euxc", script + CHECKS], cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
