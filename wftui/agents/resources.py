"""Resources: runs, their logs, workflows, step types and pages by address."""

import asyncio
import json
import re

from mcp_types import ReadResourceResult, Resource, ResourceTemplate, TextResourceContents

from wftui.agents.caller import AgentAccess
from wftui.agents.pages import page, page_names, page_title
from wftui.agents.run_tools import log_page
from wftui.model.errors import NotFoundError

_RECENT = 20
_ADDRESS = re.compile(r"wftui://(runs|workflows)/([A-Za-z0-9_-]+)(?:/(outputs|log))?")
_READING = re.compile(r"wftui://(docs|steps)/([a-z0-9_.-]+)")
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
        description="The outputs of a run, with full values.",
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
    ResourceTemplate(
        name="step-type",
        uri_template="wftui://steps/{type}",
        description="A step type with the schemas of its input and output.",
        mime_type="application/json",
    ),
]


async def recent(caller: AgentAccess) -> list[Resource]:
    """Return the offered workflows, the newest runs, the step types and the pages."""
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
    types = [
        Resource(
            name=each.type,
            uri=f"wftui://steps/{each.type}",
            mime_type="application/json",
            title=f"Step type {each.type}",
            description=each.description,
        )
        for each in await caller.workbench.steps.types()
    ]
    return workflows + runs + types + await asyncio.to_thread(_pages)


def _pages() -> list[Resource]:
    return [
        Resource(name=name, uri=f"wftui://docs/{name}", mime_type="text/markdown", title=page_title(name))
        for name in page_names()
    ]


async def read(caller: AgentAccess, uri: str) -> ReadResourceResult:
    """Return the resource at an address.

    Raises:
        NotFoundError: there is none, as far as the agent sees.
    """
    reading = _READING.fullmatch(uri)
    if reading is not None:
        return await _read_for_authors(caller, uri, *reading.groups())
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


async def _read_for_authors(caller: AgentAccess, uri: str, kind: str, name: str) -> ReadResourceResult:
    if kind == "docs":
        media_type, text = "text/markdown", await asyncio.to_thread(page, name)
    else:
        found = await caller.workbench.steps.type(name)
        media_type, text = "application/json", None if found is None else found.to_json()
    if text is None:
        raise NotFoundError(f"there is no resource {uri}", code="resource.not_found")
    return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=media_type, text=text)])
