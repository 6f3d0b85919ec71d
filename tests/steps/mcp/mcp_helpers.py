"""Helpers of the MCP tests: servers, and a context that closes its sessions."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from wftui.model.base import Json
from wftui.steps.api.step_type import StepContext
from wftui.steps.mcp.step import McpStep
from wftui.steps.testing import RecordingContext

HERE = Path(__file__).parent
RAW = [sys.executable, str(HERE / "mcp_raw_server.py")]
TOKEN = "token-of-the-test"


async def call_tool(
    context: StepContext, server: Mapping[str, Json] | None, tool: str, arguments: Mapping[str, Json] | None = None
) -> Json:
    """Run the step as the engine does."""
    values: dict[str, Json] = {"tool": tool, "arguments": dict(arguments or {})}
    if server is not None:
        values["server"] = dict(server)
    return await McpStep().run(McpStep.input_model.model_validate(values), context)


@asynccontextmanager
async def closing(context: RecordingContext) -> AsyncIterator[RecordingContext]:
    """Close what the context keeps, as the engine does at the end of a run."""
    try:
        yield context
    finally:
        for kept in context.kept.values():
            await kept.aclose()


@contextmanager
def http_server(*arguments: str) -> Iterator[tuple[dict[str, Json], "subprocess.Popen[str]"]]:
    """An MCP server over HTTP: (what a step says to reach it, its process)."""
    command = [sys.executable, str(HERE / "mcp_http_server.py"), TOKEN, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            yield {"url": url, "headers": {"Authorization": f"Bearer {TOKEN}"}}, process
        finally:
            process.kill()
