"""Generated files name the revision of the compiler's output, so few become stale."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import EXAMPLES

import wftui
from compiler.compiler_helpers import STEP_TYPES, check, compiler_of, step, workflow, write
from compiler.every_feature import EVERYTHING
from wftui.compiler.codegen.transpile import COMPILER, OUTPUT_REVISION
from wftui.compiler.schema import COMMENT, SCHEMA_REVISION, workflow_schema_text

RELEASED = {
    "output": (1, "57ca94407b84d4af78b2243ac1d318e429dbfbc95027fcb028db6e2dfc9f3552"),
    "schema": (1, "04af0f1ec9e91802916d2bff1a86eda1d27c19f6929cac4c61cd5098bae426b6"),
}
"""Revision and digest of what the last release makes; CONTRIBUTING.md says when to change it."""

OLD, NEW = "0.0.1", "99.0.0"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("what", "revision", "name", "text"),
    [
        ("output", OUTPUT_REVISION, COMPILER, check(EVERYTHING).generated_code),
        ("schema", SCHEMA_REVISION, COMMENT, workflow_schema_text(STEP_TYPES)),
    ],
)
def test_other_output_has_another_revision(what: str, revision: int, name: str, text: str | None) -> None:
    assert text is not None
    assert name in text
    released, same = RELEASED[what]
    if revision == released:
        assert digest(text) == same, f"{what} differs from the last release's: raise its revision to {released + 1}"
    else:
        assert revision == released + 1


def test_generated_files_omit_the_version() -> None:
    for path in [EXAMPLES / "registry.py", EXAMPLES / "__init__.py", *EXAMPLES.glob("workflows/*/workflow.py")]:
        assert f"wftui {wftui.__version__}" not in path.read_text()
    assert f"wftui {wftui.__version__}" not in workflow_schema_text(STEP_TYPES)


def run_as(version: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    code = f"import wftui; wftui.__version__ = {version!r}; from wftui.cli.main import main; raise SystemExit(main())"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)


def test_upgrade_with_equal_output_is_not_stale(tmp_path: Path) -> None:
    write(tmp_path, workflow(step("a", input={"x": 1})))
    assert run_as(OLD, "compile", "--all", "--tables", str(tmp_path)).returncode == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = run_as(NEW, "compile", "--all", "--stale", "--tables", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "flow: Ready\n")
    assert run_as(NEW, "compile", "--all", "--tables", str(tmp_path)).returncode == 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def stale(root: Path) -> list[tuple[str, str]]:
    result = compiler_of(root).check_written("flow")
    assert result.success is not bool(result.errors)
    return [(each.code, each.message) for each in result.errors]


def test_stale_files_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, workflow(step("a", input={"x": 1})))
    assert stale(tmp_path) == [("workflow.stale", "workflow.py and registry.py are stale; run wftui compile flow")]
    compiler_of(tmp_path).compile("flow")
    assert stale(tmp_path) == []
    module = path.with_name("workflow.py")
    module.unlink()
    assert stale(tmp_path) == [("workflow.stale", "workflow.py is stale; run wftui compile flow")]
    compiler_of(tmp_path).compile("flow")
    (tmp_path / "registry.py").unlink()
    assert stale(tmp_path) == [("workflow.stale", "registry.py is stale; run wftui compile flow")]
    write(tmp_path, workflow(step("a", input={"x": "{{ nope }}"})))
    assert [code for code, _ in stale(tmp_path)] == ["reference.name"]
