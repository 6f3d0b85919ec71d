"""HTTP exchange with a total timeout, a size limit and typed errors.

The HTTP library is imported when the first exchange is made.
"""

import asyncio
import contextlib
import functools
import importlib
import os
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from wftui.model.base import Json, format_timestamp
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.files.paths import replacing_file
from wftui.steps.http.certificates import read_certificate
from wftui.steps.http.redirects import SecretGuard

if TYPE_CHECKING:
    import httpx2

_CHUNK = 65_536
_LENGTH = re.compile(r"[0-9]{1,18}")
_ERROR_NUMBER = re.compile(r"\[Errno (\d+)\]")
_LAST_PORT = 65_535
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_IN_A_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Request, with limits for the response.

    Attributes:
        guard: keeps secrets from going along when a redirect leads to another server.
        query: added to what the address has.
        body: arguments of the HTTP library for the body: `json`, `data`, `files` or `content`.
        timeout: seconds for the whole exchange, the body included.
        max_bytes: most decoded bytes of the body.
        save_to: file to write the body to instead of keeping it.
        on_progress: gets the fraction of the body that has come, when its size is known.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    guard: SecretGuard = field(default_factory=SecretGuard)
    query: list[tuple[str, str | int | float | bool | None]] = field(default_factory=list)
    body: Mapping[str, Any] = field(default_factory=dict)
    timeout: float
    max_bytes: int
    follow_redirects: bool = True
    verify: bool = True
    save_to: Path | None = None
    on_progress: Callable[[float], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """Response; `elapsed` in milliseconds, `redirects` the URLs before `url`.

    Attributes:
        headers: by name in lower case; a header that repeats is a list.
    """

    status: int
    headers: dict[str, str | list[str]]
    url: str
    content: bytes
    size: int
    redirects: list[str]
    elapsed: float
    tls: dict[str, Json] | None

    def header(self, name: str) -> str:
        """Return a header, repeated ones joined by commas; empty without it."""
        found = self.headers.get(name.lower(), "")
        return found if isinstance(found, str) else ", ".join(found)


async def exchange(request: Exchange) -> HttpResponse:
    """Send a request and read the whole response, whatever its status.

    Raises:
        WorkflowError: `http.url`, `http.header`, `http.connect`, `http.tls`, `http.timeout`, `http.protocol`,
            `http.redirects`, `http.redirect_secret`, `http.too_big`.
    """
    began = time.monotonic()
    async with opened(request) as response:
        tls = _tls(response)
        content, size = await _read(response, request)
        return HttpResponse(
            status=response.status_code,
            headers=_received(response),
            url=str(response.url),
            content=content,
            size=size,
            redirects=[str(earlier.url) for earlier in response.history],
            elapsed=round((time.monotonic() - began) * 1000, 3),
            tls=tls,
        )


@contextlib.asynccontextmanager
async def opened(request: Exchange) -> "AsyncIterator[httpx2.Response]":
    """Send a request and yield the response once its headers are there.

    Raises:
        WorkflowError: as `exchange`, for whatever happens until the end of the block.
    """
    httpx2 = await asyncio.to_thread(importlib.import_module, "httpx2")
    try:
        async with asyncio.timeout(request.timeout), await _client(request) as client:
            sending = client.stream(
                request.method,
                _address(request),
                headers=_headers(request.headers),
                **request.body,
            )
            async with sending as response:
                _check_encoding(response)
                yield response
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, ssl.SSLError) as error:
        raise _failure(error, request) from error


def _address(request: Exchange) -> "httpx2.URL":
    import httpx2

    url = httpx2.URL(request.url)
    if url.port is not None and url.port > _LAST_PORT:
        raise WorkflowError("http.url", f"{request.url!r} has a port above {_LAST_PORT}.")
    if request.query:
        # The library's own way takes away the query that the address has already.
        added = urlencode([(name, "" if value is None else value) for name, value in request.query])
        url = url.copy_with(query=b"&".join(filter(None, [url.query, added.encode()])))
    return url


def _headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise WorkflowError("http.header", f"{name!r} is not a valid header name.")
        if _NOT_IN_A_HEADER.search(value):
            raise WorkflowError("http.header", f"The header {name} contains a control character.")
    return [(name.encode(), value.strip().encode()) for name, value in headers.items()]


def _received(response: "httpx2.Response") -> dict[str, str | list[str]]:
    """Return the headers; repeated ones stay apart, as cookies contain commas."""
    values: dict[str, list[str]] = {}
    for name, value in response.headers.multi_items():
        values.setdefault(name.lower(), []).append(value)
    return {name: found[0] if len(found) == 1 else list(found) for name, found in values.items()}


def _check_encoding(response: "httpx2.Response") -> None:
    """Reject content encodings that were not requested and cannot be decoded."""
    known = {"", "identity", "gzip", "x-gzip", "deflate", *_words(response.request.headers.get("accept-encoding", ""))}
    for encoding in _words(response.headers.get("content-encoding", "")):
        if encoding not in known:
            host = response.url.host
            raise WorkflowError("http.protocol", f"The response of {host} has the unsupported encoding {encoding!r}.")


def _words(header: str) -> list[str]:
    return [part.partition(";")[0].strip().lower() for part in header.split(",")]


async def _client(request: Exchange) -> "httpx2.AsyncClient":
    import httpx2

    first = httpx2.URL(request.url)

    async def keep_private(sent: httpx2.Request) -> None:
        if (sent.url.scheme, sent.url.host, sent.url.port) != (first.scheme, first.host, first.port):
            await request.guard.withhold(sent, request.method, request.body)

    return httpx2.AsyncClient(
        event_hooks={"request": [keep_private]},
        verify=await asyncio.to_thread(_ssl_context, request.verify),
        timeout=request.timeout,
        follow_redirects=request.follow_redirects,
        max_redirects=20,
    )


@functools.cache
def _ssl_context(verify: bool) -> ssl.SSLContext:
    # Loading the system's certificates takes tens of milliseconds: once per process, and not on the event loop.
    import httpx2

    return httpx2.create_ssl_context(verify=verify)


async def _read(response: "httpx2.Response", request: Exchange) -> tuple[bytes, int]:
    if request.save_to is not None:
        async with replacing_file(request.save_to) as write:
            size = 0
            async for chunk in chunks(response, request):
                await write(chunk)
                size += len(chunk)
        return b"", size
    content = b"".join([chunk async for chunk in chunks(response, request)])
    return content, len(content)


async def chunks(response: "httpx2.Response", request: Exchange, *, live: bool = False) -> AsyncIterator[bytes]:
    """Yield the decoded body, in large pieces or, `live`, as it arrives.

    Raises:
        WorkflowError: `http.too_big` when there is more of it than the request accepts.
    """
    length = response.headers.get("content-length", "")
    expected = int(length) if _LENGTH.fullmatch(length) else 0
    size = 0
    async for chunk in response.aiter_bytes(None if live else _CHUNK):
        size += len(chunk)
        if size > request.max_bytes:
            raise WorkflowError(
                "http.too_big",
                f"The response of {request.url} is larger than {request.max_bytes:,} bytes; "
                "increase maxBytes, or save it to a file with saveTo.",
            )
        if expected and request.on_progress is not None:
            request.on_progress(min(1.0, response.num_bytes_downloaded / expected))
        yield chunk


def _tls(response: "httpx2.Response") -> dict[str, Json] | None:
    stream = response.extensions.get("network_stream")
    connection = stream.get_extra_info("ssl_object") if stream is not None else None
    der = connection.getpeercert(binary_form=True) if connection is not None else None
    if connection is None or der is None:
        return None
    certificate = read_certificate(der)
    return {
        "expiresAt": format_timestamp(certificate.expires_at),
        "validFrom": format_timestamp(certificate.valid_from),
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "version": connection.version(),
    }


def _failure(error: Exception, request: Exchange) -> WorkflowError:
    import httpx2

    causes = list(_causes(error))
    host = _host(request.url)
    secure = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if isinstance(error, TimeoutError | httpx2.TimeoutException):
        sentence = f"{request.method} {request.url} took longer than {request.timeout:g} s."
        return WorkflowError("http.timeout", sentence, recoverable=True)
    if isinstance(error, httpx2.UnsupportedProtocol) and error.request.url.scheme not in ("", _scheme(request)):
        return WorkflowError("http.redirects", f"{request.url} redirects to {str(error.request.url)!r}.")
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return WorkflowError("http.url", f"{request.url!r} is not an http or https URL.")
    if isinstance(error, httpx2.TooManyRedirects):
        return WorkflowError("http.redirects", f"{request.url} redirects more than 20 times.")
    if secure is not None:
        reason = getattr(secure, "verify_message", "") or secure.reason or str(secure)
        return WorkflowError("http.tls", f"TLS connection to {host} failed: {reason.rstrip('.')}.")
    if isinstance(error, httpx2.ConnectError):
        if any(isinstance(cause, socket.gaierror) for cause in causes):
            return WorkflowError("http.connect", f"The host {host} was not found.", recoverable=True)
        return WorkflowError("http.connect", f"Connection to {host} failed: {_reason(causes)}.", recoverable=True)
    if isinstance(error, httpx2.DecodingError):
        return WorkflowError("http.protocol", f"The response of {host} cannot be decoded: {str(error).rstrip('.')}.")
    return WorkflowError(
        "http.protocol", f"The connection to {host} was interrupted: {_reason(causes)}.", recoverable=True
    )


def _causes(error: BaseException | None) -> "list[BaseException]":
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _reason(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, OSError) and cause.strerror:
            # asyncio says of each address that it could not be called, and hides why in a number.
            numbers = _ERROR_NUMBER.findall(str(cause))
            return os.strerror(int(numbers[-1])).lower() if numbers else cause.strerror
    return str(causes[0]).rstrip(".") or type(causes[0]).__name__


def _scheme(request: Exchange) -> str:
    return request.url.partition(":")[0].lower()


def _host(url: str) -> str:
    import httpx2

    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return repr(url)
    return f"{parsed.host}:{parsed.port}" if parsed.port else parsed.host
