"""Tools for authors: step types, checks of a source, and writing one."""

from typing import Annotated

from mcp_types import CallToolResult
from pydantic import Field

from wftui.agents.caller import AgentAccess
from wftui.agents.results import error_result, value_result
from wftui.agents.run_tools import own
from wftui.agents.workflow_calls import Context, WorkflowCalls
from wftui.model.errors import NotFoundError
from wftui.model.validated import ValidatedModel
from wftui.model.workflow.identifiers import WORKFLOW_ID_PATTERN


class StepTypeQuery(ValidatedModel):
    """Arguments of `step_types`."""

    type: Annotated[str | None, Field(description="Only this step type, with its schemas.")] = None


class SourceCheck(ValidatedModel):
    """Arguments of `workflow_check`."""

    id: Annotated[str, Field(pattern=WORKFLOW_ID_PATTERN, description="Id of the workflow, as in its source.")]
    source: Annotated[str, Field(max_length=1_000_000, description="The text of a workflow.json.")]


class SourceQuery(ValidatedModel):
    """Arguments of `workflow_source`."""

    id: Annotated[str, Field(pattern=WORKFLOW_ID_PATTERN, description="Id of the workflow.")]


class NewSource(SourceCheck):
    """Arguments of `workflow_write`."""

    etag: Annotated[
        str | None,
        Field(description="The etag from workflow_source, to replace a workflow; absent: a new one."),
    ] = None


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


async def source(_context: Context, _calls: WorkflowCalls, caller: AgentAccess, asked: SourceQuery) -> CallToolResult:
    """Return the source of any workflow that the token covers."""
    _require_author(caller, asked.id)
    found = await caller.workbench.workflows.read(asked.id)
    return value_result({"id": asked.id, "source": found.text, "etag": found.etag})


async def write(_context: Context, _calls: WorkflowCalls, caller: AgentAccess, asked: NewSource) -> CallToolResult:
    """Write a source without errors; return its warnings."""
    _require_author(caller, asked.id)
    checked = await caller.workbench.workflows.check(asked.id, asked.source)
    if checked.errors:
        return error_result(
            "workflow.errors",
            "the workflow has errors; nothing was written",
            diagnostics=[each.to_wire() for each in checked.errors],
        )
    written = await caller.workbench.workflows.save(asked.id, asked.source, asked.etag)
    return value_result(
        {"id": asked.id, "etag": written.etag, "warnings": [each.to_wire() for each in checked.warnings]}
    )


def _require_author(caller: AgentAccess, workflow_id: str) -> None:
    caller.require("admin")
    if not caller.token.sees(workflow_id):
        raise NotFoundError("there is no such workflow", code="workflow.not_found")


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

WRITING_TOOLS = {
    each.tool.name: each
    for each in (
        own(
            "workflow_source",
            "Source of a workflow",
            "Returns the workflow.json of a workflow, and its etag for workflow_write.",
            SourceQuery,
            source,
        ),
        own(
            "workflow_write",
            "Write a workflow",
            "Writes the workflow.json of a new or existing workflow, unless it has errors. This is code execution:"
            " steps run commands as the user of this server. Show the user what you are about to write.",
            NewSource,
            write,
            changes=True,
        ),
    )
}
"""Only with `--allow-authoring` and the scope admin."""
