"""The server: the handlers of the protocol over a workbench."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mcp.server.context import CallNext, HandlerResult
from mcp.server.lowlevel.server import Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Tool,
)
from pydantic import ValidationError

from wftui import __version__
from wftui.agents import resources
from wftui.agents.author_tools import AUTHOR_TOOLS, WRITING_TOOLS
from wftui.agents.caller import AgentAccess
from wftui.agents.descriptions import tool_name, workflow_tool
from wftui.agents.questions import GivenAnswer, given_answer
from wftui.agents.results import invalid_arguments_result, user_error_result
from wftui.agents.run_tools import RUN_TOOLS
from wftui.agents.workflow_calls import Context, ToolResult, WorkflowCalls
from wftui.model.errors import NotFoundError, UserError
from wftui.model.user.access import AccessToken
from wftui.runtime.validation.model_problems import model_problems
from wftui.workbench import Workbench

HAND_BACK_SECONDS = 45.0
_ANSWER_SECONDS = 24 * 3600.0
"""Time in which a client may answer a question."""
OWN_TOOLS = RUN_TOOLS | AUTHOR_TOOLS | WRITING_TOOLS
_INSTRUCTIONS = (
    "Each workflow of this wftui workspace is a tool that runs it. Runs are recorded: run_status, run_steps, run_logs"
    " and run_history read them, run_cancel cancels one. A long run continues after its call has returned: poll it"
    " with run_status. Secrets are shown as ***; they cannot be read."
)


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """Options of a server.

    Attributes:
        every: offers all workflows, not only those with `"mcp": true`.
        authoring: lets agents write workflows, which is code execution.
        hand_back: seconds after which the call of a workflow returns without the run's end.
        stopping: tells whether the server starts no more runs.
        leaving: tells whether the server ends, and its runs continue without it.
    """

    every: bool = False
    authoring: bool = False
    hand_back: float = HAND_BACK_SECONDS
    stopping: Callable[[], bool] = bool
    leaving: Callable[[], bool] = bool


class AgentServer:
    """The tools and resources of one connection.

    Args:
        token: returns what the client of a request may do.
    """

    def __init__(self, workbench: Workbench, options: AgentOptions, token: Callable[[Context], AccessToken]) -> None:
        self._workbench = workbench
        self._options = options
        self._token = token
        self._calls = WorkflowCalls(workbench, options.hand_back)
        self.server: Server[Any] = Server(
            "wftui",
            version=__version__,
            title="wftui workflows",
            instructions=_INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
        )
        self.server.middleware.append(self._watch_aborts)
        security = RequestStateSecurity(
            keys=[os.urandom(32)], ttl=_ANSWER_SECONDS, bind_principal=lambda context: token(context).name
        )
        self.server.middleware.append(RequestStateBoundary(security, default_audience="wftui"))
        # No schema of ours has arguments that travel as headers: the SDK would list all tools for each call.
        self.server.get_tool_input_schema = lambda _name: None

    def _caller(self, context: Context, answer: GivenAnswer | None = None) -> AgentAccess:
        return AgentAccess(self._workbench, self._token(context), self._options.every, answer, self._options.leaving)

    async def _list_tools(self, context: Context, _params: PaginatedRequestParams | None) -> ListToolsResult:
        caller = self._caller(context)
        tools: list[Tool] = []
        if caller.token.may("run"):
            for workflow in await self._workbench.workflows.offered(every=self._options.every):
                if caller.token.sees(workflow.id):
                    name = tool_name(workflow.id, OWN_TOOLS)
                    tools.append(workflow_tool(workflow, name, self._options.hand_back))
        own = OWN_TOOLS if self._may_write(caller) else RUN_TOOLS | AUTHOR_TOOLS
        return ListToolsResult(tools=[*tools, *(each.tool for each in own.values())])

    def _may_write(self, caller: AgentAccess) -> bool:
        return self._options.authoring and caller.token.may("admin")

    async def _call_tool(self, context: Context, params: CallToolRequestParams) -> ToolResult:
        caller = self._caller(context, given_answer(params))
        given = params.arguments or {}
        try:
            own = OWN_TOOLS.get(params.name)
            if own is not None:
                if params.name in WRITING_TOOLS and not self._options.authoring:
                    raise UserError(
                        "this server does not write workflows; start it with --allow-authoring", code="authoring.off"
                    )
                try:
                    arguments = own.arguments.model_validate(given)
                except ValidationError as error:
                    return invalid_arguments_result(model_problems(own.arguments, given, error))
                return await own.handle(context, self._calls, caller, arguments)
            for workflow_id in await caller.workflow_ids():
                if tool_name(workflow_id, OWN_TOOLS) == params.name:
                    if self._options.stopping():
                        raise UserError("the server is stopping; it starts no more runs", code="serve.stopping")
                    return await self._calls.call(context, caller, workflow_id, given)
            raise NotFoundError(f"there is no tool {params.name!r}", code="tool.not_found")
        except UserError as error:
            return user_error_result(error)

    async def _list_resources(self, context: Context, _params: PaginatedRequestParams | None) -> ListResourcesResult:
        return ListResourcesResult(resources=await resources.recent(self._caller(context)))

    async def _list_templates(
        self, _context: Context, _params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(resource_templates=resources.TEMPLATES)

    async def _read_resource(self, context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        try:
            return await resources.read(self._caller(context), params.uri)
        except UserError as error:
            raise MCPError(INVALID_PARAMS, str(error), {"code": error.code}) from None

    async def _watch_aborts(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Cancel the run of a call that the client aborts.

        A client that disconnects leaves its runs.
        """
        result = await call_next(ctx)
        if ctx.method == "notifications/cancelled" and ctx.params is not None:
            request_id = ctx.params.get("requestId")
            if isinstance(request_id, str | int):
                await self._calls.abort(ctx, request_id)
        return result
