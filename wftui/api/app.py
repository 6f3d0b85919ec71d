"""The application: routes, the gate, and the form of all errors."""

import sys
import traceback
from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from wftui.api.bodies import Health
from wftui.api.call import Call, ServerState, json_response
from wftui.api.gate import Gate
from wftui.api.openapi import document
from wftui.api.problems import ProblemError, problem_of
from wftui.api.routes import ENDPOINTS, Endpoint
from wftui.model.errors import UserError
from wftui.model.text.terminal_text import clean_text
from wftui.output.output_thread import OutputThread
from wftui.workbench import Workbench


def make_app(workbench: Workbench, state: ServerState, hosts: Iterable[str] = ()) -> Starlette:
    """Return the application over a workbench.

    Args:
        hosts: names by which clients reach the server, beside those of the loopback device.
    """
    state.document = document
    gate = Gate(workbench.tokens, hosts)
    by_path: dict[str, dict[str, Endpoint]] = {}
    for each in ENDPOINTS:
        by_path.setdefault(each.path, {})[each.method] = each
    routes = [Route(path, _Resource(methods, workbench, state, gate)) for path, methods in by_path.items()]
    return Starlette(
        routes=[Route("/health", HealthResource(state, gate)), *routes, Route("/{path:path}", NothingHere(gate))]
    )


class ProblemApplication:
    """An ASGI application whose errors are problem details."""

    async def respond(self, request: Request) -> ASGIApp:
        """Return the response to a request, or the application that responds."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response: ASGIApp
        try:
            response = await self.respond(request)
        except ProblemError as problem:
            response = problem.response()
        except UserError as error:
            found = problem_of(error)
            response = found.response()
            if found.problem.status >= 500:
                _log(f"error[{error.code}] {error}")
        except Exception:  # noqa: BLE001  (a defect of the program: the client learns no more than that)
            _log(traceback.format_exc().rstrip())
            response = ProblemError(500, "internal", "internal error of the server; see its log").response()
        await response(scope, receive, send)


class _Resource(ProblemApplication):
    """All methods of one path."""

    def __init__(self, methods: dict[str, Endpoint], workbench: Workbench, state: ServerState, gate: Gate) -> None:
        self._methods = methods
        self._workbench = workbench
        self._state = state
        self._gate = gate

    async def respond(self, request: Request) -> Response:
        """Check who asks, then call the endpoint."""
        call = Call(self._workbench, self._state, request, self._gate.token(request))
        self._gate.check_host(request)
        endpoint = self._methods.get(request.method)
        if endpoint is None:
            raise _not_allowed(self._methods)
        call.require(endpoint.scope)
        if endpoint.body is not None:
            call.query(endpoint.query)
        return await endpoint.handle(call)


class HealthResource(ProblemApplication):
    """The one path without a token."""

    def __init__(self, state: ServerState, gate: Gate) -> None:
        self._state = state
        self._gate = gate

    async def respond(self, request: Request) -> Response:
        """Check that the server responds."""
        self._gate.check_host(request)
        if request.method != "GET":
            raise _not_allowed(["GET"])
        return json_response(Health(status="stopping" if self._state.stopping else "ok"))


class NothingHere(ProblemApplication):
    """Every other path."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def respond(self, request: Request) -> Response:
        """Refuse the request, without a token like any other."""
        self._gate.token(request)
        self._gate.check_host(request)
        raise ProblemError(404, "request.path", "there is nothing at this path")


def _not_allowed(methods: Iterable[str]) -> ProblemError:
    allowed = ", ".join(sorted(methods))
    return ProblemError(405, "request.method", f"this path takes {allowed}", headers={"Allow": allowed})


_LOG_BYTES = 1024 * 1024
"""Capacity of the server's log for a terminal that is not read; more is dropped."""
_log_output = OutputThread()


def _log(text: str) -> None:
    line = f"wftui: {clean_text(text)}\n"
    try:
        descriptor = sys.stderr.fileno()
    except (OSError, ValueError):  # a stream in memory
        sys.stderr.write(line)
        return
    if not _log_output.is_behind(_LOG_BYTES):
        _log_output.write(descriptor, line.encode(errors="backslashreplace"))
