"""Compiles texts and workflows for the tests of the compiler, with the real step types."""

import json
from pathlib import Path
from typing import Any

from wftui.compiler.code import function
from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.expressions.expression import compile_expression
from wftui.compiler.fixes import apply_fix
from wftui.compiler.step_code import MODULES
from wftui.model.base import Json
from wftui.model.compilation import CompilationError, CompilationResult
from wftui.runtime.scope import Scope
from wftui.steps.catalogue import builtin_catalogue
from wftui.workspace.files import Workspace

CATALOGUE = builtin_catalogue()


def compiler_of(root: Path) -> WorkflowCompiler:
    return WorkflowCompiler(Workspace(root), CATALOGUE)


def workflow(*steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A workflow named `flow` with these steps."""
    return {"format": 1, "id": "flow", **fields, "steps": list(steps)}


def step(id: str, **fields: Any) -> dict[str, Any]:  # noqa: A002
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
    """What the compiler says once a fix of a diagnostic is applied."""
    return found(apply_fix(text, each.fixes[number]))


def write(root: Path, source: dict[str, Any] | str, workflow_id: str = "flow") -> Path:
    """Put a workflow into a workspace."""
    path = root / "workflows" / workflow_id / "workflow.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(source), encoding="utf-8")
    return path


def evaluate(text: str, scope: Scope | None = None) -> Json:
    """What the Python of an expression gives."""
    python = compile_expression(text).python
    assert python is not None, compile_expression(text).problems
    module = "\n".join([f"from wftui.runtime import {', '.join(sorted(MODULES))}", *function("bind", python).lines])
    namespace: dict[str, Any] = {"Scope": Scope, "Json": Any}
    exec(module, namespace)
    return namespace["bind"](scope or Scope())
