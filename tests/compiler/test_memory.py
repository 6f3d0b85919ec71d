"""Memory after a compilation: no unused step types, no trees of unedited texts."""

import gc
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.compiler_helpers import STEP_TYPES, compiler_of, step, workflow, write
from wftui.compiler.checks.steps.requirement_checks import Requirements
from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.expressions import expression
from wftui.compiler.expressions.expression import Expression
from wftui.compiler.expressions.syntax import parse
from wftui.compiler.expressions.translate import Translator
from wftui.compiler.schema import workflow_schema_text
from wftui.compiler.tree.nodes import StepNode
from wftui.steps.registry.step_registry import StepRegistry
from wftui.steps.registry.trust import TrustedFiles
from wftui.workspace.files import Workspace

PLUGIN = """
from wftui.steps.plugin import step


@step("acme.greet")
async def greet(name: str) -> str:
    return f"Hello {name}"
"""

COMPILE = """
import sys
from pathlib import Path
from wftui.compiler.checks.steps.requirement_checks import Requirements
from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.expressions.expression import Expression
from wftui.steps.registry.step_registry import StepRegistry
from wftui.workspace.files import Workspace
root = Path(sys.argv[1])
registry = StepRegistry(workspace_steps=root / "steps", plugins=False)
assert WorkflowCompiler(Workspace(root), registry).compile("flow").success
print(sorted(name for name in sys.modules if name.startswith("wftui.steps.") and name.count(".") == 3))
"""

CHAIN = workflow(step("a", input={"n": 0}), *(step(f"s{n}", input={"n": "{{ inputs.n }}"}) for n in range(20)))
CHAIN["inputSchema"] = {"type": "object", "properties": {"n": {"type": "integer"}}}


@pytest.fixture
def others_aside() -> Iterator[None]:
    """Keep the collector from the objects of other tests: there may be millions."""
    gc.freeze()
    yield
    gc.unfreeze()


def nodes() -> int:
    return living(StepNode)


def living(kind: type) -> int:
    gc.collect()
    return sum(isinstance(each, kind) for each in gc.get_objects())


def sums() -> int:
    """Return the number of expressions of the big file."""
    gc.collect()
    found = [each for each in gc.get_objects() if isinstance(each, Expression)]
    return sum(each.text.startswith("inputs.n + ") for each in found)


def test_a_new_workspace_needs_only_the_step_types_in_use(tmp_path: Path) -> None:
    write(tmp_path, workflow(step("a", input={"x": 1})))
    command = [sys.executable, "-c", COMPILE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "wftui.steps.control.set_" in done.stdout
    assert not [name for name in ("http", "mcp", "python", "shell", "sql") if f"wftui.steps.{name}." in done.stdout]
    assert (tmp_path / "workflow.schema.json").read_text() == workflow_schema_text(STEP_TYPES)


def test_the_schema_of_a_workspace_has_its_plugins(tmp_path: Path) -> None:
    write(tmp_path, workflow(step("a", input={"x": 1})))
    file = tmp_path / "steps" / "greet.py"
    file.parent.mkdir()
    file.write_text(PLUGIN)
    trusted = TrustedFiles(tmp_path / "private")
    trusted.trust(file, file.read_bytes())
    registry = StepRegistry(workspace_steps=file.parent, trusted=trusted, plugins=False)
    assert WorkflowCompiler(Workspace(tmp_path), registry).compile("flow").success
    assert '"acme.greet.input"' in (tmp_path / "workflow.schema.json").read_text()


@pytest.mark.usefixtures("others_aside")
@pytest.mark.first_cases(1)
@pytest.mark.parametrize("way", ["compile", "load", "outline"])
def test_no_step_of_a_compiled_file_stays(tmp_path: Path, way: str) -> None:
    write(tmp_path, CHAIN)
    before = nodes()
    compiler = compiler_of(tmp_path)
    assert getattr(compiler, way)("flow")
    assert nodes() <= before
    assert compiler.compile("flow").success


@pytest.mark.usefixtures("others_aside")
def test_the_steps_of_an_edited_text_stay(tmp_path: Path) -> None:
    path = write(tmp_path, CHAIN)
    before = nodes()
    compiler = compiler_of(tmp_path)
    assert compiler.check("flow", path.read_text()).success
    assert nodes() == before + 21


@pytest.mark.usefixtures("others_aside")
def test_the_steps_of_a_listed_text_stay_from_its_first_edit_on(tmp_path: Path) -> None:
    text = write(tmp_path, CHAIN).read_text()
    before = nodes()
    compiler = compiler_of(tmp_path)
    row = compiler.row(Workspace(tmp_path).read("flow"))
    assert nodes() <= before
    opened = compiler.check("flow", text)
    assert nodes() == before + 21
    assert (row.errors, row.warnings) == (len(opened.errors), len(opened.warnings))


@pytest.mark.usefixtures("others_aside")
def test_a_compiled_file_leaves_nothing_to_the_collector_of_cycles(tmp_path: Path) -> None:
    """A run that follows in the same process may end before the collector looks."""
    switch = step("b", type="switch", cases=[{"when": "inputs.n | int > 1", "steps": [step("c", input={"n": 1})]}])
    write(tmp_path, {**CHAIN, "steps": [*CHAIN["steps"], switch]})
    compiler = compiler_of(tmp_path)
    before = nodes()
    gc.disable()
    try:
        assert compiler.compile("flow").success
        left = [each for each in gc.get_objects() if isinstance(each, StepNode | Translator)]
    finally:
        gc.enable()
    assert len([each for each in left if isinstance(each, StepNode)]) <= before
    assert not [each for each in left if isinstance(each, Translator)]


@pytest.mark.usefixtures("others_aside")
def test_the_expressions_of_a_big_file_stay_only_while_it_is_edited(tmp_path: Path) -> None:
    """Trees of expressions weigh more than all else that a compilation leaves."""
    many = [step(f"s{n}", input={"n": f"{{{{ inputs.n + {n} }}}}"}) for n in range(1_200)]
    path = write(tmp_path, {**CHAIN, "steps": many})
    compiler = compiler_of(tmp_path)
    assert compiler.load("flow")
    assert not sums()
    listed = compiler.outline("flow").steps
    assert compiler.check("flow", path.read_text()).success
    assert compiler.outline("flow", path.read_text()).steps == listed
    write(tmp_path, {**CHAIN, "id": "other"}, "other")
    assert compiler.load("other")
    assert sums() == 1_200


@pytest.mark.usefixtures("others_aside")
def test_files_of_a_workspace_share_what_was_found_in_their_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [step(f"s{n}", input={"n": f"{{{{ inputs.n + {n} }}}}"}) for n in range(1_001)]
    for workflow_id in ("flow", "other"):
        write(tmp_path, {**CHAIN, "id": workflow_id, "steps": many}, workflow_id)
    parsed = Counter[str]()
    monkeypatch.setattr(expression, "parse", lambda text: parsed.update([text]) or parse(text))
    assert all(result.success for result in compiler_of(tmp_path).compile_all())
    assert {parsed[f"inputs.n + {n}"] for n in range(1_001)} == {1}
    assert not sums()


@pytest.mark.usefixtures("others_aside")
def test_nothing_stays_of_the_requirements_of_steps_without_any(tmp_path: Path) -> None:
    write(tmp_path, {**CHAIN, "steps": [*CHAIN["steps"], step("b", type="shell", input={"argv": ["no-such-program"]})]})
    before = living(Requirements)
    compiler = compiler_of(tmp_path)
    assert compiler.compile("flow").success
    assert living(Requirements) == before + 1


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not that of GNU")
def test_most_of_the_memory_of_a_compilation_is_given_back(tmp_path: Path) -> None:
    first = step("s0", input={"n": 0})
    others = [step(f"s{n}", input={"n": f"{{{{ steps.s{n - 1}.output.n + 1 }}}}"}) for n in range(1, 5_000)]
    write(tmp_path / "tables", workflow(first, *others))
    command = [sys.executable, "-c", LIST, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    before, peak, after = map(float, done.stdout.split())
    assert peak > before + 45
    assert after - before < 0.7 * (peak - before)


LIST = """
import asyncio, re, sys
from pathlib import Path
from wftui.workbench import Settings, Workbench

def memory(name):
    return int(re.search(rf"{name}:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000

async def main(root):
    workbench = Workbench(Settings(tables=root / "tables", database=root / "runs.db", user_id="ada"))
    await workbench.workflows.check("small", '{"format": 1, "id": "small", "steps": []}')
    before = memory("VmRSS")
    rows = await workbench.workflows.all()
    assert [each.state for each in rows] == ["stale"], rows
    print(before, memory("VmHWM"), memory("VmRSS"))
    await workbench.close()

asyncio.run(main(Path(sys.argv[1])))
"""
