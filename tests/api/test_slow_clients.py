"""Clients that read a byte at a time or vanish cost a run nothing."""

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path

import httpx2
import psutil
import pytest
from helpers import patience, until, write_workflow
from starlette.requests import Request
from starlette.types import ASGIApp

from api.api_server import each_of
from wftui.api.app import ProblemApplication, make_app
from wftui.api.call import ServerState
from wftui.api.server import ServeOptions, serving
from wftui.workbench import Settings, Workbench


async def stream(url: str, token: str, run_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client with as little room as the system allows."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    connection.setblocking(False)
    host, _, port = url.removeprefix("http://").rpartition(":")
    await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=connection, limit=1)
    request = f"GET /api/workflows/execute/{run_id}/events HTTP/1.1\r\nHost: localhost\r\n"
    writer.write(f"{request}Authorization: Bearer {token}\r\n\r\n".encode())
    return reader, writer


def connections(url: str) -> list[str]:
    """The connections that the server still has, whether or not they are being closed."""
    port = int(url.rpartition(":")[2])
    found = psutil.net_connections("tcp")
    return [each.status for each in found if each.laddr and each.laddr.port == port and each.status not in _OVER]


_OVER = (psutil.CONN_LISTEN, psutil.CONN_TIME_WAIT)


async def read_slowly(reader: asyncio.StreamReader, read: list[int]) -> None:
    while data := await reader.read(1):
        read.append(len(data))
        await asyncio.sleep(0.2)


async def test_a_client_that_reads_a_byte_at_a_time(tmp_path: Path) -> None:
    write_workflow(tmp_path / "tables", "floods", each_of(300, "x" * 4000))
    bench = Workbench(Settings(tables=tmp_path / "tables", database=tmp_path / "runs.db", user_id="ada"))
    token = (await bench.tokens.add("ada", "run")).token
    state = ServerState(patience=1.0)
    async with serving(make_app(bench, state), ServeOptions(port=0), state) as (url, _server):
        await bench.runs.history()
        run_id = await bench.runs.start("floods", {})
        async with patience():
            await bench.runs.until_end(run_id)
        before = asyncio.all_tasks()
        read: list[int] = []
        clients = [await stream(url, token, run_id) for _ in range(5)]
        slow = [asyncio.create_task(read_slowly(reader, read)) for reader, _ in clients[:3]]
        await until(lambda: len(read) >= 3)
        other = await bench.runs.start("floods", {})
        async with patience():
            assert (await bench.runs.wait(other)).status == "completed"
        for _, writer in clients[3:]:
            writer.transport.abort()
        # The server gives up after a second without room for a chunk, and forgets the client and what it was to get.
        await until(lambda: asyncio.all_tasks() <= before | set(slow) | {asyncio.current_task()})
        await until(lambda: not connections(url))
        for each in slow:
            each.cancel()
        for _, writer in clients:
            writer.transport.abort()
    await bench.close()


class Broken(ProblemApplication):
    """A path with a defect."""

    async def respond(self, request: Request) -> ASGIApp:
        """Fail."""
        raise RuntimeError(f"no luck with {request.url.path}")


async def test_a_log_that_nobody_reads_holds_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writing, b"x" * 65_536):
            pass
    os.set_blocking(writing, True)
    with os.fdopen(writing, "w") as stream, os.fdopen(reading, "rb") as log:
        monkeypatch.setattr(sys, "stderr", stream)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(Broken()), base_url="http://here") as client:
            answers = [await client.get(f"/{number}") for number in range(3)]
        assert [answer.status_code for answer in answers] == [500] * 3
        found = b""
        while b"no luck with /2" not in found:
            found = found[-100:] + await asyncio.to_thread(log.read1)
