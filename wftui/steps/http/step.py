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
from wftui.steps.http.input import BODY_FIELDS, HttpInput, Scalar
from wftui.steps.http.pages import Pagination
from wftui.steps.http.redirects import guard_secrets
from wftui.steps.http.response import expected, read_body, status_error

KEPT_BYTES = 10 * 1024 * 1024
SAVED_BYTES = 10 * 1024 * 1024 * 1024


class HttpOutput(StepModel):
    """Output of `http`."""

    status: Annotated[int, Field(description="Status code of the response.")]
    headers: Annotated[dict[str, str], Field(description="Response headers, names in lower case.")]
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
    truncated: Annotated[
        bool | None, Field(description="With paginate: whether pages beyond maxPages were left out.")
    ] = None


class HttpStep(StepType[HttpInput]):
    """Sends a request; an unexpected status fails as `http.4xx` or `http.5xx`."""

    word = "http"
    title = "HTTP request"
    description = "Sends a request and returns status, headers and body; JSON is parsed."
    connection_kind = "http"
    icon = "⇄"
    ascii_icon = "h"
    input_model = HttpInput
    example: ClassVar = {
        "url": "https://api.github.com/repos/python/cpython/tags",
        "query": {"per_page": 5},
        "timeout": "10s",
    }
    output_schema: ClassVar = HttpOutput.model_json_schema(by_alias=True)
    secret_fields = frozenset({"url", "query", "headers", "json", "form", "text"})

    @classmethod
    def check(cls, literal_input: Mapping[str, Json]) -> list[tuple[str, str]]:
        """Check for one body and a valid address."""
        problems: list[tuple[str, str]] = []
        given = [name for name in BODY_FIELDS if name in literal_input]
        if len(given) > 1:
            problems.append((given[1], f"Only one body is allowed, not {' and '.join(given)}."))
        url = literal_input.get("url")
        if isinstance(url, str) and "{{" not in url and not url.lower().startswith(("http://", "https://", "/")):
            problems.append(
                ("url", "The URL must start with https:// or http://, or with / if the connection has a base URL.")
            )
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
    step: HttpInput, context: StepContext, who: Credentials, url: str, query: list[tuple[str, Scalar | None]]
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
        raise status_error(method, reply)
    value, encoding = (None, None) if saved else read_body(reply, step.parse)
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
    query = _query(step, who)
    url, asked = first, query
    if pages.by == "page":
        asked = _with_page(query, pages, str(pages.start))
    seen: set[tuple[str, tuple[tuple[str, Scalar | None], ...]]] = set()
    most = step.max_bytes or KEPT_BYTES
    items: list[Json] = []
    total = elapsed = 0.0
    for number in range(pages.max_pages):
        seen.add((url, tuple(asked)))
        output, reply = await _send(step, context, who, url, asked)
        items += pages.items_of(output.body)
        total, elapsed = total + output.bytes, elapsed + output.elapsed
        if total > most:
            raise WorkflowError(
                "http.too_big", f"The pages together are larger than {most:,} bytes; increase maxBytes."
            )
        following = pages.next_page(reply, output.body, number)
        if following is None:
            break
        address, value = following
        if address is not None:
            if origin(address) != origin(first) and (who.private or _private(step) or _holds_secret(step, context)):
                raise WorkflowError("http.url", f"The next page is on another server: {address!r}.")
            url, asked = address, who.query_besides(address)
        else:
            asked = _with_page(query, pages, value)
        if (url, tuple(asked)) in seen:
            raise WorkflowError("http.pages", f"Page {number + 1} refers to a page that was already read.")
    else:
        context.log(f"There are more than {pages.max_pages} pages; the rest was left out (maxPages).", "warn")
        return _whole(output, items, pages.max_pages, total, elapsed, truncated=True)
    return _whole(output, items, number + 1, total, elapsed, truncated=False)


def _with_page(
    query: list[tuple[str, Scalar | None]], pages: Pagination, value: Scalar | None
) -> list[tuple[str, Scalar | None]]:
    name = pages.param or ""
    return [*((other, given) for other, given in query if other != name), (name, value)]


def _whole(
    last: HttpOutput, items: list[Json], pages: int, total: float, elapsed: float, *, truncated: bool
) -> HttpOutput:
    return last.model_copy(
        update={
            "body": items,
            "pages": pages,
            "bytes": int(total),
            "elapsed": round(elapsed, 3),
            "truncated": truncated,
        }
    )


def _private(step: HttpInput) -> frozenset[str]:
    return frozenset(name for name in step.headers if name.lower() in SECRET_HEADERS)


def _holds_secret(step: HttpInput, context: StepContext) -> bool:
    sent = step.model_dump(mode="json", by_alias=True, include={"query", "headers", *BODY_FIELDS, "json_"})
    return bool(context.redact(sent) != sent)


def _query(step: HttpInput, who: Credentials) -> list[tuple[str, Scalar | None]]:
    return [*query_pairs(step.query), *who.query]
