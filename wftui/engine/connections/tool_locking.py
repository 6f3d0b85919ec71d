"""Lock the tools of MCP servers and of Composio that a workflow uses."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from wftui.connections.redaction import Redactor
from wftui.engine.connections.run_connections import RunConnections
from wftui.engine.primitives.secret_inputs import secret_texts
from wftui.model.base import Json
from wftui.model.errors import UserError
from wftui.model.json.json_reasons import located_reason
from wftui.model.schema.json_schema import as_list, as_object
from wftui.model.workflow.inner_steps import every_step
from wftui.runtime.plan import WorkflowPlan
from wftui.runtime.scope import Scope
from wftui.runtime.validation.validator import with_defaults
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.composio.locking import composio_tools
from wftui.steps.mcp.lock import LockedServer, ServerName, server_name
from wftui.steps.mcp.locking import LockReport, ToolSource, refresh_lock, server_tools
from wftui.steps.mcp.server import McpServer
from wftui.steps.mcp.sessions import load_session_class
from wftui.workspace.locate import current_folder

if TYPE_CHECKING:
    from wftui.connections.connections import Connections

if TYPE_CHECKING:
    from wftui.compiler.compiler import WorkflowCompiler

_Bound = tuple[Mapping[str, Json], Mapping[str, Json]]
_KEPT = ("$schema", "format", "id", "inputSchema", "connections", "env")


async def lock_tools(
    compiler: WorkflowCompiler,
    workflow_id: str,
    inputs: Mapping[str, Json],
    *,
    connections: Connections | None = None,
    write: bool = True,
) -> LockReport:
    """Request the tools of MCP servers and of Composio, and lock them.

    Args:
        inputs: for servers whose command or address depends on inputs; defaults are applied.
        write: whether to write the lock file; False only reports what would change.

    Raises:
        UserError: the workflow cannot be read, the lock file cannot be read or written, or the package mcp is missing.
    """
    source = await asyncio.to_thread(compiler.workspace.read, workflow_id)
    try:
        workflow = as_object(json.loads(source.text))
    except ValueError as error:
        raise UserError(f"{source.path} is not JSON: {located_reason(error)}", code="workflow.syntax") from None
    redactor = Redactor()
    uses = list(_uses(workflow))
    if any(use.step.get("type") == "mcp" for use in uses):
        try:
            await load_session_class()
        except WorkflowError as error:
            raise UserError(error.message, code=error.type) from None
    sources: list[ToolSource] = []
    unbound: list[str] = []
    for use in uses:
        request = None
        try:
            request = use.request(*await _bound(compiler, workflow, use.step, inputs, connections, redactor))
        except (UserError, WorkflowError) as error:
            sentence = f"the server of the step {use.step.get('id')} is not known before a run: {error}"
            unbound.append(redactor.redact_text(sentence))
        sources.append(ToolSource(use.name, request))
    report = await refresh_lock(source.path.parent, sources, write=write, redact=redactor.redact)
    report.failures.extend(unbound)
    return report


@dataclass(frozen=True, slots=True)
class _Use:
    """Source of tools as a step names it.

    Attributes:
        step: the first step that names it.
        versions: tools that steps use of it, each with the version it is pinned to, or None.
    """

    name: ServerName
    step: Mapping[str, Json]
    versions: dict[str, str | None] = field(default_factory=dict)

    def request(
        self, given: Mapping[str, Json], connection: Mapping[str, Json]
    ) -> Callable[[], Awaitable[LockedServer]]:
        """Return the request for its tools.

        Args:
            given: input of the step, bound.
            connection: that of the step, with secrets.
        """
        if self.step.get("type") == "composio":
            return partial(composio_tools, self.name, connection, self.versions)
        server = McpServer.model_validate(dict(given.get("server") or connection))
        return partial(server_tools, self.name, server.absolute(current_folder()))


def _uses(workflow: Mapping[str, Json]) -> Iterator[_Use]:
    """Yield each source of tools of a workflow once."""
    found: dict[str, _Use] = {}
    for step in every_step(workflow):
        for call in _mcp_calls(step):
            name = server_name(as_object(call.get("input")), call.get("connection"))
            if name is not None:
                found.setdefault(name.model_dump_json(), _Use(name, call))
        connection = step.get("connection")
        if step.get("type") == "composio" and isinstance(connection, str):
            name = ServerName(connection=connection)
            use = found.setdefault(name.model_dump_json(), _Use(name, step))
            tool, version = (_literal(as_object(step.get("input")).get(key)) for key in ("tool", "version"))
            if tool is not None:
                use.versions.setdefault(tool, version)
    yield from found.values()


def _literal(value: Json) -> str | None:
    """Return a text without expressions."""
    return value if isinstance(value, str) and "{{" not in value else None


def _mcp_calls(step: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """Yield a step that calls MCP tools, and the MCP tools of a model as steps."""
    if step.get("type") == "mcp":
        yield step
    if step.get("type") == "llm":
        for tool in map(as_object, as_list(as_object(step.get("input")).get("tools"))):
            if tool.get("type") == "mcp":
                yield {"id": step.get("id"), **tool}


async def _bound(
    compiler: WorkflowCompiler,
    workflow: Mapping[str, Json],
    step: Mapping[str, Json],
    inputs: Mapping[str, Json],
    connections: Connections | None,
    redactor: Redactor,
) -> _Bound:
    """Return the server that a step names and its connection, bound as in a run.

    A workflow of this step alone is compiled and its input evaluated.
    """
    part: dict[str, Json] = {key: step[key] for key in ("id", "type", "connection") if key in step}
    # The tool name is a binding, because without a lock no check can know the tool.
    part["input"] = {"tool": "{{ 'any' }}"}
    if "server" in as_object(step.get("input")):
        part["input"]["server"] = as_object(step["input"])["server"]
    alone = {**{key: workflow[key] for key in _KEPT if key in workflow}, "steps": [part]}
    text = json.dumps(alone)
    loaded = await asyncio.to_thread(compiler.load_text, str(workflow.get("id")), text)
    plan: WorkflowPlan = loaded.plan
    known = RunConnections(plan, {}, redactor, connections)
    values: Mapping[str, Json] = {}
    only = plan.steps[0]
    if only.connection is not None:
        values = await known.get(only.connection) or {}
    filled = as_object(with_defaults(plan.input_schema, dict(inputs)))
    for secret in secret_texts(filled, plan.secret_inputs):
        redactor.add(secret)
    scope = Scope(
        inputs=filled,
        env={name: os.environ[name] for name in plan.env if name in os.environ},
        secrets=known.secrets,
        connection=values,
    )
    bound = as_object(await asyncio.to_thread(only.input, scope) if only.input is not None else {})
    return bound, values
