"""Resources: runs, their logs, and workflows by address."""

import json
import re

from mcp_types import ReadResourceResult, Resource, ResourceTemplate, TextResourceContents

from wftui.agents.caller import AgentAccess
from wftui.agents.run_tools import log_page
from wftui.model.errors import NotFoundError

_RECENT = 20
_ADDRESS = re.compile(r"wftui://(runs|workflows)/([A-Za-z0-9_-]+)(?:/(outputs|log))?")
_LOG_ENTRIES = 5000

TEMPLATES = [
    ResourceTemplate(
        name="run",
        uri_template="wftui://runs/{run}",
        description="A run with its steps, as recorded.",
        mime_type="application/json",
    ),
    ResourceTemplate(
        name="run-outputs",
        uri_template="wftui://runs/{run}/outputs",
        description="The outputs of a run, whole.",
        mime_type="application/json",
    ),
    ResourceTemplate(
        name="run-log", uri_template="wftui://runs/{run}/log", description="The log of a run.", mime_type="text/plain"
    ),
    ResourceTemplate(
        name="workflow",
        uri_template="wftui://workflows/{workflow}",
        description="The source of a workflow.",
        mime_type="application/json",
    ),
]


async def recent(caller: AgentAccess) -> list[Resource]:
    """Return the offered workflows and the newest runs."""
    ids = await caller.workflow_ids()
    page = await caller.workbench.runs.history(limit=_RECENT, among=ids)
    workflows = [
        Resource(name=each, uri=f"wftui://workflows/{each}", mime_type="application/json", title=f"Workflow {each}")
        for each in ids
    ]
    runs = [
        Resource(
            name=run.id,
            uri=f"wftui://runs/{run.id}",
            mime_type="application/json",
            title=f"Run of {run.workflow_id}: {run.status}",
        )
        for run in page.executions
    ]
    return workflows + runs


async def read(caller: AgentAccess, uri: str) -> ReadResourceResult:
    """Return the resource at an address.

    Raises:
        NotFoundError: there is none, as far as the agent sees.
    """
    found = _ADDRESS.fullmatch(uri)
    if found is None or (found[1] == "workflows" and found[3]):
        raise NotFoundError(f"there is no resource {uri}", code="resource.not_found")
    kind, name, part = found.groups()
    media_type = "application/json"
    if kind == "workflows":
        if name not in await caller.workflow_ids():
            raise NotFoundError(f"there is no resource {uri}", code="resource.not_found")
        text = (await caller.workbench.workflows.read(name)).text
    else:
        run = await caller.run(name)
        if part == "outputs":
            whole = await caller.workbench.runs.head(run.id, whole=True)
            text = json.dumps(whole.outputs, ensure_ascii=False)
        elif part == "log":
            media_type = "text/plain"
            lines, _next = await log_page(caller, run.id, 0, _LOG_ENTRIES)
            text = "".join(f"{each['step'] or run.workflow_id} {each['level']}: {each['message']}\n" for each in lines)
        else:
            text = (await caller.workbench.runs.record(run.id)).to_json()
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=media_type, text=text)])
