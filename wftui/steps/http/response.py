"""Status and body of responses."""

import base64
import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Literal

from pydantic import Field

from wftui.model.base import Json
from wftui.model.json.incremental import read_json
from wftui.model.json.json_lines import read_json_lines
from wftui.model.text.cuts import beginning
from wftui.runtime.json_values import DETAIL_BYTES, if_small
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_model import StepModel
from wftui.steps.http.exchange import HttpResponse
from wftui.steps.http.input import BodyFormat
from wftui.steps.text.encodings import text_by_mark

_PREVIEW = 2000
_SHOWN = 200
_WITHOUT_BODY = (204, 205, 304)
_LONGEST_WAIT = 365 * 24 * 3600.0
_MAY_PASS = (408, 425, 429, 500, 502, 503, 504)


def expected(status: int, patterns: Sequence[int | str] | None) -> bool:
    """Return whether a status is a success: a listed one, or below 400."""
    if patterns is None:
        return status < 400
    return any(pattern in (status, f"{status // 100}xx") for pattern in patterns)


class HttpErrorDetails(StepModel):
    """Details of the errors `http.4xx`, `http.5xx` and `http.status`."""

    status: Annotated[int, Field(description="Status code.")]
    url: Annotated[str, Field(description="Address after redirects.")]
    headers: Annotated[
        dict[str, str | list[str]] | None,
        Field(description="Response headers, names in lower case; null if over 64 KB."),
    ]
    body: Annotated[Json, Field(description="Body as in the output; of one over 64 KB the beginning, as text.")]
    encoding: Annotated[Literal["base64"] | None, Field(description="`base64` if the body is binary.")] = None
    retry_after: Annotated[float | None, Field(description="Seconds that the server asks to wait.")] = None


def status_error(method: str, reply: HttpResponse, parse: BodyFormat) -> WorkflowError:
    """Return the error of an unexpected status: `http.4xx`, `http.5xx`, `http.status`."""
    family = reply.status // 100
    body, encoding = _body_of_error(reply, parse)
    return WorkflowError(
        f"http.{family}xx" if family in (4, 5) else "http.status",
        f"{method} {reply.url} returned status {reply.status}.",
        recoverable=reply.status in _MAY_PASS,
        details={
            "status": reply.status,
            "url": reply.url,
            "headers": if_small(reply.headers),
            "body": body,
            "encoding": encoding,
            "retryAfter": retry_after(reply.header("retry-after")),
        },
    )


def _body_of_error(reply: HttpResponse, parse: BodyFormat) -> tuple[Json, Literal["base64"] | None]:
    if len(reply.content) <= DETAIL_BYTES:
        try:
            return read_body(reply, parse)
        except WorkflowError:
            pass  # the status is the error, whatever its body is
    return _beginning(reply.content, DETAIL_BYTES), None


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


def read_body(
    reply: HttpResponse, parse: BodyFormat, encoding: str | None = None
) -> tuple[Json, Literal["base64"] | None]:
    """Return the body as a JSON value or text; binary as base64, with its encoding.

    Args:
        encoding: of the text; None takes the declared charset, else UTF-8.

    Raises:
        WorkflowError: `http.body` when JSON was asked for, or promised by the content type, and is none, or when the
            bytes of a text are not in its encoding.
    """
    kind, _, parameters = reply.header("content-type").partition(";")
    kind = kind.strip().lower()
    declared = _charset(parameters)
    promised = kind == "application/json" or kind.endswith("+json")
    if parse in ("json", "jsonl") or (parse == "auto" and promised and reply.content.strip()):
        if not reply.content and reply.status in _WITHOUT_BODY:
            return None, None
        return _parsed(reply, "jsonl" if parse == "jsonl" else "json", encoding, declared), None
    try:
        return _text(reply.content, encoding, declared), None
    except (ValueError, LookupError) as error:
        if encoding is None and parse == "auto" and not kind.startswith("text/"):
            return base64.b64encode(reply.content).decode("ascii"), "base64"
        raise _not_in_encoding(reply, error, encoding, declared) from None


def _parsed(reply: HttpResponse, parse: Literal["json", "jsonl"], encoding: str | None, declared: str | None) -> Json:
    try:
        if parse == "json" and encoding is None:
            with contextlib.suppress(UnicodeDecodeError):  # JSON is UTF-8; what is not may be what its header says
                return read_json(reply.content.decode(json.detect_encoding(reply.content)))
        text = _text(reply.content, encoding, declared)
        return read_json(text) if parse == "json" else read_json_lines(text)
    except (UnicodeDecodeError, LookupError) as error:
        raise _not_in_encoding(reply, error, encoding, declared) from None
    except ValueError as error:
        preview = _beginning(reply.content, _PREVIEW)
        begins = f"it begins with {beginning(preview, _SHOWN)!r}" if preview else "it is empty"
        what = "valid JSON" if parse == "json" else "JSON lines"
        raise WorkflowError(
            "http.body",
            f"The response of {reply.url} is not {what}: {str(error).rstrip('.')}; {begins}.",
            details={"status": reply.status, "url": reply.url, "body": preview},
        ) from None


def _text(content: bytes, encoding: str | None, declared: str | None) -> str:
    """Decode a text: by the given encoding, its mark, the declared one, or UTF-8."""
    if encoding is not None:
        return content.decode(encoding)
    marked = text_by_mark(content)
    return marked if marked is not None else content.decode(declared or "utf-8")


def _not_in_encoding(
    reply: HttpResponse, error: Exception, encoding: str | None, declared: str | None
) -> WorkflowError:
    known = isinstance(error, UnicodeDecodeError)
    where = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
    if encoding is not None:
        problem = f'is not {encoding} text{where}; change "encoding"'
    elif declared is None:
        problem = f'is not UTF-8 text{where} and declares no charset; set "encoding", for example to "latin-1"'
    elif known:
        problem = f'is not in the charset {declared!r} that it declares{where}; set "encoding"'
    else:
        problem = f'declares the unknown charset {declared!r}; set "encoding"'
    return WorkflowError("http.body", f"The response of {reply.url} {problem}.")


def _beginning(content: bytes, limit: int) -> str:
    return beginning(content[: 4 * limit + 4].decode("utf-8", "replace"), limit)


def _charset(parameters: str) -> str | None:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None
