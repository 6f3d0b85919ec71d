"""Endpoints of workflows, and of the server itself."""

import json

from starlette.responses import Response

from wftui.api.bodies import CompilationRequest, EarlierInputs, NoQuery, WorkflowList
from wftui.api.call import Call, json_response


async def compile_(call: Call) -> Response:
    """Check a workflow and write its Python."""
    asked = await call.body(CompilationRequest)
    return json_response(await call.workbench.workflows.compile(call.workflow_id(asked.workflow_id)))


async def workflows(call: Call) -> Response:
    """List the workflows that the token covers."""
    call.query(NoQuery)
    rows = await call.workbench.workflows.all()
    return json_response(WorkflowList(workflows=[row for row in rows if call.token.sees(row.id)]))


async def definition(call: Call) -> Response:
    """Return a workflow: its input schema and its steps."""
    call.query(NoQuery)
    return json_response(await call.workbench.workflows.outline(call.workflow_id(call.request.path_params["id"])))


async def recent_inputs(call: Call) -> Response:
    """Return the distinct inputs of recent runs of a workflow."""
    call.query(NoQuery)
    workflow_id = call.workflow_id(call.request.path_params["id"])
    return json_response(EarlierInputs(inputs=await call.workbench.runs.recent_inputs(workflow_id)))


async def openapi(call: Call) -> Response:
    """Return this document."""
    call.query(NoQuery)
    return Response(json.dumps(call.state.document()), media_type="application/json")
