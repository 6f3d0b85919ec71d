"""An MCP server in the protocol of 2025, handwritten so that it can misbehave.

`python mcp_raw_server.py [start-file [answers]]`: with a file, it adds a line to it at every start; answers are the
responses to methods, as JSON, in place of its own.
"""

import json
import os
import sys
import time
from typing import Any

Message = dict[str, Any]
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
FREE = {"type": "object", "properties": {}}
TOOLS: dict[str, Message] = {
    "echo": {
        "inputSchema": TEXT,
        "outputSchema": {
            "type": "object",
            "properties": {"text": {"type": "string"}, "calls": {"type": "integer"}, "pid": {"type": "integer"}},
            "required": ["text", "calls", "pid"],
        },
    },
    "json": {"inputSchema": TEXT},
    "environment": {"inputSchema": FREE},
    "picture": {"inputSchema": FREE},
    "fail": {"inputSchema": TEXT},
    "refuse": {"inputSchema": FREE},
    "crash": {"inputSchema": FREE},
    "leave": {"inputSchema": FREE},
    "chatter": {"inputSchema": FREE},
    "wait": {"inputSchema": {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"]}},
    "ask": {"inputSchema": FREE},
    "lie": {"inputSchema": FREE, "outputSchema": TEXT},
    "odd": {"inputSchema": {"type": "object", "properties": {"message": {}, "before": {}}}},
}
ANSWERS: dict[str, Message] = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
FORM = {"type": "object", "properties": {"n": {"type": "integer"}, "note": {"type": "string"}}, "required": ["n"]}


def send(**message: Any) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Server:
    def __init__(self) -> None:
        self.calls = 0
        self.waiting: dict[Any, str] = {}
        self.asking: Any = None

    def run(self) -> None:
        for line in sys.stdin:
            message = json.loads(line)
            if "method" in message:
                self.take(message)
            elif message.get("id") == "question":
                self.text(self.asking, json.dumps(message["result"]))

    def take(self, message: Message) -> None:
        method, params = message["method"], message.get("params") or {}
        if method in ANSWERS:
            send(id=message["id"], **ANSWERS[method])
        elif method == "initialize":
            capabilities: Message = {"tools": {}, "logging": {}}
            info = {"name": "raw", "version": "1"}
            result = {"protocolVersion": params["protocolVersion"], "capabilities": capabilities, "serverInfo": info}
            send(id=message["id"], result=result)
        elif method == "tools/list":
            names = list(TOOLS)
            first = params.get("cursor") is None  # in two pages
            page = names[:3] if first else names[3:]
            listed = [{"name": name, "description": f"Does {name}.", **TOOLS[name]} for name in page]
            send(id=message["id"], result={"tools": listed, **({"nextCursor": "2"} if first else {})})
        elif method == "logging/setLevel":
            send(id=message["id"], result={})
        elif method == "tools/call":
            self.call(message["id"], params["name"], params.get("arguments") or {}, params.get("_meta") or {})
        elif method == "notifications/cancelled":
            file = self.waiting.pop(params["requestId"], None)
            if file is not None:
                with open(file, "w") as marker:  # noqa: PTH123  (a server starts faster without pathlib)
                    marker.write("cancelled")
        elif "id" in message:
            send(id=message["id"], error={"code": -32601, "message": f"no method {method}"})

    def text(self, id_: Any, text: str, **more: Any) -> None:
        send(id=id_, result={"content": [{"type": "text", "text": text}], **more})

    def call(self, id_: Any, tool: str, arguments: Message, meta: Message) -> None:
        self.calls += 1
        match tool:
            case "echo":
                text = arguments["text"]
                structured = {"text": text, "calls": self.calls, "pid": os.getpid()}
                self.text(id_, text, structuredContent=structured)
            case "json":
                self.text(id_, arguments["text"])
            case "environment":
                self.text(id_, json.dumps(dict(os.environ)))
            case "picture":
                content = [
                    {"type": "text", "text": "a picture:"},
                    {"type": "image", "data": "AAAA", "mimeType": "image/png"},
                    {"type": "resource", "resource": {"uri": "memo://1", "text": "and a memo"}},
                ]
                send(id=id_, result={"content": content})
            case "fail":
                self.text(id_, arguments["text"], isError=True)
            case "refuse":
                send(id=id_, error={"code": -32000, "message": "not today", "data": {"until": "tomorrow"}})
            case "crash":
                say("allocating…")
                say("fatal: out of memory")
                sys.exit(3)
            case "leave":
                self.text(id_, "bye")
                sys.exit(0)
            case "chatter":
                sys.stdout.write("this is no message\n")
                say("on stderr")
                data = {"level": "warning", "logger": "disk", "data": {"free": 3}}
                send(method="notifications/message", params=data)
                send(method="notifications/message", params={"level": "debug", "data": "details"})
                time.sleep(0.05)
                self.text(id_, "done")
            case "wait":
                self.waiting[id_] = arguments["file"]
                progress = {"progressToken": meta["progressToken"], "progress": 1, "total": 4, "message": "a quarter"}
                send(method="notifications/progress", params=progress)
            case "ask":
                self.asking = id_
                question = {"message": "How many?", "requestedSchema": FORM}
                send(id="question", method="elicitation/create", params=question)
            case "odd":  # the rest of the response, or other messages before it
                for message in arguments.get("before", []):
                    send(**message)
                send(**{"id": id_, **arguments["message"]})
            case "lie":
                self.text(id_, "", structuredContent={"text": 1})


if __name__ == "__main__":
    if sys.argv[1:2] > [""]:
        with open(sys.argv[1], "a") as starts:  # noqa: PTH123
            starts.write("started\n")
    Server().run()
