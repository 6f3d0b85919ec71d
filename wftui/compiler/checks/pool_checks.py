"""Checks of pools: steps that cannot be in one, and paths of this machine."""

from collections.abc import Iterator, Mapping
from typing import Any

from wftui.compiler.diagnostics import patches
from wftui.compiler.diagnostics.diagnostic import Diagnostic
from wftui.compiler.tree.nodes import StepNode, WorkflowTree, strings_in
from wftui.model.base import Json
from wftui.model.workflow.identifiers import HERE
from wftui.steps.api.step_type import PathUse, StepType, StepTypes

_IN_MEMORY = ":memory:"
"""The path of an SQLite database without a file."""
_ABSOLUTE = ("/", "~", "file:///")


def check_pools(
    tree: WorkflowTree, types: Mapping[StepNode, StepType[Any] | None], step_types: StepTypes
) -> Iterator[Diagnostic]:
    """Yield diagnostics of the pools of a workflow."""
    for node in tree.walk():
        step_type = types.get(node)
        if step_type is None:
            continue
        if step_type.local and node.step.pool not in (None, HERE):
            yield _refused(node)
        elif node.pool is not None:
            yield from _paths(node, step_type, node.step.input, "", step_types)


def _refused(node: StepNode) -> Diagnostic:
    message = f"a step of type {node.step.type} is part of the run itself, which no worker has; it takes no pool"
    fix = patches.remove("remove pool", node.at("pool"))
    return Diagnostic("pool.type", message, node.at("pool"), step_id=node.id or None, field="pool", fixes=(fix,))


def _paths(
    node: StepNode, step_type: StepType[Any], values: Mapping[str, Json], prefix: str, step_types: StepTypes
) -> Iterator[Diagnostic]:
    """Warn of the paths in the input of a step, or of a tool for a model.

    Args:
        prefix: of the input in that of the step: `tools.0.input.`.
    """
    for field, use in step_type.path_fields.items():
        for pointer, name, text in strings_in(_at(values, field), node.at("input", *_parts(prefix + field)), field):
            sentence = _problem(text, use, node.pool)
            if sentence is not None:
                change = patches.add if node.step.pool is None else patches.replace
                fix = change("run the step here", node.at("pool"), HERE)
                step_id, whole = node.id or None, f"input.{prefix}{name}"
                yield Diagnostic("pool.path", sentence, pointer, "warning", step_id=step_id, field=whole, fixes=(fix,))
    tools = values.get("tools")
    for number, tool in enumerate(tools if isinstance(tools, list) else ()):
        fixed = tool.get("input") if isinstance(tool, dict) else None
        found = step_types.get(tool["type"]) if isinstance(fixed, dict) and isinstance(tool.get("type"), str) else None
        if found is not None and isinstance(fixed, dict):
            yield from _paths(node, found, fixed, f"{prefix}tools.{number}.input.", step_types)


def _at(value: Json, field: str) -> Json:
    """Return the value of a dotted field; None without one."""
    for part in _parts(field):
        if isinstance(value, Mapping):
            value = value.get(str(part))
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def _parts(field: str) -> list[str | int]:
    return [int(part) if part.isdecimal() else part for part in field.split(".") if part]


def _problem(text: str, use: PathUse, pool: str | None) -> str | None:
    """Return why a path is different on a worker; None if it may be the same."""
    if use == "machine":
        if text == _IN_MEMORY:
            return None
        return f"{text} is looked for on the worker that runs the step, so every worker of pool {pool} must have it"
    if text.startswith((*_ABSOLUTE, "{{")) or (use == "program" and "/" not in text):
        return None
    return (
        f"{text} is relative: on a worker it starts in an empty folder of the run, not in the one wftui was started in"
    )
