"""Tools for authors: step types, and checks of a source; they write nothing."""

from typing import Annotated

from mcp_types import CallToolResult
from pydantic import Field

from wftui.agents.caller import AgentAccess
from wftui.agents.results import value_result
from wftui.agents.run_tools import own
from wftui.agents.workflow_calls import Context, WorkflowCalls
from wftui.model.base import WireModel
from wftui.model.errors import NotFoundError
from wftui.model.workflow.identifiers import WORKFLOW_ID_PATTERN


class StepTypeQuery(WireModel):
    """Arguments of `step_types`."""

    type: Annotated[str | None, Field(description="One step type: with the schemas of its input and output.")] = None


class SourceCheck(WireModel):
    """Arguments of `workflow_check`."""

    id: Annotated[str, Field(pattern=WORKFLOW_ID_PATTERN, description="Id of the workflow, as in its source.")]
    source: Annotated[str, Field(max_length=1_000_000, description="The text of a workflow.json.")]


async def step_types(
    _context: Context, _calls: WorkflowCalls, caller: AgentAccess, asked: StepTypeQuery
) -> CallToolResult:
    """Return the step types, or one with its schemas."""
    if asked.type is not None:
        found = await caller.workbench.steps.type(asked.type)
        if found is None:
            raise NotFoundError(f"there is no step type {asked.type!r}", code="steps.not_found")
        return value_result(found.to_wire())
    types = await caller.workbench.steps.types()
    return value_result(
        {"types": [{"type": each.type, "title": each.title, "description": each.description} for each in types]}
    )


async def check(_context: Context, _calls: WorkflowCalls, caller: AgentAccess, asked: SourceCheck) -> CallToolResult:
    """Return the diagnostics of a source."""
    result = await caller.workbench.workflows.check(asked.id, asked.source)
    return value_result(result.to_wire())


AUTHOR_TOOLS = {
    each.tool.name: each
    for each in (
        own(
            "step_types",
            "Types of steps",
            "Lists the types of steps a workflow may use; with `type`, the JSON Schemas of input and output of one.",
            StepTypeQuery,
            step_types,
        ),
        own(
            "workflow_check",
            "Check a workflow",
            "Checks the text of a workflow.json and returns its errors and warnings by line. Saves and runs nothing.",
            SourceCheck,
            check,
        ),
    )
}
