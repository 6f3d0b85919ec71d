"""Followers of the runs of a server whose line drops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from helpers import patience, until

from client.conftest import over_http
from wftui.client.access import Access
from wftui.client.errors import RemoteError, UnreachableError
from wftui.client.remote_workbench import RemoteWorkbench
from wftui.model.errors import NotFoundError, UserError
from wftui.model.run.events import ExecutionEvent
from wftui.workbench import Settings, Workbench


class Line:
    """A TCP line to a server, which can be cut.

    Attributes:
        limit: bytes of answers that each connection passes on; None: all.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.limit: int | None = None
        self.connections = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Refuse connections, and reset those there are."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        there_reader, there = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, there}
        back = asyncio.create_task(self._copy(there_reader, writer, self.limit))
        await self._copy(reader, there, None)
        await back

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data if limit is None else data[:limit])
                await writer.drain()
                if limit is not None and (limit := limit - len(data)) <= 0:
                    break
        except OSError:
            pass
        writer.close()


@asynccontextmanager
async def through_line(owner: Workbench, *, give_up_after: float = 60) -> AsyncIterator[tuple[RemoteWorkbench, Line]]:
    """A remote workbench whose connections pass a line."""
    token = (await owner.tokens.add("ada", "admin")).token
    async with over_http(owner, token=token) as direct:
        assert direct.server is not None
        line = Line(int(direct.server.rpartition(":")[2]))
        await line.open()
        bench = RemoteWorkbench(Access(f"http://127.0.0.1:{line.port}", token), owner.settings, patience=give_up_after)
        try:
            yield bench, line
        finally:
            await bench.close()
            await line.cut()


async def follow(bench: RemoteWorkbench, run_id: str, seen: list[ExecutionEvent]) -> None:
    async for batch in bench.runs.follow(run_id):
        seen += batch


async def test_a_cut_line_loses_and_doubles_nothing(owner: Workbench) -> None:
    async with through_line(owner) as (bench, line):
        message: list[str] = []
        bench.report_opening_to(message.append)
        run_id = await bench.runs.start("asks", {})
        seen: list[ExecutionEvent] = []
        following = asyncio.create_task(follow(bench, run_id, seen))
        await until(lambda: any(event.type == "step_waiting" for event in seen))
        await line.cut()
        await until(lambda: message)
        await owner.runs.answer(run_id, "ok", approved=True)
        await owner.runs.wait(run_id)
        await line.open()
        async with patience():
            await following
        assert seen == await owner.runs.events(run_id)
        assert message == [f"the connection to {bench.server} is lost; retrying"]


@pytest.mark.parametrize("bytes_each", [700, 3_000])
async def test_connections_that_break_after_some_bytes(owner: Workbench, bytes_each: int) -> None:
    async with through_line(owner) as (bench, line):
        run_id = await owner.runs.start("asks", {})
        await until(lambda: owner.runs.running())
        await owner.runs.cancel(run_id)
        await owner.runs.wait(run_id)
        seen: list[ExecutionEvent] = []
        following = asyncio.create_task(follow(bench, run_id, seen))
        await until(lambda: line.connections)
        line.limit = bytes_each
        before = line.connections
        await until(lambda: following.done() or line.connections > before + 3)
        line.limit = None
        async with patience():
            await following
        assert [event.seq for event in seen] == list(range(1, len(seen) + 1))
        assert seen[-1].type == "cancelled"


async def test_a_line_that_stays_down_is_given_up(owner: Workbench) -> None:
    async with through_line(owner, give_up_after=0.3) as (bench, line):
        run_id = await bench.runs.start("asks", {})
        seen: list[ExecutionEvent] = []
        following = asyncio.create_task(follow(bench, run_id, seen))
        await until(lambda: seen)
        await line.cut()
        with pytest.raises(UnreachableError) as lost:
            async with patience():
                await following
        assert lost.value.code == "remote.lost"
        assert f"wftui watch {run_id} --remote {bench.server}" in str(lost.value)
        assert owner.runs.running() == [run_id]


async def test_what_has_gone_meanwhile_ends_the_stream(owner: Workbench) -> None:
    async with through_line(owner) as (bench, line):
        run_id = await bench.runs.start("asks", {})
        seen: list[ExecutionEvent] = []
        following = asyncio.create_task(follow(bench, run_id, seen))
        await until(lambda: seen)
        await owner.tokens.remove("ada")
        await line.cut()
        await line.open()
        with pytest.raises(RemoteError) as refused:
            async with patience():
                await following
        assert refused.value.code == "token.invalid"


async def test_a_server_that_is_not_there(owner: Workbench) -> None:
    async with through_line(owner) as (bench, line):
        await line.cut()
        for call in (bench.workflows.all(), bench.runs.record("last"), bench.runs.start("greet", {"who": "Ada"})):
            with pytest.raises(UnreachableError) as refused:
                await call
            assert refused.value.code == "remote.unreachable"
            assert str(bench.server) in str(refused.value)
        with pytest.raises(UnreachableError):
            await follow(bench, "1m8kz5v3g-00000", [])


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\noops",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"",
    ],
)
async def test_other_servers_are_refused(answer: bytes, settings: Settings) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        bench = RemoteWorkbench(Access(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "x"), settings)
        for call in (bench.workflows.all, bench.runs.attention):
            with pytest.raises(UserError) as refused:
                async with patience():
                    await call()
            assert refused.value.code in ("remote.answer", "remote.unreachable")
            assert not isinstance(refused.value, NotFoundError)
        await bench.close()


async def test_fields_of_a_later_version_are_left_out(settings: Settings) -> None:
    body = (
        b'{"workflows": [{"id": "a", "name": "A", "state": "ready", "mood": "good", "stats": {"runs": 3, "joy": 1}}]}'
    )

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body))
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    async with server:
        bench = RemoteWorkbench(Access(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "x"), settings)
        [row] = await bench.workflows.all()
        assert (row.id, row.stats.runs) == ("a", 3)
        await bench.close()
