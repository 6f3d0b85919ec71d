"""Credentials of `http` connections."""

import asyncio
import base64
import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, quote_plus, urlsplit

from wftui.connections.connection_kinds import HttpConnection
from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.http.exchange import Exchange, exchange
from wftui.steps.http.input import Scalar

_TOKEN_BYTES = 1024 * 1024
_SPARE_SECONDS = 30.0  # a token is renewed so long before it ends
_LIFETIME_SECONDS = 300.0  # of a token that does not say its own

_tokens: dict[tuple[str | None, ...], tuple[str, float]] = {}
_asking: "dict[tuple[str | None, ...], asyncio.Task[str]]" = {}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Additions of a connection to a request, for its own origin only.

    Attributes:
        secrets: texts made or got on the way (an access token) that must not show anywhere.
        from_before: they hold an access token got for an earlier request, which may be worth nothing by now.
    """

    base_url: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    from_before: bool = False

    @property
    def private(self) -> bool:
        """True if only the connection's own server may receive them."""
        return bool(self.headers or self.query)

    def with_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers, completed with those of the connection."""
        taken = {name.lower() for name in headers}
        return {**{name: value for name, value in self.headers.items() if name.lower() not in taken}, **headers}

    def query_besides(self, address: str) -> list[tuple[str, Scalar | None]]:
        """Return the query of the connection without what an address already has."""
        there = {name for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
        return [(name, value) for name, value in self.query if name not in there]

    def address(self, url: str) -> str:
        """Return the full address; `/…` is relative to the connection's base.

        Raises:
            WorkflowError: `http.url` when there is no base, or the address leads to a host the connection is not for.
        """
        if url.startswith("/"):
            if self.base_url is None:
                raise WorkflowError("http.url", f"{url!r} needs a connection with a base URL.")
            return self.base_url.rstrip("/") + url
        if self.base_url is not None and origin(url) != origin(self.base_url):
            raise WorkflowError(
                "http.url",
                f"The connection is for {self.base_url}; its credentials are not sent to {url!r}.",
            )
        return url


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of an address.

    Raises:
        WorkflowError: `http.url` when it is none.
    """
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        raise WorkflowError("http.url", f"{url!r} is not an http or https URL.") from None


async def credentials(connection: Mapping[str, Json] | None, seconds: float) -> Credentials:
    """Return the credentials of a step's connection; none without one.

    Raises:
        WorkflowError: `http.auth` when the connection lacks something or no token can be got.
    """
    if connection is None:
        return Credentials()
    values = HttpConnection.model_validate(dict(connection))
    headers = dict(values.headers)
    query: list[tuple[str, str]] = []
    secrets: list[str] = []
    from_before = False
    match values.auth:
        case "basic":
            pair = f"{_needed(values.username, 'username')}:{values.password or ''}"
            encoded = base64.b64encode(pair.encode()).decode("ascii")
            headers["Authorization"] = f"Basic {encoded}"
            secrets.append(encoded)
        case "bearer":
            headers["Authorization"] = f"Bearer {_needed(values.token, 'token')}"
        case "apiKey" if values.api_key_in == "query":
            query.append((values.api_key_name, _needed(values.api_key, "apiKey")))
        case "apiKey":
            headers[values.api_key_name] = _needed(values.api_key, "apiKey")
        case "clientCredentials":
            token, from_before = await _client_token(values, seconds)
            headers["Authorization"] = f"Bearer {token}"
            secrets.append(token)
        case "none":
            pass
    return Credentials(values.base_url, headers, query, secrets, from_before)


def forget_token(connection: Mapping[str, Json], used: Credentials) -> None:
    """Discard a rejected access token, unless a newer one exists."""
    key = _token_key(HttpConnection.model_validate(dict(connection)))
    if _tokens.get(key, ("", 0.0))[0] in used.secrets:
        del _tokens[key]


async def _client_token(values: HttpConnection, seconds: float) -> tuple[str, bool]:
    """Return an access token and whether it was cached; share a pending request."""
    key = _token_key(values)
    token, ends = _tokens.get(key, ("", 0.0))
    if ends > time.monotonic():
        return token, True
    asking = _asking.get(key)
    if asking is None or asking.get_loop() is not asyncio.get_running_loop():
        asking = _asking[key] = asyncio.create_task(_new_token(values, seconds))
        asking.add_done_callback(functools.partial(_asked, key))
    return await asyncio.shield(asking), False


def _asked(key: tuple[str | None, ...], done: "asyncio.Task[str]") -> None:
    if _asking.get(key) is done:
        del _asking[key]
    if not done.cancelled():
        done.exception()  # those who wait for it have it; they may all have been cancelled


async def _new_token(values: HttpConnection, seconds: float) -> str:
    form = {"grant_type": "client_credentials", **({"scope": values.scope} if values.scope else {})}
    client, secret = _needed(values.client_id, "clientId"), _needed(values.client_secret, "clientSecret")
    address = _needed(values.token_url, "tokenUrl")
    asking = Exchange(
        method="POST",
        url=address,
        body={"data": {**form, "client_id": client, "client_secret": secret}},
        timeout=seconds,
        max_bytes=_TOKEN_BYTES,
        follow_redirects=False,  # the secret would go along
    )
    reply = await exchange(asking)
    if reply.status in (400, 401):  # some servers know their clients by the header only
        pair = base64.b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode()).decode("ascii")
        headers = {"Authorization": f"Basic {pair}"}
        reply = await exchange(replace(asking, headers=headers, body={"data": form}))
    try:
        answer = read_json(reply.content)
        token = answer["access_token"]
        lifetime = float(answer.get("expires_in", _LIFETIME_SECONDS))
    except (ValueError, LookupError, TypeError, AttributeError):
        token, lifetime = "", 0.0
    if reply.status != 200 or not isinstance(token, str) or not token:
        # What it answered stays unsaid: it may hold a token.
        raise WorkflowError("http.auth", f"{address} returned status {reply.status} and no access token.")
    _tokens[_token_key(values)] = token, time.monotonic() + lifetime - _SPARE_SECONDS
    return token


def _token_key(values: HttpConnection) -> tuple[str | None, ...]:
    return values.token_url, values.client_id, values.client_secret, values.scope


def _needed(value: str | None, name: str) -> str:
    if not value:
        raise WorkflowError("http.auth", f'The connection has no "{name}".')
    return value
