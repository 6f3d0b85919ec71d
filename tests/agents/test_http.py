"""`wftui mcp serve --http`, with the official client."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from helpers import PATIENCE, patience, until, write_workflow
from mcp import Client
from mcp_types import ElicitResult

from agents.agent_server import assert_no_secret_comes_back, begun, connected, record, runs, value, write_workflows
from agents.http_server import HttpServer, serving_http

MODES = ["auto", "legacy"]
ONE_MODE = ["auto", pytest.param("legacy", marks=pytest.mark.slow)]
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
HEADERS = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    folder = tmp_path_factory.mktemp("agents")
    write_workflows(folder / "tables")
    with serving_http(folder, "--allow-host", "agents.example") as started:
        yield started


@pytest.fixture
def folder(server: HttpServer) -> Iterator[Path]:
    yield server.folder
    (server.folder / "done").unlink(missing_ok=True)


@pytest.mark.parametrize("mode", MODES)
async def test_workflows_are_tools_over_http(server: HttpServer, mode: str) -> None:
    told: list[str | None] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async def approve(_context: object, _asked: object) -> ElicitResult:
        return ElicitResult(action="accept", content={})

    async with server.agent(mode=mode, elicitation_callback=approve) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert {"greet", "asks", "run_status"} <= tools
        assert "workflow_write" not in tools
        found = value(await client.call_tool("greet", {"who": "Ann"}, progress_callback=note))
        assert (found["status"], found["outputs"]) == ("completed", {"text": "Hello Ann"})
        assert told == ["text: started", "text: completed"]
        asked = value(await client.call_tool("asks"))
        assert (asked["status"], asked["outputs"]) == (
            "completed",
            {"by": record(server.folder, asked["run"])["userId"]},
        )
        [content] = (await client.read_resource(f"wftui://runs/{found['run']}/outputs")).contents
        assert getattr(content, "text", "") == '{"text": "Hello Ann"}'


async def test_tokens_hosts_and_origins_are_checked(server: HttpServer) -> None:
    admin = {"Authorization": f"Bearer {server.admin}"} | HEADERS
    async with httpx2.AsyncClient(timeout=PATIENCE) as http:
        for headers, status, code in [
            (HEADERS, 401, "token.invalid"),
            (HEADERS | {"Authorization": "Bearer wft_wrong"}, 401, "token.invalid"),
            (admin | {"Host": "evil.example"}, 421, "request.host"),
            (admin | {"Origin": "http://evil.example"}, 403, "request.origin"),
        ]:
            for method in ("POST", "GET", "DELETE"):
                answer = await http.request(method, server.url, headers=headers, json=PING)
                assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await http.get(server.url.replace("/mcp", "/other"), headers=admin)).json()["code"] == "request.path"
        assert (await http.get(server.url.replace("/mcp", "/health"))).json() == {"status": "ok"}
        known = await http.post(server.url, headers=admin | {"Host": "agents.example"}, json=PING)
        assert known.status_code != 421
        too_long = await http.post(server.url, headers=admin, content=b"x" * 5_000_000)
        assert too_long.status_code == 413


async def test_secrets_never_come_back(server: HttpServer) -> None:
    async with server.agent() as client:
        await assert_no_secret_comes_back(client)
    assert "hush-" not in "".join(server.errors)


async def test_a_token_limits_what_an_agent_does_and_sees(server: HttpServer) -> None:
    reader = server.add_token("reader", "read")
    async with server.agent(reader) as client:
        assert "greet" not in {tool.name for tool in (await client.list_tools()).tools}
        refused = await client.call_tool("greet", {"who": "Ann"})
        assert (refused.is_error, value(refused)["error"]["type"]) == (True, "token.scope")


async def test_a_session_is_its_tokens(server: HttpServer) -> None:
    other = server.add_token("other", "run")
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    start = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about}
    async with httpx2.AsyncClient(headers=HEADERS, timeout=PATIENCE) as http:
        opened = await http.post(server.url, json=start, headers={"Authorization": f"Bearer {server.admin}"})
        session = {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
        for token, status in [(other, 404), (server.admin, 200)]:
            answer = await http.post(server.url, json=PING, headers=session | {"Authorization": f"Bearer {token}"})
            assert answer.status_code == status


@pytest.mark.parametrize("mode", ONE_MODE)
async def test_an_abort_cancels_the_run(server: HttpServer, folder: Path, mode: str) -> None:
    async with server.agent(mode=mode) as client:
        call = asyncio.create_task(client.call_tool("sleeps", {"folder": str(folder)}))
        run_id = await begun(folder)
        call.cancel()
        await until(lambda: record(folder, run_id)["status"] == "cancelled")
        assert value(await client.call_tool("greet", {"who": "Ann"}))["status"] == "completed"


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "status"), [("legacy", "completed"), ("auto", "cancelled")])
async def test_a_client_that_dies(server: HttpServer, folder: Path, mode: str, status: str) -> None:
    """Since 2026-07-28 the end of its stream is an abort."""
    path = os.pathsep.join(each for each in sys.path if each)
    client = subprocess.Popen(
        [sys.executable, "-m", "agents.http_server", server.url, server.admin, mode, str(folder)],
        env=os.environ | {"PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
    )
    try:
        run_id = await begun(folder)
    finally:
        client.kill()
    await asyncio.to_thread(client.wait, PATIENCE)
    if status == "completed":
        assert record(folder, run_id)["status"] == "running"
        (folder / "done").touch()
    await until(lambda: record(folder, run_id)["status"] == status)


@pytest.mark.slow
async def test_runs_end_before_the_server_that_refuses_new_ones(tmp_path: Path) -> None:
    write_workflows(tmp_path / "tables")
    with serving_http(tmp_path, "--all") as server:
        async with server.agent() as client:
            await client.list_tools()  # else the client asks for the schema after the answer
            call = asyncio.create_task(client.call_tool("sleeps", {"folder": str(tmp_path)}))
            run_id = await begun(tmp_path)
            server.process.send_signal(signal.SIGTERM)

            async def refused() -> bool:
                found = await client.call_tool("hidden", {"who": "Ann"})
                return found.is_error and value(found)["error"]["type"] == "serve.stopping"

            while not await refused():
                pass
            (tmp_path / "done").touch()
            assert value(await call)["status"] == "completed"
        assert await asyncio.to_thread(server.process.wait, PATIENCE) == 0
    assert runs(tmp_path)[0]["status"] == "completed"
    assert record(tmp_path, run_id)["status"] == "completed"


@pytest.mark.slow
async def test_leaving_the_server_cancels_no_run(tmp_path: Path) -> None:
    write_workflows(tmp_path / "tables")
    with serving_http(tmp_path, "--on-stop", "leave") as server:
        async with httpx2.AsyncClient(timeout=PATIENCE) as http:
            client = subprocess.Popen(
                [sys.executable, "-m", "agents.http_server", server.url, server.admin, "auto", str(tmp_path)],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
                stderr=subprocess.DEVNULL,
            )
            run_id = await begun(tmp_path)
            server.process.send_signal(signal.SIGTERM)
            await until(lambda: any("without the server" in line for line in server.errors))
            with pytest.raises(httpx2.ConnectError):
                await http.get(server.url)
        client.kill()
        client.wait()
        assert record(tmp_path, run_id)["status"] == "running"
        (tmp_path / "done").touch()
        assert await asyncio.to_thread(server.process.wait, PATIENCE) == 0
    assert record(tmp_path, run_id)["status"] == "completed"


@pytest.mark.slow
async def test_a_tool_that_runs_for_two_minutes_is_handed_back_and_polled(tmp_path: Path) -> None:
    nap = {"id": "nap", "type": "delay", "input": {"for": "2m"}}
    write_workflow(tmp_path / "tables", "long", nap, mcp=True)

    async def called(client: Client) -> None:
        found = value(await client.call_tool("long", read_timeout_seconds=60))
        assert found["status"] == "running"
        polls = 0
        while found["status"] == "running":
            polls += 1
            found = value(
                await client.call_tool("run_status", {"run": found["run"], "wait": 45}, read_timeout_seconds=60)
            )
        assert (found["status"], polls in (2, 3)) == ("completed", True)  # the third on a busy machine

    with serving_http(tmp_path) as server:
        async with server.agent() as over_http, connected(tmp_path) as over_stdio, patience():
            await asyncio.gather(called(over_http), called(over_stdio))
