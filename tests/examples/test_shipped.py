"""The files shipped in tables/ are complete and current."""

import json

import pytest
from helpers import EXAMPLES

from wftui.compiler.compiler import WorkflowCompiler
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workspace.files import Workspace

WORKSPACE = Workspace(EXAMPLES)


@pytest.mark.parametrize("workflow_id", WORKSPACE.ids())
def test_shipped_python_is_current(workflow_id: str) -> None:
    result = WorkflowCompiler(WORKSPACE, builtin_registry()).check(workflow_id, WORKSPACE.read(workflow_id).text)
    assert result.errors == []
    assert [problem for problem in result.warnings if problem.severity == "warning"] == []
    assert WORKSPACE.generated_path(workflow_id).read_text() == result.generated_code


@pytest.mark.parametrize("workflow_id", WORKSPACE.ids())
def test_examples_have_descriptions(workflow_id: str) -> None:
    source = json.loads(WORKSPACE.read(workflow_id).text)
    assert source["name"]
    assert source["description"]
