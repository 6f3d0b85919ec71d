"""Anthropic's Messages API."""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping

from wftui.model.base import Json
from wftui.steps.llm.errors import stream_failure
from wftui.steps.llm.protocol import Conversation, Message, ModelResponse, response_object, tool_call
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
            data = response_object(event.data)
            match data.get("type"):
                case "message_start":
                    message = data.get("message") or {}
                    answer.model = message.get("model") or ""
                    if usage := message.get("usage"):
                        read, written = (usage.get(name) or 0 for name in _CACHE)
                        answer.input_tokens = (usage.get("input_tokens") or 0) + read + written
                        answer.output_tokens = usage.get("output_tokens") or 0
                        answer.cached_tokens = read
                case "content_block_start":
                    block = data.get("content_block") or {}
                    blocks[data.get("index") or 0] = {
                        "type": block.get("type") or "",
                        "id": block.get("id") or "",
                        "name": block.get("name") or "",
                        "text": block.get("text") or "",
                    }
                case "content_block_delta":
                    delta = data.get("delta") or {}
                    piece = delta.get("text") or delta.get("partial_json") or ""
                    blocks.setdefault(data.get("index") or 0, {"type": "text", "text": ""})["text"] += piece
                    if delta.get("text"):
                        on_text(piece)
                case "message_delta":
                    reason = (data.get("delta") or {}).get("stop_reason") or ""
                    answer.finish = _FINISH.get(reason, reason)
                    answer.output_tokens = (data.get("usage") or {}).get("output_tokens") or answer.output_tokens
                case "error":
                    raise stream_failure(data.get("error"))
                case "message_stop":
                    break
        answer.text = "".join(blocks[index]["text"] for index in sorted(blocks) if blocks[index]["type"] == "text")
        used = [block for _, block in sorted(blocks.items()) if block["type"] == "tool_use"]
        answer.calls = [tool_call(block["id"], block["name"], block["text"]) for block in used]
        return answer

    def as_events(self, whole: Mapping[str, Json]) -> Iterable[Json]:
        """Convert a response without streaming to events."""
        if whole.get("type") == "error":
            yield dict(whole)
            return
        yield {"type": "message_start", "message": {key: whole.get(key) for key in ("model", "usage")}}
        for index, block in enumerate(whole.get("content") or []):
            yield {"type": "content_block_start", "index": index, "content_block": {**block, "text": ""}}
            used = block.get("type") == "tool_use"
            piece = {"partial_json": json.dumps(block.get("input"))} if used else {"text": block.get("text")}
            yield {"type": "content_block_delta", "index": index, "delta": piece}
        yield {"type": "message_delta", "delta": {"stop_reason": whole.get("stop_reason") or "end_turn"}}
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
