"""Servers that repeat everything they receive, as loudly as they can."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from helpers import PATIENCE
from steps.email.mail_server import Mailbox, mail_server
from steps.http.http_server import Handler, serving


def echoing(token: str) -> type[Handler]:
    """A server for HTTP, for MCP at `/mcp`, and for an access token new to the client."""

    class Echo(Handler):
        def handle_request(self) -> None:
            path = urlsplit(self.path).path
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
            told = {"path": self.path, "headers": dict(self.headers.items()), "body": sent}
            match path.split("/")[1]:
                case "token":
                    self.answer_json({"access_token": token, "expires_in": 3600})
                case "fail":
                    self.answer(500, json.dumps(told).encode(), "application/json")
                case "cut":  # half of it, in one long line
                    self.answer(400, " ".join([sent] * 3).encode())
                case "links":
                    self.answer_json([told], Link='<http://127.0.0.1:9/next>; rel="next"')
                case "mcp":
                    self.answer_mcp(json.loads(sent or "null"))
                case _:
                    self.answer_json(told, X_Said=self.headers.get("Authorization", ""))

        def answer_mcp(self, message: dict[str, Any] | None) -> None:
            if message is None or self.headers.get("mcp-method") == "server/discover":
                self.answer(404, b"")
            elif "id" not in message:
                self.answer(202, b"")
            else:
                self.answer_json({"jsonrpc": "2.0", "id": message["id"], "result": self.mcp_result(message)})

        def mcp_result(self, message: dict[str, Any]) -> dict[str, Any]:
            if message["method"] == "initialize":
                version = message["params"]["protocolVersion"]
                return {
                    "protocolVersion": version,
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "echo", "version": "1"},
                }
            if message["method"] == "tools/list":
                return {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}
            told = json.dumps({"headers": dict(self.headers.items()), "params": message.get("params")})
            return {"content": [{"type": "text", "text": told}]}

        do_GET = do_POST = do_PUT = do_DELETE = handle_request  # noqa: N815

    return Echo


@contextlib.contextmanager
def echo_server(token: str) -> Iterator[str]:
    """Serve; gives the base URL."""
    with serving(echoing(token)) as url:
        yield url


@contextlib.contextmanager
def mailing() -> Iterator[Mailbox]:
    """A mail server in a thread of its own."""
    ready = threading.Event()
    served: list[tuple[Mailbox, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        async with mail_server() as box:
            over = asyncio.Event()
            served.append((box, asyncio.get_running_loop(), over))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(PATIENCE)
    box, loop, over = served[0]
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
