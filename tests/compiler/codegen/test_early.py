"""Early data of steps in a plan: early input, and stored secrets they require."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from wftui.compiler.compiler import WorkflowCompiler
from wftui.compiler.module_run import run_module
from wftui.model.base import Json
from wftui.runtime.plan import StepPlan, WorkflowPlan
from wftui.runtime.scope import Scope
from wftui.steps.api.step_type import StepType
from wftui.workspace.files import Workspace


class Fetch(StepType[Any]):
    """Wants to know two of its fields before the run."""

    word = "acme.fetch"
    title = "Fetch"
    early_fields: ClassVar[frozenset[str]] = frozenset({"what", "who"})
    secret_fields: ClassVar[frozenset[str]] = frozenset({"key", "what"})


class Own:
    """Registry of this one."""

    def get(self, word: str) -> StepType[Any] | None:
        return FETCH if word == "acme.fetch" else None

    def types(self) -> list[StepType[Any]]:
        return [FETCH]

    def why_not(self, _word: str) -> str | None:
        return None


FETCH = Fetch()


def compiled(*steps: dict[str, Any]) -> WorkflowPlan:
    schema = {"type": "object", "properties": {"name": {"type": "string", "default": "x"}}}
    text = json.dumps({"format": 1, "id": "flow", "inputSchema": schema, "env": ["HOME"], "steps": list(steps)})
    result = WorkflowCompiler(Workspace(Path("nowhere")), Own()).check("flow", text)
    assert result.generated_code, [each.message for each in result.errors]
    return run_module(result.generated_code, "workflow.py")


def step(values: dict[str, Json], **fields: Json) -> dict[str, Any]:
    return {"id": "a", "type": "acme.fetch", "input": values, **fields}


def early_of(plan: WorkflowPlan, **inputs: Json) -> Json:
    only: StepPlan = plan.steps[-1]
    return only.early(Scope(inputs=inputs, env={"HOME": "/h"})) if only.early is not None else "none"


@pytest.mark.parametrize(
    ("values", "early"),
    [
        ({"what": "it", "more": "{{ steps.z.output }}"}, {"what": "it"}),
        ({"what": "{{ inputs.name }}", "who": "at {{ env.HOME }}"}, {"what": "ann", "who": "at /h"}),
        ({"what": {"deep": ["{{ inputs.name }}"]}}, {"what": {"deep": ["ann"]}}),
        ({"more": 1}, {}),
        ({"what": "{{ steps.z.output }}", "who": "ann"}, "none"),
        ({"what": ["{{ inputs.name }} {{ steps.z.output }}"]}, "none"),
        ({"what": "{{ secrets.x }}"}, "none"),
    ],
)
def test_early_input_reads_only_inputs(values: dict[str, Json], early: Json) -> None:
    before = {"id": "z", "type": "acme.fetch", "input": {"more": 1}}
    assert early_of(compiled(before, step(values)), name="ann") == early


def test_a_loop_variable_is_not_known_early() -> None:
    plan = compiled(step({"what": "{{ item }}"}, forEach={"in": "[1]"}))
    assert plan.steps[0].early is None
    assert compiled(step({"what": "it"}, forEach={"in": "[1]"})).steps[0].early is not None


@pytest.mark.parametrize(
    ("key", "secrets"),
    [
        ("{{ secrets.b }}-{{ secrets.a }}{{ secrets.a }}", ("a", "b")),
        ("{{ secrets.a | default('') }}", ()),
        ("plain", ()),
    ],
)
def test_the_plan_names_the_secrets_a_step_needs(key: str, secrets: tuple[str, ...]) -> None:
    assert compiled(step({"key": {"deep": [key]}})).steps[0].secrets == secrets
