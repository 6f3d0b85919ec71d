"""Status and body of responses."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from wftui.model.base import Json
from wftui.model.cuts import beginning
from wftui.model.json.incremental import read_json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.http.exchange import HttpResponse

_PREVIEW = 2000
_WITHOUT_BODY = (204, 205, 304)
_LONGEST_WAIT = 365 * 24 * 3600.0
_MAY_PASS = (408, 425, 429, 500, 502, 503, 504)


def expected(status: int, patterns: Sequence[int | str] | None) -> bool:
    """Return whether a status is a success: a listed one, or below 400."""
    if patterns is None:
        return status < 400
    return any(pattern in (status, f"{status // 100}xx") for pattern in patterns)


def status_error(method: str, reply: HttpResponse) -> WorkflowError:
    """Return the error of an unexpected status: `http.4xx`, `http.5xx`, `http.status`."""
    family = reply.status // 100
    preview = beginning(reply.content[: 4 * _PREVIEW + 4].decode("utf-8", "replace"), _PREVIEW)
    return WorkflowError(
        f"http.{family}xx" if family in (4, 5) else "http.status",
        f"{method} {reply.url} returned status {reply.status}.",
        recoverable=reply.status in _MAY_PASS,
        details={
            "status": reply.status,
            "url": reply.url,
            "body": preview,
            "retryAfter": retry_after(reply.headers.get("retry-after", "")),
        },
    )


def retry_after(header: str) -> float | None:
    """Return the seconds of a `Retry-After` header (number or date), or None."""
    if header.strip().isdecimal():
        return min(float(header), _LONGEST_WAIT)
    try:
        timestamp = parsedate_to_datetime(header)
    except ValueError:
        return None
    if timestamp.tzinfo is None:
        timestamp = timestamp.replace(tzinfo=UTC)
    return max(0.0, (timestamp - datetime.now(UTC)).total_seconds())


def read_body(reply: HttpResponse, parse: Literal["auto", "json", "text"]) -> tuple[Json, Literal["base64"] | None]:
    """Return the body as a JSON value or text; binary as base64, with its encoding.

    Raises:
        WorkflowError: `http.body` when JSON was asked for, or promised by the content type, and is none.
    """
    kind, _, parameters = reply.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    charset = _charset(parameters)
    if parse == "json" and not reply.content and reply.status in _WITHOUT_BODY:
        return None, None
    promised = kind == "application/json" or kind.endswith("+json")
    if parse == "json" or (parse == "auto" and promised and reply.content.strip()):
        try:
            return _json(reply.content, charset), None
        except (ValueError, LookupError) as error:
            raise WorkflowError("http.body", f"The response of {reply.url} is not valid JSON: {error}.") from None
    try:
        return reply.content.decode(charset), None
    except (ValueError, LookupError):  # a server may name any charset
        if parse == "text" or kind.startswith("text/"):
            return reply.content.decode("utf-8", "replace"), None
        return base64.b64encode(reply.content).decode("ascii"), "base64"


def _json(content: bytes, charset: str) -> Json:
    try:
        return read_json(content)
    except UnicodeDecodeError:  # JSON is UTF-8; what is not may still be what its header says
        return read_json(content.decode(charset))


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or "utf-8"
    return "utf-8"
