"""A real HTTP server that speaks like a language model, from a script of answers."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from steps.http_server import Handler, serving

Scripted = str | dict[str, Any]
"""A text to answer, `{"call": name, "arguments": {...}}`, or `{"status": number, "error": text}`."""


@dataclass
class Model:
    """What the model will say, and what it was asked."""

    script: list[Scripted] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextlib.contextmanager
def model_server() -> Iterator[Model]:
    """Serve OpenAI's protocol at `/v1/chat/completions` and Anthropic's at `/v1/messages`."""
    model = Model()

    class Speaker(Handler):
        def handle_request(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            model.asked.append(sent)
            model.headers.append({name.lower(): value for name, value in self.headers.items()})
            scripted = model.script.pop(0)
            if isinstance(scripted, dict) and "status" in scripted:
                body = json.dumps({"error": {"message": scripted["error"]}}).encode()
                self.answer(scripted["status"], body, "application/json", Retry_After="3")
                return
            anthropic = urlsplit(self.path).path == "/v1/messages"
            stream = anthropic_stream(scripted) if anthropic else openai_stream(scripted)
            self.answer(200, stream.encode(), "text/event-stream")

        do_POST = handle_request  # noqa: N815

    with serving(Speaker) as url:
        model.url = url
        yield model


def pieces(text: str) -> list[str]:
    return [text[start : start + 3] for start in range(0, len(text), 3)]


def openai_stream(scripted: Scripted) -> str:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {"model": "tiny-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    chunks: list[dict[str, Any]] = [chunk({"role": "assistant", "content": ""})]
    if isinstance(scripted, str):
        chunks += [chunk({"content": piece}) for piece in pieces(scripted)]
        chunks.append(chunk({}, "stop"))
    else:
        function = {"name": scripted["call"], "arguments": ""}
        chunks.append(chunk({"tool_calls": [{"index": 0, "id": "call-1", "function": function}]}))
        text = scripted.get("raw") or json.dumps(scripted["arguments"])
        chunks += [chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}) for piece in pieces(text)]
        chunks.append(chunk({}, "tool_calls"))
    chunks.append({"model": "tiny-1", "choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
    return ": hello\n\n" + "".join(f"data: {json.dumps(each)}\n\n" for each in chunks) + "data: [DONE]\n\n"


def anthropic_stream(scripted: Scripted) -> str:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"model": "tiny-1", "usage": {"input_tokens": 10}}},
        {"type": "ping"},
    ]
    if isinstance(scripted, str):
        events.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(scripted)]
        reason = "end_turn"
    else:
        block = {"type": "tool_use", "id": "call-1", "name": scripted["call"], "input": {}}
        events.append({"type": "content_block_start", "index": 0, "content_block": block})
        text = json.dumps(scripted["arguments"])
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(text)]
        reason = "tool_use"
    events += [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
    events += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 5}},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {each['type']}\r\ndata: {json.dumps(each)}\r\n\r\n" for each in events)
