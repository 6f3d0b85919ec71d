"""Requests to a model server: resent while it is busy, streamed to the log."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.api.step_type import StepContext
from wftui.steps.http.exchange import Exchange, chunks, opened
from wftui.steps.http.resending import resending
from wftui.steps.http.response import retry_after
from wftui.steps.llm.errors import status_failure
from wftui.steps.llm.protocol import Conversation, ModelProtocol, ModelResponse, response_object
from wftui.steps.text.server_events import ServerEvent, server_events

if TYPE_CHECKING:
    import httpx2

_MOST_BYTES = 64 * 1024 * 1024
_ERROR_BYTES = 4000
_SENT_AGAIN = frozenset({"llm.limit", "llm.overloaded", "llm.server", "llm.truncated", "http.protocol"})


@dataclass(frozen=True, slots=True)
class Server:
    """Address and credentials of a model server.

    Attributes:
        seconds: bound of one request.
        resends: how often one request is sent again.
    """

    protocol: ModelProtocol
    base_url: str
    api_key: str | None
    headers: Mapping[str, str]
    seconds: float
    resends: int


async def ask(conversation: Conversation, server: Server, context: StepContext) -> ModelResponse:
    """Send a request and stream the response to the log; secrets are redacted.

    Raises:
        WorkflowError: `llm.*` and `http.*`, when the server does not answer, also not the last time it is asked.
    """
    body = context.redact(server.protocol.body(conversation))
    return await resending(
        lambda: _send_once(body, server, context),
        server.resends,
        context,
        may_pass=lambda error: error.type in _SENT_AGAIN or (error.type == "llm.protocol" and error.recoverable),
    )


async def _send_once(body: Json, server: Server, context: StepContext) -> ModelResponse:
    request = Exchange(
        method="POST",
        url=server.protocol.address(server.base_url),
        headers={"Accept": "text/event-stream", **server.headers, **server.protocol.headers(server.api_key)},
        body={"json": body},
        timeout=server.seconds,
        max_bytes=_MOST_BYTES,
        follow_redirects=False,
    )
    lines = StreamLog(context)
    try:
        async with opened(request) as response:
            if response.status_code != 200:
                content = b"".join([chunk async for chunk in chunks(response, request)])[:_ERROR_BYTES]
                waiting = retry_after(response.headers.get("retry-after", ""))
                raise status_failure(response.status_code, content, request.url, waiting)
            answer = await server.protocol.read(_events(response, request, server.protocol), lines.add)
    finally:
        lines.flush()
    if not answer.finish:
        raise WorkflowError("llm.truncated", f"The response of {request.url} was interrupted.", recoverable=True)
    return answer


async def _events(
    response: "httpx2.Response", request: Exchange, protocol: ModelProtocol
) -> AsyncIterator[ServerEvent]:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        async for event in server_events(chunks(response, request, live=True)):
            yield event
        return
    content = b"".join([chunk async for chunk in chunks(response, request)])
    whole = response_object(content.decode("utf-8", "replace"))
    for each in protocol.as_events(whole):
        yield ServerEvent("", json.dumps(each))


class StreamLog:
    """Log writer for streamed text: by lines, sentences or words."""

    _SENTENCE = 80
    _WORDS = 400
    _SENTENCE_END = re.compile(r"[.!?…:;](?=\s)")

    def __init__(self, context: StepContext) -> None:
        self._context = context
        self._rest = ""

    def add(self, text: str) -> None:
        """Add a piece; log complete lines."""
        lines, newline, self._rest = (self._rest + text).rpartition("\n")
        if newline:
            self._log(lines)
        if len(self._rest) > self._SENTENCE:
            ends = [match.end() for match in self._SENTENCE_END.finditer(self._rest, self._SENTENCE // 2)]
            border = ends[-1] if ends else self._rest.rfind(" ") if len(self._rest) > self._WORDS else 0
            if border > 0:
                self._log(self._rest[:border])
                self._rest = self._rest[border:].lstrip(" ")

    def flush(self) -> None:
        """Log the rest."""
        if self._rest:
            self._log(self._rest)
            self._rest = ""

    def _log(self, text: str) -> None:
        self._context.log(text, "info", "stdout")
