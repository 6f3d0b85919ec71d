"""`wftui mcp serve --http` in a process of its own, and the real client over HTTP."""

import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from helpers import PATIENCE, patience
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from agents.agent_server import command, wftui


class HttpServer:
    """A server over `tables` and `runs.db` of a folder."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            command(folder, "mcp", "serve", "--http", "--port", "0", *arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.errors: list[str] = []
        threading.Thread(target=self._read_errors, daemon=True).start()
        self.admin, self.url = "", ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("token "):
                self.admin = line.split()[-1]
            if " at http://" in line:
                self.url = line.split()[-1]
                break
        assert self.url, "".join(self.errors)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors.append(line)

    def add_token(self, name: str, scope: str) -> str:
        made: str = json.loads(wftui(self.folder, "serve", "token", "add", name, "--scope", scope, "--json"))["token"]
        return made

    @asynccontextmanager
    async def client(self, token: str | None = None, **options: Any) -> AsyncIterator[Client]:
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
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


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
