"""`wftui mcp serve --http` in a process of its own, and the real client over HTTP."""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from api.api_server import Server
from helpers import PATIENCE, patience
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


class HttpServer(Server):
    """A server over `tables` and `runs.db` of a folder."""

    COMMAND = ("mcp", "serve", "--http")

    def __init__(self, folder: Path, *arguments: str) -> None:
        super().__init__(folder / "tables", folder / "runs.db", *arguments)
        self.folder = folder

    @asynccontextmanager
    async def agent(self, token: str | None = None, **options: Any) -> AsyncIterator[Client]:
        """A client with a token; by default that of the first start."""
        headers = {"Authorization": f"Bearer {token or self.admin}"}
        async with (
            patience(),
            httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as http,
            Client(streamable_http_client(self.url, http_client=http), **options) as client,
        ):
            yield client


@contextmanager
def serving_http(folder: Path, *arguments: str) -> Iterator[HttpServer]:
    server = HttpServer(folder, *arguments)
    try:
        yield server
    finally:
        server.close()


if __name__ == "__main__":  # a client that can be killed: URL, token, mode, folder
    import asyncio

    async def call() -> None:
        url, token, mode, folder = sys.argv[1:]
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            await client.call_tool("sleeps", {"folder": folder})

    asyncio.run(call())
