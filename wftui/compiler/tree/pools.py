"""Pools of steps, inherited from containers and the workflow."""

from typing import Any

from wftui.compiler.tree.nodes import StepNode
from wftui.model.workflow.containers import CONTAINER_TYPES
from wftui.model.workflow.definition import Workflow
from wftui.model.workflow.identifiers import HERE
from wftui.steps.api.step_type import StepType


def pool_of(node: StepNode, step_type: StepType[Any] | None, workflow: Workflow) -> str | None:
    """Return the pool that a step runs in; None: the process of the run.

    It is that of the step, else of the nearest container around it, else of the workflow. Containers have none.

    Args:
        step_type: None for a container, and for an unknown type.
    """
    if node.step.type in CONTAINER_TYPES or (step_type is not None and step_type.local):
        return None
    around: StepNode | None = node
    while around is not None:
        if around.step.pool is not None:
            return _pool(around.step.pool)
        around = around.body.owner
    return _pool(workflow.pool)


def _pool(name: str | None) -> str | None:
    return None if name == HERE else name


def pool_pointer(node: StepNode) -> str:
    """Return where the pool of a step is written."""
    around: StepNode | None = node
    while around is not None:
        if around.step.pool is not None:
            return around.at("pool")
        around = around.body.owner
    return "/pool"
