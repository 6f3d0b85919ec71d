"""Tools as a model reads them: what they do, what they return, what to do next."""

from collections.abc import Mapping

from mcp_types import Tool, ToolAnnotations
from pydantic import BaseModel

from wftui.model.base import Json
from wftui.model.listing import OfferedWorkflow

_PREFIX = "workflow-"


def tool_name(workflow_id: str, taken: Mapping[str, object]) -> str:
    """Return the name of a workflow's tool: its id, unless another tool has that name."""
    return f"{_PREFIX}{workflow_id}" if workflow_id in taken else workflow_id


def workflow_tool(workflow: OfferedWorkflow, name: str, hand_back: float) -> Tool:
    """Return the tool that runs a workflow.

    Args:
        hand_back: seconds after which a call returns without the run's end.
    """
    text = workflow.description.strip() or workflow.name
    sentences = [text if text.endswith((".", "!", "?")) else f"{text}."]
    sentences.append(f"Runs the workflow {workflow.id}.")
    if workflow.outputs:
        sentences.append(f"Returns `outputs` with: {', '.join(workflow.outputs)}.")
    if "approval" in workflow.step_types:
        sentences.append("A person has to approve a step; `waiting` then has the question.")
    sentences.append(
        f"A run that takes longer than {hand_back:g} seconds continues, and the result is"
        ' {"run": ID, "status": "running"}: call `run_status` with that id and `wait` until `status` changes.'
        " Do not call this tool again for it, which would start a second run."
    )
    return Tool(
        name=name,
        title=workflow.name,
        description=" ".join(sentences),
        input_schema={**workflow.input_schema, "type": "object"},
        annotations=ToolAnnotations(title=workflow.name, read_only_hint=False, open_world_hint=True),
    )


def own_tool(name: str, title: str, description: str, arguments: type[BaseModel], *, changes: bool = False) -> Tool:
    """Return a tool of ours.

    Args:
        changes: whether it does more than read.
    """
    schema: dict[str, Json] = arguments.model_json_schema(by_alias=True)
    return Tool(
        name=name,
        title=title,
        description=description,
        input_schema=schema,
        annotations=ToolAnnotations(
            title=title, read_only_hint=not changes, destructive_hint=changes, open_world_hint=False
        ),
    )
