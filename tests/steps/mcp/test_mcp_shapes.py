"""Responses of MCP servers with each field of each type: a result, or a failure of that response."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from helpers import patience

from steps.foreign_answers import OF_EACH_TYPE, places, with_value
from steps.mcp.mcp_helpers import RAW, call_tool, closing
from wftui.model.base import Json
from wftui.runtime.workflow_errors import WorkflowError
from wftui.steps.testing import RecordingContext

RESULT: dict[str, Any] = {
    "content": [
        {"type": "text", "text": "hi", "annotations": {"audience": ["user"], "priority": 0.5}},
        {"type": "image", "data": "AAAA", "mimeType": "image/png"},
        {"type": "resource", "resource": {"uri": "memo://1", "text": "memo"}},
        {"type": "resource_link", "uri": "memo://2", "name": "two"},
    ],
    "structuredContent": {"a": 1},
    "isError": False,
    "_meta": {"a": 1},
}
NOTICES: list[dict[str, Any]] = [
    {"method": "notifications/message", "params": {"level": "info", "logger": "disk", "data": {"free": 3}}},
    {"method": "notifications/progress", "params": {"progressToken": 1, "progress": 1, "total": 4, "message": "x"}},
    {"method": "elicitation/create", "id": "q", "params": {"message": "?", "requestedSchema": {"type": "object"}}},
]


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[RecordingContext]:
    async with closing(RecordingContext(working_directory=tmp_path)) as context:
        yield context


@pytest.mark.slow
async def test_a_result_of_any_shape_is_read_or_fails_the_call(context: RecordingContext) -> None:
    ends = {"read": 0, "failed": 0}
    for whole in ({"result": RESULT}, {"error": {"code": -32000, "message": "not today", "data": {"until": 1}}}):
        for path in places(whole):
            for value in OF_EACH_TYPE:
                message = with_value(whole, path, value)
                try:
                    async with patience():
                        output = await call_tool(context, {"command": RAW}, "odd", {"message": message})
                except WorkflowError as error:
                    assert error.type.startswith("mcp."), (message, error)
                    ends["failed"] += 1
                else:
                    assert isinstance(output["text"], str)
                    ends["read"] += 1
    assert min(ends.values()) > 20, ends


async def test_a_response_without_a_result_fails_the_call(context: RecordingContext) -> None:
    with pytest.raises(WorkflowError, match="invalid result: result is a list"):
        await call_tool(context, {"command": RAW}, "odd", {"message": {"result": [1]}})


async def test_odd_messages_before_a_result_do_not_disturb_it(
    context: RecordingContext, caplog: pytest.LogCaptureFixture
) -> None:
    message: Json = {"result": {"content": []}}
    for notice in NOTICES:
        for path in places(notice["params"], ("params",)):
            for value in OF_EACH_TYPE:
                before = [with_value(notice, path, value)]
                async with patience():
                    await call_tool(context, {"command": RAW}, "odd", {"message": message, "before": before})
    assert caplog.records == []  # the SDK's own tracebacks are lines of the step's log
    assert any("Failed to validate notification" in line for line in context.lines())
