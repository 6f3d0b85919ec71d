"""The mcp step against real servers: git, time, everything and filesystem."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from helpers import free_port, until

from steps.mcp.mcp_helpers import call_tool, closing
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.testing import RecordingContext

NPM_PACKAGES = ["@modelcontextprotocol/server-everything", "@modelcontextprotocol/server-filesystem"]
NPM_SECONDS = 120


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[RecordingContext]:
    async with closing(RecordingContext(working_directory=tmp_path, answer={"name": "Ann", "check": True})) as context:
        yield context


@pytest.fixture(scope="module")
def npm_servers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the servers from npm, installed once."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "install", "--no-audit", "--no-fund", "--prefer-offline", "--prefix", str(folder), *NPM_PACKAGES]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=NPM_SECONDS)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm could not install the servers within {NPM_SECONDS} s")
    if ran.returncode:
        pytest.skip(f"npm could not install the servers: {ran.stderr.strip()[-300:]}")
    return folder / "node_modules" / "@modelcontextprotocol"


@pytest.fixture
def everything(npm_servers: Path) -> dict[str, Json]:
    return {"command": ["node", str(npm_servers / "server-everything" / "dist" / "index.js")]}


@pytest.fixture
def everything_over_http(npm_servers: Path) -> Iterator[dict[str, Json]]:
    port = free_port()
    script = str(npm_servers / "server-everything" / "dist" / "index.js")
    with subprocess.Popen(
        ["node", script, "streamableHttp"],
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            while "listening" not in (line := process.stderr.readline()):
                assert line, "the server ended"
            yield {"url": f"http://127.0.0.1:{port}/mcp"}
        finally:
            process.send_signal(signal.SIGKILL)


@pytest.mark.slow
async def test_time(context: RecordingContext) -> None:
    server: dict[str, Json] = {"command": ["mcp-server-time"]}
    arguments = {"source_timezone": "Asia/Tokyo", "time": "18:30", "target_timezone": "UTC"}
    output = await call_tool(context, server, "convert_time", arguments)
    assert output["structured"]["target"]["datetime"].endswith("T09:30:00+00:00")
    with pytest.raises(WorkflowError) as caught:
        await call_tool(context, server, "get_current_time", {"timezone": "Mars/Crater"})
    assert caught.value.type == "mcp.tool"
    assert "Mars/Crater" in caught.value.message


async def test_git(context: RecordingContext, tmp_path: Path) -> None:
    server: dict[str, Json] = {"command": [sys.executable, "-m", "mcp_server_git"]}
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    (tmp_path / "a.txt").write_text("one\n")
    for name, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("commit.gpgsign", "false")):
        subprocess.run(["git", "-C", str(tmp_path), "config", name, value], check=True)
    here = {"repo_path": str(tmp_path)}
    await call_tool(context, server, "git_add", {**here, "files": ["a.txt"]})
    await call_tool(context, server, "git_commit", {**here, "message": "The first"})
    output = await call_tool(context, server, "git_log", {**here, "max_count": 5})
    assert "Message: The first" in output["text"]
    with pytest.raises(WorkflowError) as caught:
        await call_tool(context, server, "git_show", {**here, "revision": "nothing"})
    assert caught.value.type == "mcp.tool"


@pytest.mark.slow
async def test_filesystem(context: RecordingContext, npm_servers: Path, tmp_path: Path) -> None:
    script = str(npm_servers / "server-filesystem" / "dist" / "index.js")
    server: dict[str, Json] = {"command": ["node", script, str(tmp_path)]}
    file = str(tmp_path / "note.txt")
    await call_tool(context, server, "write_file", {"path": file, "content": "kept"})
    output = await call_tool(context, server, "read_text_file", {"path": file})
    assert (output["text"], output["structured"]) == ("kept", {"content": "kept"})
    with pytest.raises(WorkflowError) as caught:
        await call_tool(context, server, "read_text_file", {"path": "/etc/hostname"})
    assert caught.value.type == "mcp.tool"
    assert "outside allowed directories" in caught.value.message
    await until(lambda: any("Secure MCP Filesystem Server" in text for _, _, text in context.logs))


@pytest.mark.slow
async def test_everything(context: RecordingContext, everything: dict[str, Json]) -> None:
    weather = await call_tool(context, everything, "get-structured-content", {"location": "New York"})
    assert weather["structured"]["conditions"] == "Cloudy"
    picture = await call_tool(context, everything, "get-tiny-image")
    assert [part["type"] for part in picture["content"]] == ["text", "image", "text"]
    await call_tool(context, everything, "trigger-long-running-operation", {"duration": 0.2, "steps": 4})
    assert [fraction for fraction, _ in context.fractions] == [0.25, 0.5, 0.75, 1.0]
    answered = await call_tool(context, everything, "trigger-elicitation-request")
    assert "Name: Ann" in answered["text"]
    ((_, form, _, _),) = context.asked
    assert form is not None
    assert "name" in form["properties"]
    with pytest.raises(WorkflowError) as caught:
        await call_tool(context, everything, "get-sum", {"a": "1", "b": 2})
    assert caught.value.type == "validation.arguments"


@pytest.mark.slow
async def test_everything_over_http(context: RecordingContext, everything_over_http: dict[str, Json]) -> None:
    assert (await call_tool(context, everything_over_http, "echo", {"message": "hi"}))["text"] == "Echo: hi"
    await call_tool(context, everything_over_http, "trigger-long-running-operation", {"duration": 0.2, "steps": 2})
    assert [fraction for fraction, _ in context.fractions] == [0.5, 1.0]
    answered = await call_tool(context, everything_over_http, "trigger-elicitation-request")
    assert "Name: Ann" in answered["text"]
