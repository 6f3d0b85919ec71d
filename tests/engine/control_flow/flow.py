"""A feature of control flow documented by another product, and its expectation."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from engine.engine_plans import Steps
from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.module_run import run_module
from wftui.model.base import Json
from wftui.runtime.plan import WorkflowPlan
from wftui.workspace.files import Workspace

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}


@dataclass(frozen=True)
class Flow:
    """One workflow, adapted from the public documentation of a product.

    Attributes:
        product: whose documentation describes the feature.
        feature: its name there, and what it does.
        steps: of the workflow; `others` are its other keys.
        gives: the outputs of the run.
        how: whether the format has the feature, or a workaround.
        status: of the run; `error` the type of its error.
        statuses: of some steps, by path.
    """

    product: str
    feature: str
    steps: list[dict[str, Any]]
    gives: Mapping[str, Json] = field(default_factory=dict)
    how: Literal["exactly", "workaround"] = "exactly"
    status: str = "completed"
    error: str | None = None
    statuses: Mapping[str, str] = field(default_factory=dict)
    inputs: dict[str, Json] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.product}: {self.feature}"

    @property
    def source(self) -> dict[str, Any]:
        """The workflow."""
        return {"format": 1, "id": "flow", **self.others, "steps": self.steps}


def compiled(source: dict[str, Any]) -> WorkflowPlan:
    """Compile a workflow without a single error or warning; return its plan."""
    result = WorkflowCompiler(Workspace(Path("nowhere")), Steps()).check("flow", json.dumps(source, indent=1))
    serious = [f"{each.pointer}: {each.message}" for each in (*result.errors, *result.warnings)]
    assert serious == []
    assert result.generated_code is not None
    return run_module(result.generated_code, "workflow.py")


def set_(id: str, **fields: Any) -> dict[str, Any]:
    """A `set` step with these fields as its input; keys of the step itself end in `_`."""
    own = {key[:-1]: value for key, value in fields.items() if key.endswith("_")}
    return {"id": id, "type": "set", **own, "input": {k: v for k, v in fields.items() if not k.endswith("_")}}


def broken(id: str, type: str = "stock.empty", **fields: Any) -> dict[str, Any]:
    """A step that fails with this error."""
    return {"id": id, "type": "fail", "input": {"type": type, "message": "nothing left"}, **fields}


def group(id: str, *steps: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A `group` of steps."""
    return {"id": id, "type": "group", "steps": list(steps), **fields}


def switch(id: str, *cases: tuple[str, list[dict[str, Any]]], default: list[dict[str, Any]] | None = None) -> Any:
    """A `switch` over conditions, each with its steps."""
    listed = [{"when": when, "steps": steps} for when, steps in cases]
    return {"id": id, "type": "switch", "cases": listed, **({"default": {"steps": default}} if default else {})}


def given(**types: Any) -> dict[str, Any]:
    """The key `inputSchema` for inputs of these types, all of them required."""
    return {"inputSchema": {"type": "object", "properties": types, "required": list(types)}}


def gives(**values: Any) -> dict[str, Any]:
    """The key `outputs`."""
    return {"outputs": values}
