"""OpenAI's chat completions, also spoken by Ollama, vLLM and llama.cpp."""

import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from urllib.parse import urlsplit

from wftui.model.base import Json
from wftui.steps.llm.errors import stream_failure
from wftui.steps.llm.protocol import Conversation, Message, ModelResponse, response_fields, response_object, tool_call
from wftui.steps.text.foreign import Fields
from wftui.steps.text.server_events import ServerEvent

_FINISH = {"content_filter": "refusal", "function_call": "tool_calls"}


class OpenAIProtocol:
    """OpenAI's `ModelProtocol`."""

    def __init__(self, base_url: str) -> None:
        # OpenAI's newer models refuse `max_tokens`; most other servers know nothing else.
        self._at_openai = urlsplit(base_url).hostname == "api.openai.com"
        self._limit_name = "max_completion_tokens" if self._at_openai else "max_tokens"

    def address(self, base_url: str) -> str:
        """Return the address of requests."""
        return f"{base_url.rstrip('/')}/chat/completions"

    def headers(self, api_key: str | None) -> dict[str, str]:
        """Return the headers that authorise requests; none for a local server."""
        return {"Authorization": f"Bearer {api_key}"} if api_key else {}

    def body(self, conversation: Conversation) -> dict[str, Json]:
        """Return the request as JSON."""
        messages: list[Json] = [{"role": "system", "content": conversation.system}] if conversation.system else []
        for message in conversation.messages:
            messages += _messages(message)
        body: dict[str, Json] = {
            "model": conversation.model,
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if conversation.temperature is not None:
            body["temperature"] = conversation.temperature
        if conversation.max_tokens is not None:
            body[self._limit_name] = conversation.max_tokens
        if conversation.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": dict(tool.parameters),
                    },
                }
                for tool in conversation.tools
            ]
        # Servers that bind a model to a grammar refuse it beside tools, or let it call none; the system message says
        # the schema, too.
        if conversation.schema is not None and (self._at_openai or not conversation.tools):
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": dict(conversation.schema)},
            }
        return body

    async def read(self, events: AsyncIterator[ServerEvent], on_text: Callable[[str], None]) -> ModelResponse:
        """Read a response from the stream."""
        answer = ModelResponse()
        texts: list[str] = []
        calls: dict[int, dict[str, str]] = {}
        async for event in events:
            if event.data.strip() == "[DONE]":
                answer.finish = answer.finish or "stop"
                break
            chunk = response_fields(response_object(event.data))
            if error := chunk.value.get("error"):
                raise stream_failure(error)
            answer.model = chunk.text("model") or answer.model
            if chunk.has("usage"):
                usage = chunk.object("usage")
                answer.input_tokens = usage.number("prompt_tokens") or 0
                answer.output_tokens = usage.number("completion_tokens") or 0
                answer.cached_tokens = usage.object("prompt_tokens_details").number("cached_tokens") or 0
            for choice in itertools.islice(chunk.objects("choices"), 1):
                # Some servers send the whole message where a piece of it belongs, or the text of older completions.
                delta = choice.object("delta" if choice.has("delta") else "message")
                if text := delta.parts("content") or choice.text("text"):
                    texts.append(text)
                    on_text(text)
                answer.refusal += delta.parts("refusal")
                for piece in delta.objects("tool_calls"):
                    _add_call(calls, piece)
                reason = choice.text("finish_reason")
                answer.finish = _FINISH.get(reason, reason) or answer.finish
        answer.text = "".join(texts)
        answer.calls = [tool_call(call["id"], call["name"], call["arguments"]) for _, call in sorted(calls.items())]
        return answer

    def as_events(self, whole: Mapping[str, Json]) -> Iterable[Json]:
        """Convert a response without streaming to events."""
        choices: list[Json] = []
        for choice in itertools.islice(response_fields(whole).objects("choices"), 1):
            message = choice.object("message")
            calls = [{"index": index, **call.value} for index, call in enumerate(message.objects("tool_calls"))]
            finish = choice.text("finish_reason") or "stop"
            text = {"text": choice.value.get("text")}
            choices.append({"delta": {**message.value, "tool_calls": calls}, "finish_reason": finish, **text})
        yield {**whole, "choices": choices}


def _messages(message: Message) -> list[Json]:
    if message.results:
        return [{"role": "tool", "tool_call_id": result.id, "content": result.text} for result in message.results]
    plain: dict[str, Json] = {"role": message.role, "content": message.text}
    if message.calls:
        plain["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.raw or "{}"}}
            for call in message.calls
        ]
    return [plain]


def _add_call(calls: dict[int, dict[str, str]], piece: Fields) -> None:
    index = piece.number("index")
    if index is None:
        # Some servers leave it out and send each call whole.
        index = len(calls) if piece.has("id") or not calls else max(calls)
    call = calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
    function = piece.object("function")
    call["id"] = piece.label("id") or call["id"] or f"call-{index + 1}"
    call["name"] += function.text("name")
    arguments = function.value.get("arguments")
    # Some servers send the arguments as an object instead of its text.
    call["arguments"] += json.dumps(arguments) if isinstance(arguments, dict) else function.text("arguments")
