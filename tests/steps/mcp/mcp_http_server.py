"""An MCP server over streamable HTTP, made with the SDK; prints its address.

`python mcp_http_server.py TOKEN [old]`: requests without `Authorization: Bearer TOKEN` are refused. With `old` it
speaks the protocol of 2025 only, in which there are sessions.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.resolve import Elicit, Resolve
from pydantic import BaseModel

server = MCPServer("over-http", version="2")
seen = {"calls": 0}
sessions: set[bytes] = set()
forgotten: set[bytes] = set()


class Answer(BaseModel):
    n: int


async def how_many() -> Elicit[Answer]:
    return Elicit("How many?", Answer)


@server.tool()
async def count(ctx: Context[Any]) -> dict[str, int]:
    """Count the calls."""
    seen["calls"] += 1
    await ctx.report_progress(1, 2, "half")
    await ctx.info("counted")
    return {"calls": seen["calls"], "pid": os.getpid()}


@server.tool()
async def double(answer: Annotated[Answer, Resolve(how_many)]) -> int:
    """Double what the user says."""
    return answer.n * 2


@server.tool()
async def hang(ctx: Context[Any]) -> str:
    """Never end."""
    await ctx.report_progress(1, 4, "hanging")
    await asyncio.Event().wait()
    return ""


@server.tool()
async def die() -> str:
    """End the process in the middle of a call."""
    os._exit(1)


@server.tool()
async def forget() -> str:
    """Forget all sessions there have been."""
    forgotten.update(sessions)
    return ""


Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def guarded(app: Any, token: str) -> Any:
    async def check(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        if scope["type"] == "http" and headers.get(b"authorization") != f"Bearer {token}".encode():
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await app(scope, receive, send)

    return check


def of_2025(app: Any) -> Any:
    """A server from before `server/discover`, which forgets sessions on request."""

    async def check(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        session = headers.get(b"mcp-session-id")
        if headers.get(b"mcp-method") == b"server/discover" or session in forgotten:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        if session is not None:
            sessions.add(session)
        await app(scope, receive, send)

    return check


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", flush=True)
    app: Any = server.streamable_http_app()
    app = guarded(of_2025(app) if sys.argv[2:] == ["old"] else app, sys.argv[1])
    asyncio.run(uvicorn.Server(uvicorn.Config(app, log_level="error")).serve([listener]))


if __name__ == "__main__":
    main()
