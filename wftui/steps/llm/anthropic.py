"""Anthropic's Messages API."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping

from wftui.model.base import Json
from wftui.steps.llm.errors import stream_failure
from wftui.steps.llm.protocol import Conversation, Message, ModelResponse, response_fields, response_object, tool_call
from wftui.steps.text.server_events import ServerEvent

API_VERSION = "2023-06-01"
DEFAULT_MAX_TOKENS = 4096
"""This protocol demands a bound; used when the step gives none."""

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
}
_CACHE = ("cache_read_input_tokens", "cache_creation_input_tokens")
"""Input tokens that are not among `input_tokens`."""


class AnthropicProtocol:
    """Anthropic's `ModelProtocol`."""

    def address(self, base_url: str) -> str:
        """Return the address of requests."""
        return f"{base_url.rstrip('/').removesuffix('/v1')}/v1/messages"

    def headers(self, api_key: str | None) -> dict[str, str]:
        """Return the headers that authorise requests."""
        return {"anthropic-version": API_VERSION, **({"x-api-key": api_key} if api_key else {})}

    def body(self, conversation: Conversation) -> dict[str, Json]:
        """Return the request as JSON; the response schema is part of the prompt."""
        body: dict[str, Json] = {
            "model": conversation.model,
            "max_tokens": conversation.max_tokens or DEFAULT_MAX_TOKENS,
            "messages": [_message(message) for message in conversation.messages],
            "stream": True,
        }
        if conversation.system:
            body["system"] = conversation.system
        if conversation.temperature is not None:
            body["temperature"] = conversation.temperature
        if conversation.tools:
            body["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
                for tool in conversation.tools
            ]
        return body

    async def read(self, events: AsyncIterator[ServerEvent], on_text: Callable[[str], None]) -> ModelResponse:
        """Read a response from the stream."""
        answer = ModelResponse()
        blocks: dict[int, dict[str, str]] = {}
        async for event in events:
            data = response_fields(response_object(event.data))
            match data.text("type"):
                case "message_start":
                    message = data.object("message")
                    answer.model = message.text("model")
                    if message.has("usage"):
                        usage = message.object("usage")
                        read, written = (usage.number(name) or 0 for name in _CACHE)
                        answer.input_tokens = (usage.number("input_tokens") or 0) + read + written
                        answer.output_tokens = usage.number("output_tokens") or 0
                        answer.cached_tokens = read
                case "content_block_start":
                    block = data.object("content_block")
                    begun = {name: block.text(name) for name in ("type", "name", "text")}
                    blocks[data.number("index") or 0] = {**begun, "id": block.label("id")}
                case "content_block_delta":
                    delta = data.object("delta")
                    piece = delta.text("text") or delta.text("partial_json")
                    blocks.setdefault(data.number("index") or 0, {"type": "text", "text": ""})["text"] += piece
                    if delta.has("text"):
                        on_text(piece)
                case "message_delta":
                    reason = data.object("delta").text("stop_reason")
                    answer.finish = _FINISH.get(reason, reason)
                    answer.output_tokens = data.object("usage").number("output_tokens") or answer.output_tokens
                case "error":
                    raise stream_failure(data.value.get("error"))
                case "message_stop":
                    break
        answer.text = "".join(blocks[index]["text"] for index in sorted(blocks) if blocks[index]["type"] == "text")
        used = [block for _, block in sorted(blocks.items()) if block["type"] == "tool_use"]
        answer.calls = [tool_call(block["id"], block["name"], block["text"]) for block in used]
        return answer

    def as_events(self, whole: Mapping[str, Json]) -> Iterable[Json]:
        """Convert a response without streaming to events."""
        answer = response_fields(whole)
        if answer.text("type") == "error":
            yield dict(whole)
            return
        yield {"type": "message_start", "message": {key: whole.get(key) for key in ("model", "usage")}}
        if isinstance(whole.get("content"), str):  # as some servers in between send it
            answer = response_fields({**whole, "content": [{"type": "text", "text": whole["content"]}]})
        for index, block in enumerate(answer.objects("content")):
            yield {"type": "content_block_start", "index": index, "content_block": {**block.value, "text": ""}}
            used = block.text("type") == "tool_use"
            piece = {"partial_json": json.dumps(block.object("input").value)} if used else {"text": block.text("text")}
            yield {"type": "content_block_delta", "index": index, "delta": piece}
        yield {"type": "message_delta", "delta": {"stop_reason": answer.text("stop_reason") or "end_turn"}}
        yield {"type": "message_stop"}


def _message(message: Message) -> Json:
    if message.results:
        return {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": result.id, "content": result.text, "is_error": result.failed}
                for result in message.results
            ],
        }
    if not message.calls:
        return {"role": message.role, "content": message.text}
    content: list[Json] = [{"type": "text", "text": message.text}] if message.text else []
    content += [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments or {}} for call in message.calls
    ]
    return {"role": "assistant", "content": content}
