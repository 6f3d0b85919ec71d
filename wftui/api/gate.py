"""The gate before all routes: tokens, hosts and origins."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from wftui.api.problems import ProblemError
from wftui.model.user.access import AccessToken
from wftui.workbench.setup.token_service import TokenService

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Gate:
    """Decides who may enter.

    Args:
        hosts: names by which clients reach the server, beside those of the loopback device.
    """

    def __init__(self, tokens: TokenService, hosts: Iterable[str]) -> None:
        self._tokens = tokens
        self._hosts = frozenset(host.lower() for host in (*_LOOPBACK, *hosts))

    def token(self, request: HTTPConnection) -> AccessToken:
        """Return the token of a request.

        Raises:
            ProblemError: 401 without a valid one.
        """
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        found = self.recognize(text.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise ProblemError(
                401, "token.invalid", "a valid token is required", headers={"WWW-Authenticate": 'Bearer realm="wftui"'}
            )
        return found

    def recognize(self, text: str) -> AccessToken | None:
        """Return the token of a text, or None."""
        return self._tokens.recognize(text)

    def check_host(self, request: HTTPConnection) -> None:
        """Refuse requests for another host, and of pages of another origin.

        A page in a browser of this machine reaches the loopback device by a name of its own.

        Raises:
            ProblemError: 421 or 403.
        """
        if _host(f"//{request.headers.get('host', '')}") not in self._hosts:
            raise ProblemError(
                421, "request.host", "this server does not answer to that host name; allow it with --allow-host"
            )
        origin = request.headers.get("origin")
        if origin is not None and _host(origin) not in self._hosts:
            raise ProblemError(403, "request.origin", "requests of pages from other origins are refused")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
