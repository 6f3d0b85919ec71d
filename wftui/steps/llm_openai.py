"""OpenAI's chat completions, as spoken by OpenAI, Ollama, vLLM, llama.cpp and many others."""

from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

from wftui.model.base import Json
from wftui.runtime.errors import WorkflowError
from wftui.steps.llm_protocol import Answer, Message, Talk, answer_object, tool_call
from wftui.steps.server_events import ServerEvent


class OpenAIProtocol:
    """See `ModelProtocol`."""

    def __init__(self, base_url: str) -> None:
        # OpenAI's newer models refuse `max_tokens`; most other servers know nothing else.
        own = urlsplit(base_url).hostname == "api.openai.com"
        self._limit_name = "max_completion_tokens" if own else "max_tokens"

    def address(self, base_url: str) -> str:
        """Where requests go."""
        return f"{base_url.rstrip('/')}/chat/completions"

    def headers(self, api_key: str | None) -> dict[str, str]:
        """What authorises them; a local server needs nothing."""
        return {"Authorization": f"Bearer {api_key}"} if api_key else {}

    def body(self, talk: Talk) -> dict[str, Json]:
        """The request as JSON."""
        messages: list[Json] = [{"role": "system", "content": talk.system}] if talk.system else []
        for message in talk.messages:
            messages += _messages(message)
        body: dict[str, Json] = {
            "model": talk.model,
            "messages": messages,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if talk.temperature is not None:
            body["temperature"] = talk.temperature
        if talk.max_tokens is not None:
            body[self._limit_name] = talk.max_tokens
        if talk.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": dict(tool.parameters),
                    },
                }
                for tool in talk.tools
            ]
        if talk.schema is not None:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": dict(talk.schema)},
            }
        return body

    async def read(self, events: AsyncIterator[ServerEvent], on_text: Callable[[str], None]) -> Answer:
        """The answer from the stream."""
        answer = Answer()
        texts: list[str] = []
        calls: dict[int, dict[str, str]] = {}
        async for event in events:
            if event.data.strip() == "[DONE]":
                break
            chunk = answer_object(event.data)
            if error := chunk.get("error"):
                text = error.get("message") if isinstance(error, dict) else error
                raise WorkflowError("llm.server", f"The model failed: {text}.", recoverable=True)
            answer.model = chunk.get("model") or answer.model
            if usage := chunk.get("usage"):
                answer.input_tokens = usage.get("prompt_tokens") or 0
                answer.output_tokens = usage.get("completion_tokens") or 0
            for choice in (chunk.get("choices") or [])[:1]:
                delta = choice.get("delta") or {}
                if text := delta.get("content"):
                    texts.append(text)
                    on_text(text)
                for piece in delta.get("tool_calls") or []:
                    _add_call(calls, piece)
                answer.finish = choice.get("finish_reason") or answer.finish
        answer.text = "".join(texts)
        answer.calls = [tool_call(call["id"], call["name"], call["arguments"]) for _, call in sorted(calls.items())]
        return answer


def _messages(message: Message) -> list[Json]:
    if message.results:
        return [{"role": "tool", "tool_call_id": result.id, "content": result.text} for result in message.results]
    plain: dict[str, Json] = {"role": message.role, "content": message.text}
    if message.calls:
        plain["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.raw}}
            for call in message.calls
        ]
    return [plain]


def _add_call(calls: dict[int, dict[str, str]], piece: dict[str, Json]) -> None:
    call = calls.setdefault(piece.get("index") or 0, {"id": "", "name": "", "arguments": ""})
    function = piece.get("function") or {}
    call["id"] = piece.get("id") or call["id"]
    call["name"] += function.get("name") or ""
    call["arguments"] += function.get("arguments") or ""
