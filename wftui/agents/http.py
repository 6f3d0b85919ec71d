"""Clients over streamable HTTP, with the tokens of `wftui serve`."""

from collections.abc import Callable, Iterable

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken as McpToken
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from wftui.agents.server import AgentOptions, AgentServer
from wftui.agents.workflow_calls import Context
from wftui.api.app import HealthResource, NothingHere, ProblemApplication
from wftui.api.call import ServerState
from wftui.api.gate import Gate
from wftui.api.server import ServeOptions, serve_application
from wftui.model.errors import UserError
from wftui.model.user.access import AccessToken
from wftui.workbench import Workbench

PATH = "/mcp"
_TOKEN = "wftui.token"


async def serve_http(
    workbench: Workbench,
    agents: Callable[[ServerState], AgentOptions],
    options: ServeOptions,
    listening: Callable[[str], None],
) -> None:
    """Serve agents; see `serve_application`.

    Args:
        agents: returns the options for a server of a state.
    """
    state = ServerState()
    server = AgentServer(workbench, agents(state), _token_of)
    manager = StreamableHTTPSessionManager(server.server)
    application = make_agent_app(workbench, state, manager, [options.host, *options.hosts])
    serving: list[UserError] = []
    async with manager.run():  # whose group of tasks wraps every error
        try:
            await serve_application(workbench, application, state, options, lambda url: listening(url + PATH))
        except UserError as error:
            serving.append(error)
    if serving:
        raise serving[0]


def make_agent_app(
    workbench: Workbench, state: ServerState, manager: StreamableHTTPSessionManager, hosts: Iterable[str] = ()
) -> Starlette:
    """Return the application in front of the sessions."""
    gate = Gate(workbench.tokens, hosts)
    return Starlette(
        routes=[
            Route("/health", HealthResource(state, gate)),
            Route(PATH, _Endpoint(gate, manager)),
            Route("/{path:path}", NothingHere(gate)),
        ]
    )


class _Endpoint(ProblemApplication):
    """The one path of the protocol."""

    def __init__(self, gate: Gate, manager: StreamableHTTPSessionManager) -> None:
        self._gate = gate
        self._manager = manager

    async def respond(self, request: Request) -> ASGIApp:
        """Authenticate a request, and forward it on behalf of its token.

        A session is its token's: another one does not find it.
        """
        token = self._gate.token(request)
        self._gate.check_host(request)
        request.scope[_TOKEN] = token
        request.scope["user"] = AuthenticatedUser(
            McpToken(token=token.name, client_id=token.name, scopes=[token.scope])
        )
        return self._manager.handle_request


def _token_of(context: Context) -> AccessToken:
    assert context.request is not None
    found: AccessToken = context.request.scope[_TOKEN]
    return found
