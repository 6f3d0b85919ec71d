"""The gate before page and socket: a token as a cookie, and the page's own origin.

The socket gives a shell: the token has to have the scope `admin`, and to cover all workflows.
"""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from wftui.api.gate import Gate
from wftui.api.problems import ProblemError
from wftui.model.user.access import AccessToken

_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}
_HOW = "open the address of this page with ?token=TOKEN behind it"


class PageGate:
    """Decides who may open the screen."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def check(self, connection: HTTPConnection) -> str:
        """Return the text of the token of a request for this server.

        Raises:
            ProblemError: 401, 403 or 421.
        """
        self._gate.check_host(connection)
        origin = connection.headers.get("origin")
        if origin is not None:
            self._check_origin(connection, origin)
        return self.token(connection.cookies.get(_cookie_name(connection), ""), f"no valid token; {_HOW}")

    def check_socket(self, connection: HTTPConnection) -> str:
        """Return the text of the token of a web socket; see `check`.

        Browsers always name the origin.

        Raises:
            ProblemError: 401, 403 or 421.
        """
        if "origin" not in connection.headers:
            raise ProblemError(403, "request.origin", "only a page opens this socket")
        return self.check(connection)

    def token(self, text: str, refusal: str) -> str:
        """Return the text if it is that of a token that may open the screen.

        Raises:
            ProblemError: 401 or 403.
        """
        found = self._gate.recognize(text)
        if found is None:
            raise ProblemError(401, "token.invalid", refusal)
        if not found.may("admin") or found.workflows is not None:
            raise ProblemError(
                403,
                "token.scope",
                f"the token {found.name} cannot open the screen, which needs the scope 'admin' for all workflows",
            )
        return text

    def opens(self, text: str) -> bool:
        """Return whether a token still opens the screen."""
        found: AccessToken | None = self._gate.recognize(text)
        return found is not None and found.may("admin") and found.workflows is None

    def remember(self, connection: HTTPConnection, text: str, response: Response) -> None:
        """Check a token given in the address, and set the cookie.

        Raises:
            ProblemError: 401, 403 or 421.
        """
        self._gate.check_host(connection)
        self.token(text, f"that token is not valid; {_HOW}, or make one with `wftui serve token add`")
        response.set_cookie(
            _cookie_name(connection),
            text,
            httponly=True,
            # Not `strict`: a link in a chat or a mail would open the page without its cookie.
            samesite="lax",
            secure=connection.url.scheme in ("https", "wss"),
        )

    @staticmethod
    def _check_origin(connection: HTTPConnection, origin: str) -> None:
        """Refuse pages of another port, too: cookies are the same for all ports of a host."""
        if urlsplit(origin).netloc.lower() != connection.headers.get("host", "").lower():
            raise ProblemError(403, "request.origin", "requests of pages from other origins are refused")


def _cookie_name(connection: HTTPConnection) -> str:
    """Return a name that several servers on one host do not share."""
    return f"wftui-{connection.url.port or _PORTS.get(connection.url.scheme, 0)}"
