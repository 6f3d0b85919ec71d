"""Memory after a compilation: no unused step types, no trees of unedited texts."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.compiler_helpers import STEP_TYPES, compiler_of, step, workflow, write
from wftui.compiler.compiler import WorkflowCompiler
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
from wftui.compiler.compiler import WorkflowCompiler
from wftui.steps.registry.step_registry import StepRegistry
from wftui.workspace.files import Workspace
root = Path(sys.argv[1])
registry = StepRegistry(workspace_steps=root / "steps", plugins=False)
assert WorkflowCompiler(Workspace(root), registry).compile("flow").success
print(sorted(name for name in sys.modules if name.startswith("wftui.steps.") and name.count(".") == 3))
"""

CHAIN = workflow(step("a", input={"n": 0}), *(step(f"s{n}", input={"n": "{{ inputs.n }}"}) for n in range(20)))
CHAIN["inputSchema"] = {"type": "object", "properties": {"n": {"type": "integer"}}}


def nodes() -> int:
    gc.collect()
    return sum(isinstance(each, StepNode) for each in gc.get_objects())


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


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("way", ["compile", "load", "outline"])
def test_no_step_of_a_compiled_file_stays(tmp_path: Path, way: str) -> None:
    write(tmp_path, CHAIN)
    before = nodes()
    compiler = compiler_of(tmp_path)
    assert getattr(compiler, way)("flow")
    assert nodes() <= before
    assert compiler.compile("flow").success


def test_the_steps_of_an_edited_text_stay(tmp_path: Path) -> None:
    path = write(tmp_path, CHAIN)
    before = nodes()
    compiler = compiler_of(tmp_path)
    assert compiler.check("flow", path.read_text()).success
    assert nodes() == before + 21


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
