"""`wftui mcp serve` over stdin and stdout, with the official client."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import PATIENCE, patience, rest_of, until
from mcp_types import ElicitResult

from agents.agent_server import (
    assert_no_secret_comes_back,
    begun,
    command,
    connected,
    record,
    runs,
    value,
    wftui,
    write_workflows,
)

OWN = ["run_status", "run_steps", "run_logs", "run_history", "run_cancel", "step_types", "workflow_check"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_workflows(tmp_path / "tables")
    return tmp_path


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])
async def test_workflows_are_tools_in_each_version_of_the_protocol(folder: Path, mode: str) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with connected(folder, mode=mode) as client, patience():
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert sorted(tools) == sorted(
            ["asks", "fails", "greet", "leaks", "loud", "sleeps", "workflow-run_status", *OWN]
        )
        assert tools["greet"].input_schema["required"] == ["who"]
        assert (tools["greet"].description or "").startswith("Greets by name. Runs the workflow greet.")
        result = await client.call_tool("greet", {"who": "Ann"}, progress_callback=note)
        found = value(result)
        assert (found["status"], found["outputs"], result.is_error) == ("completed", {"text": "Hello Ann"}, False)
        assert told == [(0, 1, "text: started"), (1, 1, "text: completed")]
        other = value(await client.call_tool("workflow-run_status", {"who": "Bob"}))
        assert (other["workflow"], other["outputs"]) == ("run_status", {"text": "Hello Bob"})
    assert [run["userId"] for run in runs(folder)] == [record(folder, found["run"])["userId"]] * 2


@pytest.mark.slow
async def test_secrets_never_come_back(folder: Path) -> None:
    async with connected(folder) as client, patience():
        await assert_no_secret_comes_back(client)
    assert "hush-" not in (folder / "stderr.txt").read_text()


@pytest.mark.slow
async def test_an_approval_is_answered_by_the_user_of_the_client(folder: Path) -> None:
    async def approve(_context: object, _asked: object) -> ElicitResult:
        return ElicitResult(action="accept", content={})

    for mode in ("auto", "legacy"):
        async with connected(folder, mode=mode, elicitation_callback=approve) as client, patience():
            assert value(await client.call_tool("asks"))["status"] == "completed"


@pytest.mark.slow
async def test_all_offers_every_workflow(folder: Path) -> None:
    async with connected(folder, "--all") as client, patience():
        assert value(await client.call_tool("hidden", {"who": "Ann"}))["status"] == "completed"
    async with connected(folder) as client, patience():
        refused = await client.call_tool("hidden", {"who": "Ann"})
        assert (refused.is_error, value(refused)["error"]["type"]) == (True, "tool.not_found")
        hidden = runs(folder)[0]["id"]
        for tool in OWN[:3]:
            unseen = await client.call_tool(tool, {"run": hidden})
            assert (unseen.is_error, value(unseen)["error"]["type"]) == (True, "run.not_found")
        assert value(await client.call_tool("run_history"))["runs"] == []


async def test_an_abort_cancels_the_run(folder: Path) -> None:
    async with connected(folder) as client:
        call = asyncio.create_task(client.call_tool("sleeps", {"folder": str(folder)}))
        run_id = await begun(folder)
        call.cancel()
        await until(lambda: record(folder, run_id)["status"] == "cancelled")
        assert value(await client.call_tool("greet", {"who": "Ann"}))["status"] == "completed"


@pytest.mark.slow
async def test_a_run_outlives_a_client_that_leaves(folder: Path) -> None:
    async with connected(folder) as client, patience():
        found = value(await client.call_tool("asks"))
        assert (found["status"], found["waiting"]) == ("running", [{"step": "ok", "prompt": "Go on?", "form": None}])
    assert record(folder, found["run"])["status"] == "running"
    assert "runs that continue without the client: 1" in (folder / "stderr.txt").read_text()
    wftui(folder, "approve", found["run"], "ok")
    await until(lambda: record(folder, found["run"])["status"] == "completed")


@pytest.mark.first_cases(1)
@pytest.mark.parametrize("killed", ["client", "server"])
async def test_a_run_outlives_a_kill(folder: Path, killed: str) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from agents.agent_server import connected\n"
        "async def main():\n"
        "    async with connected(Path(sys.argv[1])) as client:\n"
        "        await client.call_tool('sleeps', {'folder': sys.argv[1]})\n"
        "asyncio.run(main())"
    )
    path = os.pathsep.join(each for each in sys.path if each)
    client = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], env=os.environ | {"PYTHONPATH": path}, stderr=subprocess.DEVNULL
    )
    try:
        run_id = await begun(folder)
        if killed == "server":  # as clients do it: with its whole group
            children = Path(f"/proc/{client.pid}/task/{client.pid}/children").read_text().split()
            os.killpg(int(children[0]), signal.SIGKILL)
        client.kill()
        await asyncio.to_thread(client.wait, PATIENCE)
        assert record(folder, run_id)["status"] == "running"
    finally:
        client.kill()
        (folder / "done").touch()
    await until(lambda: record(folder, run_id)["status"] == "completed")


def test_stdout_belongs_to_the_protocol(folder: Path) -> None:
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "loud", "arguments": {}}},
    ]
    server = subprocess.Popen(
        command(folder, "mcp", "serve"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write("".join(f"{json.dumps(each)}\n" for each in messages) + "no json\n")
    server.stdin.flush()
    answers = []
    for line in server.stdout:
        answers.append(json.loads(line))
        if answers[-1].get("id") == 2:
            break
    assert answers[-1]["result"]["structuredContent"]["status"] == "completed"
    server.stdin.close()
    rest, _errors = rest_of(server)
    assert [json.loads(line)["jsonrpc"] for line in rest.splitlines()] == ["2.0"] * len(rest.splitlines())
    assert server.returncode == 0


def test_an_unusable_database_is_reported_on_stderr(folder: Path) -> None:
    (folder / "runs.db").mkdir()
    done = subprocess.run(
        command(folder, "mcp", "serve"), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.stdout, done.returncode) == ("", 1)
    assert "error[store." in done.stderr
