"""docs/workflow-format.md: its workflows run as shown, and show every key."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from docs.page_runner import DOCS, Execute, blocks, run_page
from wftui.compiler.compiler import WorkflowCompiler
from wftui.model.base import Json
from wftui.model.workflow.containers import Join
from wftui.model.workflow.definition import (
    Branch,
    Case,
    Catch,
    ConnectionNeed,
    DefaultCase,
    Defaults,
    Fallback,
    ForEach,
    LoopDelay,
    Matrix,
    Retry,
    Step,
)
from wftui.model.workflow.definition import Workflow as WorkflowModel
from wftui.steps.registry.step_registry import builtin_registry
from wftui.workspace.files import Workspace

PAGE = DOCS / "workflow-format.md"
WORKFLOWS = [json.loads(block.text) for block in blocks(PAGE) if block.language == "json"]


def test_its_workflows_run_as_shown(folder: Path, execute: Execute) -> None:
    assert run_page(PAGE, folder, execute) >= len(WORKFLOWS)


def test_its_workflows_compile_without_a_warning(folder: Path) -> None:
    for block in blocks(PAGE):
        if block.language != "json":
            continue
        workflow_id = json.loads(block.text)["id"]
        result = WorkflowCompiler(Workspace(folder / "tables"), builtin_registry()).check(workflow_id, block.text)
        serious = [each for each in (*result.errors, *result.warnings) if each.severity != "hint"]
        assert serious == [], f"{PAGE.name}:{block.line}"


def test_every_key_is_in_an_example() -> None:
    models = (
        WorkflowModel,
        Step,
        ForEach,
        LoopDelay,
        Matrix,
        Retry,
        Defaults,
        ConnectionNeed,
        Case,
        Catch,
        Branch,
        DefaultCase,
        Fallback,
    )
    wanted = {(model.__name__, field.alias or name) for model in models for name, field in model.model_fields.items()}
    shown = {pair for workflow in WORKFLOWS for pair in used(workflow)}
    assert wanted - shown == set()


def test_every_join_is_in_an_example() -> None:
    shown = {step.get("join") for workflow in WORKFLOWS for step in workflow["steps"]}
    assert set(get_args(Join)) <= shown


def used(workflow: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield (model, key) of every key that a workflow has."""
    yield from keys("Workflow", workflow)
    yield from keys("Defaults", workflow.get("defaults"))
    for need in workflow.get("connections", {}).values():
        yield from keys("ConnectionNeed", need)
    for step in [*workflow["steps"], *workflow.get("finally", [])]:
        yield from used_by_step(step)


def used_by_step(step: dict[str, Json]) -> Iterator[tuple[str, str]]:
    yield from keys("Step", step)
    yield from keys("ForEach", step.get("forEach"))
    yield from keys("Matrix", step.get("forEach", {}).get("in"))
    yield from keys("Retry", step.get("retry"))
    yield from keys("LoopDelay", step.get("delay"))
    yield from keys("Fallback", step.get("onError"))
    yield from keys("DefaultCase", step.get("default"))
    for case in step.get("cases", []):
        yield from keys("Case", case)
    for clause in step.get("catch", []):
        yield from keys("Catch", clause)
    for branch in step.get("branches", []):
        yield from keys("Branch", branch)
    branches = [branch for key in ("cases", "branches", "catch") for branch in step.get(key, [])]
    for holder in (step, step.get("default", {}), *branches):
        for inner in holder.get("steps", []):
            yield from used_by_step(inner)


def keys(model: str, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield from ((model, key) for key in value)
