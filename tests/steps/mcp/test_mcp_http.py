"""The mcp step over streamable HTTP, against a server of the SDK, newest protocol."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from helpers import until

from steps.mcp.mcp_helpers import call_tool, closing, http_server
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.testing import RecordingContext


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Json]]:
    with http_server() as (reached, _):
        yield reached


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[RecordingContext]:
    async with closing(RecordingContext(working_directory=tmp_path, answer={"n": 4})) as context:
        yield context


async def test_calls_progress_log_and_questions(context: RecordingContext, server: dict[str, Json]) -> None:
    first = await call_tool(context, server, "count")
    second = await call_tool(context, server, "count")
    assert second["structured"]["calls"] == first["structured"]["calls"] + 1
    assert context.fractions == [(0.5, "half")] * 2
    assert context.logs == [("log", "info", "counted")] * 2
    assert (await call_tool(context, server, "double"))["structured"] == {"result": 8}
    assert [prompt for prompt, *_ in context.asked] == ["How many?"]


async def test_a_cancelled_call_leaves_the_session_as_it_is(context: RecordingContext, server: dict[str, Json]) -> None:
    call = asyncio.create_task(call_tool(context, server, "hang"))
    await until(lambda: context.fractions)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await call_tool(context, server, "count"))["structured"]["calls"]
    assert not [text for _, level, text in context.logs if level == "warn"]


async def test_server_death_during_a_call_is_a_failure(context: RecordingContext) -> None:
    with http_server() as (server, process):
        await call_tool(context, server, "count")
        with pytest.raises(WorkflowError) as caught:
            await call_tool(context, server, "die")
        assert caught.value.type == "mcp.closed"
        assert caught.value.recoverable
        assert f"the MCP server {server['url']} has disconnected" in caught.value.message
        process.wait()
        with pytest.raises(WorkflowError) as caught:
            await call_tool(context, server, "count")
        assert caught.value.type == "mcp.start"


async def test_server_death_between_calls_is_a_failure(context: RecordingContext) -> None:
    with http_server() as (server, process):
        await call_tool(context, server, "count")
        process.kill()
        process.wait()
        with pytest.raises(WorkflowError) as caught:
            await call_tool(context, server, "count")
        assert caught.value.type in ("mcp.closed", "mcp.start")


async def test_refusal_is_reported_with_its_status(context: RecordingContext, server: dict[str, Json]) -> None:
    with pytest.raises(WorkflowError) as caught:
        await call_tool(context, {"url": server["url"]}, "count")
    assert caught.value.type == "mcp.start"
    assert "401 Unauthorized" in caught.value.message


async def test_forgotten_session_is_renewed(context: RecordingContext) -> None:
    with http_server("old") as (server, _):
        await call_tool(context, server, "count")
        await call_tool(context, server, "forget")
        output = await call_tool(context, server, "count")
    assert output["structured"]["calls"] == 2
    assert [text for _, level, text in context.logs if level == "warn" and "is connected to again" in text]
