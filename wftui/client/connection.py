"""Requests to a server, and their errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from wftui import __version__
from wftui.client.access import Access
from wftui.client.errors import RemoteError, UnreachableError, error_of
from wftui.client.reading import ResultT, lines, read_answer
from wftui.model.base import Json
from wftui.model.errors import NotFoundError

if TYPE_CHECKING:
    import httpx2

Query = Mapping[str, str | int | float | Sequence[str] | None]
"""Parameters; those without a value are left out."""

_CONNECT_SECONDS = 10.0
_SECONDS = 60.0
"""A server that computes, such as the comparison of two big runs, answers nothing meanwhile."""
_SILENT_SECONDS = 40.0
"""Without a comment of an event stream, of which one comes every 15 seconds."""
_MOST_ERROR_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """The answer to a request that has succeeded."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ServerConnection:
    """The connections to a server, opened at the first request of an event loop."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._client: httpx2.AsyncClient | None = None
        self._opening = asyncio.Lock()

    @property
    def url(self) -> str:
        """URL of the server."""
        return self._access.url

    @property
    def options(self) -> tuple[str, ...]:
        """The options of a command that lead to the server."""
        return self._access.options

    async def get(self, path: str, read: Callable[[Json], ResultT], query: Query | None = None) -> ResultT:
        """Return what an answer to GET holds.

        Raises:
            UserError: see `send`.
        """
        return await read_answer((await self.send("GET", path, query=query)).body, read)

    async def post(self, path: str, body: Json, read: Callable[[Json], ResultT], **headers: str) -> ResultT:
        """Return what an answer to POST holds; see `get`."""
        return await read_answer((await self.send("POST", path, body=body, headers=headers)).body, read)

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> ServerAnswer:
        """Send a request and read its answer.

        A lost connection is replaced once where repeating the request changes nothing.

        Raises:
            UnreachableError: the server cannot be reached.
            UserError: the error that the answer means.
        """
        repeatable = method == "GET" or "Idempotency-Key" in (headers or {})
        for attempt in range(1 + repeatable):
            try:
                async with self._stream(method, path, query, body, headers, _SECONDS) as response:
                    return ServerAnswer(response.status_code, dict(response.headers), await response.aread())
            except UnreachableError as error:
                if attempt or error.code != UnreachableError.code or not repeatable:
                    raise
        raise AssertionError

    async def pages(
        self, path: str, read: Callable[[Json], ResultT], query: Query | None = None
    ) -> AsyncIterator[list[ResultT]]:
        """Yield what the lines of an answer hold, as they arrive; see `get`."""
        rest = b""
        async with self._stream("GET", path, query, None, None, _SECONDS) as response:
            async for data in response.aiter_bytes():
                *whole, rest = (rest + data).split(b"\n")
                if whole:
                    yield lines(read, whole)
        if rest:
            raise UnreachableError(f"the answer of {self.url} is truncated")

    @asynccontextmanager
    async def events(self, path: str, after: int) -> AsyncIterator[AsyncIterator[bytes] | None]:
        """Open the event stream of a run after an event; None if none can follow."""
        headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
        async with self._stream("GET", path, None, None, headers, _SILENT_SECONDS) as response:
            yield None if response.status_code == HTTPStatus.NO_CONTENT else response.aiter_bytes()

    async def close(self) -> None:
        """Close all connections; a later request opens others."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    @asynccontextmanager
    async def _stream(
        self,
        method: str,
        path: str,
        query: Query | None,
        body: Json,
        headers: Mapping[str, str] | None,
        seconds: float,
    ) -> AsyncIterator[httpx2.Response]:
        """Open the answer to a request; raise the error that it means."""
        client = await self._open()
        import httpx2

        params = {name: value for name, value in (query or {}).items() if value is not None}
        timeout = httpx2.Timeout(seconds, connect=_CONNECT_SECONDS)
        content = {} if body is None else {"json": body}
        try:
            async with client.stream(
                method, path, params=params, headers=dict(headers or {}), timeout=timeout, **content
            ) as response:
                if response.status_code >= HTTPStatus.MULTIPLE_CHOICES and response.status_code != 304:
                    raise error_of(response.status_code, await _beginning(response), self.url)
                yield response
        except httpx2.TransportError as error:
            raise UnreachableError(f"cannot reach {self.url}: {_reason(error)}") from None
        except RuntimeError:
            if not client.is_closed:
                raise
            raise UnreachableError(f"the connection to {self.url} has been closed") from None
        except httpx2.HTTPError as error:
            raise RemoteError(
                f"{self.url} does not answer as a server: {_reason(error)}", code="remote.answer"
            ) from None

    async def _open(self) -> httpx2.AsyncClient:
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._make)
            return self._client

    def _make(self) -> httpx2.AsyncClient:
        import httpx2

        return httpx2.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self._access.token}", "User-Agent": f"wftui/{__version__}"},
            trust_env=not self._access.is_loopback,  # no proxy reaches this machine's loopback device
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=8),
        )


def part(name: str, what: str) -> str:
    """Return a name as one part of a path.

    Raises:
        NotFoundError: nothing can have that name.
    """
    if name in ("", ".", "..") or "/" in name:
        raise NotFoundError(f"there is no {what} {name!r}", code=f"{what}.not_found")
    return quote(name, safe="")


async def _beginning(response: httpx2.Response) -> bytes:
    data = b""
    async for some in response.aiter_bytes():
        data += some
        if len(data) > _MOST_ERROR_BYTES:
            break
    return data


def _reason(error: Exception) -> str:
    text = str(error).strip().lower()
    if not text or "all connection attempts failed" in text:
        return "no connection" if "connect" in type(error).__name__.lower() else "the connection was lost"
    return text
