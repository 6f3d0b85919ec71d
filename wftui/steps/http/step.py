"""The `http` step type."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, ClassVar, Literal
from urllib.parse import urljoin

from pydantic import Field

from wftui.connections.connection_kinds import SECRET_HEADERS
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_model import StepModel
from wftui.steps.api.step_type import StepContext, StepType
from wftui.steps.files.paths import resolve_path
from wftui.steps.http.auth import Credentials, credentials, forget_token, origin
from wftui.steps.http.body import query_pairs, request_body
from wftui.steps.http.curl import curl_from_input, input_from_curl, is_curl
from wftui.steps.http.exchange import Exchange, HttpResponse, exchange
from wftui.steps.http.input import BODY_FIELDS, HttpInput
from wftui.steps.http.page_reader import Page, PageReader, PageRequest, Query
from wftui.steps.http.pages import Pagination
from wftui.steps.http.redirects import guard_secrets
from wftui.steps.http.resending import resending
from wftui.steps.http.response import HttpErrorDetails, expected, read_body, status_error
from wftui.steps.text.encodings import encoding_problems

KEPT_BYTES = 10 * 1024 * 1024
SAVED_BYTES = 10 * 1024 * 1024 * 1024


class HttpOutput(StepModel):
    """Output of `http`."""

    status: Annotated[int, Field(description="Status code of the response.")]
    headers: Annotated[
        dict[str, str | list[str]],
        Field(description="Response headers, names in lower case; one that repeats, such as set-cookie, is a list."),
    ]
    url: Annotated[str, Field(description="URL of the response, after redirects.")]
    body: Annotated[Json, Field(description="Body as JSON value or text; null with saveTo.")] = None
    encoding: Annotated[Literal["base64"] | None, Field(description="Set if the body is binary, as base64 text.")] = (
        None
    )
    file: Annotated[str | None, Field(description="With saveTo: file written.")] = None
    bytes: Annotated[int, Field(description="Decoded size of the body in bytes.")]
    redirects: Annotated[list[str], Field(description="URLs that redirected, in order.")]
    elapsed: Annotated[float, Field(description="Duration in milliseconds.")]
    tls: Annotated[
        dict[str, Json] | None,
        Field(description="For https: {expiresAt, validFrom, subject, issuer, version} of the certificate."),
    ] = None
    pages: Annotated[int | None, Field(description="With paginate: number of pages read.")] = None
    repeated: Annotated[
        int | None, Field(description="With paginate: items that an earlier page had as well; 0 where none should.")
    ] = None
    truncated: Annotated[
        bool | None, Field(description="With paginate: whether pages beyond maxPages were left out.")
    ] = None


class HttpStep(StepType[HttpInput]):
    """Sends a request; an unexpected status fails as `http.4xx` or `http.5xx`."""

    word = "http"
    title = "HTTP request"
    description = "Sends a request and returns status, headers and body; JSON is parsed."
    connection_kind = "http"
    icon = "↔"
    ascii_icon = "h"
    search_words = ("fetch", "get", "post", "api", "rest", "curl", "url", "download", "upload", "webhook", "graphql")
    input_model = HttpInput
    example: ClassVar = {
        "url": "https://api.github.com/repos/python/cpython/tags",
        "query": {"per_page": 5},
        "timeout": "10s",
    }
    output_schema: ClassVar = HttpOutput.model_json_schema(by_alias=True)
    error_details: ClassVar = HttpErrorDetails.model_json_schema(by_alias=True)
    secret_fields = frozenset({"url", "query", "headers", "json", "form", "text"})
    path_fields: ClassVar = {"file": "file", "files": "file", "saveTo": "file"}

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check for one body, a valid address and a known encoding."""
        problems: list[tuple[str, str]] = []
        given = [name for name in BODY_FIELDS if name in literal_input]
        if len(given) > 1:
            problems.append((given[1], f"Only one body is allowed, not {' and '.join(given)}."))
        url = literal_input.get("url")
        if isinstance(url, str) and "{{" not in url and not url.lower().startswith(("http://", "https://", "/")):
            problems.append(
                ("url", "The URL must start with https:// or http://, or with / if the connection has a base URL.")
            )
        problems += encoding_problems(literal_input)
        return problems

    @classmethod
    def from_command(cls, command: str) -> Mapping[str, Json] | None:
        """Convert a `curl` command."""
        return input_from_curl(command) if is_curl(command) else None

    @classmethod
    def as_command(cls, literal_input: Mapping[str, Json], output: Json = None) -> str | None:
        """Return the `curl` command, its address completed from the output."""
        address = literal_input.get("url")
        if isinstance(address, str) and address.startswith("/") and isinstance(output, dict) and output.get("url"):
            literal_input = {**literal_input, "url": urljoin(str(output["url"]), address)}
        return curl_from_input(literal_input)

    async def run(self, input: HttpInput, context: StepContext) -> Json:
        """Send the request and read the response.

        Raises:
            WorkflowError: `http.*`, or `file.*` for a file that cannot be read or written.
        """
        who = await _credentials(context, input)
        try:
            return await _exchange_all(input, context, who)
        except WorkflowError as error:
            if not who.from_before or not _not_accepted(error) or context.connection is None:
                raise
        forget_token(context.connection, who)
        return await _exchange_all(input, context, await _credentials(context, input))


async def _credentials(context: StepContext, step: HttpInput) -> Credentials:
    who = await credentials(context.connection, step.timeout)
    for secret in who.secrets:
        context.keep_secret(secret)
    return who


def _not_accepted(error: WorkflowError) -> bool:
    return isinstance(error.details, dict) and error.details.get("status") == HTTPStatus.UNAUTHORIZED


async def _exchange_all(step: HttpInput, context: StepContext, who: Credentials) -> Json:
    if step.paginate is None:
        output, _ = await _send(step, context, who, who.address(step.url), _query(step, who))
    else:
        output = await _send_for_pages(step, step.paginate, context, who)
    return output.model_dump(by_alias=True)


async def _send(
    step: HttpInput, context: StepContext, who: Credentials, url: str, query: Query
) -> tuple[HttpOutput, HttpResponse]:
    return await resending(
        lambda: _send_once(step, context, who, url, query),
        step.resends,
        context,
        may_pass=lambda error: error.recoverable,
    )


async def _send_once(
    step: HttpInput, context: StepContext, who: Credentials, url: str, query: Query
) -> tuple[HttpOutput, HttpResponse]:
    method = step.method or ("POST" if step.has_body else "GET")
    headers = who.with_headers(step.headers)
    body = await asyncio.to_thread(request_body, step, context.working_directory, headers)
    saved = resolve_path(step.save_to, context.working_directory) if step.save_to else None
    reply = await exchange(
        Exchange(
            method=method,
            url=url,
            headers=headers,
            guard=guard_secrets(context, frozenset(who.headers) | _private(step)),
            query=query,
            body=body,
            timeout=step.timeout,
            max_bytes=step.max_bytes or (SAVED_BYTES if saved else KEPT_BYTES),
            follow_redirects=step.follow_redirects,
            verify=step.verify,
            save_to=saved,
            on_progress=context.progress if saved else None,
        )
    )
    context.log(f"{method} {reply.url}: {reply.status}, {reply.size:,} bytes in {reply.elapsed:.0f} ms")
    if not expected(reply.status, step.expect):
        raise status_error(method, reply, step.parse)
    value, encoding = (None, None) if saved else read_body(reply, step.parse, step.encoding)
    output = HttpOutput(
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
    )
    return output, reply


async def _send_for_pages(step: HttpInput, pages: Pagination, context: StepContext, who: Credentials) -> HttpOutput:
    """Read all pages; return the last output with the items of all as its body."""
    first = who.address(step.url)
    last: HttpOutput | None = None

    async def send(request: PageRequest) -> Page:
        nonlocal last
        output, reply = await _send(request.step, context, who, request.url, request.query)
        last = output
        return Page(reply, output.body)

    def follow(address: str) -> Query:
        if origin(address) != origin(first) and (who.private or _private(step) or _holds_secret(step, context)):
            raise WorkflowError("http.url", f"The next page is on another server: {address!r}.")
        return who.query_besides(address)

    reader = PageReader(
        step,
        pages,
        send=send,
        follow=follow,
        warn=lambda sentence: context.log(sentence, "warn"),
        most=step.max_bytes or KEPT_BYTES,
    )
    found = await reader.read(first, _query(step, who))
    assert last is not None, "there is a first page"
    return last.model_copy(
        update={
            "body": found.items,
            "pages": found.pages,
            "bytes": found.size,
            "elapsed": found.elapsed,
            "repeated": found.repeated,
            "truncated": found.truncated,
        }
    )


def _private(step: HttpInput) -> frozenset[str]:
    return frozenset(name for name in step.headers if name.lower() in SECRET_HEADERS)


def _holds_secret(step: HttpInput, context: StepContext) -> bool:
    sent = step.model_dump(mode="json", by_alias=True, include={"query", "headers", *BODY_FIELDS, "json_"})
    return bool(context.redact(sent) != sent)


def _query(step: HttpInput, who: Credentials) -> Query:
    return [*query_pairs(step.query), *who.query]
