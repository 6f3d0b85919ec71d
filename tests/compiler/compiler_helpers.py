"""Compile texts and workflows for the tests of the compiler, with real step types."""

import ast
import builtins
import json
from pathlib import Path
from typing import Any

from wftui.compiler.codegen.layout import function
from wftui.compiler.codegen.step_code import MODULES
from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.diagnostics.fixes import apply_fix
from wftui.compiler.expressions.expression import compile_expression
from wftui.model.base import Json
from wftui.model.workflow.compilation import CompilationError, CompilationResult
from wftui.runtime.scope import Scope
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workspace.files import Workspace

STEP_TYPES = builtin_registry()


def compiler_of(root: Path) -> WorkflowCompiler:
    return WorkflowCompiler(Workspace(root), STEP_TYPES)


def workflow(*steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A workflow named `flow` with these steps."""
    return {"format": 1, "id": "flow", **fields, "steps": list(steps)}


def step(id: str, **fields: Any) -> dict[str, Any]:
    """A `set` step."""
    return {"id": id, "type": "set", **fields}


def text_of(source: dict[str, Any] | str) -> str:
    return source if isinstance(source, str) else json.dumps(source, indent=2, ensure_ascii=False)


def check(source: dict[str, Any] | str) -> CompilationResult:
    return compiler_of(Path("nowhere")).check("flow", text_of(source))


def found(source: dict[str, Any] | str) -> list[CompilationError]:
    """Everything the compiler says, in the order of the file."""
    result = check(source)
    return sorted([*result.errors, *result.warnings], key=lambda each: (each.line, each.column))


def marked(text: str, each: CompilationError) -> str:
    """The stretch of the source that a diagnostic marks."""
    line = text.split("\n")[each.line - 1]
    return line[each.column - 1 : each.column - 1 + each.length]


def after_fix(text: str, each: CompilationError, number: int = 0) -> list[CompilationError]:
    """Return the diagnostics that remain after a fix."""
    return found(apply_fix(text, each.fixes[number]))


def write(root: Path, source: dict[str, Any] | str, workflow_id: str = "flow") -> Path:
    """Put a workflow into a workspace."""
    path = root / "workflows" / workflow_id / "workflow.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(source), encoding="utf-8")
    return path


def evaluate(text: str, scope: Scope | None = None) -> Json:
    """Return the value of the Python of an expression."""
    python = compile_expression(text).python
    assert python is not None, compile_expression(text).diagnostics
    module = "\n".join([f"from wftui.runtime import {', '.join(sorted(MODULES))}", *function("bind", python).lines])
    namespace: dict[str, Any] = {"Scope": Scope, "Json": Any}
    exec(module, namespace)
    return namespace["bind"](scope or Scope())


ALLOWED = {"METADATA", "INPUT_SCHEMA", "SPOTS", "WORKFLOW", "Json", "Scope", "scope", "each", "str", "dict", "list"}
ALLOWED |= {
    "StepPlan",
    "ConcurrencyPlan",
    "WorkflowPlan",
    "RetryPlan",
    "LoopPlan",
    "BranchPlan",
    "CasePlan",
    "CatchPlan",
    "ForEachPlan",
    "SourceSpot",
}
ALLOWED |= {"main", "SystemExit", "__name__", *MODULES}


_FUNCTIONS = (
    "concurrency_",
    "default_",
    "input_of_",
    "early_of_",
    "policy_of_",
    "when_of_",
    "items_of_",
    "item_when_of_",
    "stop_of_",
    "limits_of_",
    "until_of_",
    "while_of_",
    "caught_",
    "case_",
    "var_",
    "output_",
    "value_",
)


def assert_harmless(code: str) -> None:
    """A compiled module defines functions and plans of literals, and nothing else."""
    module = ast.parse(code)
    own = {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(module):
        match node:
            case ast.Name():
                assert node.id in ALLOWED | own or node.id.startswith(("STEP_", "value_")), node.id
            case ast.FunctionDef():
                assert node.name.startswith(_FUNCTIONS)
                assert not hasattr(builtins, node.name)
            case ast.Attribute():
                assert not node.attr.startswith("_"), node.attr
            case ast.ImportFrom():
                assert str(node.module).startswith("wftui.")
            case (
                ast.Import() | ast.ClassDef() | ast.JoinedStr() | ast.Global() | ast.Delete() | ast.With() | ast.While()
            ):
                raise AssertionError(ast.dump(node))
    for statement in module.body:
        assert isinstance(statement, ast.Expr | ast.ImportFrom | ast.Assign | ast.AnnAssign | ast.FunctionDef | ast.If)
        for call in ast.walk(statement) if isinstance(statement, ast.Assign) else ():
            assert not isinstance(call, ast.Call) or (isinstance(call.func, ast.Name) and call.func.id in ALLOWED)
