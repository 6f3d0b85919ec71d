"""A real HTTP server that speaks like a language model, from a script of answers."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from steps.http.http_server import Handler, serving


@dataclass(frozen=True)
class Say:
    """One answer, and how it goes wrong.

    Attributes:
        calls: (name, arguments) of the tools it calls; arguments may be the text that the model writes.
        finish: in OpenAI's words.
        refusal: why it will not answer.
        counted: whether tokens are counted.
        cut: the stream ends before the answer does.
        hang: after the text nothing comes any more, until the client goes away.
        whole: in one piece of JSON instead of a stream.
        error: of the stream, after the text: its `type` and `message`.
    """

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any] | str], ...] = ()
    finish: str = ""
    refusal: str = ""
    counted: bool = True
    cut: bool = False
    hang: bool = False
    whole: bool = False
    error: tuple[str, str] | None = None

    @property
    def written_calls(self) -> list[tuple[str, str]]:
        return [(name, each if isinstance(each, str) else json.dumps(each)) for name, each in self.calls]


@dataclass(frozen=True)
class Fail:
    """An answer with a status that is none."""

    status: int
    message: str = "because of that"
    word: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True)
class Raw:
    """An answer as it is: one value as JSON, or several as a stream."""

    value: Any

    @property
    def sent(self) -> tuple[bytes, str]:
        """Body and content type."""
        if not isinstance(self.value, list):
            return json.dumps(self.value).encode(), "application/json"
        return "".join(f"data: {json.dumps(each)}\n\n" for each in self.value).encode(), "text/event-stream"


Scripted = str | Say | Fail | Raw


def call(name: str, **arguments: Any) -> Say:
    """An answer that calls one tool."""
    return Say(calls=((name, arguments),))


@dataclass
class Model:
    """The model's next answers, and the requests it received.

    Attributes:
        hanging: set while an answer hangs.
        left: set when the client has gone away from one.
    """

    script: list[Scripted] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    hanging: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def model_server() -> Iterator[Model]:
    """Serve OpenAI's and Anthropic's protocols at their usual paths."""
    model = Model()

    class Speaker(Handler):
        def handle_request(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            model.asked.append(sent)
            model.headers.append({name.lower(): value for name, value in self.headers.items()})
            scripted = model.script.pop(0)
            if isinstance(scripted, Raw):
                self.answer(200, *scripted.sent)
                return
            if isinstance(scripted, Fail):
                error = {"message": scripted.message, **({"type": scripted.word} if scripted.word else {})}
                body = json.dumps({"error": error}).encode() if scripted.body is None else scripted.body
                self.answer(scripted.status, body, "application/json", **scripted.headers)
                return
            say = Say(scripted) if isinstance(scripted, str) else scripted
            anthropic = urlsplit(self.path).path == "/v1/messages"
            if say.whole:
                self.answer_json(anthropic_whole(say) if anthropic else openai_whole(say))
                return
            self.stream(anthropic_stream(say) if anthropic else openai_stream(say), say)

        def stream(self, text: str, say: Say) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(text.encode())
                self.wfile.flush()
            if say.hang:
                model.hanging.set()
                with contextlib.suppress(OSError):
                    self.connection.recv(1)  # nothing more is sent: it ends when the client goes
                model.left.set()

        do_POST = handle_request  # noqa: N815

    with serving(Speaker) as url:
        model.url = url
        yield model


def pieces(text: str) -> list[str]:
    return [text[start : start + 3] for start in range(0, len(text), 3)]


def openai_stream(say: Say) -> str:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {"model": "tiny-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    chunks: list[dict[str, Any]] = [chunk({"role": "assistant", "content": ""})]
    chunks += [chunk({"content": piece}) for piece in pieces(say.text)]
    chunks += [chunk({"refusal": piece}) for piece in pieces(say.refusal)]
    for index, (name, text) in enumerate(say.written_calls):
        function = {"name": name, "arguments": ""}
        chunks.append(chunk({"tool_calls": [{"index": index, "id": f"call-{index + 1}", "function": function}]}))
        chunks += [
            chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}) for piece in pieces(text)
        ]
    if say.error is not None:
        chunks.append({"error": {"type": say.error[0], "message": say.error[1]}})
    complete = not (say.cut or say.hang or say.error)
    if complete:
        chunks.append(chunk({}, say.finish or ("tool_calls" if say.calls else "stop")))
        if say.counted:
            usage = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}
            chunks.append({"model": "tiny-1", "choices": [], "usage": usage})
    lines = "".join(f"data: {json.dumps(each)}\n\n" for each in chunks)
    return ": hello\n\n" + lines + ("data: [DONE]\n\n" if complete else "")


def openai_whole(say: Say) -> dict[str, Any]:
    calls = [
        {"id": f"call-{index + 1}", "type": "function", "function": {"name": name, "arguments": text}}
        for index, (name, text) in enumerate(say.written_calls)
    ]
    message = {"role": "assistant", "content": say.text or None, "tool_calls": calls or None}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
    return {"model": "tiny-1", "choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 5}}


_REASONS = {"length": "max_tokens", "content_filter": "refusal"}


def anthropic_stream(say: Say) -> str:
    usage = {"input_tokens": 6, "cache_read_input_tokens": 4}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"model": "tiny-1", **({"usage": usage} if say.counted else {})}},
        {"type": "ping"},
    ]
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    text = say.text or say.refusal
    if text:
        blocks.append(({"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces(text)]))
    for index, (name, written) in enumerate(say.written_calls):
        block = {"type": "tool_use", "id": f"call-{index + 1}", "name": name, "input": {}}
        blocks.append((block, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(written)]))
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    if say.error is not None:
        events.append({"type": "error", "error": {"type": say.error[0], "message": say.error[1]}})
    elif not (say.cut or say.hang):
        reason = "refusal" if say.refusal else _REASONS.get(say.finish, "tool_use" if say.calls else "end_turn")
        counted = {"usage": {"output_tokens": 5}} if say.counted else {}
        events += [
            {"type": "message_delta", "delta": {"stop_reason": reason}, **counted},
            {"type": "message_stop"},
        ]
    return "".join(f"event: {each['type']}\r\ndata: {json.dumps(each)}\r\n\r\n" for each in events)


def anthropic_whole(say: Say) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": say.text}] if say.text else []
    content += [
        {"type": "tool_use", "id": f"call-{index + 1}", "name": name, "input": json.loads(text)}
        for index, (name, text) in enumerate(say.written_calls)
    ]
    reason = "tool_use" if say.calls else "end_turn"
    usage = {"input_tokens": 10, "output_tokens": 5}
    return {"type": "message", "model": "tiny-1", "content": content, "stop_reason": reason, "usage": usage}
