"""`http`: one HTTP request."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from wftui.model.base import Json
from wftui.model.durations import Duration
from wftui.runtime.errors import WorkflowError
from wftui.steps.base import StepContext, StepModel, StepType
from wftui.steps.files import resolve_path
from wftui.steps.http_exchange import Exchange, Reply, exchange

KEPT_BYTES = 10 * 1024 * 1024
SAVED_BYTES = 10 * 1024 * 1024 * 1024
_BODIES = ("json", "form", "text", "file")
_PREVIEW = 2000
_CHUNK = 65_536

Method = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
Scalar = str | int | float | bool
StatusPattern = Annotated[int, Field(ge=100, le=599)] | Annotated[str, Field(pattern="^[1-5]xx$")]


class HttpInput(StepModel):
    """Input of `http`."""

    method: Annotated[Method | None, Field(description="Absent: GET, or POST when there is a body.")] = None
    url: Annotated[str, Field(min_length=1, description="Address, with https:// or http://.")]
    query: Annotated[
        dict[str, Scalar | list[Scalar] | None],
        Field(description="Added to the address; a list repeats its name, null leaves it out."),
    ] = Field(default_factory=dict)
    headers: Annotated[dict[str, str], Field(description="Request headers.")] = Field(default_factory=dict)
    json_: Annotated[Json, Field(alias="json", description="Body, sent as JSON.")] = None
    form: Annotated[
        dict[str, Scalar | list[Scalar]] | None, Field(description="Body, sent as an HTML form; see also files.")
    ] = None
    files: Annotated[
        dict[str, str] | None, Field(description="Files of a multipart form: name of the field to path.")
    ] = None
    text: Annotated[str | None, Field(description="Body, sent as text.")] = None
    file: Annotated[str | None, Field(description="Path of a file that is the body.")] = None
    expect: Annotated[
        list[StatusPattern] | None,
        Field(min_length=1, description='Statuses that are a success: [200, "3xx"]. Absent: all below 400.'),
    ] = None
    parse: Annotated[
        Literal["auto", "json", "text"], Field(description="How the body is read; auto goes by the content type.")
    ] = "auto"
    timeout: Annotated[Duration, Field(description="For the whole exchange, body included.")] = 30.0
    follow_redirects: Annotated[bool, Field(description="Go where the answer points to, 20 times at most.")] = True
    verify: Annotated[bool, Field(description="Check the certificate of an https server.")] = True
    max_bytes: Annotated[
        int | None, Field(ge=1, description="Most decoded bytes of the answer; absent: 10 MiB, or 10 GiB with saveTo.")
    ] = None
    save_to: Annotated[str | None, Field(description="Path of a file to write the answer's body to.")] = None

    @model_validator(mode="after")
    def _one_body(self) -> "HttpInput":
        given = [name for name in _BODIES if self._has(name)]
        if self.files is not None and given not in ([], ["form"]):
            raise ValueError('"files" goes with "form" only')
        if len(given) > 1:
            raise ValueError(f"only one body can be sent, not {' and '.join(given)}")
        return self

    def _has(self, body: str) -> bool:
        return "json_" in self.model_fields_set if body == "json" else getattr(self, body) is not None

    @property
    def has_body(self) -> bool:
        """Whether something is sent."""
        return self.files is not None or any(map(self._has, _BODIES))


class HttpOutput(StepModel):
    """Output of `http`."""

    status: int
    headers: Annotated[dict[str, str], Field(description="Names in lower case.")]
    url: Annotated[str, Field(description="Where the answer came from, after redirects.")]
    body: Annotated[Json, Field(description="JSON value or text; null with saveTo.")] = None
    encoding: Annotated[
        Literal["base64"] | None, Field(description="Set when the body is binary and therefore base64 text.")
    ] = None
    file: Annotated[str | None, Field(description="With saveTo: the file written.")] = None
    bytes: Annotated[int, Field(description="Decoded size of the body.")]
    redirects: Annotated[list[str], Field(description="Addresses that redirected, in order.")]
    elapsed: Annotated[float, Field(description="Milliseconds.")]
    tls: Annotated[
        dict[str, Json] | None,
        Field(description="Of https: {expiresAt, validFrom, subject, issuer, version} of the certificate."),
    ] = None


class HttpStep(StepType[HttpInput]):
    """A status that is not expected fails the step: `http.4xx`, `http.5xx`."""

    word = "http"
    title = "HTTP request"
    description = "Sends a request and gives status, headers and body; JSON is parsed."
    icon = "⇄"
    ascii_icon = "h"
    input_model = HttpInput
    output_schema: ClassVar = HttpOutput.model_json_schema(by_alias=True)
    secret_fields = frozenset({"url", "query", "headers", "json", "form", "text"})

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """One body; an address that is one."""
        problems: list[tuple[str, str]] = []
        given = [name for name in _BODIES if name in literal_input]
        if len(given) > 1:
            problems.append((given[1], f"Only one body can be sent, not {' and '.join(given)}."))
        url = literal_input.get("url")
        if isinstance(url, str) and "{{" not in url and not url.lower().startswith(("http://", "https://")):
            problems.append(("url", "The address must start with https:// or http://."))
        return problems

    async def run(self, input: HttpInput, context: StepContext) -> Json:  # noqa: A002
        """Send and read.

        Raises:
            WorkflowError: `http.*`, or `file.*` for a file that cannot be read or written.
        """
        method = input.method or ("POST" if input.has_body else "GET")
        headers = dict(input.headers)
        body = await asyncio.to_thread(_body, input, context.working_directory, headers)
        saved = resolve_path(input.save_to, context.working_directory) if input.save_to else None
        reply = await exchange(
            Exchange(
                method=method,
                url=input.url,
                headers=headers,
                query=_pairs(input.query),
                body=body,
                timeout=input.timeout,
                max_bytes=input.max_bytes or (SAVED_BYTES if saved else KEPT_BYTES),
                follow_redirects=input.follow_redirects,
                verify=input.verify,
                save_to=saved,
                on_progress=context.progress if saved else None,
            )
        )
        context.log(f"{method} {reply.url}: {reply.status}, {reply.size:,} bytes in {reply.elapsed:.0f} ms")
        if not expected(reply.status, input.expect):
            raise status_error(method, reply)
        value, encoding = (None, None) if saved else read_body(reply, input.parse)
        return HttpOutput(
            status=reply.status,
            headers=reply.headers,
            url=reply.url,
            body=value,
            encoding=encoding,
            file=str(saved) if saved else None,
            bytes=reply.size,
            redirects=reply.redirects,
            elapsed=reply.elapsed,
            tls=reply.tls,
        ).model_dump(by_alias=True)


def expected(status: int, patterns: list[StatusPattern] | None) -> bool:
    """Whether a status is a success: one of the patterns, or below 400 when there are none."""
    if patterns is None:
        return status < 400
    return any(pattern in (status, f"{status // 100}xx") for pattern in patterns)


def status_error(method: str, reply: Reply) -> WorkflowError:
    """The failure for a status that was not expected: `http.4xx`, `http.5xx`, else `http.status`."""
    family = reply.status // 100
    preview = reply.content[:_PREVIEW].decode("utf-8", "replace")
    return WorkflowError(
        f"http.{family}xx" if family in (4, 5) else "http.status",
        f"{method} {reply.url} answered {reply.status}.",
        recoverable=reply.status in (408, 425, 429, 500, 502, 503, 504),
        details={
            "status": reply.status,
            "url": reply.url,
            "body": preview,
            "retryAfter": reply.headers.get("retry-after"),
        },
    )


def read_body(reply: Reply, parse: Literal["auto", "json", "text"]) -> tuple[Json, Literal["base64"] | None]:
    """The body as a JSON value or text; base64, and said so, when it is binary.

    Raises:
        WorkflowError: `http.body` when JSON was asked for, or promised by the content type, and is none.
    """
    kind, _, parameters = reply.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    promised = kind == "application/json" or kind.endswith("+json")
    if parse == "json" or (parse == "auto" and promised and reply.content.strip()):
        try:
            return json.loads(reply.content, parse_constant=_no_constant), None
        except ValueError as error:
            raise WorkflowError("http.body", f"The answer of {reply.url} is no JSON: {error}.") from None
    charset = _charset(parameters)
    try:
        return reply.content.decode(charset), None
    except (UnicodeDecodeError, LookupError):
        if parse == "text" or kind.startswith("text/"):
            return reply.content.decode("utf-8", "replace"), None
        return base64.b64encode(reply.content).decode("ascii"), "base64"


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or "utf-8"
    return "utf-8"


def _pairs(query: Mapping[str, Scalar | list[Scalar] | None]) -> list[tuple[str, Scalar | None]]:
    return [
        (name, _text(item))
        for name, value in query.items()
        if value is not None
        for item in (value if isinstance(value, list) else [value])
    ]


def _text(value: Scalar) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _body(step: HttpInput, base: Path, headers: dict[str, str]) -> dict[str, Any]:
    if "json_" in step.model_fields_set:
        # Not the library's `json`, which takes null for "no body".
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
        return {"content": json.dumps(step.json_, ensure_ascii=False, separators=(",", ":")).encode()}
    if step.text is not None:
        return {"content": step.text.encode()}
    if step.file is not None:
        path = _readable(step.file, base)
        headers["Content-Length"] = str(path.stat().st_size)
        return {"content": _FileContent(path)}
    form: dict[str, Any] = {
        name: [_text(item) for item in value] if isinstance(value, list) else _text(value)
        for name, value in (step.form or {}).items()
    }
    if step.files is not None:
        paths = {name: _readable(path, base) for name, path in step.files.items()}
        return {"data": form, "files": {name: (path.name, path.read_bytes()) for name, path in paths.items()}}
    return {"data": form} if step.form is not None else {}


def _readable(text: str, base: Path) -> Path:
    path = resolve_path(text, base)
    if not path.is_file():
        raise WorkflowError("file.missing", f"There is no file {text!r}.")
    return path


class _FileContent:
    """A file as a request body that can be sent again after a redirect."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with self._path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK):
                yield chunk


def _no_constant(word: str) -> Json:
    raise ValueError(f"{word} is no JSON value")
