"""The talk itself: requests, tool calls, and an answer that fits its schema."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.steps.base import StepContext
from wftui.steps.capture import beginning
from wftui.steps.http_exchange import Exchange, chunks, opened
from wftui.steps.http_reply import retry_after
from wftui.steps.llm_protocol import Answer, Message, ModelProtocol, Talk
from wftui.steps.llm_tools import Toolbox
from wftui.steps.server_events import server_events

_MOST_BYTES = 64 * 1024 * 1024
_ERROR_BYTES = 4000


@dataclass(frozen=True, slots=True)
class Server:
    """Where the model is. `seconds` bound one request."""

    protocol: ModelProtocol
    base_url: str
    api_key: str | None
    headers: Mapping[str, str]
    seconds: float


@dataclass(slots=True)
class Outcome:
    """What came of a talk. `value` is the parsed answer when a schema was given."""

    answer: Answer
    value: Json = None
    input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0
    tool_calls: list[Json] = field(default_factory=list)


async def hold_talk(talk: Talk, server: Server, toolbox: Toolbox, max_turns: int, context: StepContext) -> Outcome:
    """Ask, run the tools the model calls, and ask again until it has answered; an answer beside its schema once more.

    Raises:
        WorkflowError: `llm.turns`, `llm.schema`, `llm.auth`, `llm.limit`, `llm.refused`, `llm.server`, `llm.protocol`
            and `http.*`.
    """
    outcome = Outcome(Answer())
    repaired = False
    for _ in range(max_turns):
        answer = outcome.answer = await _ask(talk, server, context)
        outcome.requests += 1
        outcome.input_tokens += answer.input_tokens
        outcome.output_tokens += answer.output_tokens
        if answer.calls:
            results = []
            for call in answer.calls:
                context.log(f"the model calls {call.name}")
                result, entry = await toolbox.call(call)
                results.append(result)
                outcome.tool_calls.append(entry)
            talk.messages += [
                Message("assistant", answer.text, calls=tuple(answer.calls)),
                Message("user", results=tuple(results)),
            ]
            continue
        if talk.schema is None:
            return outcome
        outcome.value, problems = fitting(answer.text, talk.schema)
        if not problems:
            return outcome
        if repaired:
            raise WorkflowError(
                "llm.schema",
                f"The answer does not fit its schema, not even the second time: {problems}",
                details={"answer": beginning(answer.text, _ERROR_BYTES), "finishReason": answer.finish},
            )
        repaired = True
        context.log(f"the answer does not fit its schema, asking once more: {problems}", "warn")
        talk.messages += [
            Message("assistant", answer.text or "(nothing)"),
            Message("user", f"This does not fit the schema: {problems} Answer again, with the corrected JSON only."),
        ]
    raise WorkflowError("llm.turns", f"The model has not come to an answer within {max_turns} requests (maxTurns).")


def fitting(text: str, schema: Mapping[str, Any]) -> tuple[Json, str]:
    """The JSON value of an answer, and what is wrong with it as sentences; a Markdown fence around it is taken off."""
    from wftui.runtime.validation import validate_inputs

    plain = text.strip()
    if plain.startswith("```"):
        plain = plain.partition("\n")[2].rpartition("```")[0]
    try:
        value = json.loads(plain)
    except ValueError as error:
        return None, f"it is no JSON ({error})."
    filled, problems = validate_inputs(dict(schema), value)
    return filled, " ".join(f"{each.pointer or 'the whole'}: {each.message}" for each in problems[:10])


async def _ask(talk: Talk, server: Server, context: StepContext) -> Answer:
    request = Exchange(
        method="POST",
        url=server.protocol.address(server.base_url),
        headers={"Accept": "text/event-stream", **server.headers, **server.protocol.headers(server.api_key)},
        body={"json": server.protocol.body(talk)},
        timeout=server.seconds,
        max_bytes=_MOST_BYTES,
        follow_redirects=False,
    )
    lines = _LogLines(context)
    async with opened(request) as response:
        if response.status_code != 200:
            content = b"".join([chunk async for chunk in chunks(response, request)])[:_ERROR_BYTES]
            waiting = retry_after(response.headers.get("retry-after", ""))
            raise _failure(response.status_code, content, request.url, waiting)
        answer = await server.protocol.read(server_events(chunks(response, request)), lines.add)
    lines.flush()
    return answer


def _failure(status: int, content: bytes, url: str, waiting: float | None) -> WorkflowError:
    text = content.decode("utf-8", "replace").strip()
    try:
        told = json.loads(text)
        error = told.get("error", told) if isinstance(told, dict) else told
        text = error.get("message", text) if isinstance(error, dict) else str(error)
    except ValueError:
        pass  # plain text says it as well
    kind = "llm.server" if status >= 500 else "llm.refused"
    kind = {401: "llm.auth", 403: "llm.auth", 429: "llm.limit"}.get(status, kind)
    return WorkflowError(
        kind,
        f"{url} answered {status}: {beginning(text, 1000).rstrip('.')}.",
        recoverable=status == 429 or status >= 500,
        details={"status": status, "retryAfter": waiting},
    )


class _LogLines:
    """Shows a text that comes piece by piece in the log, line by line."""

    def __init__(self, context: StepContext) -> None:
        self._context = context
        self._rest = ""

    def add(self, text: str) -> None:
        lines, newline, rest = (self._rest + text).rpartition("\n")
        self._rest = rest
        if newline:
            self._context.log(lines, "info", "stdout")

    def flush(self) -> None:
        if self._rest:
            self._context.log(self._rest, "info", "stdout")
            self._rest = ""
