"""The page and its socket."""

import asyncio
import json
import secrets
import sys
from collections.abc import Callable, Iterable
from importlib import resources

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from wftui.api.call import ServerState
from wftui.api.gate import Gate
from wftui.api.problems import ProblemError, problem_of
from wftui.model.errors import UserError
from wftui.web.gate import PageGate
from wftui.web.screen_process import ScreenProcess
from wftui.workbench import Workbench

_COLUMNS, _ROWS = 80, 24
_ENDED, _GOING_AWAY, _UNREADABLE, _REFUSED, _FAILED = 1000, 1001, 1007, 1008, 1011
_OURS, _THEIRS = "wftui.web", "textual_serve"
_FILES = {
    "/page.js": (_OURS, "static/page.js", "text/javascript"),
    "/page.css": (_OURS, "static/page.css", "text/css"),
    "/terminal.js": (_THEIRS, "static/js/textual.js", "text/javascript"),
    "/terminal.css": (_THEIRS, "static/css/xterm.css", "text/css"),
    "/font.ttf": (_THEIRS, "static/fonts/RobotoMono-VariableFont_wght.ttf", "font/ttf"),
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; font-src 'self';"
    " connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def make_web_app(workbench: Workbench, state: ServerState, hosts: Iterable[str] = ()) -> Starlette:
    """Return the application of the page.

    Args:
        hosts: names by which browsers reach the server, beside those of the loopback device.
    """
    gate = PageGate(Gate(workbench.tokens, hosts))
    settings = workbench.settings
    command = [sys.executable, "-m", "wftui", "--tables", str(settings.tables), "--db", str(settings.database)]
    routes: list[BaseRoute] = [
        Route("/", _answering(gate, _page, takes_token=True)),
        *(Route(path, _answering(gate, _file(*about))) for path, about in _FILES.items()),
        Route("/{path:path}", _answering(gate, _nothing)),
        WebSocketRoute("/socket", _Socket(gate, command, state).serve),
    ]
    return Starlette(routes=routes)


def _answering(
    gate: PageGate, answer: Callable[[], Response], *, takes_token: bool = False
) -> Callable[[Request], Response]:
    """Return an endpoint that authenticates, and refuses with a sentence.

    Args:
        takes_token: a token in the address becomes the cookie.
    """

    def respond(request: Request) -> Response:
        response: Response
        try:
            token = request.query_params.get("token") if takes_token else None
            if token is None:
                gate.check(request)
                response = answer()
            else:
                response = RedirectResponse(".", 303)
                gate.remember(request, token, response)
        except (ProblemError, UserError) as error:
            response = _refusal(error)
        response.headers.update({**_HEADERS, **response.headers})
        return response

    return respond


def _refusal(error: ProblemError | UserError) -> Response:
    problem = problem_of(error) if isinstance(error, UserError) else error
    return PlainTextResponse(f"wftui: error[{problem.problem.code}] {problem}\n", problem.problem.status)


def _page() -> Response:
    nonce = secrets.token_urlsafe(16)
    text = resources.files(_OURS).joinpath("static/page.html").read_text(encoding="utf-8")
    return Response(
        text.replace("{{ nonce }}", nonce),
        media_type="text/html",
        headers={"Content-Security-Policy": _POLICY.format(nonce=nonce)},
    )


def _file(package: str, path: str, media_type: str) -> Callable[[], Response]:
    def answer() -> Response:
        return Response(resources.files(package).joinpath(path).read_bytes(), media_type=media_type)

    return answer


def _nothing() -> Response:
    raise ProblemError(404, "request.path", "there is nothing at this path; the screen is at /")


class _Socket:
    """The socket of a tab: keys and sizes in, the screen out."""

    def __init__(self, gate: PageGate, command: list[str], state: ServerState) -> None:
        self._gate = gate
        self._command = command
        self._state = state

    async def serve(self, socket: WebSocket) -> None:
        """Serve a tab until it is closed, its screen ends or the server stops."""
        try:
            token = self._gate.check_socket(socket)
        except (ProblemError, UserError) as error:
            await socket.send_denial_response(_refusal(error))
            return
        await socket.accept()
        size = _number(socket, "width", _COLUMNS), _number(socket, "height", _ROWS)
        try:
            screen = await ScreenProcess.start(self._command, *size)
        except UserError as error:
            await socket.send_bytes(f"wftui: error[{error.code}] {error}".encode())
            await socket.close(_FAILED)
            return
        tasks = [
            asyncio.create_task(self._draw(socket, screen)),
            asyncio.create_task(self._type(socket, screen, token)),
            asyncio.create_task(self._stop()),
        ]
        code = None
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            code = next(iter(done)).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            screen.close()
        if code is not None:
            await socket.close(code)

    @staticmethod
    async def _draw(socket: WebSocket, screen: ScreenProcess) -> int | None:
        while data := await screen.read():
            try:
                await socket.send_bytes(data)
            except WebSocketDisconnect:
                return None
        return _ENDED

    async def _type(self, socket: WebSocket, screen: ScreenProcess, token: str) -> int | None:
        while True:
            try:
                message = json.loads(await socket.receive_text())
                kind = message[0]
                if not self._gate.opens(token):
                    return _REFUSED
                if kind == "stdin":
                    await screen.write(message[1].encode("utf-8", "replace"))
                elif kind == "resize":
                    screen.resize(int(message[1]["width"]), int(message[1]["height"]))
                elif kind == "ping":
                    await socket.send_json(["pong", str(message[1])])
            except WebSocketDisconnect:
                return None
            except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError):
                return _UNREADABLE

    async def _stop(self) -> int:
        await self._state.closing.wait()
        return _GOING_AWAY


def _number(connection: HTTPConnection, name: str, default: int) -> int:
    text = connection.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else default
